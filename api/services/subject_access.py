"""All that is kept about a donor, for the donor: UK GDPR articles 15 and 20, within one calendar month."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db.models import Q

from api.clock import charity_date, now
from api.models import AuditLine, Donor, User
from api.money import money_text
from api.services.audit import audit_record
from api.services.gateways.pdf_reports import PdfTable, ReportDocument, report_pdf, words_table
from api.services.personal_fields import PERSONAL
from api.services.receipts import charity_words

# Beside the personal fields: what makes each row understood. Paths as the ORM takes them.
_FACTS: Mapping[str, tuple[str, ...]] = {
    "donor": ("reference", "created_at"),
    "donation": (
        "reference", "created_at", "kind", "status", "amount_minor", "fee_cover_minor", "currency",
        "fund__name", "campaign__name", "is_anonymous", "failure_code", "tribute__name",
    ),
    "subscription": (
        "reference", "created_at", "status", "amount_minor", "fee_cover_minor", "currency",
        "interval", "collection_day", "fund__name", "tribute__name", "cancelled_at",
    ),
    "tribute": ("created_at", "kind"),
    "planchange": ("subscription__reference", "at", "kind", "state"),
    "payment": ("donation__reference", "received_at", "amount_minor", "currency"),
    "receipt": ("donation__reference", "year", "sequence", "issued_at"),
    "replacedreceipt": ("donation__reference", "year", "sequence", "replaced_at", "replaced_by"),
    "refund": ("donation__reference", "created_at", "amount_minor", "currency", "status", "reason"),
    "followup": ("donation__reference", "at", "kind"),
    "donornote": ("at",),
    "donortag": ("tag__name",),
    "consent": ("at", "channel", "state", "basis", "source"),
    "message": ("created_at", "kind", "state", "sent_at"),
    "mailevent": ("at", "kind"),
    "retainedrecord": ("keep_until", "why"),
}  # fmt: skip
# Rows of these have no personal field of their own, but are about the donor.
_PATHS = {"subscription": "donor"}
_TITLES = {
    "donor": "You",
    "donation": "Gifts",
    "subscription": "Plans",
    "tribute": "In whose memory or honour you gave",
    "planchange": "What was asked of plans",
    "payment": "Payments",
    "receipt": "Receipts",
    "replacedreceipt": "Receipts that were replaced",
    "refund": "Money given back",
    "followup": "What we did about payments",
    "donornote": "Notes of our staff",
    "donortag": "Words by which we find you",
    "consent": "What you said about hearing from us",
    "message": "E-mails to you",
    "mailevent": "What became of them",
    "retainedrecord": "Kept for the accounts",
}


def donor_data(donor: Donor) -> dict[str, Any]:
    """Everything as JSON: money in minor units with its currency, times in UTC (ISO 8601)."""
    purposes = {
        name: field.purpose for name, field in PERSONAL.items() if field.is_exported and field.path
    }
    return {
        "about": {
            "charity": settings.CHARITY_NAME,
            "made_at": now().isoformat(),
            "donor": donor.reference,
            "money": "whole minor units of the currency beside it (2500 GBP is £25.00)",
        },
        **{name: _rows(name, donor) for name in _TITLES},
        "changes": [
            {"at": line.at.isoformat(), "what": line.action, "detail": line.detail}
            for line in AuditLine.objects.filter(subject=f"donor:{donor.reference}").order_by("id")
        ],
        "purposes": purposes,
    }


def donor_data_for(donor: Donor, *, actor: User | None) -> dict[str, Any]:
    """The same, on record: who had it made."""
    data = donor_data(donor)
    audit_record(action="donor.data_given", subject=f"donor:{donor.reference}", actor=actor)
    return data


def donor_data_pdf(data: Mapping[str, Any]) -> bytes:
    """The same to read, on A4."""
    words = charity_words()
    today = charity_date(now())
    return report_pdf(
        ReportDocument(
            charity_name=words["charity_name"],
            charity_status_line=words["charity_status_line"],
            charity_address=words["charity_address"],
            title="Your data",
            question="All that we keep about you, and what for.",
            filters=(),
            made_by=words["charity_name"],
            made_at=f"{today:%-d %B %Y}",
            made_on=today,
            is_wide=True,
            charts=(),
            tables=tuple(_tables(data)),
            notes=(
                "You may ask us to correct or delete it, or object to its use: "
                f"{words['charity_email']}. You may also complain to the Information "
                "Commissioner's Office (ico.org.uk).",
            ),
            meaning=(),
        )
    )


def _rows(name: str, donor: Donor) -> list[dict[str, Any]]:
    model = apps.get_model("api", name)
    fields = [
        key.partition(".")[2]
        for key, field in PERSONAL.items()
        if key.startswith(f"{name}.") and field.is_exported and key != "donortag.tag"
    ]
    found = model._default_manager.filter(_about(name, donor)).order_by("pk")
    columns = [*_FACTS.get(name, ()), *fields]
    return [{key: _plain(value) for key, value in row.items()} for row in found.values(*columns)]


def _about(name: str, donor: Donor) -> Q:
    paths = {
        field.path for key, field in PERSONAL.items() if key.startswith(f"{name}.") and field.path
    }
    path = _PATHS.get(name) or next(iter(paths))
    return Q(pk=donor.pk) if path == "self" else Q(**{path: donor})


def _plain(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value


def _tables(data: Mapping[str, Any]) -> Iterable[PdfTable]:
    for name, title in _TITLES.items():
        rows = data[name]
        if not rows:
            continue
        if name == "donor":
            yield words_table(title, ("What", "Content"), list(_pairs(rows[0])))
            continue
        columns = [key for key in rows[0] if key not in ("html", "document", "currency")]
        yield words_table(
            title,
            [_label(key) for key in columns],
            [[_text(row, key) for key in columns] for row in rows],
        )


def _pairs(row: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    return ((_label(key), _text(row, key)) for key in row if row[key] not in ("", None))


def _label(key: str) -> str:
    words = key.replace("__name", "").replace("__reference", "").replace("_minor", "")
    return words.replace("__", " ").replace("_", " ").capitalize()


def _text(row: Mapping[str, Any], key: str) -> str:
    value = row[key]
    if key.endswith("_minor"):
        return money_text(value, row["currency"])
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str) and key.endswith(("_at", "at")) and "T" in value:
        return f"{value[:10]} {value[11:16]} UTC"
    return "" if value is None else str(value)
