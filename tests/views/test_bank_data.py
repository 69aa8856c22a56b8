"""Cards' endings, Stripe's ids and donors' addresses are seen by those alone who may."""

import re
from collections.abc import Callable

import pytest

from api.models import Donation, Message, Role
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
