"""Who may do what: the roles of staff, the rights of each, and Django's permissions told by rights."""

from django.db import models


class Right(models.TextChoices):
    """One thing that a person, or a program by its token, may be allowed to do."""

    DONORS_VIEW = "donors.view", "See donors and what they gave"
    DONORS_CONTACT = "donors.contact", "See e-mail, telephone and address of donors"
    DONORS_EDIT = "donors.edit", "Change donors, their notes, tags and consents"
    GIVING_VIEW = "giving.view", "See gifts, plans, receipts and attempts to pay"
    GIVING_FOLLOW = "giving.follow", "Follow up on payments: send a link, try again, write off"
    BANK_VIEW = "bank.view", "See cards' endings, Stripe's ids, payouts and bank lines"
    REFUNDS_MAKE = "refunds.make", "Give money back"
    BOOKS_VIEW = "books.view", "See the books and the reconciliation"
    BOOKS_RECONCILE = "books.reconcile", "Compare with Stripe and import bank statements"
    EVENTS_VIEW = "events.view", "See what Stripe told us"
    EVENTS_RETRY = "events.retry", "Have failed events handled again"
    MESSAGES_VIEW = "messages.view", "Read the e-mails that were sent"
    REPORTS_VIEW = "reports.view", "Run reports of figures"
    REPORTS_DONORS = "reports.donors", "Run reports that name donors"
    REPORTS_SEND = "reports.send", "Have reports sent to staff on a schedule"
    EXPORTS_MAKE = "exports.make", "Take tables away as files"
    CAMPAIGNS_EDIT = "campaigns.edit", "Change appeals"
    APPEALS_SEND = "appeals.send", "Write appeals and send them by e-mail"
    SETTINGS_EDIT = "settings.edit", "Change funds and settings"
    STAFF_MANAGE = "staff.manage", "Add staff and tokens, and end their sign-ins"
    AUDIT_VIEW = "audit.view", "Read who did what"
    PRIVACY_ANSWER = "privacy.answer", "Answer donors who ask for their data, or to be forgotten"
    RETAINED_VIEW = "retained.view", "See what the law keeps of donors who were forgotten"


class Role(models.TextChoices):
    """What a member of staff is here for."""

    ADMINISTRATOR = "administrator", "Administrator"
    FINANCE = "finance", "Finance"
    FUNDRAISER = "fundraiser", "Fundraiser"
    SUPPORT = "support", "Support"
    AUDITOR = "auditor", "Auditor (looks, changes nothing)"


_R = Right
_EVERYBODY = frozenset({_R.DONORS_VIEW, _R.GIVING_VIEW})
_MONEY_SEEN = frozenset({_R.BANK_VIEW, _R.BOOKS_VIEW, _R.EVENTS_VIEW, _R.AUDIT_VIEW})
_REPORTS = frozenset({_R.REPORTS_VIEW, _R.REPORTS_DONORS, _R.EXPORTS_MAKE})
_CARE = frozenset({_R.DONORS_CONTACT, _R.DONORS_EDIT, _R.GIVING_FOLLOW, _R.MESSAGES_VIEW})
ROLE_RIGHTS: dict[Role, frozenset[Right]] = {
    Role.ADMINISTRATOR: frozenset(Right),
    Role.FINANCE: _EVERYBODY
    | _MONEY_SEEN
    | _REPORTS
    | {
        _R.DONORS_CONTACT,
        _R.REPORTS_SEND,
        _R.GIVING_FOLLOW,
        _R.MESSAGES_VIEW,
        _R.REFUNDS_MAKE,
        _R.BOOKS_RECONCILE,
        _R.EVENTS_RETRY,
        _R.PRIVACY_ANSWER,
        _R.RETAINED_VIEW,
    },
    Role.FUNDRAISER: _EVERYBODY
    | _CARE
    | _REPORTS
    | {_R.CAMPAIGNS_EDIT, _R.APPEALS_SEND, _R.REPORTS_SEND},
    Role.SUPPORT: _EVERYBODY | _CARE,
    Role.AUDITOR: _EVERYBODY | _MONEY_SEEN | _REPORTS | {_R.MESSAGES_VIEW},
}

# Which right opens a model's pages in Django's admin; what is not here, only administrators see.
VIEW_RIGHTS: dict[str, Right] = {
    "donor": _R.DONORS_VIEW,
    "donation": _R.GIVING_VIEW,
    "donationmove": _R.GIVING_VIEW,
    "subscription": _R.GIVING_VIEW,
    "receipt": _R.GIVING_VIEW,
    "fund": _R.GIVING_VIEW,
    "campaign": _R.GIVING_VIEW,
    "refund": _R.GIVING_VIEW,
    "payment": _R.BANK_VIEW,
    "payout": _R.BANK_VIEW,
    "dispute": _R.BANK_VIEW,
    "balancetransaction": _R.BANK_VIEW,
    "bankline": _R.BANK_VIEW,
    "ledgerentry": _R.BOOKS_VIEW,
    "ledgerposting": _R.BOOKS_VIEW,
    "reconciliation": _R.BOOKS_VIEW,
    "difference": _R.BOOKS_VIEW,
    "webhookevent": _R.EVENTS_VIEW,
    "auditline": _R.AUDIT_VIEW,
}
CHANGE_RIGHTS: dict[str, Right] = {
    "add_refund": _R.REFUNDS_MAKE,
    "add_reconciliation": _R.BOOKS_RECONCILE,
    "change_bankline": _R.BOOKS_RECONCILE,
    "change_webhookevent": _R.EVENTS_RETRY,
    "add_fund": _R.SETTINGS_EDIT,
    "change_fund": _R.SETTINGS_EDIT,
    "add_campaign": _R.CAMPAIGNS_EDIT,
    "change_campaign": _R.CAMPAIGNS_EDIT,
}


def permission_right(permission: str) -> Right | None:
    """The right behind one of Django's permissions (`api.view_donation`); None: nobody's by role."""
    app, _, name = permission.partition(".")
    if app != "api":
        return None
    verb, _, model = name.partition("_")
    return VIEW_RIGHTS.get(model) if verb == "view" else CHANGE_RIGHTS.get(name)
