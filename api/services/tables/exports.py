"""A table on its way to a file: exactly the rows that are asked for, in their order, made by PostgreSQL."""

from collections.abc import Iterator
from typing import Any, BinaryIO

from django.conf import settings
from django.db.models import Case, CharField, Value, When

from api.clock import now
from api.errors import DomaapError
from api.models import User
from api.services.audit import audit_record
from api.services.replicas import from_replica
from api.services.sheets import CellKind, Sheet, SheetColumn, SheetQuery, csv_stream, xlsx_write
from api.services.tables.estimates import rows_planned
from api.services.tables.questions import Question
from api.services.tables.spec import Column, Kind, Source

# What a page of a spreadsheet holds, its headings and totals apart (support.microsoft.com).
XLSX_ROWS_MOST = 1_048_000
_CELLS = {
    Kind.TEXT: CellKind.TEXT,
    Kind.CODE: CellKind.TEXT,
    Kind.STATUS: CellKind.TEXT,
    Kind.MONEY: CellKind.MONEY,
    Kind.INTEGER: CellKind.INTEGER,
    Kind.DATE: CellKind.DATE,
    Kind.MOMENT: CellKind.MOMENT,
    Kind.DUE: CellKind.MOMENT,
    Kind.BOOLEAN: CellKind.BOOLEAN,
}


class TooManyRows(DomaapError):
    """More rows than the format can hold."""

    code = "too_many_rows"
    status = 400
    title = "Too many rows for Excel"
    detail = "A page of Excel holds about a million rows. Take the CSV file, or filter the table."


def table_sheet(question: Question, *, actor: User) -> Sheet:
    """The rows and columns of a question as a sheet; amounts have their currency beside them."""
    columns, sources = [], []
    for column in question.columns:
        is_money = column.kind == Kind.MONEY
        columns.append(
            SheetColumn(
                column.name,
                column.label,
                _CELLS[column.kind],
                currency="currency" if is_money else "",
                is_summed=is_money,
            )
        )
        sources.append(_source(column))
    names = [column.name for column in columns]
    if "currency" not in names and any(column.kind == CellKind.MONEY for column in columns):
        columns.append(SheetColumn("currency", "Currency"))
        sources.append(question.table.keys["currency"])
    rows = question.ordered_rows().values_list(*sources)
    sql, params = rows.query.sql_with_params()
    filtered = [(chip.label, chip.text) for chip in question.chips] or [("Filter", "none")]
    about = [*filtered, ("Order", question.ordered), ("Made by", actor.email)]
    about += [("Made at", f"{now():%d %b %Y %H:%M} UTC"), ("Charity", settings.CHARITY_NAME)]
    return Sheet(question.table.label, columns, SheetQuery(sql, params), about)


def table_csv(question: Question, *, actor: User, query: str) -> Iterator[bytes]:
    """The file in pieces. When it ends, or is broken off, it is written down who took how much."""
    lines, is_quoted = 0, False
    pieces = csv_stream(table_sheet(question, actor=actor))
    try:
        with from_replica():
            for piece in pieces:
                count, is_quoted = _lines(piece, is_quoted)
                lines += count
                yield piece
    finally:
        pieces.close()  # Ends its look at the database, in which nothing can be written down.
        _record(question, actor=actor, query=query, form="csv", rows=max(lines - 1, 0))


def _lines(piece: bytes, is_quoted: bool) -> tuple[int, bool]:
    """How many lines end in a piece of CSV, and whether it ends within quotes, where no line does."""
    parts = piece.split(b'"')
    outside = parts[is_quoted::2]
    return sum(part.count(b"\n") for part in outside), is_quoted != (len(parts) % 2 == 0)


def table_xlsx(question: Question, file: BinaryIO, *, actor: User, query: str) -> None:
    """The workbook, written into a file. Raises TooManyRows."""
    if rows_planned(question.rows()) > XLSX_ROWS_MOST:
        raise TooManyRows
    count = 0

    def told(rows: int) -> None:
        nonlocal count
        count = rows

    with from_replica():
        xlsx_write(table_sheet(question, actor=actor), file, told)
    _record(question, actor=actor, query=query, form="xlsx", rows=count)


def _record(question: Question, *, actor: User, query: str, form: str, rows: int) -> None:
    """Who took what away. What was searched for may name a person, and is left out."""
    audit_record(
        action="table.exported",
        subject=f"table {question.table.noun}",
        actor=actor,
        form=form,
        filters=query,
        columns=",".join(column.name for column in question.columns),
        rows=rows,
    )


def _source(column: Column) -> Source:
    """A status as its word; all else as it is."""
    if column.kind != Kind.STATUS or not isinstance(column.path, str):
        return column.path
    path = column.path
    words: list[Any] = [
        When(**{path: code}, then=Value(word)) for code, word in column.choices.items()
    ]
    return Case(*words, default=path, output_field=CharField())
