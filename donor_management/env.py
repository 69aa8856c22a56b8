"""The only reader of the environment: every variable, what it accepts, and what is wrong with it."""

import os
from functools import cache
from pathlib import Path
from urllib.parse import unquote, urlsplit

from dotenv import dotenv_values

ROOT = Path(__file__).resolve().parent.parent


class SettingError(Exception):
    """A variable is missing or wrong; its text is one sentence naming it and what it accepts."""


@cache
def _files() -> dict[str, str]:
    """Values of `.env`, and under them the secrets that the embedded mode made for itself."""
    chosen = _file(ROOT / ".env")
    if os.environ.get("DATABASE_URL", chosen.get("DATABASE_URL", "")).strip() == "":
        from embedded.secrets import secrets_ensure

        return _file(secrets_ensure(ROOT)) | chosen
    return chosen


def _file(path: Path) -> dict[str, str]:
    return {name: value for name, value in dotenv_values(path).items() if value}


def env_text(name: str, default: str | None = None) -> str:
    """The variable's text; an empty one counts as missing."""
    # A variable that is set wins even when it is empty: so a test can switch off what .env holds.
    value = (os.environ[name] if name in os.environ else _files().get(name, "")).strip()
    if value:
        return value
    if default is None:
        raise SettingError(f"{name} is missing: put it in .env (see .env_local for what it holds).")
    return default


def env_bool(name: str, default: bool) -> bool:
    """True or False, in the usual spellings."""
    value = env_text(name, str(default)).lower()
    if value in {"true", "1", "yes", "on"}:
        return True
    if value in {"false", "0", "no", "off"}:
        return False
    raise SettingError(f"{name} is {value!r}: it accepts True or False.")


def env_list(name: str, default: str = "") -> list[str]:
    """Comma-separated values."""
    return [part.strip() for part in env_text(name, default).split(",") if part.strip()]


def env_port(name: str, default: int) -> int:
    """A TCP port."""
    value = env_text(name, str(default))
    if value.isdecimal() and 0 < int(value) < 65536:
        return int(value)
    raise SettingError(f"{name} is {value!r}: it accepts a port number from 1 to 65535.")


def env_url(name: str, default: str) -> str:
    """An http(s) address, without the slash at its end."""
    value = env_text(name, default)
    if urlsplit(value).scheme in {"http", "https"} and urlsplit(value).netloc:
        return value.rstrip("/")
    raise SettingError(
        f"{name} is {value!r}: it accepts an address such as https://give.example.org."
    )


def env_secret(name: str, *, least: int = 32) -> str:
    """A secret of our own making, long enough not to be guessed. Its value is never in the error."""
    value = env_text(name)
    if len(value) < least:
        raise SettingError(
            f"{name} is too short: it accepts a random text of {least} or more characters."
        )
    return value


def env_stripe_key(name: str, kinds: tuple[str, ...]) -> str:
    """A Stripe key, or nothing (then the simulator stands in)."""
    value = env_text(name, "")
    if value and not value.startswith(kinds):
        raise SettingError(
            f"{name} is not a Stripe key of its kind: it accepts a text that starts with "
            f"{' or '.join(kinds)}, or nothing for the simulator."
        )
    return value


def env_database_is_embedded() -> bool:
    """No DATABASE_URL: Domaap runs a PostgreSQL of its own in var/."""
    return env_text("DATABASE_URL", "") == ""


def env_database() -> dict[str, object]:
    """Django's DATABASES entry from DATABASE_URL, or for the embedded PostgreSQL."""
    from embedded.postgres import postgres_url

    url = env_text("DATABASE_URL", "") or postgres_url(ROOT)
    parts = urlsplit(url)
    if parts.scheme not in {"postgres", "postgresql"} or not parts.path.strip("/"):
        raise SettingError(
            "DATABASE_URL is not understood: it accepts "
            "postgresql://USER:PASSWORD@HOST:5432/domaap_db, or nothing for the embedded one."
        )
    query = dict(pair.split("=", 1) for pair in parts.query.split("&") if "=" in pair)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.strip("/")),
        "USER": unquote(parts.username or query.pop("user", "")),
        "PASSWORD": unquote(parts.password or query.pop("password", "")),
        "HOST": unquote(query.pop("host", "") or parts.hostname or ""),
        "PORT": str(parts.port or ""),
        "OPTIONS": {**_pool(int(query.pop("pool_size", "12"))), **query},
    }


def _pool(size: int) -> dict[str, object]:
    """Connections kept open per process; `?pool_size=0` in DATABASE_URL keeps none (for PgBouncer)."""
    return {"pool": {"min_size": 1, "max_size": size, "timeout": 10}} if size else {}
