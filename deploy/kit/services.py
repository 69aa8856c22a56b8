"""Starting and stopping the units: by systemd, or where it does not run by deploy/kit/units.py."""

from __future__ import annotations

import shutil
from pathlib import Path

from deploy.kit import units
from deploy.kit.steps import run, succeeds
from deploy.kit.templates import Places

PARTS = ("web", "site", "worker")
LISTENING = ("web", "site")
DATABASE_WAIT = ("pg_isready", "-q", "-t", "30")


class Systemd:
    """The usual case."""

    def __init__(self, places: Places) -> None:
        self._places = places

    def reread(self) -> None:
        """Unit files have changed."""
        run(["systemctl", "daemon-reload"])

    def start(self, part: str, release: str) -> None:
        """Start one part of a release, and wait until it is ready."""
        if part in LISTENING:
            run(["systemctl", "start", f"domaap-{part}@{release}.socket"])
        run(["systemctl", "start", f"domaap-{part}@{release}.service"])

    def stop(self, part: str, release: str) -> None:
        """Stop one part of a release; what is under way is finished first."""
        run(["systemctl", "stop", f"domaap-{part}@{release}.service"])
        if part in LISTENING:
            run(["systemctl", "stop", f"domaap-{part}@{release}.socket"])

    def is_up(self, part: str, release: str) -> bool:
        """Whether it runs."""
        return succeeds(["systemctl", "is-active", "-q", f"domaap-{part}@{release}.service"])

    def boot(self, release: str, *, is_on: bool) -> bool:
        """Whether a release starts with the machine. False when that was so."""
        names = [f"domaap-{part}@{release}.service" for part in PARTS]
        names += [f"domaap-{part}@{release}.socket" for part in LISTENING]
        if succeeds(["systemctl", "is-enabled", "-q", *names]) is is_on:
            return False
        run(["systemctl", "enable" if is_on else "disable", "-q", *names])
        if is_on:
            run(["systemctl", "enable", "-q", "--now", "domaap.target"])
        return True

    def outside_start(self, name: str) -> bool:
        """Start a service of the distribution (nginx, postgresql). False when it ran."""
        if succeeds(["systemctl", "is-active", "-q", name]):
            return False
        run(["systemctl", "enable", "-q", "--now", name])
        return True

    def database_restart(self) -> None:
        """Restart PostgreSQL of this machine; returns when it answers."""
        run(["systemctl", "restart", "postgresql"])
        run(DATABASE_WAIT)

    def nginx_reload(self) -> None:
        """Take nginx's new configuration; no request is lost."""
        run(["nginx", "-t", "-q"])
        run(["systemctl", "reload", "nginx"])


class Plain:
    """Where systemd does not run (a container, a chroot, a test): the same unit files, read by us."""

    def __init__(self, places: Places, *, nginx: tuple[str, ...] = ("nginx",)) -> None:
        self._places = places
        self._nginx = nginx

    def reread(self) -> None:
        """Unit files are read at each start."""

    def start(self, part: str, release: str) -> None:
        """Start one part of a release, and wait until it is ready."""
        units.start(self._folders(), f"domaap-{part}@{release}")

    def stop(self, part: str, release: str) -> None:
        """Stop one part of a release; what is under way is finished first."""
        units.stop(self._folders(), f"domaap-{part}@{release}")

    def is_up(self, part: str, release: str) -> bool:
        """Whether it runs."""
        return units.is_up(self._folders(), f"domaap-{part}@{release}")

    def boot(self, release: str, *, is_on: bool) -> bool:
        """There is no boot here."""
        return False

    def outside_start(self, name: str) -> bool:
        """Start nginx or postgresql. False when it ran."""
        if name == "nginx":
            if succeeds([*self._nginx, "-s", "reload"]):
                return False
            run(list(self._nginx))
            return True
        if succeeds(["pg_isready", "-q"]):
            return False
        run(["service", name, "start"])
        run(DATABASE_WAIT)
        return True

    def database_restart(self) -> None:
        """Restart PostgreSQL of this machine; returns when it answers."""
        run(["service", "postgresql", "restart"])
        run(DATABASE_WAIT)

    def nginx_reload(self) -> None:
        """Take nginx's new configuration; no request is lost."""
        run([*self._nginx, "-t", "-q"])
        run([*self._nginx, "-s", "reload"])

    def _folders(self) -> units.Folders:
        return units.Folders(self._places.units, self._places.run, self._places.logs)


Services = Systemd | Plain


def services_find(places: Places) -> Services:
    """Systemd where it runs."""
    if Path("/run/systemd/system").is_dir() and shutil.which("systemctl"):
        return Systemd(places)
    return Plain(places)
