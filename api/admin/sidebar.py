"""The menu of staff: what needs a person is counted beside its name."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from api import models

# Group, then title, icon, model, what follows its address (or an address of its own).
_MENU = [
    (
        "Giving",
        [
            ("Donations", "volunteer_activism", "donation", ""),
            ("Donors", "group", "donor", ""),
            ("Monthly plans", "event_repeat", "subscription", ""),
            ("Receipts", "receipt_long", "receipt", ""),
            ("E-mails", "mail", "message", ""),
        ],
    ),
    (
        "Money",
        [
            ("Books", "account_balance", "ledgerentry", "books/"),
            ("Payments", "credit_card", "payment", ""),
            ("Refunds", "undo", "refund", ""),
            ("Disputes", "gavel", "dispute", ""),
            ("Payouts", "savings", "payout", ""),
            ("Stripe's statement", "list_alt", "balancetransaction", ""),
            ("Postings", "menu_book", "ledgerposting", ""),
            ("Reconciliation", "balance", "reconciliation", "/admin/reconciliation/"),
        ],
    ),
    (
        "Behind it",
        [
            ("Failed events", "error", "webhookevent", "?status__exact=failed"),
            ("All events", "inbox", "webhookevent", ""),
            ("Who did what", "history", "auditline", ""),
            ("Funds", "category", "fund", ""),
            ("Staff", "badge", "user", ""),
        ],
    ),
]
_BADGES = {"Failed events": "failed_count", "Disputes": "waiting_count"}


def sidebar(request: HttpRequest) -> list[dict[str, Any]]:
    """The groups with what this person may see."""
    return [
        {
            "title": title,
            "separator": True,
            "items": [
                _item(request, *entry)
                for entry in entries
                if request.user.has_perm(f"api.view_{entry[2]}")  # type: ignore[union-attr]
            ],
        }
        for title, entries in _MENU
    ]


def _item(request: HttpRequest, title: str, icon: str, model: str, more: str) -> dict[str, Any]:
    address = reverse(f"admin:api_{model}_changelist")
    link = more if more.startswith("/") else address + more
    item: dict[str, Any] = {"title": title, "icon": icon, "link": link}
    is_failed = request.GET.get("status__exact") == "failed"
    if model == "webhookevent":
        item["active"] = request.path.startswith(address) and is_failed == bool(more)
    elif more:
        item["active"] = request.path == link
    if title in _BADGES:
        item |= {"badge": f"api.admin.sidebar.{_BADGES[title]}", "badge_variant": "danger"}
    return item


def failed_count(request: HttpRequest) -> int | None:
    """Events that need a person; nothing when there are none."""
    failed = models.WebhookEvent.objects.filter(status=models.WebhookStatus.FAILED)
    return failed.count() or None


def waiting_count(request: HttpRequest) -> int | None:
    """Disputes that wait for our answer; nothing when there are none."""
    waiting = models.Dispute.objects.filter(status__in=models.DISPUTE_WAITS_FOR_US)
    return waiting.count() or None
