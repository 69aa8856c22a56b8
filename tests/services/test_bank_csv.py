"""CSV as British banks export it: their columns, their signs, their letters; the same two movements in each."""

from datetime import date

import pytest

from api.errors import BankFileRefused
from api.models import BankLine
from api.services.bank_lines import bank_lines_import
from api.services.gateways.bank_files import bank_file_read
from api.services.gateways.bank_movements import BankFileLine

FIFTH, SIXTH = date(2026, 11, 5), date(2026, 11, 6)
BANKS = {
    "Barclays": (
        "Number,Date,Account,Amount,Subcategory,Memo\n"
        " ,05/11/2026,20-00-00 12345678,1234.50,Credit,STRIPE\t\t\tREF 1\n"
        " ,06/11/2026,20-00-00 12345678,-12.00,Debit,CAFÉ £5\t\n"
    ),
    "Barclays by the day": (
        "Statement,,,20261106\nSort Code,Account Number,Value,CR/DR Identifier,Description,Date\n"
        "200000,12345678,1234.50,CR,STRIPE,05/11/2026\n200000,12345678,12.00,DR,CAFÉ £5,06/11/2026\n"
    ),
    "HSBC, without a header": ('\ufeff05/11/2026,STRIPE,"1,234.50"\n06/11/2026,CAFÉ £5,-12.00\n'),
    "HSBCnet": (
        "Account number,Date,Currency,Amount (GBP),Description,Type\n"
        "401234-12345678,05/11/2026,GBP,1234.50,STRIPE,CR\n"
        "401234-12345678,06/11/2026,GBP,-12.00,CAFÉ £5,VIS\n"
    ),
    "Lloyds": (
        "Transaction Date,Transaction Type,Sort Code,Account Number,Transaction Description,"
        "Debit Amount,Credit Amount,Balance,\n"
        "06/11/2026,DEB,'30-00-00,12345678,CAFÉ £5,12.00,,2222.50\n"
        "05/11/2026,BGC,'30-00-00,12345678,STRIPE,,1234.50,2234.50\n"
    ),
    "NatWest": (
        "\nDate, Type, Description, Value, Balance, Account Name, Account Number\n\n"
        '05/11/2026,BAC,"\'STRIPE",1234.50,2234.50,"\'HOPE","\'600000-12345678",\n'
        '06/11/2026,POS,"\'CAFÉ £5",-12.00,2222.50,"\'HOPE","\'600000-12345678",\n'
    ),
    "NatWest Bankline": (
        "SORT_CODE,ACCOUNT_NUMBER,ACCOUNT_ALIAS,CURRENCY,DATE,NARRATIVE_1,NARRATIVE_2,TYPE,DEBIT,CREDIT\n"
        "600000,12345678,,GBP,05/11/26,STRIPE,REF 1,BAC,,1234.50\n"
        "600000,12345678,,GBP,06/11/26,CAFÉ £5,,POS,12.00,\n"
    ),
    "Santander": (
        "Date,Type,Merchant/Description,Debit/Credit,Balance\n"
        "05/11/2026,BACS,STRIPE,£1234.50,£2234.50\n06/11/2026,CARD,CAFÉ £5,-£12.00,£2222.50\n"
    ),
    "Co-op": (
        "Date,Description,Type,Money In,Money Out,Balance\n"
        "2026-11-05,STRIPE,Credit,1234.50,,2234.50\n2026-11-06,CAFÉ £5,Debit,,12.00,2222.50\n"
    ),
    "CAF Bank": (
        "Account: 00012345,,,,\nTransaction Date,Details,Paid in (£),Paid out (£),Balance (£)\n"
        "05 Nov 2026,BALANCE BROUGHT FORWARD,,,1000.00\n"
        '05 Nov 2026,STRIPE,"1,234.50",,"2,234.50"\n06 Nov 2026,CAFÉ £5,,12.00,"2,222.50"\n'
        ',Closing balance,,,"2,222.50"\n'
    ),
    "Starling": (
        "Date,Counter Party,Reference,Type,Amount (GBP),Balance (GBP),Spending Category,Notes\n"
        "05/11/2026,STRIPE,REF 1,FASTER PAYMENT,1234.50,2234.50,INCOME,\n"
        "06/11/2026,CAFÉ £5,,CHIP & PIN,-12.00,2222.50,EATING_OUT,\n"
    ),
    "Monzo": (
        "Transaction ID,Date,Time,Type,Name,Emoji,Category,Amount,Currency,Local amount,Local currency,"
        "Notes and #tags,Address,Receipt,Description,Category split,Money Out,Money In\n"
        "tx_1,05/11/2026,09:00:00,Bacs,STRIPE,,Income,1234.50,GBP,1234.50,GBP,,,,STRIPE,,,1234.50\n"
        "tx_2,06/11/2026,10:00:00,Card payment,CAFÉ £5,,Eating out,-12.00,GBP,-14.00,EUR,,,,CAFÉ,,-12.00,\n"
    ),
    "Tide": (
        "Date,Transaction ID,Transaction description,Paid in,Paid out\n"
        "2026-11-05,1,STRIPE,1234.50,\n2026-11-06,2,CAFÉ £5,,12.00\n"
    ),
    "Revolut": (
        "Date started (UTC),Date completed (UTC),ID,Type,Description,Reference,Orig currency,Amount,"
        "Payment currency,Fee,Balance\n"
        "2026-11-04,2026-11-05,1,TOPUP,STRIPE,,GBP,1234.50,GBP,0.00,2234.50\n"
        "2026-11-06,2026-11-06,2,CARD_PAYMENT,CAFÉ £5,,GBP,-12.00,GBP,0.00,2222.50\n"
    ),
    "a spreadsheet, with brackets": (
        "sep=;\nDatum;Nothing\nDate;Details;Value (GBP)\n5-Nov-26;STRIPE;1,234.50\n6-Nov-26;CAFÉ £5;(12.00)\n"
    ),
}


