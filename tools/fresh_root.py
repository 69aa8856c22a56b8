"""A fresh Debian or Ubuntu in a folder, for tests of what is installed upon one."""

import shutil
import subprocess
from pathlib import Path

from tools.interpreters import apt_install
from tools.places import VAR

ROOTS = VAR / "roots"
BOOT_PACKAGES = "systemd,systemd-sysv,dbus,ca-certificates"
# Much of what the installer asks for is outside of Ubuntu's main part.
OPTIONS = {"noble": ["--components=main,universe"]}


class FreshRootError(Exception):
    """It can't be made here; why."""


def fresh_root_make(suite: str) -> Path:
    """A minimal system with systemd, made once by Debian's own tool from the distribution's own mirror.

    Its folder. Raises FreshRootError.
    """
    fresh = ROOTS / suite
    if (fresh / "usr" / "bin" / "systemctl").exists():
        return fresh
    if not (shutil.which("debootstrap") or apt_install("debootstrap")):
        raise FreshRootError("debootstrap is not here: apt install debootstrap")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    options = [*OPTIONS.get(suite, ()), "--variant=minbase", f"--include={BOOT_PACKAGES}"]
    command = ["debootstrap", *options, suite, str(fresh)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        shutil.rmtree(fresh, ignore_errors=True)
        raise FreshRootError(f"debootstrap failed:\n{done.stdout[-2000:]}")
    return fresh
