"""An invented donor's e-mails, one of each kind: for looking at words before real people get them."""

from collections.abc import Callable
from datetime import date

from django.conf import settings

from api.models import Language, MessageKind, PlanInterval, ReceiptFault, TributeKind
from api.services.donor_words import (
    frequency_words,
    gifts_words,
    method_words,
    tribute_words,
)

SOMEBODY = {"donor_name": "Amina Yusuf"}


def _receipt(language: str) -> dict[str, object]:
    return {
        **SOMEBODY,
        "amount": "£10.00",
        "total": "£10.35",
        "fee_cover": "£0.35",
        "fund_name": "Clean water",
        "received_on": date(2026, 11, 1),
        "receipt_number": "2026-000123",
        "tribute": (tribute_words(TributeKind.MEMORY, language), "Ruth Okafor"),
        "frequency": "Bob mis" if language == Language.WELSH else "Monthly",
        "every": frequency_words(PlanInterval.MONTH, language),
        "interval": "month",
        "ends_on": None,
        "gifts_limit": None,
        "is_monthly": True,
        "next_collection_on": date(2026, 12, 1),
        "stop_url": f"{settings.SITE_URL}/giving/stop/example/",
        "thanks_url": f"{settings.SITE_URL}/thanks/EXAMPLE",
    }


def _receipt_replaced(language: str) -> dict[str, object]:
    return {
        **_receipt(language),
        "replaced_number": "2026-000098",
        "reason": ReceiptFault.NAME,
    }


def _give_link(language: str) -> dict[str, object]:
    return {
        **SOMEBODY,
        "amount": "£25.00",
        "fund_name": "Clean water",
        "started_on": date(2026, 11, 1),
        "rhythm": "",
        "interval": "",
        "every": "",
        "has_failed": True,
        "is_bill": False,
        "link": f"{settings.SITE_URL}/donate?amount=2500",
    }


def _appeal(language: str) -> dict[str, object]:
    words = {
        Language.ENGLISH: (
            "The well at Kisumu is nearly dug",
            "Twelve metres down, and the first water has come.",
            "£25 lines one metre of the shaft. Thirty metres are still to line.",
        ),
        Language.WELSH: (
            "Mae'r ffynnon yn Kisumu bron yn barod",
            "Deuddeg metr i lawr, ac mae'r dŵr cyntaf wedi dod.",
            "Mae £25 yn leinio un metr o'r siafft. Mae tri deg metr ar ôl.",
        ),
    }
    subject, first, paragraph = words[Language(language)]
    return {
        **SOMEBODY,
        "subject": subject,
        "first": first,
        "paragraphs": [paragraph],
        "give_url": f"{settings.SITE_URL}/donate?campaign=well",
    }


def _plan(language: str) -> dict[str, object]:
    return {
        **SOMEBODY,
        "amount": "£10.00",
        "frequency": frequency_words(PlanInterval.MONTH, language),
        "fund_name": "Clean water",
        "method": method_words("Visa card ending 4242", language),
        "coming": [
            {"on": date(2026, 12, 1), "amount": "£15.00"},
            {"on": date(2027, 1, 1), "amount": "£15.00"},
        ],
        "next_on": date(2026, 12, 1),
    }


def _plan_changed(language: str) -> dict[str, object]:
    return {
        **_plan(language),
        "kind": "amount",
        "asked_by_staff": False,
        "after": {"amount": "£15.00"},
        "plan_url": f"{settings.SITE_URL}/my-giving",
        "is_ended": False,
        "is_debit_notice": False,
    }


def _debit_notice(language: str) -> dict[str, object]:
    return {
        **_plan(language),
        "asked_now": "£15.00",
        "account_name": "Amina Yusuf",
        "sort_code": "10-88-00",
        "account_ending": "2345",
        "mandate_reference": "DOMAAP-EXAMPLE",
        "charity_phone": settings.CHARITY_PHONE,
        "plan_url": f"{settings.SITE_URL}/my-giving",
    }


def _payment_failed(language: str) -> dict[str, object]:
    return {
        **_plan(language),
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


def _card_expires(language: str) -> dict[str, object]:
    return {
        **_plan(language),
        "expires_on": date(2026, 12, 31),
        "fix_url": f"{settings.SITE_URL}/my-giving",
    }


def _donor_link(language: str) -> dict[str, object]:
    link = f"{settings.SITE_URL}/my-giving"
    return {**SOMEBODY, "link": link, "minutes": 20}


def _email_change(language: str) -> dict[str, object]:
    return {
        **SOMEBODY,
        "is_new": False,
        "email_new": "amina.yusuf@example.org",
        "link": f"{settings.SITE_URL}/my-giving",
    }


def _statement(language: str) -> dict[str, object]:
    return {
        **SOMEBODY,
        "begins_on": date(2025, 4, 6),
        "ends_on": date(2026, 4, 5),
        "is_tax_year": True,
        "sums": ("£120.00",),
        "count_words": gifts_words(12, language),
    }


# Each takes the language that the e-mail is in.
SAMPLES: dict[MessageKind, Callable[[str], dict[str, object]]] = {
    MessageKind.RECEIPT: _receipt,
    MessageKind.RECEIPT_COPY: _receipt,
    MessageKind.RECEIPT_REPLACED: _receipt_replaced,
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
