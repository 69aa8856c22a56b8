"""Who may call what: one line per route. `test_access.py` walks them all and finds what is missing.

A cell is a right (whoever has it: members of staff by their role, and at /api/ also API clients by
their scopes), one of the words below, or several of them of which all must hold. A method that is not
named is refused to everybody; "*" is every method. HEAD goes as GET.
"""

from api.models import Right as R

ANYBODY = "anybody"
STAFF = "staff"  # Whoever is signed in as staff, whatever the role.
PRINCIPAL = "principal"  # Staff and API clients alike.
SUPERUSER = (
    "superuser"  # Made by `manage.py createsuperuser`, or an administrator by the staff page.
)
NOBODY = "nobody"
DONOR = "donor"  # Whoever signed in as a donor; a link to one plan has tests of its own.

Who = str | tuple[str, ...]
Cells = dict[str, Who]
ANYBODY_READS: Cells = {"GET": ANYBODY}
WEBHOOK: Cells = {"POST": ANYBODY}  # Stripe's signature is the key.


def reads(*right: str) -> Cells:
    """A page that is looked at."""
    return {"GET": right}


def acts(*right: str) -> Cells:
    """Something that is done."""
    return {"POST": right}


def form(*right: str) -> Cells:
    """A page with a form."""
    return {"GET": right, "POST": right}


def model(
    name: str,
    view: str,
    *,
    add: str = NOBODY,
    change: str = NOBODY,
    delete: str = NOBODY,
    app: str = "api",
) -> dict[str, Cells]:
    """The pages that Django's admin makes for a model: it takes any method for a GET."""
    base = f"admin/{app}/{name}/"
    one = f"{base}<path:object_id>/"
    return {
        base: {"*": view},
        f"{base}add/": {"*": add},
        f"{one}change/": {"*": view, "POST": change},
        f"{one}delete/": {"*": delete},
        f"{one}history/": {"*": view},
        one: {"*": STAFF},  # Leads to the page above, which asks.
    }


def table(name: str, right: str) -> dict[str, Cells]:
    """A table of staff with its files, kept views and actions, and the same for programs."""
    one = {} if name == "donors" else {f"api/staff/{name}/<str:key>/": reads(right)}
    return {
        f"admin/{name}/": reads(right),
        f"admin/tables/{name}.csv": reads(right, R.EXPORTS_MAKE),
        f"admin/tables/{name}.xlsx": reads(right, R.EXPORTS_MAKE),
        f"admin/tables/{name}/views/": acts(right),
        f"admin/tables/{name}/action/": acts(right),  # Each action asks for its own right too.
        f"api/staff/{name}/": reads(right),
        **one,
    }


