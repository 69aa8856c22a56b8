"""PostgreSQL refuses to run as root: whom to run it as, without changing anything outside `var/`."""

import functools
import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from embedded.binaries import EmbeddedError

MAPPED_ID = 1000
SYSTEM_USERS = ("postgres", "nobody")


@dataclass(frozen=True)
class Identity:
    """How to run a program so that PostgreSQL accepts it, and who must own its files."""

    prefix: tuple[str, ...]
    owner_id: int
    group_id: int


def identity_for(program: str) -> Identity:
    """The identity that can run `program` here."""
    return _identity_choose(program, os.geteuid())


@functools.cache
def _identity_choose(program: str, user_id: int) -> Identity:
    if user_id != 0:
        return Identity((), user_id, os.getegid())
    candidates = [_namespace(), *map(_system_user, SYSTEM_USERS)]
    for identity in candidates:
        if identity and _runs([*identity.prefix, program, "--version"]):
            return identity
    raise EmbeddedError(
        "PostgreSQL refuses to run as root and no other identity works here: "
        "run as an ordinary user, or set DATABASE_URL."
    )


def _namespace() -> Identity | None:
    """A user namespace in which root looks like an ordinary user: files keep their owner."""
    unshare = shutil.which("unshare")
    if unshare is None:
        return None
    ids = (f"--map-user={MAPPED_ID}", f"--map-group={MAPPED_ID}")
    return Identity((unshare, "--user", *ids, "--"), 0, 0)


def _system_user(name: str) -> Identity | None:
    """A user that the system has anyway; the cluster's folder becomes its own."""
    setpriv = shutil.which("setpriv")
    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        return None
    if setpriv is None:
        return None
    ids = (f"--reuid={entry.pw_uid}", f"--regid={entry.pw_gid}", "--clear-groups")
    return Identity((setpriv, *ids, "--"), entry.pw_uid, entry.pw_gid)


def _runs(command: list[str]) -> bool:
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def identity_own(identity: Identity, folder: Path) -> None:
    """Give the folder and all in it to the identity, when they are not its own yet."""
    if os.geteuid() != 0 or not folder.exists() or folder.stat().st_uid == identity.owner_id:
        return
    inside = [path for path in folder.rglob("*") if not path.is_symlink()]
    for path in [*inside, folder]:  # The folder last: its owner says that all is done.
        os.chown(path, identity.owner_id, identity.group_id)
