"""Every route on one screen, grouped by noun."""

from django.urls import path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView

from api.services.tables import TABLES
from api.views.bank_lines import bank_import, bank_match, bank_release
from api.views.donations import DonationStatusView
from api.views.giving import GivingView, PaymentIntentView, SubscriptionIntentView
from api.views.health import live, ready
from api.views.mailbox import mailbox_detail, mailbox_html, mailbox_list, mailbox_receipt
from api.views.reconciliations import (
    month_pdf,
    payout_lines,
    payout_pdf,
    reconciliation,
    reconciliation_compare,
    reconciliation_progress,
)
from api.views.staff.table_deeds import action_view, views_view
from api.views.staff.tables import export_view, table_view
from api.views.subscriptions import giving_stop
from api.views.tables import row_view, rows_view
from api.views.webhooks import WEBHOOK_PATHS, webhook

urlpatterns = [
    # giving
    path("giving/", GivingView.as_view(), name="giving"),
    path("stripe/payment-intent/", PaymentIntentView.as_view(), name="payment-intent"),
    path(
        "stripe/subscription-intent/", SubscriptionIntentView.as_view(), name="subscription-intent"
    ),
    path("donations/<str:reference>/", DonationStatusView.as_view(), name="donation-status"),
    # the tables of staff
    *(path(f"staff/{noun}/", rows_view(noun), name=f"staff-{noun}") for noun in TABLES),
    *(
        path(f"staff/{noun}/<str:key>/", row_view(noun), name=f"staff-{noun}-row")
        for noun in TABLES
    ),
    # webhooks: one view, the brief's four addresses
    *(path(address.removeprefix("/api/"), webhook) for address in WEBHOOK_PATHS),
    # the API about itself
    path("schema/", SpectacularAPIView.as_view(), name="schema"),
    path("docs/", SpectacularSwaggerView.as_view(url_name="schema"), name="docs"),
]

pages = [path("stop/<str:token>/", giving_stop, name="giving-stop")]
health = [path("", live), path("live", live), path("ready", ready)]
mailbox = [
    path("", mailbox_list, name="mailbox"),
    path("<int:pk>/", mailbox_detail, name="mailbox-message"),
    path("<int:pk>/html/", mailbox_html, name="mailbox-html"),
    path("<int:pk>/receipt.pdf", mailbox_receipt, name="mailbox-receipt"),
]
# Each noun as a table: its page, its files, what is done from it.
tables = [
    route
    for noun in TABLES
    for route in (
        path(f"{noun}/", table_view(noun), name=f"table-{noun}"),
        path(f"tables/{noun}.csv", export_view(noun, "csv"), name=f"table-{noun}-csv"),
        path(f"tables/{noun}.xlsx", export_view(noun, "xlsx"), name=f"table-{noun}-xlsx"),
        path(f"tables/{noun}/views/", views_view(noun), name=f"table-{noun}-views"),
        path(f"tables/{noun}/action/", action_view(noun), name=f"table-{noun}-action"),
    )
]
reconciliations = [
    path("", reconciliation, name="reconciliation"),
    path("compare/", reconciliation_compare, name="reconciliation-compare"),
    path("progress/", reconciliation_progress, name="reconciliation-progress"),
    path("months/<str:month>.pdf", month_pdf, name="month-pdf"),
    path("payouts/<int:pk>.pdf", payout_pdf, name="payout-pdf"),
    path("payouts/<int:pk>.csv", payout_lines, name="payout-lines"),
    path("bank/", bank_import, name="bank-import"),
    path("bank/match/", bank_match, name="bank-match"),
    path("bank/release/", bank_release, name="bank-release"),
]