TABLE: dict[str, Cells] = {
    # What donors use.
    "api/giving/": ANYBODY_READS,
    "api/stripe/payment-intent/": acts(ANYBODY),
    "api/stripe/subscription-intent/": acts(ANYBODY),
    "api/donations/<str:reference>/": ANYBODY_READS,
    "giving/stop/<str:token>/": form(ANYBODY),
    "giving/unsubscribe/<str:token>/": form(ANYBODY),  # The token is the key.
    # Their own page.
    "api/donor/link/": acts(ANYBODY),
    "api/donor/sign-in/": acts(ANYBODY),  # The token is the key.
    "api/donor/sign-in/password/": acts(ANYBODY),
    "api/donor/sign-in/passkey/begin/": acts(ANYBODY),
    "api/donor/sign-in/passkey/": acts(ANYBODY),
    "api/donor/email/answer/": acts(ANYBODY),  # The token is the key.
    "api/donor/sign-out/": acts(DONOR),
    "api/donor/password/": acts(DONOR),
    "api/donor/passkeys/": {"GET": DONOR, "POST": DONOR},
    "api/donor/passkeys/begin/": acts(DONOR),
    "api/donor/passkeys/<str:reference>/": {"PATCH": DONOR, "DELETE": DONOR},
    "api/donor/email/": acts(DONOR),
    "api/donor/close/": acts(DONOR),
    "api/donor/me/": reads(DONOR),
    "api/donor/gifts/": reads(DONOR),
    "api/donor/gifts/<str:reference>/receipt.pdf": reads(DONOR),
    "api/donor/people/<str:reference>/": {"PATCH": DONOR},
    "api/donor/people/<str:reference>/consents/": acts(DONOR),
    "api/donor/people/<str:reference>/data.<str:form>": reads(DONOR),
    "api/donor/people/<str:reference>/statement.pdf": reads(DONOR),
    "api/donor/linked-plan/": reads(DONOR),
    "api/donor/plans/": reads(DONOR),
    "api/donor/plans/<str:reference>/": reads(DONOR),
    "api/donor/plans/<str:reference>/amount/": acts(DONOR),
    "api/donor/plans/<str:reference>/day/": acts(DONOR),
    "api/donor/plans/<str:reference>/fund/": acts(DONOR),
    "api/donor/plans/<str:reference>/tribute/": acts(DONOR),
    "api/donor/plans/<str:reference>/skip/": acts(DONOR),
    "api/donor/plans/<str:reference>/pause/": acts(DONOR),
    "api/donor/plans/<str:reference>/resume/": acts(DONOR),
    "api/donor/plans/<str:reference>/cancel/": acts(DONOR),
    "api/donor/plans/<str:reference>/method/start/": acts(DONOR),
    "api/donor/plans/<str:reference>/method/": acts(DONOR),
    "api/donor/plans/<str:reference>/retry/": acts(DONOR),
    "api/donor/plans/<str:reference>/again/": acts(DONOR),
    "api/staff/donors/<str:reference>/statement.pdf": reads(R.DONORS_CONTACT),
    "admin/donors/<str:reference>/statement.pdf": reads(R.DONORS_CONTACT),
    "admin/statements/": form(R.REPORTS_SEND, R.DONORS_CONTACT),
    "admin/statements/<str:reference>/": reads(R.REPORTS_SEND, R.DONORS_CONTACT),
    "admin/statements/<str:reference>/progress/": reads(R.REPORTS_SEND, R.DONORS_CONTACT),
    "admin/statements/<str:reference>/act/": acts(R.REPORTS_SEND, R.DONORS_CONTACT),
    "admin/appeal-emails/": reads(R.MESSAGES_VIEW),
    "admin/appeal-emails/new/": acts(R.MESSAGES_VIEW, R.APPEALS_SEND),
    "admin/appeal-emails/<str:reference>/": reads(R.MESSAGES_VIEW),
    "admin/appeal-emails/<str:reference>/whom/": acts(R.MESSAGES_VIEW, R.APPEALS_SEND),
    "admin/appeal-emails/<str:reference>/words/<str:language>/": form(
        R.MESSAGES_VIEW, R.APPEALS_SEND
    ),
    "admin/appeal-emails/<str:reference>/progress/": reads(R.MESSAGES_VIEW),
    "admin/appeal-emails/<str:reference>/act/": acts(R.MESSAGES_VIEW, R.APPEALS_SEND),
    "verify/": ANYBODY_READS,
    "verify/key": ANYBODY_READS,
    "verify/<str:code>": ANYBODY_READS,
    "admin/receipt/<str:number>/": reads(R.GIVING_VIEW),
    "admin/receipt/<str:number>/file.pdf": reads(R.GIVING_VIEW, R.DONORS_CONTACT),
    "admin/receipt/<str:number>/replace/": acts(R.GIVING_VIEW, R.BOOKS_RECONCILE),
    "api/staff/dashboard/": reads(R.GIVING_VIEW),
    # Stripe.
    "api/webhook/": WEBHOOK,
    "api/stripe/webhook/": WEBHOOK,
    "api/stripe/subscription-webhook/": WEBHOOK,
    "api/stripe/one-off-webhook/": WEBHOOK,
    # About ourselves.
    "api/schema/": ANYBODY_READS,
    "api/docs/": ANYBODY_READS,
    "health/": ANYBODY_READS,
    "health/live": ANYBODY_READS,
    "health/ready": ANYBODY_READS,
    "metrics": ANYBODY_READS,  # On this machine, or by a token: test_metrics.py.
    "admin/doctor/": reads(R.AUDIT_VIEW),
    "admin/doctor/look/": acts(R.AUDIT_VIEW),
    "api/staff/doctor/": reads(R.AUDIT_VIEW),
    # Signing in.
    "admin/login/": form(ANYBODY),
    "admin/login/second-factor/": form(ANYBODY),  # Leads back to the password.
    "admin/logout/": acts(ANYBODY),
    "admin/password-forgotten/": form(ANYBODY),
    "admin/password-reset/<str:number>/<str:token>/": form(ANYBODY),  # The token is the key.
    "admin/welcome/<str:number>/<str:token>/": form(ANYBODY),  # The token is the key.
    "admin/account/": reads(STAFF),
    "admin/account/sessions/": acts(STAFF),
    "admin/account/prove/": form(STAFF),
    "admin/account/app/": form(STAFF),
    "admin/account/passkey/": form(STAFF),
    "admin/account/factors/remove/": acts(STAFF),
    "admin/account/factors/rename/": acts(STAFF),
    "admin/account/recovery-codes/": form(STAFF),
    "admin/password_change/": form(STAFF),
    "admin/password_change/done/": {"*": STAFF},
    "api/auth/sign-in/": acts(ANYBODY),
    "api/auth/second-factor/": acts(ANYBODY),
    "api/auth/passkey/begin/": acts(ANYBODY),  # The ticket is the key.
    "api/auth/passkey/complete/": acts(ANYBODY),
    "api/auth/prove/": acts(STAFF),
    "api/auth/prove/passkey/": acts(STAFF),
    "api/auth/refresh/": acts(ANYBODY),
    "api/auth/sign-out/": acts(STAFF),
    "api/auth/me/": reads(PRINCIPAL),
    "api/auth/sessions/": reads(STAFF),
    "api/auth/sessions/<uuid:key>/": {"DELETE": STAFF},
    # Staff and their programs.
    "admin/staff/": reads(R.STAFF_MANAGE),
    "admin/staff/add/": form(R.STAFF_MANAGE),
    "admin/staff/<int:pk>/": form(R.STAFF_MANAGE),
    "admin/staff/<int:pk>/act/": acts(R.STAFF_MANAGE),
    "api/staff/people/": form(STAFF, R.STAFF_MANAGE),
    "api/staff/people/<int:pk>/": {
        "GET": (STAFF, R.STAFF_MANAGE),
        "PATCH": (STAFF, R.STAFF_MANAGE),
    },
    "api/staff/people/<int:pk>/audit/": reads(STAFF, R.STAFF_MANAGE),
    "api/staff/people/<int:pk>/close/": acts(STAFF, R.STAFF_MANAGE),
    "api/staff/people/<int:pk>/reopen/": acts(STAFF, R.STAFF_MANAGE),
    "api/staff/people/<int:pk>/sign-out/": acts(STAFF, R.STAFF_MANAGE),
    "api/staff/people/<int:pk>/factors/reset/": acts(STAFF, R.STAFF_MANAGE),
    "api/staff/people/<int:pk>/link/": acts(STAFF, R.STAFF_MANAGE),
    "api/staff/api-clients/": form(STAFF, R.STAFF_MANAGE),
    "api/staff/api-clients/<int:pk>/revoke/": acts(STAFF, R.STAFF_MANAGE),
    "admin/api-clients/": reads(R.STAFF_MANAGE),
    "admin/api-clients/add/": form(R.STAFF_MANAGE),
    "admin/api-clients/<int:pk>/revoke/": acts(R.STAFF_MANAGE),
    # Money against the bank.
    "admin/reconciliation/": reads(R.BOOKS_VIEW),
    "admin/reconciliation/progress/": reads(R.BOOKS_VIEW),
    "admin/reconciliation/compare/": acts(R.BOOKS_RECONCILE),
    "admin/reconciliation/months/<str:month>.pdf": reads(R.BOOKS_VIEW),
    "admin/reconciliation/payouts/<int:pk>.pdf": reads(R.BOOKS_VIEW),
    "admin/reconciliation/payouts/<int:pk>.csv": reads(R.BOOKS_VIEW),
    "admin/reconciliation/bank/": acts(R.BOOKS_RECONCILE),
    "admin/reconciliation/bank/match/": acts(R.BOOKS_RECONCILE),
    "admin/reconciliation/bank/release/": acts(R.BOOKS_RECONCILE),
    # The tables of staff.
    **table("donors", R.DONORS_VIEW),
    **table("donations", R.GIVING_VIEW),
    **table("plans", R.GIVING_VIEW),
    **table("receipts", R.GIVING_VIEW),
    **table("refunds", R.GIVING_VIEW),
    **table("messages", R.MESSAGES_VIEW),
    "admin/messages/<int:pk>/": reads(R.MESSAGES_VIEW),
    "admin/messages/<int:pk>/html/": reads(R.MESSAGES_VIEW),
    "admin/messages/<int:pk>/again/": acts(R.MESSAGES_VIEW, R.GIVING_FOLLOW),
    "admin/messages/<int:pk>/files/<str:name>": reads(
        R.MESSAGES_VIEW, R.DONORS_CONTACT, R.BANK_VIEW
    ),
    "admin/privacy/": reads(R.PRIVACY_ANSWER),
    "admin/privacy/donors/<str:reference>/data.<str:form>": acts(
        R.PRIVACY_ANSWER, R.DONORS_CONTACT, R.BANK_VIEW, R.MESSAGES_VIEW
    ),
    "admin/privacy/donors/<str:reference>/forget/": form(R.PRIVACY_ANSWER, R.DONORS_CONTACT),
    "admin/privacy/<str:reference>/certificate.pdf": reads(R.PRIVACY_ANSWER),
    "admin/privacy/<str:reference>/retained/": reads(R.RETAINED_VIEW),
    "admin/privacy/<str:reference>/retained/<str:number>.pdf": reads(R.RETAINED_VIEW),
    "admin/messages/words/": reads(R.SETTINGS_EDIT),
    "admin/messages/words/<str:kind>/<str:language>/": form(R.SETTINGS_EDIT),
    **table("payments", R.BANK_VIEW),
    **table("disputes", R.BANK_VIEW),
    **table("payouts", R.BANK_VIEW),
    **table("events", R.EVENTS_VIEW),
    # Kept views, each of a table that the asker may see; many rows at once, walked with those of events.
    "api/staff/views/": {"GET": PRINCIPAL, "POST": PRINCIPAL},
    "api/staff/views/<int:key>/": {"PATCH": PRINCIPAL, "DELETE": PRINCIPAL},
    "api/staff/actions/<str:table>/": reads(R.EVENTS_VIEW),
    "api/staff/actions/<str:table>/<str:action>/preview/": acts(R.EVENTS_VIEW, R.EVENTS_RETRY),
    "api/staff/actions/<str:table>/<str:action>/": acts(R.EVENTS_VIEW, R.EVENTS_RETRY),
    # One donor.
    "admin/donors/<str:reference>/": reads(R.DONORS_VIEW),
    "admin/donors/<str:reference>/change/": form(R.DONORS_EDIT, R.DONORS_CONTACT),
    "admin/donors/<str:reference>/notes/": acts(R.DONORS_EDIT),
    "admin/donors/<str:reference>/tags/": acts(R.DONORS_EDIT),
    "admin/donors/<str:reference>/consents/": form(R.DONORS_EDIT),
    "api/staff/donors/<str:reference>/": {"GET": R.DONORS_VIEW, "PATCH": R.DONORS_EDIT},
    "api/staff/donors/<str:reference>/audit/": reads(R.DONORS_VIEW),
    "api/staff/donations/<str:reference>/audit/": reads(R.GIVING_VIEW),
    "api/staff/donations/<str:reference>/refunds/": acts(R.REFUNDS_MAKE),
    "api/staff/donors/<str:reference>/notes/": {"GET": R.DONORS_VIEW, "POST": R.DONORS_EDIT},
    "api/staff/donors/<str:reference>/consents/": {"GET": R.DONORS_VIEW, "POST": R.DONORS_EDIT},
    "api/staff/donors/<str:reference>/tags/": {"GET": R.DONORS_VIEW, "POST": R.DONORS_EDIT},
    "api/staff/donors/<str:reference>/tags/<str:name>/": {"DELETE": R.DONORS_EDIT},
    # Attempts to pay.
    "admin/tracker/": reads(R.GIVING_VIEW),
    "admin/tracker/<str:reference>/": reads(R.GIVING_VIEW),
    "admin/tracker/<str:reference>/link/": acts(R.GIVING_FOLLOW),
    "admin/tracker/<str:reference>/retry/": acts(R.GIVING_FOLLOW),
    "admin/tracker/<str:reference>/write-off/": acts(R.GIVING_FOLLOW),
    "api/staff/tracker/": reads(R.GIVING_VIEW),
    "api/staff/tracker/<str:reference>/": reads(R.GIVING_VIEW),
    "api/staff/tracker/<str:reference>/link/": acts(R.GIVING_FOLLOW),
    "api/staff/tracker/<str:reference>/retry/": acts(R.GIVING_FOLLOW),
    "api/staff/tracker/<str:reference>/write-off/": {
        "POST": R.GIVING_FOLLOW,
        "DELETE": R.GIVING_FOLLOW,
    },
    # Reports: those that name donors ask for R.REPORTS_DONORS too; files are their asker's alone.
    "admin/recovery/": reads(R.GIVING_VIEW),
    "admin/rehearse/": form(R.REPORTS_VIEW),
    "admin/rehearse/<str:reference>/": reads(R.REPORTS_VIEW),
    "admin/rehearse/<str:reference>/progress/": reads(R.REPORTS_VIEW),
    "admin/reports/": reads(R.REPORTS_VIEW),
    "admin/reports/<slug:name>/": reads(R.REPORTS_VIEW),
    "admin/reports/<slug:name>/file/": acts(R.REPORTS_VIEW, R.EXPORTS_MAKE),
    "admin/reports/files/": reads(R.EXPORTS_MAKE),
    "admin/reports/files/<str:reference>/": reads(R.EXPORTS_MAKE),
    "admin/reports/files/<str:reference>/progress/": reads(R.EXPORTS_MAKE),
    "admin/reports/files/<str:reference>/file/": reads(R.EXPORTS_MAKE),
    "admin/reports/schedules/": reads(R.REPORTS_VIEW),
    "admin/reports/schedules/new/": form(R.REPORTS_VIEW, R.REPORTS_SEND),
    "admin/reports/schedules/<str:reference>/": acts(R.REPORTS_VIEW, R.REPORTS_SEND),
    "api/staff/reports/": reads(R.REPORTS_VIEW),
    "api/staff/reports/<slug:name>/": reads(R.REPORTS_VIEW),
    "api/staff/reports/<slug:name>/recipients/": reads(R.REPORTS_VIEW, R.REPORTS_SEND),
    "api/staff/report-schedules/": {
        "GET": R.REPORTS_VIEW,
        "POST": (R.REPORTS_VIEW, R.REPORTS_SEND),
    },
    "api/staff/report-schedules/<str:reference>/": {
        "GET": R.REPORTS_VIEW,
        "PATCH": (R.REPORTS_VIEW, R.REPORTS_SEND),
        "DELETE": (R.REPORTS_VIEW, R.REPORTS_SEND),
    },
    "api/staff/report-runs/": form(STAFF, R.EXPORTS_MAKE),
    "api/staff/report-runs/<str:reference>/": reads(STAFF, R.EXPORTS_MAKE),
    "api/staff/report-runs/<str:reference>/file/": reads(STAFF, R.EXPORTS_MAKE),
    # Django's admin itself.
    "admin/": reads(STAFF),
    "admin/search/": {"*": STAFF},
    "admin/jsi18n/": {"*": STAFF},
    "admin/autocomplete/": {"*": NOBODY},  # Nothing of ours may be completed.
    "admin/r/<path:content_type_id>/<path:object_id>/": {"*": STAFF},
    "admin/^(?P<app_label>api|procrastinate)/$": {"*": STAFF},
    "admin/(?P<url>.*)$": {"*": STAFF},  # Says that there is nothing.
    # The tables.
    **model("donation", R.GIVING_VIEW),
    "admin/api/donation/<int:donation_id>/why/": {"*": R.GIVING_VIEW},
    "admin/api/donation/<int:donation_id>/refund/": {"*": R.REFUNDS_MAKE},
    **model("donor", R.DONORS_VIEW, change=R.DONORS_VIEW),
    **model("subscription", R.GIVING_VIEW),
    **model("receipt", R.GIVING_VIEW),
    **model("fund", R.GIVING_VIEW, add=R.SETTINGS_EDIT, change=R.SETTINGS_EDIT),
    **model("campaign", R.GIVING_VIEW, add=R.CAMPAIGNS_EDIT, change=R.CAMPAIGNS_EDIT),
    **model("payment", R.BANK_VIEW),
    **model("payout", R.BANK_VIEW),
    **model("dispute", R.BANK_VIEW),
    **model("refund", R.GIVING_VIEW),
    "admin/api/refund/<int:refund_id>/again/": {"*": R.REFUNDS_MAKE},
    "admin/api/refund/<int:refund_id>/withdraw/": {"*": R.REFUNDS_MAKE},
    **model("balancetransaction", R.BANK_VIEW),
    **model("ledgerentry", R.BOOKS_VIEW),
    "admin/api/ledgerentry/books/": {"*": R.BOOKS_VIEW},
    **model("ledgerposting", R.BOOKS_VIEW),
    **model("reconciliation", R.BOOKS_VIEW),
    **model("webhookevent", R.EVENTS_VIEW),
    "admin/api/webhookevent/<int:event_id>/again/": {"*": R.EVENTS_RETRY},
    **model("auditline", R.AUDIT_VIEW),
    **model("procrastinatejob", SUPERUSER, app="procrastinate"),
}
