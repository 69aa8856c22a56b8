"""A report has the same figures on screen, in PDF, Excel, CSV and JSON; hostile texts stay texts."""

import csv
import io
import zipfile
from collections import Counter
from collections.abc import Iterable
from datetime import date
from typing import Any

import openpyxl
import pytest
from pypdf import PageObject, PdfReader

from api.money import money_plain
from api.services.funds import funds_seed
from api.services.gateways.pdf_reports import PdfTable, ReportDocument, report_pdf
from api.services.reports.catalogue import REPORTS
from api.services.reports.cells import cells_text
from api.services.reports.formats import Format, file_write, result_json
from api.services.reports.layouts import columns_fit, is_wide
from api.services.reports.spec import ReportResult, Row, currency_place
from api.services.sheets import CellKind, SheetColumn
from tests.giving_history import HOSTILE, history_write
from tests.services.test_reports import YEAR, run

pytestmark = pytest.mark.django_db


@pytest.fixture
def told(no_jobs: None) -> dict[str, Any]:
    """The history."""
    return history_write()


def _files(result: ReportResult) -> dict[Format, bytes]:
    made = {}
    for form in Format:
        file = io.BytesIO()
        file_write(result, form, file)
        made[form] = file.getvalue()
    return made


def _csv_rows(result: ReportResult, content: bytes) -> list[list[list[str]]]:
    """Each table's lines below its headings."""
    if len(result.body.tables) == 1:
        parts = [content]
    else:
        with zipfile.ZipFile(io.BytesIO(content)) as bundle:
            assert bundle.namelist() == [f"{table.name}.csv" for table in result.body.tables]
            parts = [bundle.read(name) for name in bundle.namelist()]
    return [list(csv.reader(io.StringIO(part.decode("utf-8-sig"))))[1:] for part in parts]


def _plain(column: SheetColumn, value: Any, currency: str) -> str:
    """A figure as CSV has it."""
    if value is None:
        return ""
    if column.kind == CellKind.MONEY:
        return money_plain(value, currency)
    if column.kind == CellKind.RATE:
        return f"{value // 100}.{value % 100:02d}"
    text = str(value)
    return "'" + text if text.startswith("=") else text


def _words(content: bytes) -> Counter[str]:
    """The words of a PDF, each as often as it is there."""
    reader = PdfReader(io.BytesIO(content))
    return Counter(" ".join(page.extract_text() for page in reader.pages).split())


def _sheet_check(result: ReportResult, content: bytes) -> None:
    """Excel has every figure with its type, and each total as a formula with the same value kept."""
    kept = openpyxl.load_workbook(io.BytesIO(content), data_only=True)
    made = openpyxl.load_workbook(io.BytesIO(content))
    assert kept.sheetnames[-1] == "About" and len(kept.sheetnames) == len(result.body.tables) + 1
    about = {str(row[0].value): str(row[1].value) for row in kept["About"].iter_rows()}
    assert about["Made by"] == "Dora" and about["Report"] == result.report.title
    for table, name in zip(result.body.tables, kept.sheetnames, strict=False):
        place = currency_place(table.columns)
        page, formulas = kept[name], made[name]
        assert page.freeze_panes == "A2" and page.auto_filter.ref
        for number, row in enumerate(table.rows, 2):
            for at, (column, value) in enumerate(zip(table.columns, row, strict=True), 1):
                cell = page.cell(number, at)
                currency = row[place] if place is not None else ""
                if column.kind == CellKind.DATE:
                    assert cell.value is None or (cell.is_date and cell.value.date() == value)
                elif column.kind == CellKind.MONEY:
                    assert round(cell.value * 100) == value and cell.data_type == "n"
                elif column.kind == CellKind.TEXT:
                    assert (cell.value or "") == (value or "") and cell.data_type != "f", currency
        below = len(table.rows) + 2
        for at, column in enumerate(table.columns, 1):
            if not column.is_summed or not table.rows:
                continue
            sums = [page.cell(line, at).value for line in range(below, page.max_row + 1)]
            found = [value for value in sums if value is not None]
            assert all(
                str(formulas.cell(line, at).value).startswith("=")
                for line in range(below, page.max_row + 1)
                if page.cell(line, at).value is not None
            )
            ours = [total[at - 1] for total in table.totals]
            if column.kind == CellKind.MONEY:
                assert [round(value * 100) for value in found] == ours
            else:
                assert found == ours


