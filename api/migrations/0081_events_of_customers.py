"""Events that no gift leads to are found by their customer."""

from typing import Any

from django.db import migrations

BATCH = 10_000


def about_fill(apps: Any, editor: Any) -> None:
    """For the events that were handled before, in batches that hold no lock for long."""
    with editor.connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(max(id), 0) FROM api_webhookevent")
        last = cursor.fetchone()[0]
        for first in range(0, last + 1, BATCH):
            cursor.execute(
                """UPDATE api_webhookevent
                      SET about = about || left(payload #>> '{data,object,customer}', 255)
                    WHERE id >= %s AND id < %s AND about IS NOT NULL AND status <> 'handled'
                      AND jsonb_typeof(payload #> '{data,object,customer}') = 'string'
                      AND NOT about @> ARRAY[left(payload #>> '{data,object,customer}', 255)]::varchar[]""",
                [first, first + BATCH],
            )


class Migration(migrations.Migration):
    # Each batch commits on its own: the inbox takes deliveries in meanwhile.
    atomic = False
    dependencies = [("api", "0080_forgotten_names")]

    operations = [migrations.RunPython(about_fill, migrations.RunPython.noop)]
