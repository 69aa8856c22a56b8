"""The menu of staff: what needs a person is counted beside its name."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest

from api.models import Right
from api.services.dashboard_tasks import waiting_counts


@dataclass(frozen=True)
class Entry:
    """One line of the menu: who lacks the right does not see it. `badge` is what `waiting_counts` calls
    the number beside it."""

    title: str
    icon: str
    address: str
    right: Right
    badge: str = ""


_API = "/admin/api/"
_EVENTS = "/admin/events/"
_FAILED = "/admin/events/?status=failed"
_MENU = [
    (
        "Giving",
        [
            Entry("Dashboard", "dashboard", "/admin/", Right.GIVING_VIEW),
            Entry("Donations", "volunteer_activism", "/admin/donations/", Right.GIVING_VIEW),
            Entry("Donors", "group", "/admin/donors/", Right.DONORS_VIEW),
            Entry("Payment tracker", "conversion_path", "/admin/tracker/", Right.GIVING_VIEW),
            Entry("Monthly plans", "event_repeat", "/admin/plans/", Right.GIVING_VIEW),
            Entry("Failed payments", "healing", "/admin/recovery/", Right.GIVING_VIEW),
            Entry("Receipts", "receipt_long", "/admin/receipts/", Right.GIVING_VIEW),
            Entry("Statements", "contract", "/admin/statements/", Right.REPORTS_SEND),
            Entry(
                "Appeals by e-mail",
                "forward_to_inbox",
                "/admin/appeal-emails/",
                Right.MESSAGES_VIEW,
            ),
            Entry("E-mails", "mail", "/admin/messages/", Right.MESSAGES_VIEW),
            Entry("Appeals", "campaign", _API + "campaign/", Right.GIVING_VIEW),
        ],
    ),
    (
        "Money",
        [
            Entry("Books", "account_balance", _API + "ledgerentry/books/", Right.BOOKS_VIEW),
            Entry("Payments", "credit_card", "/admin/payments/", Right.BANK_VIEW),
            Entry("Refunds", "undo", "/admin/refunds/", Right.GIVING_VIEW),
            Entry("Disputes", "gavel", "/admin/disputes/", Right.BANK_VIEW, "disputes"),
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
                _FAILED,
                Right.EVENTS_VIEW,
                "failed_events",
            ),
            Entry("All events", "inbox", _EVENTS, Right.EVENTS_VIEW),
            Entry("Who did what", "history", _API + "auditline/", Right.AUDIT_VIEW),
            Entry("Doctor", "health_and_safety", "/admin/doctor/", Right.AUDIT_VIEW, "unsound"),
            Entry("Funds", "category", _API + "fund/", Right.GIVING_VIEW),
            Entry("Privacy", "shield_person", "/admin/privacy/", Right.PRIVACY_ANSWER),
            Entry("Words of e-mails", "edit_note", "/admin/messages/words/", Right.SETTINGS_EDIT),
            Entry("Staff", "badge", "/admin/staff/", Right.STAFF_MANAGE),
            Entry("API clients", "key", "/admin/api-clients/", Right.STAFF_MANAGE),
        ],
    ),
]
_ADDRESSES = [
    entry.address for _, entries in _MENU for entry in entries if entry.address != "/admin/"
]


def sidebar(request: HttpRequest) -> list[dict[str, Any]]:
    """The groups with what this person may see, as unfold's own pages take them."""
    user: Any = request.user
    return menu(user.rights, open_address(request), waiting_counts(user.rights))


def menu(rights: frozenset[Right], opened: str, counts: Mapping[str, int]) -> list[dict[str, Any]]:
    """The groups with what these rights allow. `opened`: the address of the entry that is open."""
    groups = (
        (title, [_item(one, opened, counts) for one in entries if one.right in rights])
        for title, entries in _MENU
    )
    return [{"title": title, "separator": True, "items": items} for title, items in groups if items]


def open_address(request: HttpRequest) -> str:
    """The entry that a page belongs to: the longest address that it begins with; "" for none."""
    if request.path == _EVENTS:
        is_failed = request.GET.getlist("status") == ["failed"]
        return _FAILED if is_failed else _EVENTS
    found = (one for one in _ADDRESSES if request.path.startswith(one))
    return max(found, key=len, default="/admin/" if request.path == "/admin/" else "")


def _item(entry: Entry, opened: str, counts: Mapping[str, int]) -> dict[str, Any]:
    is_open = entry.address == opened
    item: dict[str, Any] = {"title": entry.title, "icon": entry.icon, "link": entry.address}
    item |= {"has_permission": True, "active": is_open}  # Who lacks the right gets no entry at all.
    item |= {"link_attrs": {"aria-current": "page"} if is_open else {}}
    if counts.get(entry.badge):
        item |= {"badge": counts[entry.badge], "badge_variant": "danger"}
    return item