@pytest.mark.parametrize("name", list(REPORTS))
def test_every_format_has_the_same_figures(told: dict[str, Any], name: str) -> None:
    wide = {"period": "own", "from": "2023-01-01", "to": "2026-12-31"}
    if "step" in REPORTS[name].takes:
        wide["step"] = "month"
    result = run(name, **(wide if "period" in REPORTS[name].takes else {}))
    files = _files(result)
    answer = result_json(result, most=1000)
    words = _words(files[Format.PDF])
    wanted: Counter[str] = Counter()
    for table, told_table, lines in zip(
        result.body.tables, answer["tables"], _csv_rows(result, files[Format.CSV]), strict=True
    ):
        place = currency_place(table.columns)
        for row, told_row, line in zip(table.rows, told_table["rows"], lines, strict=True):
            currency = row[place] if place is not None else ""
            for column, value, said, plain in zip(table.columns, row, told_row, line, strict=True):
                if column.kind in (CellKind.MONEY, CellKind.INTEGER, CellKind.RATE):
                    assert said == value
                if column.kind != CellKind.MOMENT:
                    assert plain == _plain(column, value, currency)
            wanted.update(" ".join(_numbers(table.columns, row)).split())
        for total, told_total in zip(table.totals, told_table["totals"], strict=True):
            assert told_total == list(total)
            wanted.update(" ".join(_numbers(table.columns, total)).split())
        assert told_table["row_count"] == len(table.rows)
    missing = {word: count for word, count in wanted.items() if words[word] < count}
    assert not missing
    _sheet_check(result, files[Format.XLSX])


def _numbers(columns: Iterable[SheetColumn], row: Row) -> list[str]:
    """The figures of a row in words, as screen and PDF have them."""
    kinds = [column.kind in (CellKind.MONEY, CellKind.RATE) for column in columns]
    return [
        text for text, is_one in zip(cells_text(list(columns), row), kinds, strict=True) if is_one
    ]


@pytest.mark.parametrize("name", list(REPORTS))
def test_a_report_of_nothing_is_made_in_every_format(no_jobs: None, name: str) -> None:
    funds_seed()
    result = run(name)
    assert all(not table.totals or table.rows for table in result.body.tables)
    for content in _files(result).values():
        assert content
    assert "Nothing in this period" in _text(result) or any(
        table.rows for table in result.body.tables
    )


def _text(result: ReportResult) -> str:
    file = io.BytesIO()
    file_write(result, Format.PDF, file)
    return " ".join(page.extract_text() for page in PdfReader(file).pages)


def test_a_hostile_name_is_a_text_everywhere(told: dict[str, Any]) -> None:
    result = run("top-donors", **YEAR)
    files = _files(result)
    assert f'"\'{HOSTILE.replace(chr(34), chr(34) * 2)}"'.encode() in files[Format.CSV]
    book = openpyxl.load_workbook(io.BytesIO(files[Format.XLSX]))
    cell = book.worksheets[0].cell(2, 2)
    assert cell.value == HOSTILE and cell.data_type == "s"
    # Long runs of letters may break anywhere: the spaces without width are no part of the name.
    assert HOSTILE in _text(result).replace("\u200b", "").replace("\n", "")


def test_a_pdf_is_tagged_numbered_and_repeats_its_headings(told: dict[str, Any]) -> None:
    result = run(
        "giving", period="own", **{"from": "2024-01-01", "to": "2026-12-31", "step": "month"}
    )
    file = io.BytesIO()
    file_write(result, Format.PDF, file)
    reader = PdfReader(file)
    pages = [page.extract_text() for page in reader.pages]
    assert len(pages) > 1
    for number, page in enumerate(pages, 1):
        assert f"{number} of {len(pages)}" in page
        assert "Made by Dora" in page and "Riverbank Community Trust" in page
    assert sum("Given back" in page for page in pages) >= 2
    root: Any = reader.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"] and root["/Lang"] == "en-GB"
    assert "pdfuaid" in root["/Metadata"].get_data().decode()


def _pages(columns: int, rows: int) -> list[PageObject]:
    """A PDF of one table: figures beside a name, with the totals of two currencies."""
    labels = [SheetColumn("name", "Name")]
    labels += [
        SheetColumn(f"n{n}", f"20{n:02d}/{n + 1:02d}", CellKind.INTEGER) for n in range(columns)
    ]
    cells = tuple(tuple(["Row"] + ["1,234"] * columns) for _ in range(rows))
    totals = tuple(tuple([f"Total {code}"] + ["9,999"] * columns) for code in ("EUR", "GBP"))
    table = PdfTable("Numbers", "", columns_fit(labels, [*cells, *totals]), cells, totals)
    document = ReportDocument(
        charity_name="Riverbank Community Trust", charity_status_line="", charity_address="",
        title="Numbers", question="How many?", filters=(), made_by="Dora", made_at="today",
        made_on=date(2026, 11, 24), is_wide=is_wide([table]), charts=(), tables=(table,), notes=(), meaning=(),
    )  # fmt: skip
    return list(PdfReader(io.BytesIO(report_pdf(document))).pages)


def test_totals_never_stand_on_a_page_without_rows() -> None:
    for rows in range(30, 50):
        lasts = [page.extract_text() for page in _pages(2, rows)]
        assert sum(text.count("Row") for text in lasts) == rows
        assert all("Row" in text for text in lasts if "Total" in text)
        assert sum("Total" in text for text in lasts) == 1


def test_a_table_of_thirty_years_stays_on_its_paper() -> None:
    [page] = _pages(30, 3)
    ends: list[float] = []
    page.extract_text(visitor_text=lambda text, _cm, tm, _font, _size: ends.append(tm[4]))
    assert "2029/30" in page.extract_text()
    assert max(ends) < float(page.mediabox.width) - 45
