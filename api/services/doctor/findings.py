"""What a check is, and what it found."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.conf import settings

from api.services.doctor.rounds import Round


class State(StrEnum):
    """How bad it is. `skipped`: it could not, or need not, be looked at here; `what` says why."""

    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"
    SKIPPED = "skipped"


@dataclass(frozen=True)
class Seen:
    """What a look showed, and the command that mends it."""

    state: State
    what: str
    command: str = ""


@dataclass(frozen=True)
class Check:
    """One thing that can be wrong. `needs`: checks that must be sound before this one means anything.

    `mend` does what --fix does and says in a sentence what it did. Its `can` limits it to what it can.
    """

    name: str
    title: str
    why: str
    look: Callable[[Round], Seen]
    needs: tuple[str, ...] = ()
    mend: Callable[[Round], str] | None = None


@dataclass(frozen=True)
class Finding:
    """One check with what it showed, as the terminal, the page and the API give it."""

    name: str
    title: str
    state: State
    what: str
    why: str
    command: str
    can_fix: bool

    def as_data(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "name": self.name,
            "title": self.title,
            "state": str(self.state),
            "what": self.what,
            "why": self.why,
            "command": self.command,
            "can_fix": self.can_fix,
        }


class MendError(Exception):
    """Something could not be mended; the text says what to do by hand."""


def fine(what: str) -> Seen:
    """All is well."""
    return Seen(State.OK, what)


def warning(what: str, command: str) -> Seen:
    """It works, and may stop doing so."""
    return Seen(State.WARNING, what, command)


def problem(what: str, command: str) -> Seen:
    """It does not work."""
    return Seen(State.PROBLEM, what, command)


def skipped(what: str) -> Seen:
    """Nothing can be said."""
    return Seen(State.SKIPPED, what)


def is_production() -> bool:
    """Whether donors use this product."""
    return settings.ENVIRONMENT == "production"


def is_in_container() -> bool:
    """Whether this runs in an image of deploy/docker/: on a machine a release has a folder of its own name."""
    return settings.BASE_DIR.name == "current"


def compose(words: str) -> str:
    """A command for the containers, as it is typed beside them in the product's folder."""
    return f"docker compose --env-file .env -f deploy/compose.yaml {words}"


def manage(command: str) -> str:
    """A command of ours as it is typed in the product's folder, or wherever deploy/ put it."""
    if settings.BASE_DIR.parent.name == "releases":
        folder = settings.BASE_DIR.parent.parent / "current"
        return f"sudo -u domaap {folder}/var/venv/bin/python {folder}/manage.py {command}"
    if is_in_container():
        return compose(f"exec web var/venv/bin/python manage.py {command}")
    return f"var/venv/bin/python manage.py {command}"


def restart(part: str) -> str:
    """How a process of ours is started again."""
    if is_in_container():
        return compose(f"restart {part}")
    return f"sudo systemctl restart 'domaap-{part}@*.service'" if is_production() else "make run"


def age_text(seconds: float) -> str:
    """A span in words: 40 seconds, 12 minutes, 3 hours, 9 days."""
    for size, word in ((86400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= 2 * size:
            return f"{int(seconds // size)} {word}s"
    return f"{int(seconds)} second{'s' * (int(seconds) != 1)}"
