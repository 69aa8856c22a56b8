"""The machine's own settings: who may read the secrets, and what only a developer should have on."""

from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings

from api.services.doctor.findings import (
    Check,
    Seen,
    fine,
    is_in_container,
    is_production,
    problem,
    skipped,
)
from api.services.doctor.rounds import Round

# Others may do nothing, the group may read (the service's own) and no more.
TOO_OPEN = 0o027
_NEAR = {"localhost", "127.0.0.1", "::1"}


def _open_files() -> list[Path]:
    files = [Path(path) for path in settings.SECRET_FILES]
    return [path for path in files if path.exists() and path.stat().st_mode & TOO_OPEN]


def secret_files(_: Round) -> Seen:
    """Files with secrets are for their owner."""
    found = _open_files()
    if not found and is_in_container():
        return skipped(
            "The settings were given to this container: on its machine, .env is to be 0600."
        )
    if not found:
        return fine("Only their owner reads the files that hold secrets.")
    names = " ".join(str(path) for path in found)
    modes = ", ".join(f"{path} ({path.stat().st_mode & 0o777:o})" for path in found)
    return problem(f"Others on this machine may read or change {modes}.", f"chmod 600 {names}")


def secret_files_mend(_: Round) -> str:
    """Take away what others may."""
    found = _open_files()
    for path in found:
        path.chmod(0o600)
    return f"Made {', '.join(str(path) for path in found)} readable by its owner only."


def debug(_: Round) -> Seen:
    """Error pages with settings and data are for the developer's own machine."""
    is_near = urlsplit(settings.SITE_URL).hostname in _NEAR
    if not settings.DEBUG or (is_near and not is_production()):
        return fine("Error pages show nothing to strangers.")
    return problem(
        f"DEBUG is True at {settings.SITE_URL}: its error pages show settings and donors to anybody.",
        "Put DEBUG=False into .env, then restart",
    )


CHECKS = (
    Check(
        "secret-files",
        "Files with secrets",
        "Whoever reads them can sign in as anybody and take money at Stripe.",
        secret_files,
        mend=secret_files_mend,
    ),
    Check("debug", "Debug flag", "It is the commonest way in which secrets get out.", debug),
)
