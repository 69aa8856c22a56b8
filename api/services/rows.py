"""Many rows changed by one statement, each to values of its own."""

from collections.abc import Sequence

from django.db import connection, models


def rows_update[Row: models.Model](
    model: type[Row], rows: Sequence[Row], names: Sequence[str]
) -> None:
    """Write these fields of these rows, in the caller's transaction.

    Django's bulk_update spells out a CASE for each row, which costs more than all else of a batch.
    """
    if not rows:
        return
    fields = [model._meta.get_field(name) for name in names]
    columns: list[models.Field[object, object]] = [model._meta.pk, *fields]  # type: ignore[list-item]
    quote = connection.ops.quote_name
    arrays = ", ".join(f"%s::{field.db_type(connection)}[]" for field in columns)
    names_of = [quote(str(field.column)) for field in columns]
    changes = ", ".join(f"{name} = came.{name}" for name in names_of[1:])
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {quote(model._meta.db_table)} AS kept SET {changes}"  # noqa: S608
            f" FROM unnest({arrays}) AS came ({', '.join(names_of)})"
            f" WHERE kept.{names_of[0]} = came.{names_of[0]}",
            [[getattr(row, field.attname) for row in rows] for field in columns],
        )


def rows_save[Row: models.Model](
    model: type[Row], rows: Sequence[Row], names: Sequence[str]
) -> None:
    """Write new rows whole, and these fields of those that are there, in the caller's transaction."""
    kept = [row for row in rows if row.pk is not None]
    model._default_manager.bulk_create([row for row in rows if row.pk is None])
    rows_update(model, kept, names)
