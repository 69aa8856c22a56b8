"""A table on its way to a file: exactly the rows that are asked for, in their order, made by PostgreSQL."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, BinaryIO
from urllib.parse import parse_qs, urlencode

from django.conf import settings
from django.db.models import Case, CharField, Value, When

from api.clock import charity_date, now
from api.models import Right, User
from api.services.audit import audit_record
from api.services.replicas import from_replica
from api.services.sheets import CellKind, Sheet, SheetColumn, SheetQuery, csv_stream, xlsx_write
from api.services.tables.estimates import rounded, rows_planned
from api.services.tables.questions import Question, TableRefused, question_read
from api.services.tables.spec import Column, Kind, Source, Table

Progress = Callable[[int, str], None]

# About so many rows are handed out at once; more are made in the background, whatever the format.
ROWS_AT_ONCE = 50_000
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


def is_long(question: Question) -> bool:
    """Whether the file takes longer than somebody waits for, by PostgreSQL's own estimate."""
    return rows_planned(question.rows()) > ROWS_AT_ONCE


def table_file_name(question: Question, form: str) -> str:
    """donations-2026-11-24.csv"""
    return f"{question.table.noun}-{charity_date(now()):%Y-%m-%d}.{form}"


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
                is_code=column.kind in {Kind.CODE, Kind.STATUS},
            )
        )
        sources.append(_source(column))
    names = [column.name for column in columns]
    if "currency" not in names and any(column.kind == CellKind.MONEY for column in columns):
        columns.append(SheetColumn("currency", "Currency", is_code=True))
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


def table_xlsx(
    question: Question,
    file: BinaryIO,
    *,
    actor: User,
    query: str,
    progress: Callable[[int], None] | None = None,
) -> None:
    """The workbook, written into a file: on several pages where one is too short for all rows."""
    count = 0

    def told(rows: int) -> None:
        nonlocal count
        count = rows
        if progress:
            progress(rows)

    with from_replica():
        xlsx_write(table_sheet(question, actor=actor), file, told)
    _record(question, actor=actor, query=query, form="xlsx", rows=count)


def table_file(
    table: Table, query: str, form: str, file: BinaryIO, *, user: User, progress: Progress
) -> tuple[str, frozenset[Right]]:
    """What the address `query` of a table asks, written into a file; its name, and the rights that it shows.

    Raises TableRefused, also where the person may not ask it any more.
    """
    given = parse_qs(query, keep_blank_values=True)
    if not {table.right, Right.EXPORTS_MAKE} <= user.rights:
        raise TableRefused(f"Your role does not allow to take {table.label.lower()} away.")
    question = question_read(table, given, user.rights)
    every = max(1, rows_planned(question.rows()))

    def told(rows: int) -> None:
        progress(min(97, 2 + 95 * rows // every), f"{rows:,} of about {rounded(every):,} rows")

    shown = query_without_search(given)
    if form == "xlsx":
        table_xlsx(question, file, actor=user, query=shown, progress=told)
    else:
        lines = 0
        for piece in table_csv(question, actor=user, query=shown):
            lines += piece.count(b"\n")
            file.write(piece)
            told(lines)
    return table_file_name(question, form), _rights(question)


def query_without_search(given: Mapping[str, Sequence[str]]) -> str:
    """An address as it may be kept in the log: what was searched for may name a person."""
    left = [(name, value) for name, values in given.items() for value in values]
    return urlencode([(name, value) for name, value in left if name != "q" and value])


def _rights(question: Question) -> frozenset[Right]:
    """What somebody must be allowed to see to be handed the file."""
    table = question.table
    own = {table.right, Right.EXPORTS_MAKE, *(column.right for column in question.columns)}
    return frozenset(right for right in own if right)


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
