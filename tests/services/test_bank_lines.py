"""The bank's statement: read whole or not at all, kept once, matched one to one."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from hypothesis import given
from hypothesis import strategies as some

from api.errors import BankFileRefused
from api.models import BankLine, Payout, PayoutStatus
from api.services.bank_lines import WINDOW, bank_lines_import, bank_lines_match, pairs
from api.services.gateways.bank_files import bank_file_read
from api.services.gateways.bank_movements import BankFileLine

NOVEMBER = date(2026, 11, 1)
OFX = """OFXHEADER:100
DATA:OFXSGML
VERSION:102
SECURITY:NONE
ENCODING:USASCII
CHARSET:1252
COMPRESSION:NONE
OLDFILEUID:NONE
NEWFILEUID:NONE

<OFX><SIGNONMSGSRSV1><SONRS><STATUS><CODE>0<SEVERITY>INFO</STATUS><DTSERVER>20261130120000<LANGUAGE>ENG</SONRS>
</SIGNONMSGSRSV1><BANKMSGSRSV1><STMTTRNRS><TRNUID>1<STATUS><CODE>0<SEVERITY>INFO</STATUS><STMTRS><CURDEF>GBP
<BANKACCTFROM><BANKID>404784<ACCTID>12345678<ACCTTYPE>CHECKING</BANKACCTFROM>
<BANKTRANLIST><DTSTART>20261101<DTEND>20261130
<STMTTRN><TRNTYPE>CREDIT<DTPOSTED>20261105<TRNAMT>1234.50<FITID>A1<NAME>STRIPE PAYMENTS UK<MEMO>STRIPE</STMTTRN>
<STMTTRN><TRNTYPE>DEBIT<DTPOSTED>20260701000000[1:BST]<TRNAMT>-0.07<FITID>A2<NAME>CHARGES</STMTTRN>
</BANKTRANLIST><LEDGERBAL><BALAMT>10.00<DTASOF>20261130</LEDGERBAL></STMTRS></STMTTRNRS></BANKMSGSRSV1></OFX>"""
ENTRY = """<Ntry><Amt Ccy="GBP">{amount}</Amt><CdtDbtInd>{way}</CdtDbtInd><Sts>{status}</Sts>
<BookgDt><Dt>{day}</Dt></BookgDt><AcctSvcrRef>{ref}</AcctSvcrRef>{details}</Ntry>"""
DETAIL = """<TxDtls><Refs><EndToEndId>e2e</EndToEndId></Refs><AmtDtls><InstdAmt><Amt Ccy="EUR">999.99</Amt></InstdAmt>
</AmtDtls><RltdPties><Dbtr><Nm>Stripe Payments UK Ltd</Nm></Dbtr></RltdPties>
<RmtInf><Ustrd>STRIPE A1</Ustrd></RmtInf></TxDtls>"""


def read(text: str, **names: str) -> list[BankFileLine]:
    """A file's lines."""
    return bank_file_read(text.encode(), **{"account": "main", "currency": "GBP", **names})


def camt(
    *entries: str, version: str = "02", account: str = "<IBAN>GB33BUKB20201555555555</IBAN>"
) -> str:
    """A CAMT.053 file."""
    return f"""<?xml version="1.0"?><Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.{version}">
<BkToCstmrStmt><GrpHdr><MsgId>m</MsgId><CreDtTm>2026-11-30T00:00:00</CreDtTm></GrpHdr><Stmt><Id>s</Id>
<Acct><Id>{account}</Id></Acct>{"".join(entries)}</Stmt></BkToCstmrStmt></Document>"""


def entry(**changes: str) -> str:
    """One entry of it."""
    plain = {"amount": "12.34", "way": "CRDT", "status": "BOOK", "day": "2026-11-05", "ref": "r1"}
    return ENTRY.format(**{**plain, "details": "", **changes})


@pytest.mark.parametrize(
    "text",
    [
        "Date,Description,Amount\n05/11/2026,STRIPE,1234.50\n",
        "\ufeffDate;Description;Amount\n2026-11-05;STRIPE;1234.50\n",
        'Date,Type,Details,Money In,Money Out,Balance\n5 Nov 2026,BGC,STRIPE,"£1,234.50",,9\n',
        "Transaction Date,Transaction Description,Debit Amount,Credit Amount\n05/11/26,STRIPE,,1234.50\n",
        "Date\tNarrative\tDebit\tCredit\n05-Nov-2026\tSTRIPE\t\t1234.50\n",
        "Account name,Main\nExported,today\n\nDate,Counter Party,Amount (GBP)\n05/11/2026,STRIPE,+1234.5\n",
    ],
)
def test_the_csv_of_many_banks_gives_the_same_line(text: str) -> None:
    (line,) = read(text)
    assert (line.booked_on, line.amount_minor, line.currency) == (date(2026, 11, 5), 123450, "GBP")
    assert line.description.endswith("STRIPE")


