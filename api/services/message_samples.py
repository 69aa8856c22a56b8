"""An invented donor's e-mails, one of each kind: for looking at words before real people get them."""

from collections.abc import Callable
from datetime import date

from django.conf import settings

from api.models import MessageKind
from api.services.receipts import charity_words

_SOMEBODY = {"donor_name": "Amina Yusuf"}


def _receipt() -> dict[str, object]:
    return {
        **charity_words(),
        **_SOMEBODY,
        "amount": "£10.00",
        "total": "£10.35",
        "fee_cover": "£0.35",
        "fund_name": "Clean water",
        "received_on": date(2026, 11, 1),
        "receipt_number": "2026-000123",
        "frequency": "Monthly",
        "is_monthly": True,
        "next_collection_on": date(2026, 12, 1),
        "stop_url": f"{settings.SITE_URL}/giving/stop/example/",
        "thanks_url": f"{settings.SITE_URL}/thanks/EXAMPLE",
    }


def _give_link() -> dict[str, object]:
    return {
        **charity_words(),
        **_SOMEBODY,
        "amount": "£25.00",
        "fund_name": "Clean water",
        "started_on": date(2026, 11, 1),
        "is_monthly": False,
        "has_failed": True,
        "is_bill": False,
        "link": f"{settings.SITE_URL}/donate?amount=2500",
    }


def _appeal() -> dict[str, object]:
    return {
        **charity_words(),
        **_SOMEBODY,
        "subject": "The well at Kisumu is nearly dug",
        "first": "Twelve metres down, and the first water has come.",
        "paragraphs": ["£25 lines one metre of the shaft. Thirty metres are still to line."],
        "give_url": f"{settings.SITE_URL}/donate?campaign=well",
    }


SAMPLES: dict[MessageKind, Callable[[], dict[str, object]]] = {
    MessageKind.RECEIPT: _receipt,
    MessageKind.RECEIPT_COPY: _receipt,
    MessageKind.GIVE_LINK: _give_link,
    MessageKind.APPEAL: _appeal,
}
