"""Whether the PostgreSQL of DATABASE_URL can be used, asked once before anything starts."""

import psycopg

from donor_management.env import SettingError
from embedded.binaries import OLDEST_MAJOR

ANSWER_SECONDS = 5


def database_check(url: str, *, oldest: int = OLDEST_MAJOR) -> None:
    """Raise SettingError when the server can't be reached, is too old, or can't keep every letter."""
    try:
        with psycopg.connect(url, connect_timeout=ANSWER_SECONDS) as connection:
            major = connection.info.server_version // 10_000
            encoding = connection.info.parameter_status("server_encoding")
    except psycopg.Error as error:
        raise SettingError(
            f"DATABASE_URL leads to no database ({' '.join(str(error).split())}): it accepts the "
            f"address of one in a running PostgreSQL {oldest} or newer."
        ) from error
    if major < oldest:
        raise SettingError(
            f"DATABASE_URL leads to PostgreSQL {major}: it accepts version {oldest} or newer."
        )
    if encoding != "UTF8":
        raise SettingError(
            f"DATABASE_URL leads to a database in {encoding}: it accepts one in UTF8 "
            "(createdb --encoding=UTF8 --template=template0 domaap_db)."
        )
