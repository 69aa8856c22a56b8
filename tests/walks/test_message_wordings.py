"""The charity's own words in e-mails: seen and tried first, kept with a trace, never in place of the facts."""

import re
from collections.abc import Callable
from html import unescape

import pytest

from api.models import (
    MARKETING_KINDS,
    AuditLine,
    Donation,
    Donor,
    Message,
    MessageKind,
    MessageWording,
    Role,
)
from api.services.message_samples import SAMPLES
from api.services.message_wordings import WORDED_KINDS
from tests.clients import Client
from tests.gateways.test_mail import Postbox, postbox
from tests.people import BEN, staff

__all__ = ["postbox"]
pytestmark = pytest.mark.django_db(transaction=True)
PAGE = "/admin/messages/words/receipt/en/"
WORDS = {
    "subject": "Thank you from the river",
    "opening": "The water is clear again.\n\nYou did that.",
    "closing": "Come & see us <soon>.",
}


@pytest.fixture
def leader(client: Client) -> Client:
    """Dora, who may change settings."""
    client.force_login(staff(Role.ADMINISTRATOR))
    return client


def test_every_kind_of_e_mail_to_donors_has_a_sample_to_look_at() -> None:
    assert set(SAMPLES) == set(WORDED_KINDS) | MARKETING_KINDS


def test_words_are_seen_then_tried_then_kept_and_only_then_in_receipts(
    leader: Client, postbox: Postbox, paid: Callable[..., Donation], news: Callable[[], None]
) -> None:
    seen = leader.post(PAGE, {**WORDS, "see": "yes"}).content.decode()
    assert "The water is clear again." in seen and "Clean water" in seen
    leader.post(PAGE, {**WORDS, "try": "yes"})
    [tried] = postbox.mails()
    assert (tried["To"], tried["Subject"]) == (
        "dora@example.org",
        "[Test] Thank you from the river",
    )
    assert not MessageWording.objects.exists()
    assert leader.post(PAGE, {**WORDS, "keep": "yes"}).status_code == 302
    paid()
    news()
    message = Message.objects.get(kind=MessageKind.RECEIPT)
    assert message.subject == "Thank you from the river"
    assert "You did that." in message.text and "Your gift of £25.00 reached" in message.text
    assert "Come &amp; see us &lt;soon&gt;." in message.html
    line = AuditLine.objects.get(action="message_wording.changed")
    assert line.detail["after"]["subject"] == "Thank you from the river"
    assert leader.post(PAGE, {"subject": "", "opening": "", "closing": "", "keep": "yes"})
    assert Message.objects.get(pk=message.pk).subject == "Thank you from the river"


def test_what_looks_like_a_field_is_refused_with_a_word(leader: Client) -> None:
    page = leader.post(PAGE, {**WORDS, "opening": "Dear {{ name }}", "keep": "yes"})
    assert "Write plain words" in page.content.decode()
    assert not MessageWording.objects.exists()
    assert leader.get("/admin/messages/words/alert/en/").status_code == 404
    assert leader.get("/admin/messages/words/receipt/fr/").status_code == 404


def test_a_welsh_form_brings_a_welsh_e_mail_and_a_later_english_one_an_english(
    paid: Callable[..., Donation], news: Callable[[], None]
) -> None:
    paid(donor={**BEN, "language": "cy"})
    news()
    first = Message.objects.get()
    assert first.subject.startswith("Eich derbynneb am £25.00") and 'lang="cy"' in first.html
    assert "Annwyl Ben Okafor," in first.text and "Tachwedd" in first.text
    paid(donor={**BEN, "language": "en"})
    news()
    assert Message.objects.latest("id").subject.startswith("Your receipt for £25.00")
    assert Donor.objects.get().language == "en"


@pytest.mark.parametrize("kind", WORDED_KINDS)
def test_every_sample_reads_whole_in_both_languages(leader: Client, kind: str) -> None:
    for language in ("en", "cy"):
        page = leader.get(f"/admin/messages/words/{kind}/{language}/").content.decode()
        # As a browser reads it: the e-mail has quotation marks of its own.
        [seen] = re.findall(r'srcdoc="([^"]*)"', page)
        assert "Amina Yusuf" in unescape(seen) and "None" not in seen