@pytest.mark.parametrize(
    ("written", "minor"),
    [
        ("-3.10", -310),
        ("3.10-", -310),
        ("(3.10)", -310),
        ("3.10 DR", -310),
        ("3.1 CR", 310),
        ("£1,000", 100000),
        ("\u22125", -500),
    ],
)
def test_amounts_are_taken_as_banks_write_them(written: str, minor: int) -> None:
    (line,) = read(f'Date,Memo,Value\n2026-11-05,x,"{written}"\n')
    assert line.amount_minor == minor


def test_money_out_is_negative_whether_or_not_the_bank_writes_a_minus() -> None:
    lines = read("Date,Details,Paid in,Paid out\n05/11/2026,a,,7.00\n05/11/2026,b,,-7.00\n")
    assert [line.amount_minor for line in lines] == [-700, -700]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "empty"),
        ("hello\nworld\n", "No header line"),
        ("Date,Description,Amount\n", "no movements"),
        (
            "Date,Description,Amount\n05/11/2026,a,1.00\n32/11/2026,b,2.00\n",
            "Line 3, column Date: `32/11/2026` is not a date",
        ),
        (
            "Date,Description,Amount\n05/11/2026,a,1.234\n",
            "Line 2, column Amount: `1.234` has more digits than GBP has",
        ),
        (
            'Date,Description,Amount\n05/11/2026,a,"1.234,56"\n',
            "Line 2, column Amount: `1.234,56` is not an amount",
        ),
        ("Date,Description,Credit,Debit\n05/11/2026,a,,\n", "Line 2, there is no amount"),
        ("Date,Description,Amount\n05/11/2026\n", "Line 2, there is no amount"),
        (
            "Date,Description,Amount,Currency\n05/11/2026,a,1.00,pounds\n",
            "Line 2, column Currency: `pounds` is not a currency",
        ),
        ("%PDF-1.7 ...", "not a bank statement that we can read"),
        (OFX.replace("1234.50", "12x"), "OFX file is broken"),
        (OFX.replace("20261105", "5 November"), "OFX file is broken"),
        (OFX[:700], "OFX file is broken"),
        (camt(entry(amount="1.001")), "Entry 1: `1.001` has more digits"),
        (camt(entry(), entry(day="yesterday")), "Entry 2: `yesterday` is not a date"),
        (camt(entry())[:-20], "CAMT.053 file is broken"),
        (camt(entry()).replace("Stmt>", "Other>"), "CAMT.053 file is broken"),
    ],
)
def test_a_bad_file_is_refused_with_the_place_named(text: str, said: str) -> None:
    with pytest.raises(BankFileRefused) as refused:
        read(text)
    assert said in refused.value.detail


def test_an_ofx_file_gives_its_account_and_days_in_london() -> None:
    assert read(OFX) == [
        BankFileLine(
            "12345678", date(2026, 11, 5), 123450, "GBP", "A1", "STRIPE PAYMENTS UK STRIPE"
        ),
        BankFileLine("12345678", date(2026, 7, 1), -7, "GBP", "A2", "CHARGES"),
    ]


@pytest.mark.parametrize("version", ["02", "08", "13"])
def test_a_camt_file_gives_one_line_an_entry_of_the_entrys_own_amount(version: str) -> None:
    batch = f"<NtryDtls>{DETAIL}{DETAIL}</NtryDtls><NtryDtls>{DETAIL}</NtryDtls>"
    waiting = entry(status="<Cd>PDNG</Cd>")
    lines = read(camt(entry(details=batch), entry(way="DBIT", ref="r2"), waiting, version=version))
    assert [(line.amount_minor, line.currency, line.reference) for line in lines] == [
        (1234, "GBP", "r1"),
        (-1234, "GBP", "r2"),
    ]
    assert lines[0].description == "Stripe Payments UK Ltd STRIPE A1"
    assert lines[0].account == "GB33BUKB20201555555555"


def test_a_camt_file_of_an_account_without_iban_and_with_an_outside_entity_is_safe() -> None:
    number = "<Othr><Id>20201512345678</Id></Othr>"
    evil = camt(entry(ref="&x;"), account=number).replace(
        '<?xml version="1.0"?>',
        '<?xml version="1.0"?><!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/hostname">]>',
    )
    (line,) = read(evil)
    assert (line.account, line.reference) == ("20201512345678", "")


@given(some.binary(max_size=400) | some.text(max_size=400).map(str.encode))
def test_any_bytes_are_lines_or_a_refusal(content: bytes) -> None:
    for start in (b"", b"Date,Description,Amount\n", OFX[:200].encode(), b"<Document camt.053"):
        try:
            bank_file_read(start + content, account="main", currency="GBP")
        except BankFileRefused as refused:
            assert refused.detail


def payout(day: int = 5, amount: int = 123450, currency: str = "GBP", **more: Any) -> Payout:
    """A paid payout of November, not saved."""
    return Payout(
        amount_minor=amount,
        currency=currency,
        status=PayoutStatus.PAID,
        arrives_on=NOVEMBER + timedelta(days=day - 1),
        made_at=datetime(2026, 11, 1, tzinfo=UTC),
        **more,
    )


