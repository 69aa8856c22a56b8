"""Who may call what: one line per route. `test_access.py` walks them all and finds what is missing.

A cell is a right (whoever has it: members of staff by their role, and at /api/ also API clients by
their scopes) or one of the words below. A method that is not named is refused to everybody; "*" is
every method. HEAD goes as GET.
"""

from api.models import Right as R

ANYBODY = "anybody"
STAFF = "staff"  # Whoever is signed in as staff, whatever the role.
PRINCIPAL = "principal"  # Staff and API clients alike.
SUPERUSER = (
    "superuser"  # Made by `manage.py createsuperuser`, or an administrator by the staff page.
)
NOBODY = "nobody"

Cells = dict[str, str]
ANYBODY_READS: Cells = {"GET": ANYBODY}
WEBHOOK: Cells = {"POST": ANYBODY}  # Stripe's signature is the key.


def reads(right: str) -> Cells:
    """A page that is looked at."""
    return {"GET": right}


def acts(right: str) -> Cells:
    """Something that is done."""
    return {"POST": right}


def form(right: str) -> Cells:
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


TABLE: dict[str, Cells] = {
    # What donors use.
    "api/giving/": ANYBODY_READS,
    "api/stripe/payment-intent/": acts(ANYBODY),
    "api/stripe/subscription-intent/": acts(ANYBODY),
    "api/donations/<str:reference>/": ANYBODY_READS,
    "giving/stop/<str:token>/": form(ANYBODY),
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
    # Signing in.
    "admin/login/": form(ANYBODY),
    "admin/login/second-factor/": form(ANYBODY),  # Leads back to the password.
    "admin/logout/": acts(ANYBODY),
    "admin/welcome/<str:number>/<str:token>/": form(ANYBODY),  # The token is the key.
    "admin/account/": reads(STAFF),
    "admin/account/sessions/": acts(STAFF),
    "admin/account/prove/": form(STAFF),
    "admin/account/app/": form(STAFF),
    "admin/account/passkey/": form(STAFF),
    "admin/account/factors/remove/": acts(STAFF),
    "admin/account/recovery-codes/": form(STAFF),
    "admin/password_change/": form(STAFF),
    "admin/password_change/done/": {"*": STAFF},
    "api/auth/sign-in/": acts(ANYBODY),
    "api/auth/second-factor/": acts(ANYBODY),
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
    # Django's admin itself.
    "admin/": {"*": STAFF},
    "admin/search/": {"*": STAFF},
    "admin/jsi18n/": {"*": STAFF},
    "admin/autocomplete/": {"*": NOBODY},  # Nothing of ours may be completed.
    "admin/r/<path:content_type_id>/<path:object_id>/": {"*": STAFF},
    "admin/^(?P<app_label>procrastinate|api)/$": {"*": STAFF},
    "admin/(?P<url>.*)$": {"*": STAFF},  # Says that there is nothing.
    # The tables.
    **model("donation", R.GIVING_VIEW),
    "admin/api/donation/<int:donation_id>/why/": {"*": R.GIVING_VIEW},
    "admin/api/donation/<int:donation_id>/refund/": {"*": R.REFUNDS_MAKE},
    **model("donor", R.DONORS_VIEW),
    **model("subscription", R.GIVING_VIEW),
    **model("receipt", R.GIVING_VIEW),
    **model("fund", R.GIVING_VIEW, add=R.SETTINGS_EDIT, change=R.SETTINGS_EDIT),
    **model("campaign", R.GIVING_VIEW, add=R.CAMPAIGNS_EDIT, change=R.CAMPAIGNS_EDIT),
    **model("message", R.MESSAGES_VIEW),
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
