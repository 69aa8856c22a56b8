"""Every route on one screen, grouped by noun."""

from django.urls import path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView

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
from api.views.report_runs import ReportRunFileView, ReportRunsView, ReportRunView
from api.views.reports import ReportsView, ReportView
from api.views.staff.report_runs import (
    report_file_page,
    report_file_progress,
    report_file_take,
    report_files,
)
from api.views.staff.report_schedules import (
    report_schedule_change,
    report_schedule_new,
    report_schedules,
)
from api.views.staff.reports import report_page, report_take, reports_page
from api.views.subscriptions import giving_stop
from api.views.webhooks import WEBHOOK_PATHS, webhook

urlpatterns = [
    # giving
    path("giving/", GivingView.as_view(), name="giving"),
    path("stripe/payment-intent/", PaymentIntentView.as_view(), name="payment-intent"),
    path(
        "stripe/subscription-intent/", SubscriptionIntentView.as_view(), name="subscription-intent"
    ),
    path("donations/<str:reference>/", DonationStatusView.as_view(), name="donation-status"),
    # webhooks: one view, the brief's four addresses
    *(path(address.removeprefix("/api/"), webhook) for address in WEBHOOK_PATHS),
    # reports
    path("staff/reports/", ReportsView.as_view(), name="staff-reports"),
    path("staff/reports/<slug:name>/", ReportView.as_view(), name="staff-report"),
    path("staff/report-runs/", ReportRunsView.as_view(), name="staff-report-runs"),
    path("staff/report-runs/<str:reference>/", ReportRunView.as_view(), name="staff-report-run"),
    path(
        "staff/report-runs/<str:reference>/file/",
        ReportRunFileView.as_view(),
        name="staff-report-run-file",
    ),
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
reports = [
    path("", reports_page, name="reports"),
    path("files/", report_files, name="report-files"),
    path("files/<str:reference>/", report_file_page, name="report-file"),
    path("files/<str:reference>/progress/", report_file_progress, name="report-file-progress"),
    path("files/<str:reference>/file/", report_file_take, name="report-file-take"),
    path("schedules/", report_schedules, name="report-schedules"),
    path("schedules/new/", report_schedule_new, name="report-schedule-new"),
    path("schedules/<str:reference>/", report_schedule_change, name="report-schedule-change"),
    path("<slug:name>/", report_page, name="report"),
    path("<slug:name>/file/", report_take, name="report-take"),
]
