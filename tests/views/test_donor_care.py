"""Donors as staff keep them: whoever came without an address, and whoever much was written about."""

import pytest

from api.models import Donor, DonorNote, Message, MessageKind, Role
from tests.people import BEN, staff
from tests.views.test_donor_pages import ben, details, make_donation, page_of, signed_in

__all__ = ["ben", "make_donation"]
pytestmark = pytest.mark.django_db


def test_a_donor_from_a_history_without_an_address_is_corrected_and_nobody_loses_theirs(
    ben: Donor,
) -> None:
    client, address = signed_in(Role.SUPPORT), f"/admin/donors/{ben.reference}/change/"
    refused = client.post(address, details(ben, email="", postcode="B10 0AB"))
    assert refused.status_code == 200 and b"A donor has an e-mail address." in refused.content
    ben.refresh_from_db()
    assert (ben.email, ben.postcode) == (BEN["email"], "")
    Donor.objects.update(email="", email_key="")
    ben.refresh_from_db()
    assert client.post(address, details(ben, postcode="B10 0AB")).status_code == 302
    ben.refresh_from_db()
    assert (ben.email, ben.postcode) == ("", "B10 0AB")


def test_every_note_can_be_read_and_more_mails_than_fit_are_a_click_away(ben: Donor) -> None:
    author = staff(Role.SUPPORT)
    for number in range(25):
        DonorNote.objects.create(donor=ben, author=author, text=f"Note {number:02d}.")
        Message.objects.create(
            key=f"x:{number}", kind=MessageKind.RECEIPT, donor=ben, message_id=f"<{number}@x.test>"
        )
    page = page_of(ben, Role.SUPPORT)
    assert [number for number in range(25) if f"Note {number:02d}." not in page] == []
    assert page.index("Note 24.") < page.index("Older notes") < page.index("Note 04.")
    assert f'<a href="/admin/messages/?donor={ben.reference}">All e-mails' in page
    Donor.objects.update(email="", email_key="")
    assert "mailto:" not in page_of(ben, Role.SUPPORT)
