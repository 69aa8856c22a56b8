"""Scratch books for a rehearsal: empty temporary tables before the real ones, and a session that may write
nowhere else. PostgreSQL itself refuses: the session is read-only, which leaves temporary tables alone
(postgresql.org/docs/current/sql-set-transaction.html). All of it is gone when the session ends.
"""

from django.apps import apps
from django.db import connection

from api.models import Fund

# Mirrors of real tables would let a real job, event or session through: there are none.
_SHADOWS = """
SELECT format('CREATE TEMP TABLE %%I (LIKE public.%%I INCLUDING DEFAULTS INCLUDING IDENTITY INCLUDING GENERATED'
              ' INCLUDING INDEXES INCLUDING CONSTRAINTS)', tablename, tablename)
  FROM pg_tables WHERE schemaname = 'public' AND tablename = ANY(%s) ORDER BY tablename
"""


def scratch_open() -> None:
    """From here on this connection sees empty books of its own, and can change nothing else.

    For a process that does nothing but rehearse: the connection must stay open, and be the only one.
    """
    tables = [model._meta.db_table for model in apps.get_app_config("api").get_models()]
    with connection.cursor() as cursor:
        cursor.execute("SET temp_buffers = '128MB'")  # a year of plans stays in memory
        cursor.execute(_SHADOWS, [tables])
        for (statement,) in cursor.fetchall():
            cursor.execute(statement)
        cursor.execute("SET default_transaction_read_only = on")
        cursor.execute("SET synchronous_commit = off")
    # Nobody else is here and nothing is taken back: a day is one transaction, without any within it.
    connection.features.uses_savepoints = False
    Fund.objects.create(code="general", name="Rehearsed gifts", purpose="", position=0)


def scratch_tidy() -> None:
    """PostgreSQL's own cleaning passes temporary tables by: the busy ones are tidied here, between days."""
    with connection.cursor() as cursor:
        cursor.execute(
            "VACUUM (ANALYZE) api_subscription, api_recovery, api_recoverystep, api_donation"
        )
