"""Many rows written or changed by one statement."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db import connection, models
from django.utils import timezone

type _Field = models.Field[Any, Any]


def rows_insert(model: type[models.Model], columns: Mapping[str, Sequence[Any]]) -> list[Any]:
    """Write rows told column by column, in the caller's transaction. Returns their keys, in their order.

    Their time of writing is filled in. To make a model's instance of each row costs several times
    all else of a batch: this is for rows that nobody looks at again.
    """
    fields = {field.attname: field for field in model._meta.concrete_fields}
    count = len(next(iter(columns.values())))
    if not count:
        return []
    written = {name: field for name, field in fields.items() if getattr(field, "auto_now_add", 0)}
    told = {**dict.fromkeys(written, [timezone.now()] * count), **columns}
    quote = connection.ops.quote_name
    names = ", ".join(quote(str(fields[name].column)) for name in told)
    arrays = ", ".join(_array(fields[name]) for name in told)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {quote(model._meta.db_table)} ({names}) SELECT * FROM unnest({arrays})"  # noqa: S608
            f" RETURNING {quote(str(model._meta.pk.column))}",
            [_dumped(fields[name], values) for name, values in told.items()],
        )
        return [key for (key,) in cursor.fetchall()]


def rows_create[Row: models.Model](model: type[Row], rows: Iterable[Row]) -> list[Row]:
    """Write new rows, in the caller's transaction; each learns its key.

    Django's bulk_create prepares every value by itself, which costs more than the rest of its work.
    """
    made = list(rows)
    fields = [one for one in model._meta.concrete_fields if not (one.primary_key or one.generated)]
    keys = rows_insert(model, {field.attname: _values(field, made) for field in fields})
    for row, key in zip(made, keys, strict=True):
        row.pk = key
        row._state.adding, row._state.db = False, connection.alias
    return made


def rows_update[Row: models.Model](
    model: type[Row], rows: Sequence[Row], names: Sequence[str]
) -> None:
    """Write these fields of these rows, in the caller's transaction.

    Django's bulk_update spells out a CASE for each row, which costs more than all else of a batch.
    """
    if not rows:
        return
    fields = [model._meta.get_field(name) for name in names]
    columns: list[_Field] = [model._meta.pk, *fields]  # type: ignore[list-item]
    quote = connection.ops.quote_name
    arrays = ", ".join(_array(field) for field in columns)
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
    rows_create(model, [row for row in rows if row.pk is None])
    rows_update(model, kept, names)


def _array(field: _Field) -> str:
    """Where a column of values stands in a statement. Without its length: a cast would cut a text short."""
    return f"%s::{re.sub(r'\(\d+\)', '', str(field.db_type(connection)))}[]"


def _values(field: _Field, rows: Sequence[models.Model]) -> list[Any]:
    """What stands in this column of these new rows."""
    if getattr(field, "auto_now_add", False):
        return [field.pre_save(row, add=True) for row in rows]
    if isinstance(field, models.ForeignKey):
        return [_key(field, row) for row in rows]
    return [getattr(row, field.attname) for row in rows]


def _dumped(field: _Field, values: Sequence[Any]) -> list[Any]:
    """The values as psycopg takes them."""
    if isinstance(field, models.JSONField):
        return [field.get_db_prep_save(value, connection) for value in values]
    if isinstance(field, models.CharField):
        # A choice is a text of another type; the values of one array are of one type.
        return [None if value is None else str(value) for value in values]
    return list(values)


def _key(field: "models.ForeignKey[Any, Any]", row: models.Model) -> Any:
    """Of what a row points to, which may have been saved since it was told."""
    key = getattr(row, field.attname)
    if key is None and (other := field.get_cached_value(row, default=None)):
        setattr(row, field.attname, key := other.pk)
    return key