def line(
    day: int = 5, words: str = "STRIPE", amount: int = 123450, currency: str = "GBP"
) -> BankLine:
    """A line of November's statement, not saved."""
    return BankLine(
        account="main",
        booked_on=NOVEMBER + timedelta(days=day - 1),
        amount_minor=amount,
        currency=currency,
        reference=words,
        file_name="x",
    )


DAYS, AMOUNTS = some.integers(1, 28), some.sampled_from([100, 200, -100])
MONEY = some.sampled_from(["GBP", "EUR"])
PAYOUTS = some.lists(some.builds(payout, DAYS, AMOUNTS, MONEY), max_size=12)
LINES = some.lists(
    some.builds(line, DAYS, some.sampled_from(["Stripe 1", "rent"]), AMOUNTS, MONEY), max_size=12
)


@given(PAYOUTS, LINES)
def test_matching_never_pairs_anything_twice_and_only_what_fits(
    payouts: list[Payout], lines: list[BankLine]
) -> None:
    found = pairs(payouts, lines)
    assert len({id(one) for one, _ in found}) == len({id(one) for _, one in found}) == len(found)
    for one, its in found:
        assert (one.amount_minor, one.currency) == (its.amount_minor, its.currency)
        assert abs(its.booked_on - one.arrives_on) <= WINDOW
    assert len(pairs(list(reversed(payouts)), list(reversed(lines)))) == len(found)
    left = [one for one in payouts if all(one is not other for other, _ in found)]
    free = [one for one in lines if all(one is not other for _, other in found)]
    assert pairs(left, free) == []  # a second run finds no more


@pytest.mark.parametrize(
    ("payouts", "lines", "matched"),
    [
        ([payout()], [line(9)], [(0, 0)]),
        ([payout()], [line(10)], []),
        ([payout()], [line(words="rent"), line(6)], [(0, 1)]),
        ([payout()], [line(words="rent")], [(0, 0)]),
        ([payout()], [line(), line(6)], []),
        ([payout(), payout(6)], [line()], []),
        ([payout(), payout(20)], [line(), line(20)], [(0, 0), (1, 1)]),
        ([payout()], [line(amount=123451)], []),
        ([payout()], [line(currency="EUR")], []),
    ],
)
def test_what_can_only_be_one_thing_is_matched_and_the_rest_is_left_for_a_person(
    payouts: list[Payout], lines: list[BankLine], matched: list[tuple[int, int]]
) -> None:
    found = pairs(payouts, lines)
    assert [
        (payouts.index(one), [id(x) for x in lines].index(id(its))) for one, its in found
    ] == matched


def saved(*payouts: Payout) -> list[Payout]:
    """Payouts in the database."""
    for number, one in enumerate(payouts):
        one.stripe_payout_id = f"po_{number}"
        one.save()
    return list(payouts)


HEAD = "Date,Description,Amount\n"
TWICE = HEAD + "05/11/2026,STRIPE,1234.50\n05/11/2026,SHOP,-2.00\n05/11/2026,SHOP,-2.00\n"


@pytest.mark.django_db
def test_a_file_imported_twice_or_overlapping_adds_nothing_twice() -> None:
    saved(payout())
    first = bank_lines_import(TWICE.encode(), file_name="a.csv")
    assert (first.lines, first.new, first.matched) == (3, 3, 1)
    again = bank_lines_import(TWICE.encode(), file_name="b.csv")
    assert (again.lines, again.new, again.matched) == (3, 0, 0)
    more = bank_lines_import((TWICE + "06/11/2026,SHOP,-2.00\n").encode(), file_name="c.csv")
    assert (more.new, BankLine.objects.count()) == (1, 4)
    assert bank_lines_match() == 0


@pytest.mark.django_db
def test_a_payout_that_is_told_after_the_bank_is_matched_by_the_next_run() -> None:
    bank_lines_import(TWICE.encode(), file_name="a.csv")
    (one,) = saved(payout())
    assert bank_lines_match() == 1
    assert one.bank_line.amount_minor == 123450


@pytest.mark.django_db
@pytest.mark.parametrize("status", [PayoutStatus.FAILED, PayoutStatus.IN_TRANSIT])
def test_a_payout_that_is_not_paid_is_not_looked_for(status: PayoutStatus) -> None:
    (one,) = saved(payout())
    Payout.objects.filter(pk=one.pk).update(status=status)
    assert bank_lines_import(TWICE.encode(), file_name="a.csv").matched == 0


@pytest.mark.django_db
def test_the_command_does_what_the_page_does(tmp_path: Any, capsys: Any) -> None:
    saved(payout())
    file = tmp_path / "november.csv"
    file.write_text(TWICE)
    call_command("import_bank_statement", str(file), "--account", "CAF")
    assert "3 lines read, 3 new, 1 payouts matched" in capsys.readouterr().out
    assert set(BankLine.objects.values_list("account", "file_name")) == {("CAF", "november.csv")}
    file.write_text(HEAD + "05/11/2026,a,1.00\n05/11/2026,b,x\n")
    with pytest.raises(CommandError, match="Line 3"):
        call_command("import_bank_statement", str(file))
    with pytest.raises(CommandError, match="no file"):
        call_command("import_bank_statement", str(tmp_path / "none.csv"))
    assert BankLine.objects.count() == 3
