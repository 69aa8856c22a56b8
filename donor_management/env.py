"""The only reader of the environment: every variable, what it accepts, and what is wrong with it."""

import os
import re
import tomllib
from datetime import date
from functools import cache
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any

from dotenv import dotenv_values

from donor_management.addresses import Address, address_read

ROOT = Path(__file__).resolve().parent.parent
TRUE = {"true", "1", "yes", "on"}
FALSE = {"false", "0", "no", "off"}
SECRET_KINDS = ("sk_test_", "sk_live_", "rk_test_", "rk_live_")
PUBLISHABLE_KINDS = ("pk_test_", "pk_live_")
MAIL_SECONDS = 20
POOL_SIZE = 12
# A machine that went away without a word is noticed within seconds, not after TCP's quarter of an hour.
DEAD_HOST = {
    "connect_timeout": "3",
    "keepalives_idle": "5",
    "keepalives_interval": "2",
    "keepalives_count": "3",
    "tcp_user_timeout": "10000",
}


class SettingError(Exception):
    """A variable is missing or wrong; its text is one sentence naming it and what it accepts."""


@cache
def release_name() -> str:
    """Which release this is: the folder that it was installed to, else the version of the project."""
    if ROOT.parent.name == "releases":
        return ROOT.name
    return str(tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"])


@cache
def _files() -> dict[str, str]:
    """Values of `.env`, and under them the secrets that Domaap makes for itself where nobody gives."""
    chosen = _file(ROOT / ".env")
    said = {**chosen, **os.environ}
    if not said.get("DATABASE_URL", "").strip() or said.get("DEBUG", "").strip().lower() in TRUE:
        from embedded.secrets import secrets_ensure

        return _file(secrets_ensure(ROOT)) | chosen
    return chosen


def _file(path: Path) -> dict[str, str]:
    try:
        return {name: value for name, value in dotenv_values(path).items() if value}
    except (OSError, UnicodeDecodeError) as error:
        words = f"{path} can't be read ({error}): ask as its owner, such as sudo -u domaap."
        raise SettingError(words) from error


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
    if value in TRUE | FALSE:
        return value in TRUE
    raise SettingError(f"{name} is {value!r}: it accepts True or False.")


def env_shaped(
    name: str, default: str, shape: str, accepts: str, *, is_secret: bool = False
) -> str:
    """A text of a certain shape, a regular expression that `accepts` puts into words."""
    value = env_text(name, default)
    if value == default or re.fullmatch(shape, value):
        return value
    said = "is not understood" if is_secret else f"is {value!r}"
    raise SettingError(f"{name} {said}: it accepts {accepts}.")


def env_month_day(name: str, default: str) -> tuple[int, int]:
    """A day that each year has, as (month, day)."""
    accepts = "a day of every year as MM-DD, such as 03-31"
    month, day = env_shaped(name, default, r"\d{2}-\d{2}", accepts).split("-")
    try:
        date(2001, int(month), int(day))
    except ValueError as error:
        raise SettingError(f"{name} is {month}-{day}: it accepts {accepts}.") from error
    return int(month), int(day)


def env_list(name: str, default: str | None, shape: str, accepts: str) -> list[str]:
    """Comma-separated values, each of a certain shape. They are not in the error: some are secrets."""
    values = [part.strip() for part in env_text(name, default).split(",") if part.strip()]
    if values and all(re.fullmatch(shape, value) for value in values):
        return values
    raise SettingError(f"{name} is not understood: it accepts {accepts}, separated by commas.")


def env_hosts(name: str, default: str) -> list[str]:
    """Host names under which we are reached."""
    names = "names and addresses such as give.example.org or 203.0.113.10, without https:// or port"
    return env_list(name, default, r"\*|\.?[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\]", names)


def env_email(name: str, default: str) -> str:
    """An e-mail address, with or without a name before it."""
    bare = r"[^@\s<>,]+@[^@\s<>,]+"
    accepts = "an address such as giving@example.org"
    return env_shaped(name, default, rf"{bare}|[^<>\n]*<{bare}>", accepts)


def env_line(name: str, default: str) -> str:
    """Words that are printed on one line."""
    return env_shaped(name, default, ".{1,200}", "one line of at most 200 characters")


def env_folder(name: str, default: Path) -> Path:
    """A folder that we may write to; made when it is not there. A relative one is in our root."""
    folder = ROOT / env_text(name, str(default))
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SettingError(
            f"{name} is {str(folder)!r} ({error.strerror}): it accepts a folder that can be made."
        ) from error
    if not os.access(folder, os.W_OK):
        raise SettingError(
            f"{name} is {str(folder)!r}: it accepts a folder that this user may write to."
        )
    return folder


def env_path(name: str, default: Path) -> Path:
    """A file that is there and can be read. A relative one is in our root."""
    path = ROOT / env_text(name, str(default))
    if not os.access(path, os.R_OK) or not path.is_file():
        raise SettingError(f"{name} is {str(path)!r}: it accepts a file that can be read.")
    return path


def env_port(name: str, default: int) -> int:
    """A TCP port."""
    value = env_text(name, str(default))
    if value.isdecimal() and 0 < int(value) < 65536:
        return int(value)
    raise SettingError(f"{name} is {value!r}: it accepts a port number from 1 to 65535.")


def env_url(name: str, default: str) -> str:
    """An http(s) address of a whole site: no path, and no slash at its end."""
    accepts = "an address such as https://give.example.org, without a path"
    return env_shaped(name, default, r"https?://[^\s/?#@]+/?", accepts).rstrip("/")


def env_secret(name: str, *, least: int = 32) -> str:
    """A secret of our own making, long enough not to be guessed. Its value is never in the error."""
    value = env_text(name)
    if len(value) < least:
        raise SettingError(
            f"{name} is too short: it accepts a random text of {least} or more characters."
        )
    return value


def env_secret_or_none(name: str, *, least: int = 32) -> str:
    """A secret that may be left out."""
    return env_secret(name, least=least) if env_text(name, "") else ""


def env_choice(name: str, choices: tuple[str, ...]) -> str:
    """One of a few words; the first is the default."""
    value = env_text(name, choices[0]).lower()
    if value in choices:
        return value
    raise SettingError(
        f"{name} is {value!r}: it accepts {', '.join(choices[:-1])} or {choices[-1]}."
    )


def env_path_of_others(name: str, default: str) -> Path:
    """A file that somebody else writes; a relative one is in our root. It need not be there."""
    return ROOT / env_text(name, default)


def env_secrets(name: str, *, least: int = 32) -> list[str]:
    """Secrets of our own making, comma separated: the first is used, the others still understood."""
    values = [part.strip() for part in env_text(name).split(",") if part.strip()]
    if not values or any(len(value) < least for value in values):
        raise SettingError(
            f"{name} is too short: it accepts a random text of {least} or more characters, "
            "or several separated by commas (the first signs, all are still understood)."
        )
    return values


def env_networks(name: str, default: str) -> list[IPv4Network | IPv6Network]:
    """Addresses and networks."""
    try:
        return [ip_network(part.strip()) for part in env_text(name, default).split(",")]
    except ValueError as error:
        raise SettingError(
            f"{name} is not understood: it accepts addresses and networks such as 127.0.0.1 or "
            "10.0.0.0/8, separated by commas."
        ) from error


def env_stripe_key(name: str, kinds: tuple[str, ...]) -> str:
    """A Stripe key, or nothing (then the simulator stands in)."""
    value = env_text(name, "")
    if value and not value.startswith(kinds):
        raise SettingError(
            f"{name} is not a Stripe key of its kind: it accepts a text that starts with "
            f"{' or '.join(kinds)}, or nothing for the simulator."
        )
    return value


def env_stripe_keys() -> tuple[str, str]:
    """The secret and the publishable key, both of one mode, or both empty for the simulator."""
    secret = env_stripe_key("STRIPE_SECRET_KEY", SECRET_KINDS)
    # The brief spells the publishable key both ways.
    publishable = env_stripe_key("STRIPE_PUBLISHABLE_KEY", PUBLISHABLE_KINDS) or env_stripe_key(
        "STRIPE_PUBLIC_KEY", PUBLISHABLE_KINDS
    )
    if secret and not publishable:
        raise SettingError(
            "STRIPE_PUBLISHABLE_KEY is missing: with STRIPE_SECRET_KEY set it accepts the "
            "publishable key (pk_...) of the same Stripe account."
        )
    if publishable and not secret:
        raise SettingError(
            "STRIPE_SECRET_KEY is missing: with a publishable key set it accepts the secret key "
            "(sk_test_... or sk_live_...) of the same Stripe account."
        )
    if secret[3:7] != publishable[3:7]:
        raise SettingError(
            "STRIPE_PUBLISHABLE_KEY and STRIPE_SECRET_KEY are of different modes: "
            f"with this secret key it accepts a text that starts with pk_{secret[3:7]}_."
        )
    return secret, publishable


def env_sentry_dsn(name: str) -> str:
    """Where errors are reported, or nothing. It is not in the error: its user part is a key."""
    value = env_text(name, "")
    if value and not re.fullmatch(r"https?://[^\s/@]+@[^\s/]+(?:/[^\s/]+)*/\d+", value):
        raise SettingError(
            f"{name} is not understood: it accepts the DSN that Sentry shows, such as "
            "https://KEY@o1.ingest.sentry.io/2, or nothing."
        )
    return value


def env_mailers(*, is_required: bool) -> dict[str, dict[str, Any]]:
    """Django's MAILERS from the EMAIL_ variables. Empty without EMAIL_HOST: e-mails are then kept."""
    server = "the name of an SMTP server such as smtp.gmail.com, without a port"
    host = env_shaped("EMAIL_HOST", "", r"[A-Za-z0-9._-]+|[0-9A-Fa-f:.]+", server)
    port, has_tls = env_port("EMAIL_PORT", 587), env_bool("EMAIL_USE_TLS", True)
    user, password = env_text("EMAIL_HOST_USER", ""), env_text("EMAIL_HOST_PASSWORD", "")
    if is_required and not host:
        raise SettingError(f"EMAIL_HOST is missing: outside the embedded mode it accepts {server}.")
    if user and not password:
        raise SettingError(
            "EMAIL_HOST_PASSWORD is missing: with EMAIL_HOST_USER set it accepts that account's "
            "password (Gmail: an app password)."
        )
    if password and not user:
        raise SettingError(
            "EMAIL_HOST_USER is missing: with EMAIL_HOST_PASSWORD set it accepts the account's name."
        )
    options = {"host": host, "port": port, "username": user, "password": password}
    backend = "api.services.gateways.smtp.MarkingBackend"
    more = {"use_tls": has_tls, "timeout": MAIL_SECONDS}
    return {"default": {"BACKEND": backend, "OPTIONS": {**options, **more}}} if host else {}


def env_files_store(folder: Path) -> dict[str, Any]:
    """Where files are kept: this machine's folder, or with FILES_S3_BUCKET a bucket that all nodes share."""
    bucket = env_shaped(
        "FILES_S3_BUCKET", "", "[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", "the name of a bucket"
    )
    endpoint = env_text("FILES_S3_ENDPOINT", "") and env_url("FILES_S3_ENDPOINT", "")
    key, secret = env_text("FILES_S3_KEY", ""), env_text("FILES_S3_SECRET", "")
    if bool(key) != bool(secret):
        missing, given = ("FILES_S3_SECRET", "KEY") if key else ("FILES_S3_KEY", "SECRET")
        raise SettingError(
            f"{missing} is missing: with FILES_S3_{given} set it accepts the other half of the pair."
        )
    if not bucket:
        options: dict[str, Any] = {
            "location": str(folder),
            "base_url": None,
            "file_permissions_mode": 0o600,
            "directory_permissions_mode": 0o700,
        }
        return {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": options}
    return {
        "BACKEND": "api.services.gateways.s3_storage.S3Storage",
        "OPTIONS": {
            "bucket": bucket,
            "endpoint": endpoint,
            "region": env_shaped(
                "FILES_S3_REGION", "eu-west-2", "[a-z0-9-]+", "a region such as eu-west-2"
            ),
            "key": key,
            "secret": secret,
        },
    }


def env_database_is_embedded() -> bool:
    """No DATABASE_URL: Domaap runs a PostgreSQL of its own in var/."""
    return env_text("DATABASE_URL", "") == ""


def env_database_url() -> str:
    """The address of the database as libpq knows it: without our own `pool_size`."""
    from embedded.postgres import postgres_url

    return _url_parts("DATABASE_URL", env_text("DATABASE_URL", "") or postgres_url(ROOT)).url


def env_databases() -> dict[str, dict[str, Any]]:
    """Django's DATABASES: the primary, and where they are set a replica and a way past PgBouncer."""
    from embedded.postgres import postgres_url

    is_pooled = env_shaped(
        "DATABASE_POOL_MODE", "session", "session|transaction", "session or transaction"
    )
    addresses = {
        "default": ("DATABASE_URL", env_text("DATABASE_URL", "") or postgres_url(ROOT)),
        "direct": ("DIRECT_DATABASE_URL", env_text("DIRECT_DATABASE_URL", "")),
        "replica": ("REPLICA_DATABASE_URL", env_text("REPLICA_DATABASE_URL", "")),
    }
    if is_pooled == "transaction" and not addresses["direct"][1]:
        raise SettingError(
            "DIRECT_DATABASE_URL is missing: behind PgBouncer it accepts the "
            "address of PostgreSQL itself, past PgBouncer, for the worker."
        )
    found = {
        alias: _database(_url_parts(name, url), alias)
        for alias, (name, url) in addresses.items()
        if url
    }
    # Between two statements PgBouncer may change the session under us: nothing is kept in it.
    for alias in found.keys() - {"direct"}:
        found[alias]["DISABLE_SERVER_SIDE_CURSORS"] = is_pooled == "transaction"
    return found


def _database(address: Address, alias: str) -> dict[str, Any]:
    query = dict(address.query)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": address.name,
        "USER": address.user or query.pop("user", ""),
        "PASSWORD": address.password or query.pop("password", ""),
        "HOST": query.pop("host", "") or address.hosts,
        "PORT": query.pop("port", "") or address.ports,
        # A restarted PostgreSQL leaves dead connections in the pool: a donor must not meet them.
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {**_pool(address.pool_size, alias), **DEAD_HOST, **query},
        "TEST": {"MIRROR": "default"} if alias != "default" else {},
    }


def _url_parts(variable: str, url: str) -> Address:
    """The parts of an address. Raises SettingError."""
    try:
        return address_read(url, pool_size=POOL_SIZE)
    except ValueError as error:
        # The address holds a password: it is not in the error.
        raise SettingError(
            f"{variable} is not understood: it accepts "
            "postgresql://USER:PASSWORD@HOST:5432/domaap_db, or nothing"
            + (" for the embedded one." if variable == "DATABASE_URL" else ".")
        ) from error


def _pool(size: int, alias: str) -> dict[str, object]:
    """Connections kept open per process; `?pool_size=0` in DATABASE_URL keeps none (for PgBouncer)."""
    if not size or alias == "direct":
        return {}
    wait = 10 if alias == "default" else 2
    return {"pool": {"min_size": 1 if alias == "default" else 0, "max_size": size, "timeout": wait}}
