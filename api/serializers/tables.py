"""Rows of tables as the API gives them: the types of each noun's columns, made from its table."""

from typing import Any

from rest_framework import serializers

from api.services.tables.spec import Column, Kind, Table

Field = serializers.Field[Any, Any, Any, Any]


class EstimateSerializer(serializers.Serializer[Any]):
    """How many rows there are: exact while there are few."""

    count = serializers.IntegerField()
    is_exact = serializers.BooleanField()


_rows: dict[str, type[serializers.Serializer[Any]]] = {}


def row_serializer(table: Table) -> type[serializers.Serializer[Any]]:
    """What one row holds; a column that was not asked for, or needs a right that who asks lacks, is missing.

    One class per table, or OpenAPI would have two schemas of one name.
    """
    if table.one not in _rows:
        _rows[table.one] = _row_serializer(table)
    return _rows[table.one]


def _row_serializer(table: Table) -> type[serializers.Serializer[Any]]:
    key: Field = serializers.IntegerField()
    fields: dict[str, Any] = {"id": key, **{one.name: _field(one) for one in table.columns}}
    if "currency" not in fields and any(one.kind == Kind.MONEY for one in table.columns):
        fields["currency"] = serializers.CharField(required=False)
    name = table.noun.title()
    doc = f"One {table.one} as staff see it."
    return type(f"Staff{name}RowSerializer", (serializers.Serializer,), {"__doc__": doc, **fields})


def page_serializer(table: Table) -> type[serializers.Serializer[Any]]:
    """A page of rows with the addresses of the pages around."""
    fields: dict[str, Any] = {
        "results": row_serializer(table)(many=True),
        "next": serializers.URLField(allow_null=True),
        "previous": serializers.URLField(allow_null=True),
        "estimate": EstimateSerializer(),
    }
    name = table.noun.title()
    doc = f"A page of {table.one}s."
    return type(f"Staff{name}PageSerializer", (serializers.Serializer,), {"__doc__": doc, **fields})


def row_json(columns: Any, row: Any) -> dict[str, Any]:
    """One row by the names of its columns; money in minor units of its currency."""
    told = {"id": row["pk"], **{one.name: row[one.name] for one in columns}}
    if "currency" in row:
        told.setdefault("currency", row["currency"])
    return told


def _field(column: Column) -> Field:
    help_text = column.label
    if column.choices:
        help_text += ": " + ", ".join(f"`{code}`" for code in column.choices if code)
    told: dict[str, Any] = {
        "required": False,
        "allow_null": column.is_nullable,
        "help_text": help_text,
    }
    match column.kind:
        case Kind.MONEY | Kind.INTEGER:
            return serializers.IntegerField(**told)
        case Kind.DATE:
            return serializers.DateField(**told)
        case Kind.MOMENT | Kind.DUE:
            return serializers.DateTimeField(**told)
        case Kind.BOOLEAN:
            return serializers.BooleanField(**told)
    return serializers.CharField(allow_blank=True, **told)
