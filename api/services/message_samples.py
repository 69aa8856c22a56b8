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


_PLAN: dict[str, object] = {
    **_SOMEBODY,
    "amount": "£10.00",
    "frequency": "every month",
    "fund_name": "Clean water",
    "method": "Visa ending 4242",
    "coming": [
        {"on": date(2026, 12, 1), "amount": "£15.00"},
        {"on": date(2027, 1, 1), "amount": "£15.00"},
    ],
    "next_on": date(2026, 12, 1),
}


def _plan_changed() -> dict[str, object]:
    return {
        **charity_words(),
        **_PLAN,
        "kind": "amount",
        "asked_by_staff": False,
        "after": {"amount": "£15.00"},
        "plan_url": f"{settings.SITE_URL}/my-giving",
        "is_ended": False,
        "is_debit_notice": False,
    }


def _debit_notice() -> dict[str, object]:
    return {
        **charity_words(),
        **_PLAN,
        "asked_now": "£15.00",
        "account_name": "Amina Yusuf",
        "sort_code": "10-88-00",
        "account_ending": "2345",
        "mandate_reference": "DOMAAP-EXAMPLE",
        "charity_phone": settings.CHARITY_PHONE,
        "plan_url": f"{settings.SITE_URL}/my-giving",
    }


def _payment_failed() -> dict[str, object]:
    return {
        **charity_words(),
        **_PLAN,
        "failed_on": date(2026, 12, 1),
        "group": "funds",
        "is_final": False,
        "tries_again_on": date(2026, 12, 4),
        "ends_on": None,
        "ends_plan": False,
        "purpose": "pay",
        "fix_url": f"{settings.SITE_URL}/my-giving",
        "pause_url": f"{settings.SITE_URL}/my-giving",
        "stop_url": f"{settings.SITE_URL}/my-giving",
    }


def _card_expires() -> dict[str, object]:
    return {
        **charity_words(),
        **_PLAN,
        "expires_on": date(2026, 12, 31),
        "fix_url": f"{settings.SITE_URL}/my-giving",
    }


def _donor_link() -> dict[str, object]:
    link = f"{settings.SITE_URL}/my-giving"
    return {**charity_words(), **_SOMEBODY, "link": link, "minutes": 20}


def _email_change() -> dict[str, object]:
    return {
        **charity_words(),
        **_SOMEBODY,
        "is_new": False,
        "email_new": "amina.yusuf@example.org",
        "link": f"{settings.SITE_URL}/my-giving",
    }


def _statement() -> dict[str, object]:
    return {
        **charity_words(),
        **_SOMEBODY,
        "begins_on": date(2025, 4, 6),
        "ends_on": date(2026, 4, 5),
        "is_tax_year": True,
        "sums": ("£120.00",),
        "count_words": "12 gifts",
    }


SAMPLES: dict[MessageKind, Callable[[], dict[str, object]]] = {
    MessageKind.RECEIPT: _receipt,
    MessageKind.RECEIPT_COPY: _receipt,
    MessageKind.GIVE_LINK: _give_link,
    MessageKind.APPEAL: _appeal,
    MessageKind.PLAN_CHANGED: _plan_changed,
    MessageKind.DEBIT_NOTICE: _debit_notice,
    MessageKind.PAYMENT_FAILED: _payment_failed,
    MessageKind.CARD_EXPIRES: _card_expires,
    MessageKind.DONOR_LINK: _donor_link,
    MessageKind.EMAIL_CHANGE: _email_change,
    MessageKind.STATEMENT: _statement,
}