def read(text: str, encoding: str = "utf-8") -> list[BankFileLine]:
    """A file's movements, the oldest first."""
    lines = bank_file_read(text.encode(encoding), account="main", currency="GBP")
    return sorted(lines, key=lambda line: line.booked_on)


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "utf-16"])
@pytest.mark.parametrize("bank", BANKS)
def test_each_banks_file_gives_the_same_two_movements(bank: str, encoding: str) -> None:
    text = BANKS[bank].removeprefix("\ufeff") if encoding != "utf-8" else BANKS[bank]
    came, went = read(text, encoding)
    assert (came.booked_on, came.amount_minor, came.currency) == (FIFTH, 123450, "GBP")
    assert (went.booked_on, went.amount_minor, went.currency) == (SIXTH, -1200, "GBP")
    assert "STRIPE" in came.description and "CAFÉ £5" in went.description
    assert "12345678" in came.account or came.account == "main"


HEAD = "Date,Description,Amount,Balance\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (HEAD + "05/11/2026,a,1.00,\n11/30/2026,b,2.00,\n", "Line 3, column Date: `11/30/2026`"),
        (HEAD + ",b,2.00,\n", "Line 2, column Date: `` is not a date"),
        (HEAD + "05/11/2026,b,,2.00\n", "Line 2, there is no amount"),
        (
            HEAD.replace("Amount", "Amount (GBP)") + "05/11/2026,b,two,\n",
            "column Amount (GBP): `two`",
        ),
        (
            "Date,Details,Paid in,Paid out\n05/11/2026,b,,x\n",
            "Line 2, column Paid out: `x` is not an amount",
        ),
        (
            "Date,Details,Amount,CR/DR\n05/11/2026,b,5.00,maybe\n",
            "column CR/DR: `maybe` does not say whether money came in (CR) or went out (DR)",
        ),
        (
            "05/11/2026,STRIPE,1.00\n06/11/2026,CAFE,one\n",
            "Line 2, column 3: `one` is not an amount",
        ),
        ("Date,Details,Paid in\n05/11/2026,b,1.00\n", "No header line was found"),
    ],
)
def test_what_cannot_be_read_is_named_with_its_line_and_column(text: str, said: str) -> None:
    with pytest.raises(BankFileRefused) as refused:
        read(text)
    assert said in refused.value.detail
    assert "Nothing was imported" in refused.value.detail or "No header" in refused.value.detail


def test_notes_and_balances_between_movements_are_no_movements() -> None:
    text = (
        HEAD
        + "01/11/2026,OPENING BALANCE,,10.00\n05/11/2026,STRIPE,1.00,11.00\n\n"
        + ",continued on the next page,,\n30/11/2026,Carried forward,,11.00\nEnd of report\n"
    )
    [line] = read(text)
    assert (line.description, line.amount_minor) == ("STRIPE", 100)


ROWS = [
    "03/11/2026,SHOP,-2.00,",
    "04/11/2026,SHOP,-2.00,",
    "04/11/2026,SHOP,-2.00,",
    "05/11/2026,STRIPE,9.00,",
]


def imported(*rows: str) -> tuple[int, int]:
    """How many were new, and how many are kept."""
    done = bank_lines_import((HEAD + "\n".join(rows)).encode(), file_name="a.csv")
    return done.new, BankLine.objects.count()


@pytest.mark.django_db
def test_two_equal_movements_of_a_day_are_two_however_files_overlap_and_whatever_their_order() -> (
    None
):
    assert imported(*ROWS[:2]) == (2, 2)  # The first file ends in the middle of the day.
    assert imported(*ROWS) == (2, 4)
    assert imported(*reversed(ROWS)) == (0, 4)
    assert imported(*ROWS[1:]) == (0, 4)
    assert imported(*ROWS[3:], "05/11/2026,STRIPE,9.00,") == (1, 5)
    assert sum(BankLine.objects.values_list("amount_minor", flat=True)) == -600 + 1800
