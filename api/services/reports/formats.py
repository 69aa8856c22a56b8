"""One result as JSON, CSV, Excel and PDF."""

import zipfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from enum import StrEnum
from typing import Any, BinaryIO

from django.conf import settings

from api.clock import charity_date, charity_time
from api.services.charts import chart_svg
from api.services.gateways.pdf_reports import PdfChart, PdfTable, ReportDocument, report_pdf
from api.services.receipts import charity_words
from api.services.reports.cells import cell_json, cells_text, total_cells
from api.services.reports.layouts import columns_fit, is_wide
from api.services.reports.periods import OWN, day_text
from api.services.reports.spec import ReportResult, ReportTable, currency_place
from api.services.sheets import Sheet, SheetColumn, csv_stream, xlsx_write

Progress = Callable[[int, str], None]


class Format(StrEnum):
    """What a report can be taken away as."""

    PDF = "pdf"
    XLSX = "xlsx"
    CSV = "csv"


FORMAT_TEXT = {Format.PDF: "PDF", Format.XLSX: "Excel", Format.CSV: "CSV"}
CONTENT_TYPES = {
    "pdf": "application/pdf",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
    "zip": "application/zip",
}


def progress_none(done: int, words: str) -> None:
    """Nobody waits for progress."""


def file_write(
    result: ReportResult, form: Format, file: BinaryIO, progress: Progress = progress_none
) -> str:
    """Write the result to a file; returns the name that a person knows it by."""
    if form == Format.PDF:
        progress(60, "Setting the pages")
        file.write(report_pdf(document_of(result)))
    elif form == Format.XLSX:
        _xlsx(result, file, progress)
    elif len(result.body.tables) == 1:
        progress(60, "Writing the rows")
        file.writelines(csv_stream(sheets_of(result)[0]))
    else:
        progress(60, "Writing the rows")
        _zip(result, file)
        return file_name(result, "zip")
    return file_name(result, form.value)


def _xlsx(result: ReportResult, file: BinaryIO, progress: Progress) -> None:
    every = max(1, sum(table.row_count for table in result.body.tables))
    xlsx_write(
        sheets_of(result),
        file,
        lambda done: progress(40 + min(55, 55 * done // every), f"{done:,} of {every:,} rows"),
    )


def _zip(result: ReportResult, file: BinaryIO) -> None:
    """One CSV for each table: two tables in one CSV are none that a program can read."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as bundle:
        for table, sheet in zip(result.body.tables, sheets_of(result), strict=True):
            with bundle.open(f"{table.name}.csv", "w", force_zip64=True) as one:
                one.writelines(csv_stream(sheet))


def file_name(result: ReportResult, ending: str) -> str:
    """giving-2026-10-01-to-2026-10-31.pdf"""
    period = result.parameters.period
    if "period" not in result.report.takes:
        days = charity_date(result.made_at).isoformat()
    else:
        days = f"{period.first_on.isoformat()}-to-{period.last_on.isoformat()}"
    return f"{result.report.name}-{days}.{ending}"


def sheets_of(result: ReportResult) -> list[Sheet]:
    """The tables with all their rows; what they hold is said on each."""
    about = about_of(result)
    return [
        Sheet(
            table.title,
            _columns_summed(table.columns),
            table.query or table.rows,
            about if place == 0 else (),
        )
        for place, table in enumerate(result.body.tables)
    ]


def _columns_summed(columns: Sequence[SheetColumn]) -> list[SheetColumn]:
    """Where amounts have a total per currency, what is counted has one too, as on screen."""
    place = currency_place(columns)
    return [
        replace(column, currency=columns[place].name)
        if place is not None and column.is_summed
        else column
        for column in columns
    ]


def about_of(result: ReportResult) -> list[tuple[str, str]]:
    """What this is, what it is filtered to, who made it and when, and what its words mean."""
    return [
        ("Report", result.report.title),
        ("Charity", f"{settings.CHARITY_NAME}, registered charity no. {settings.CHARITY_NUMBER}"),
        *result.filters,
        ("Made by", result.made_by),
        ("Made on", made_text(result)),
        *(("Note", note) for note in result.body.notes),
        *(("Meaning", sentence) for sentence in result.report.meaning),
    ]


def made_text(result: ReportResult) -> str:
    """24 Nov 2026 at 09:15, where the charity is."""
    local = charity_time(result.made_at)
    return f"{day_text(local.date())} at {local:%H:%M}"


def document_of(result: ReportResult) -> ReportDocument:
    """All that the PDF says."""
    words = charity_words()
    tables = tuple(_pdf_table(table) for table in result.body.tables)
    return ReportDocument(
        charity_name=words["charity_name"],
        charity_status_line=words["charity_status_line"],
        charity_address=words["charity_address"],
        title=result.report.title,
        question=result.report.question,
        filters=tuple(result.filters),
        made_by=result.made_by,
        made_at=made_text(result),
        made_on=charity_date(result.made_at),
        charts=tuple(
            PdfChart(chart.title, chart_svg(chart, width=640, height=240, theme="print"))
            for chart in result.body.charts
            if not chart.is_empty
        ),
        tables=tables,
        is_wide=is_wide(tables),
        notes=tuple(result.body.notes),
        meaning=tuple(result.report.meaning),
    )


def _pdf_table(table: ReportTable) -> PdfTable:
    left = table.row_count - len(table.rows)
    cut = (
        f"The first {len(table.rows):,} of {table.row_count:,} rows; the totals are of all. "
        if left
        else ""
    )
    rows = tuple(tuple(cells_text(table.columns, row)) for row in table.rows)
    totals = tuple(tuple(total_cells(table.columns, total)) for total in table.totals)
    return PdfTable(
        title=table.title,
        note=f"{cut}{table.note}".strip(),
        columns=columns_fit(table.columns, [*rows, *totals]),
        rows=rows,
        totals=totals,
    )


def result_json(result: ReportResult, *, most: int) -> dict[str, Any]:
    """The result for programs; of each table the first `most` rows."""
    period = result.parameters.period
    has_period = "period" in result.report.takes
    return {
        "name": result.report.name,
        "title": result.report.title,
        "question": result.report.question,
        "meaning": list(result.report.meaning),
        "parameters": result.asked,
        "period": {
            "preset": "" if period.preset == OWN else period.preset,
            "first_on": period.first_on.isoformat(),
            "last_on": period.last_on.isoformat(),
        }
        if has_period
        else None,
        "made_at": result.made_at.isoformat(),
        "made_by": result.made_by,
        "notes": list(result.body.notes),
        "tables": [_table_json(table, most) for table in result.body.tables],
    }


def _table_json(table: ReportTable, most: int) -> dict[str, Any]:
    return {
        "name": table.name,
        "title": table.title,
        "note": table.note,
        "columns": [
            {
                "name": column.name,
                "label": column.label,
                "kind": column.kind.value,
                "currency": column.currency,
                "is_summed": column.is_summed,
            }
            for column in table.columns
        ],
        "rows": [_cells_json(row) for row in table.rows[:most]],
        "totals": [_cells_json(total) for total in table.totals],
        "row_count": table.row_count,
    }


def _cells_json(row: Sequence[Any]) -> list[Any]:
    return [cell_json(value) for value in row]
