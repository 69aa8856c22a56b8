"""Searches of tables: what people type finds exactly what they mean, for who may look for it."""

from typing import Any

import pytest

from api.models import (
    ROLE_RIGHTS,
    BalanceTransaction,
    Donor,
    Payout,
    ReplacedReceipt,
    Right,
    Role,
)
from api.services.name_words import name_words_gather
from tests.tables.conftest import BEGAN, ask, donation, donor, rows

pytestmark = pytest.mark.django_db


def test_an_auditor_finds_no_donor_by_e_mail_or_postcode_and_a_fundraiser_no_gift_by_stripes_id(
    charity: dict[str, Any],
) -> None:
    [ben] = [one for one in charity["donors"] if one.name == "Ben Okafor"]
    for text in (ben.email, "example.org", "LS1 4AP"):
        assert ben.pk in rows("donors", f"q={text}", rights=ROLE_RIGHTS[Role.FINANCE])
        assert rows("donors", f"q={text}", rights=ROLE_RIGHTS[Role.AUDITOR]) == []
        assert rows("donations", f"q={text}", rights=ROLE_RIGHTS[Role.AUDITOR]) == []
    assert rows("donations", "q=pi_77", rights=ROLE_RIGHTS[Role.AUDITOR])
    assert rows("donations", "q=pi_77", rights=ROLE_RIGHTS[Role.FUNDRAISER]) == []


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("John Smith", "John Smith"),
        ("smith john", "John Smith"),
        ("JOHN SM", "John Smith"),
        ("Jonh Smiht", "John Smith"),
        ("jhon", "John Smith"),
        ("smth", "John Smith"),
        ("okafro", "Ben Okafor"),
        ("lecka", "Zofia Łęcka"),
        ("Łęcka", "Zofia Łęcka"),
        ("siobhan obrien", "Siobhán O'Brien"),
        ("O'Brien", "Siobhán O'Brien"),
        ("LS14AP", "Ben Okafor"),
        ("ls1 4ap", "Ben Okafor"),
        ("SW1A", "Chen Wei"),
        ("john3@exam", "John Smith"),
        ("zofia4", "Zofia Łęcka"),
        ("“John Smith”", "John Smith"),
        ('"ls1 4ap"', "Ben Okafor"),
        ("<john3@example.org>", "John Smith"),
        ("siobha\u0301n", "Siobhán O'Brien"),
        ("O’Brien", "Siobhán O'Brien"),
        ("SW1A 1", "Chen Wei"),
        ("2026-000005", "John Smith"),
    ],
)
def test_a_donor_and_their_gifts_are_found_by_what_people_type(
    charity: dict[str, Any], text: str, name: str
) -> None:
    assert rows("donors", f"q={text}", "name") == [name]
    assert name_words_gather() > 0 and name_words_gather() == 0
    assert rows("donors", f"q={text}", "name") == [name]
    for noun in ("donations", "payments", "receipts"):
        assert set(rows(noun, f"q={text}", "donor")) == {name}


def test_a_name_is_not_made_up_and_what_was_typed_right_brings_nothing_else(
    charity: dict[str, Any],
) -> None:
    donor("Joan Smyth")
    assert rows("donors", "q=xyzzy") == []
    assert rows("donors", "q=john smith", "name") == ["John Smith"]
    assert ask("donors", "q=john smith").note == ""
    assert "No name has" in ask("donors", "q=Jonh Smiht").note
    for strange in ("%25", "_", "\\", "'", "=1", "-", "🙂", "a" * 100, "x@"):
        assert rows("donors", f"q={strange}") == []


@pytest.mark.parametrize(
    ("noun", "text", "count"),
    [
        ("donations", "25", 4),
        ("donations", "£25.00", 4),
        ("donations", "1,234,568.00", 1),
        ("donations", "¥5000", 1),
        ("donations", "25.01", 0),
        ("donations", "99999999999999999999", 0),
        ("donations", "25 GBP", 4),
        ("donations", "gbp 25.00", 4),
        ("donations", "JPY 5,000", 1),
        ("donations", "¥ 5000", 1),
        ("donations", "-£25", 0),
        ("donations", "bob12", 0),
        ("receipts", "25", 4),
        ("receipts", "¥5,000", 1),
        ("receipts", "25.00 EUR", 0),
        ("payments", "2026-000005", 1),
        ("refunds", "2026-000006", 1),
        ("disputes", "2026-5", 3),
        ("donors", "pi_77", 1),
        ("donors", "sub_1", 1),
        ("payments", "ch_1", 1),
        ("payments", "25.00", 4),
        ("plans", "£10", 1),
        ("plans", "sub_1", 1),
        ("receipts", "2026-000003", 1),
        ("receipts", "2026-3", 1),
        ("receipts", "2026-999999999", 0),
        ("refunds", "25", 1),
        ("disputes", "dp_1", 1),
        ("payouts", "po_1", 1),
        ("events", "evt_1", 1),
        ("events", "in_2", 1),
        ("events", "invoice.p", 2),
    ],
)
def test_amounts_numbers_and_ids_find_exactly_their_rows(
    charity: dict[str, Any], noun: str, text: str, count: int
) -> None:
    assert len(rows(noun, f"q={text}")) == count


