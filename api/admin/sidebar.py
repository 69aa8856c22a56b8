"""The menu of staff: what needs a person is counted beside its name."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest

from api import models
from api.models import Right


@dataclass(frozen=True)
class Entry:
    """One line of the menu: who lacks the right does not see it. `badge` names a function below."""

    title: str
    icon: str
    address: str
    right: Right
    badge: str = ""


_API = "/admin/api/"
_MENU = [
    (
        "Giving",
        [
            Entry("Dashboard", "dashboard", "/admin/", Right.GIVING_VIEW),
            Entry("Donations", "volunteer_activism", "/admin/donations/", Right.GIVING_VIEW),
            Entry("Donors", "group", "/admin/donors/", Right.DONORS_VIEW),
            Entry("Payment tracker", "conversion_path", "/admin/tracker/", Right.GIVING_VIEW),
            Entry("Monthly plans", "event_repeat", "/admin/plans/", Right.GIVING_VIEW),
            Entry("Receipts", "receipt_long", "/admin/receipts/", Right.GIVING_VIEW),
            Entry("E-mails", "mail", _API + "message/", Right.MESSAGES_VIEW),
            Entry("Appeals", "campaign", _API + "campaign/", Right.GIVING_VIEW),
        ],
    ),
    (
        "Money",
        [
            Entry("Books", "account_balance", _API + "ledgerentry/books/", Right.BOOKS_VIEW),
            Entry("Payments", "credit_card", "/admin/payments/", Right.BANK_VIEW),
            Entry("Refunds", "undo", "/admin/refunds/", Right.GIVING_VIEW),
            Entry("Disputes", "gavel", "/admin/disputes/", Right.BANK_VIEW, "waiting_count"),
            Entry("Payouts", "savings", "/admin/payouts/", Right.BANK_VIEW),
            Entry("Stripe's statement", "list_alt", _API + "balancetransaction/", Right.BANK_VIEW),
            Entry("Postings", "menu_book", _API + "ledgerposting/", Right.BOOKS_VIEW),
            Entry("Reconciliation", "balance", "/admin/reconciliation/", Right.BOOKS_VIEW),
        ],
    ),
    (
        "Reports",
        [
            Entry("Reports", "bar_chart", "/admin/reports/", Right.REPORTS_VIEW),
            Entry("My files", "folder_open", "/admin/reports/files/", Right.EXPORTS_MAKE),
            Entry("Schedules", "schedule_send", "/admin/reports/schedules/", Right.REPORTS_VIEW),
        ],
    ),
    (
        "Behind it",
        [
            Entry(
                "Failed events",
                "error",
                "/admin/events/?status=failed",
                Right.EVENTS_VIEW,
                "failed_count",
            ),
            Entry("All events", "inbox", "/admin/events/", Right.EVENTS_VIEW),
            Entry("Who did what", "history", _API + "auditline/", Right.AUDIT_VIEW),
            Entry(
                "Doctor", "health_and_safety", "/admin/doctor/", Right.AUDIT_VIEW, "unsound_count"
            ),
            Entry("Funds", "category", _API + "fund/", Right.GIVING_VIEW),
            Entry("Staff", "badge", "/admin/staff/", Right.STAFF_MANAGE),
            Entry("API clients", "key", "/admin/api-clients/", Right.STAFF_MANAGE),
        ],
    ),
]


def sidebar(request: HttpRequest) -> list[dict[str, Any]]:
    """The groups with what this person may see."""
    user: Any = request.user
    groups = (
        (title, [_item(request, entry) for entry in entries if user.has_right(entry.right)])
        for title, entries in _MENU
    )
    return [{"title": title, "separator": True, "items": items} for title, items in groups if items]


def _item(request: HttpRequest, entry: Entry) -> dict[str, Any]:
    item: dict[str, Any] = {"title": entry.title, "icon": entry.icon, "link": entry.address}
    path, _, query = entry.address.partition("?")
    is_failed = request.GET.getlist("status") == ["failed"]
    if path == "/admin/events/":
        item["active"] = request.path.startswith(path) and is_failed == bool(query)
    if entry.badge:
        item |= {"badge": f"api.admin.sidebar.{entry.badge}", "badge_variant": "danger"}
    return item


def failed_count(request: HttpRequest) -> int | None:
    """Events that need a person; nothing when there are none."""
    failed = models.WebhookEvent.objects.filter(status=models.WebhookStatus.FAILED)
    return failed.count() or None


def waiting_count(request: HttpRequest) -> int | None:
    """Disputes that wait for our answer; nothing when there are none."""
    waiting = models.Dispute.objects.filter(status__in=models.DISPUTE_WAITS_FOR_US)
    return waiting.count() or None


def unsound_count(request: HttpRequest) -> int | None:
    """What the doctor found not to work, the last time."""
    last = models.Checkup.objects.first()
    found = last.findings if last else []
    return sum(one["state"] == "problem" for one in found) or None
