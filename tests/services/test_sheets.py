"""Tables as files: what a person opens in Excel is what the database holds."""

import csv
import io
from datetime import UTC, date, datetime

import pytest
from openpyxl import load_workbook

from api.services.sheets import (
    CellKind,
    Sheet,
    SheetColumn,
    SheetQuery,
    csv_stream,
    xlsx_write,
)

COLUMNS = (
    SheetColumn("reference", "Reference"),
    SheetColumn("donor", "Donor"),
    SheetColumn("amount", "Amount", CellKind.MONEY, currency="currency", is_summed=True),
    SheetColumn("currency", "Currency"),
    SheetColumn("given_on", "Given on", CellKind.DATE),
    SheetColumn("made_at", "Made at", CellKind.MOMENT),
    SheetColumn("is_anonymous", "Anonymous", CellKind.BOOLEAN),
    SheetColumn("gifts", "Gifts", CellKind.INTEGER, is_summed=True),
)
SUMMER = datetime(2026, 6, 30, 23, 30, 5, tzinfo=UTC)
ROWS = (
    ("123456789012345678", "=HYPERLINK(1)", 123450, "GBP", SUMMER, SUMMER, True, 1),
    ("1E5", 'Zoë "Z"\nO’Hara, Łódź', 500, "JPY", date(2026, 1, 2), SUMMER, False, 2),
    ("007", None, 1250, "KWD", None, None, None, None),
    ("008", "+44 7700 900123", -310, "GBP", date(1900, 1, 1), SUMMER, False, 3),
)
SQL = """SELECT * FROM (VALUES
    ('123456789012345678', '=HYPERLINK(1)', 123450, 'GBP', %s::timestamptz, %s::timestamptz, true, 1),
    ('1E5', 'Zoë "Z"' || chr(10) || 'O’Hara, Łódź', 500, 'JPY', '2026-01-02 12:00Z', %s, false, 2),
    ('007', NULL, 1250, 'KWD', NULL, NULL, NULL, NULL),
    ('008', '+44 7700 900123', -310, 'GBP', '1900-01-01 12:00Z', %s, false, 3)) AS row"""


def sheet(rows: object = ROWS) -> Sheet:
    """The same four rows, from Python or from PostgreSQL."""
    return Sheet("Gifts: all/any", COLUMNS, rows, (("Made by", "Dora"),))  # type: ignore[arg-type]


QUERY = SheetQuery(SQL, (SUMMER,) * 4)


@pytest.mark.django_db
@pytest.mark.parametrize("rows", [ROWS, QUERY])
def test_csv_has_exact_money_local_days_and_no_formulas(rows: object) -> None:
    made = b"".join(csv_stream(sheet(rows)))
    assert made.startswith(b"\xef\xbb\xbfReference,Donor,")
    lines = list(csv.reader(io.StringIO(made.decode("utf-8-sig"), newline="")))
    assert lines == [
        [column.label for column in COLUMNS],
        [
            *("123456789012345678", "'=HYPERLINK(1)", "1234.50", "GBP", "2026-07-01"),
            *("2026-07-01T00:30:05+01:00", "true", "1"),
        ],
        [
            *("1E5", 'Zoë "Z"\nO’Hara, Łódź', "500", "JPY", "2026-01-02"),
            *("2026-07-01T00:30:05+01:00", "false", "2"),
        ],
        ["007", "", "1.250", "KWD", "", "", "", ""],
        [
            *("008", "'+44 7700 900123", "-3.10", "GBP", "1900-01-01"),
            *("2026-07-01T00:30:05+01:00", "false", "3"),
        ],
    ]


@pytest.mark.django_db
@pytest.mark.parametrize("rows", [ROWS, QUERY])
def test_workbook_has_real_dates_numbers_and_totals(rows: object) -> None:
    file, told = io.BytesIO(), []
    xlsx_write(sheet(rows), file, told.append)
    book = load_workbook(file)
    page, values = book.worksheets[0], load_workbook(file, data_only=True).worksheets[0]
    assert book.sheetnames == ["Gifts all any", "About"]
    assert told[-1] == 4
    assert page["A2"].value == "123456789012345678"
    assert page["B2"].value == "=HYPERLINK(1)" and page["B2"].data_type != "f"
    assert (page["C2"].value, page["C3"].value, page["C4"].value) == (1234.5, 500, 1.25)
    assert (page["C3"].number_format, page["C4"].number_format) == ("#,##0", "#,##0.000")
    assert str(page["E2"].value) == "2026-07-01 00:00:00"
    assert str(page["F2"].value) == "2026-07-01 00:30:05"
    assert (page["G2"].value, page["G4"].value) == (True, None)
    assert page.freeze_panes == "A2"
    totals = {row[0].value: (row[2].value, row[7].value) for row in values["A7:H12"]}
    assert totals["Total GBP"] == (1231.4, None)
    assert totals["Total"] == (None, 6)
    assert book["About"]["B2"].value == "Dora"


def test_money_without_a_column_of_its_currency_is_refused() -> None:
    columns = (SheetColumn("amount", "Amount", CellKind.MONEY, currency="money"),)
    with pytest.raises(ValueError, match="amount: there is no column 'money'"):
        list(csv_stream(Sheet("Gifts", columns, ((1,),))))


def test_columns_are_as_wide_as_what_stands_in_them() -> None:
    columns = (
        SheetColumn("fund", "Fund"),
        SheetColumn("currency", "Currency"),
        SheetColumn("gifts", "Gifts", CellKind.INTEGER, currency="currency", is_summed=True),
        SheetColumn("amount", "Amount", CellKind.MONEY, currency="currency", is_summed=True),
    )
    rows = [
        ("The roof of the old mill and all that is under it", "GBP", 2, 99_999_999_999_999),
        ("屋" * 40, "JPY", 3, 5),
        ("Short", "JPY", 4, 7),
    ]
    file = io.BytesIO()
    xlsx_write(Sheet("Funds", columns, rows), file)
    page, values = (
        load_workbook(file).worksheets[0],
        load_workbook(file, data_only=True).worksheets[0],
    )
    assert page.column_dimensions["A"].width == 60
    assert page.column_dimensions["D"].width >= len("999,999,999,999.99")
    assert [page[f"A{row}"].alignment.wrap_text for row in (2, 3, 4)] == [None, True, None]
    assert [row[2].value for row in values["A6:D7"]] == [2, 7]
    assert page["C7"].value == "=SUMIF('Funds'!B2:B4,\"JPY\",'Funds'!C2:C4)"