def test_a_reference_finds_its_gift_its_donors_gifts_and_its_plans_gifts(
    charity: dict[str, Any],
) -> None:
    gift, john = charity["gifts"][2], charity["donors"][3]
    assert rows("donations", f"q={gift.reference}") == [gift.pk]
    assert rows("donations", f"q={gift.reference.lower()}") == [gift.pk]
    assert len(rows("donations", f"q={john.reference}")) == 2
    assert rows("donations", f"q={charity['plan'].reference}") == [charity["gifts"][0].pk]
    assert rows("receipts", f"q={gift.reference}", "donation") == [gift.reference]
    assert rows("donors", f"q={gift.reference}") == [gift.donor_id]
    assert rows("donors", f"q={charity['plan'].reference}") == [charity["plan"].donor_id]
    assert len(rows("disputes", f"q={john.reference}")) == 3
    assert rows("plans", f"q={charity['gifts'][0].reference}") == [charity["plan"].pk]
    for noun in ("payments", "receipts"):
        paid = rows(noun, f"q={charity['plan'].reference}", "donation")
        assert paid == [charity["gifts"][0].reference]


def test_a_payout_is_found_by_a_gift_that_is_in_it_once_however_many_lines_it_has(
    charity: dict[str, Any],
) -> None:
    gift, payout = charity["gifts"][1], Payout.objects.get()
    for name, kind in (("txn_1", "charge"), ("txn_2", "refund")):
        BalanceTransaction.objects.create(
            stripe_balance_transaction_id=name,
            type=kind,
            donation=gift,
            payout=payout,
            amount_minor=2500,
            fee_minor=0,
            net_minor=2500,
            source_amount_minor=2500,
            source_currency="GBP",
            currency="GBP",
            made_at=BEGAN,
            available_at=BEGAN,
        )
    assert rows("payouts", f"q={gift.reference}") == [payout.pk]
    assert rows("payouts", f"q={gift.reference}", rights=frozenset({Right.BANK_VIEW})) == []
    assert rows("payouts", f"q={charity['gifts'][2].reference}") == []


def test_a_number_that_was_replaced_finds_its_gift_and_the_receipt_in_its_place(
    charity: dict[str, Any],
) -> None:
    gift = charity["gifts"][0]
    for sequence in (90, 91):
        ReplacedReceipt.objects.create(
            donation=gift,
            year=2026,
            sequence=sequence,
            document={},
            issued_at=gift.created_at,
            reason="name",
            replaced_by="2026-000001",
        )
    for number in ("2026-000090", "2026-000091", "2026-000001"):
        assert rows("receipts", f"q={number}") == [gift.receipt.pk]
        assert rows("donations", f"q={number}") == [gift.pk]
        assert rows("donors", f"q={number}") == [gift.donor_id]


def test_a_donor_of_another_country_is_found_by_its_postcode(charity: dict[str, Any]) -> None:
    for name, code in (("Jürgen Weiß", "10115"), ("Aoife Byrne", "D02 AF30"), ("Li", "100-0001")):
        donor(name, postcode=code)
    assert rows("donors", "q=10115", "name") == rows("donors", "q=jurgen weiss", "name")
    assert rows("donors", "q=d02af", "name") == ["Aoife Byrne"]
    assert rows("donors", "q=100-0001", "name") == ["Li"]


def test_names_that_many_have_are_found_among_the_rows_as_they_come(
    charity: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.services.tables.searches.DONORS_MOST", 0)
    for _ in range(3):
        donation(donor("John Smith-Jones"))
    assert ask("donations", "q=john smith").found.is_common  # type: ignore[union-attr]
    assert len(rows("donations", "q=john smith")) == 5
    assert len(rows("donations", "q=john smith&status=failed")) == 1
    assert len(rows("receipts", "q=Jonh Smiht")) == 2
    assert len(rows("donors", "q=smith jon")) == 3
    assert Donor.objects.count() == 9
