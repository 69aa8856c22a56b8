"""Cards' endings, Stripe's ids and donors' addresses are seen by those alone who may."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest

from api.models import Donation, Message, Payout, PayoutStatus, Role
from api.services.bank_lines import bank_lines_import
from tests.clients import Client
from tests.people import BEN, staff
from tests.walks.conftest import ask, funds, news, paid, pay, sdk

__all__ = ["ask", "funds", "news", "paid", "pay", "sdk"]
pytestmark = pytest.mark.django_db(transaction=True)
BANK_DATA = re.compile(r"ending \d{4}|\b(?:pi|ch|evt|txn|po|in|re)_\w{8,}")


def test_the_story_of_a_gift_and_its_row_tell_support_nothing_of_the_bank(
    paid: Callable[..., Donation], news: Callable[[], None]
) -> None:
    donation = paid()
    news()
    message = Message.objects.get()
    for role in Role:
        client = Client()
        client.force_login(staff(role))
        sees_bank = role in (Role.ADMINISTRATOR, Role.FINANCE, Role.AUDITOR)
        for page in (
            f"/admin/api/donation/{donation.pk}/why/",
            f"/admin/api/donation/{donation.pk}/change/",
        ):
            answer = client.get(page)
            assert answer.status_code == 200 and "£25.00" in answer.content.decode()
            assert bool(BANK_DATA.search(answer.content.decode())) == sees_bank, (role, page)
        mail = client.get(f"/admin/messages/{message.pk}/").content.decode()
        assert (BEN["email"] in mail) == (role != Role.AUDITOR)
        mails = client.get("/admin/messages/").content.decode()
        assert (BEN["email"] in mails) == (role != Role.AUDITOR)
        old = client.get(f"/admin/api/donor/{donation.donor_id}/change/")
        assert (old.status_code, old["Location"]) == (
            302,
            f"/admin/donors/{donation.donor.reference}/",
        )


def test_a_bank_line_that_may_name_a_payer_is_read_by_those_alone_who_choose_one() -> None:
    bank_lines_import(
        b"Date,Description,Amount\n05/11/2026,Zelda Quill SO,12.34\n05/11/2026,STRIPE,1.00\n",
        file_name="november.csv",
    )
    Payout.objects.create(
        stripe_payout_id="po_1",
        amount_minor=1234,
        currency="GBP",
        status=PayoutStatus.PAID,
        arrives_on=date(2026, 11, 6),
        made_at=datetime(2026, 11, 4, tzinfo=UTC),
    )
    for role in (Role.FINANCE, Role.AUDITOR):
        client = Client()
        client.force_login(staff(role))
        page = client.get("/admin/reconciliation/?month=2026-11").content.decode()
        chooses = role == Role.FINANCE
        assert ("Zelda Quill" in page) == chooses
        assert ("1 line of this amount: finance chooses." in page) != chooses
        for doing in ("Compare now</button>", "Import</button>", "This one"):
            assert (doing in page) == chooses, (role, doing)
