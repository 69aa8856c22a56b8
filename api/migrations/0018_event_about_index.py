"""Fills what each event is about, and puts one index in the place of three."""

from typing import Any

import django.contrib.postgres.indexes
import django.contrib.postgres.operations
from django.db import migrations, models

BATCH = 10_000


def about_fill(apps: Any, editor: Any) -> None:
    """For the events that were handled before, in batches that hold no lock for long."""
    with editor.connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(max(id), 0) FROM api_webhookevent")
        last = cursor.fetchone()[0]
        for first in range(0, last + 1, BATCH):
            cursor.execute(
                """UPDATE api_webhookevent
                      SET about = ARRAY(
                              SELECT DISTINCT left(name, 255)
                                FROM unnest(ARRAY[payload #>> '{data,object,id}',
                                                  payload #>> '{data,object,payment_intent}',
                                                  payload #>> '{data,object,invoice}']) AS name
                               WHERE name <> '')
                    WHERE id >= %s AND id < %s AND about IS NULL AND status <> 'waiting'""",
                [first, first + BATCH],
            )


class Migration(migrations.Migration):
    # Each step commits on its own: the inbox takes deliveries in meanwhile.
    atomic = False
    dependencies = [("api", "0017_event_about")]

    operations = [
        migrations.RunPython(about_fill, migrations.RunPython.noop),
        django.contrib.postgres.operations.AddIndexConcurrently(
            model_name="webhookevent",
            index=django.contrib.postgres.indexes.GinIndex(
                condition=models.Q(("about__isnull", False)), fields=["about"], name="webhook_about"
            ),
        ),
        django.contrib.postgres.operations.RemoveIndexConcurrently(
            model_name="webhookevent", name="webhook_thing"
        ),
        django.contrib.postgres.operations.RemoveIndexConcurrently(
            model_name="webhookevent", name="webhook_intent"
        ),
        django.contrib.postgres.operations.RemoveIndexConcurrently(
            model_name="webhookevent", name="webhook_invoice"
        ),
        # Django's second index of a unique text, for searches by prefix: nobody makes one, and event
        # ids come in no order, so that each delivery had PostgreSQL write one page more to its log.
        migrations.RunSQL(
            "DROP INDEX CONCURRENTLY IF EXISTS api_webhookevent_stripe_event_id_698dd141_like",
            migrations.RunSQL.noop,
        ),
    ]
