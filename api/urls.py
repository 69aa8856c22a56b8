"""Every route on one screen, grouped by noun."""

from django.conf import settings
from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from api.services.tables import TABLES
from api.views import receipts
from api.views.audit import DonationDeedsView, DonorDeedsView
from api.views.bank_lines import bank_import, bank_match, bank_release
from api.views.checkups import CheckupView
from api.views.dashboard import DashboardView
from api.views.donations import DonationStatusView
from api.views.donor_pages import (
    DonorCloseView,
    DonorConsentView,
    DonorDataView,
    DonorGiftsView,
    DonorMeView,
    DonorPersonView,
    DonorReceiptView,
    DonorYearView,
)
from api.views.donor_passkeys import (
    DonorPasskeyAskView,
    DonorPasskeyBeginView,
    DonorPasskeySignInView,
    DonorPasskeysView,
    DonorPasskeyView,
)
from api.views.donor_plans import (
    DonorPlansView,
    DonorPlanView,
    LinkedPlanView,
    PlanAgainView,
    PlanAmountView,
    PlanCancelView,
    PlanDayView,
    PlanFundView,
    PlanMethodStartView,
    PlanMethodView,
    PlanPauseView,
    PlanResumeView,
    PlanRetryView,
    PlanSkipView,
    PlanTributeView,
)
from api.views.donor_sign_ins import (
    DonorLinkView,
    DonorPasswordSignInView,
    DonorPasswordView,
    DonorSignInView,
    DonorSignOutView,
    EmailAnswerView,
    EmailChangeView,
)
from api.views.donor_statements import DonorStatementView
from api.views.donors import (
    DonorConsentsView,
    DonorNotesView,
    DonorTagsView,
    DonorTagView,
    DonorView,
)
from api.views.giving import GivingView, PaymentIntentView, SubscriptionIntentView
from api.views.health import live, ready
from api.views.mail_events import unsubscribe_page
from api.views.mailbox import mailbox_detail, mailbox_file, mailbox_html, mailbox_list
from api.views.metrics import metrics
from api.views.passkeys import PasskeyBeginView, PasskeyCompleteView
from api.views.reconciliations import (
    month_pdf,
    payout_lines,
    payout_pdf,
    reconciliation,
    reconciliation_compare,
    reconciliation_progress,
)
from api.views.refunds import RefundAskView
from api.views.report_runs import ReportRunFileView, ReportRunsView, ReportRunView
from api.views.reports import ReportsView, ReportView
from api.views.sessions import MeView, SessionsView, SessionView
from api.views.sign_ins import RefreshView, SecondFactorView, SignInView, SignOutView
from api.views.staff import (
    api_clients,
    appeal_runs,
    checkups,
    donors,
    factors,
    messages,
    password_resets,
    privacy,
    recoveries,
    rehearsals,
    sessions,
    sign_ins,
    statement_runs,
    tracker,
    users,
)
from api.views.staff import receipts as staff_receipt
from api.views.staff.dashboard import dashboard
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
from api.views.staff.table_deeds import action_view, views_view
from api.views.staff.tables import export_view, table_view
from api.views.subscriptions import giving_stop
from api.views.tables import row_view, rows_view
from api.views.tracker import AttemptView, FollowUpView, TrackerView, WriteOffView
from api.views.webhooks import WEBHOOK_PATHS, webhook

urlpatterns = [
    # giving
    path("giving/", GivingView.as_view(), name="giving"),
    path("stripe/payment-intent/", PaymentIntentView.as_view(), name="payment-intent"),
    path(
        "stripe/subscription-intent/", SubscriptionIntentView.as_view(), name="subscription-intent"
    ),
    path("donations/<str:reference>/", DonationStatusView.as_view(), name="donation-status"),
    # donors: the way in
    path("donor/link/", DonorLinkView.as_view(), name="donor-link"),
    path("donor/sign-in/", DonorSignInView.as_view(), name="donor-sign-in"),
    path("donor/sign-in/password/", DonorPasswordSignInView.as_view()),
    path("donor/sign-in/passkey/begin/", DonorPasskeyAskView.as_view()),
    path("donor/sign-in/passkey/", DonorPasskeySignInView.as_view()),
    path("donor/sign-out/", DonorSignOutView.as_view()),
    path("donor/password/", DonorPasswordView.as_view()),
    path("donor/passkeys/", DonorPasskeysView.as_view()),
    path("donor/passkeys/begin/", DonorPasskeyBeginView.as_view()),
    path("donor/passkeys/<str:reference>/", DonorPasskeyView.as_view()),
    path("donor/email/", EmailChangeView.as_view()),
    path("donor/email/answer/", EmailAnswerView.as_view()),
    # donors: their own page
    path("donor/me/", DonorMeView.as_view(), name="donor-me"),
    path("donor/people/<str:reference>/", DonorPersonView.as_view()),
    path("donor/people/<str:reference>/consents/", DonorConsentView.as_view()),
    path("donor/people/<str:reference>/data.<str:form>", DonorDataView.as_view()),
    path("donor/people/<str:reference>/statement.pdf", DonorYearView.as_view()),
    path("donor/gifts/", DonorGiftsView.as_view(), name="donor-gifts"),
    path("donor/gifts/<str:reference>/receipt.pdf", DonorReceiptView.as_view()),
    path("donor/close/", DonorCloseView.as_view()),
    path("donor/linked-plan/", LinkedPlanView.as_view(), name="donor-linked-plan"),
    path("donor/plans/", DonorPlansView.as_view(), name="donor-plans"),
    path("donor/plans/<str:reference>/", DonorPlanView.as_view()),
    path("donor/plans/<str:reference>/amount/", PlanAmountView.as_view()),
    path("donor/plans/<str:reference>/day/", PlanDayView.as_view()),
    path("donor/plans/<str:reference>/fund/", PlanFundView.as_view()),
    path("donor/plans/<str:reference>/tribute/", PlanTributeView.as_view()),
    path("donor/plans/<str:reference>/skip/", PlanSkipView.as_view()),
    path("donor/plans/<str:reference>/pause/", PlanPauseView.as_view()),
    path("donor/plans/<str:reference>/resume/", PlanResumeView.as_view()),
    path("donor/plans/<str:reference>/cancel/", PlanCancelView.as_view()),
    path("donor/plans/<str:reference>/method/start/", PlanMethodStartView.as_view()),
    path("donor/plans/<str:reference>/method/", PlanMethodView.as_view()),
    path("donor/plans/<str:reference>/retry/", PlanRetryView.as_view()),
    path("donor/plans/<str:reference>/again/", PlanAgainView.as_view()),
    # signing in, for apps
    path("auth/sign-in/", SignInView.as_view(), name="api-sign-in"),
    path("auth/second-factor/", SecondFactorView.as_view(), name="api-second-factor"),
    path("auth/passkey/begin/", PasskeyBeginView.as_view(), name="api-passkey-begin"),
    path("auth/passkey/complete/", PasskeyCompleteView.as_view(), name="api-passkey-complete"),
    path("auth/refresh/", RefreshView.as_view(), name="api-refresh"),
    path("auth/sign-out/", SignOutView.as_view(), name="api-sign-out"),
    path("auth/me/", MeView.as_view(), name="api-me"),
    path("auth/sessions/", SessionsView.as_view(), name="api-sessions"),
    path("auth/sessions/<uuid:key>/", SessionView.as_view(), name="api-session"),
    # staff: donors
    path("staff/donors/<str:reference>/", DonorView.as_view(), name="api-donor"),
    path(
        "staff/donors/<str:reference>/statement.pdf",
        DonorStatementView.as_view(),
        name="api-donor-statement",
    ),
    path("staff/donors/<str:reference>/audit/", DonorDeedsView.as_view()),
    path("staff/donors/<str:reference>/notes/", DonorNotesView.as_view()),
    path("staff/donors/<str:reference>/consents/", DonorConsentsView.as_view()),
    path("staff/donors/<str:reference>/tags/", DonorTagsView.as_view()),
    path("staff/donors/<str:reference>/tags/<str:name>/", DonorTagView.as_view()),
    # staff: gifts
    path("staff/donations/<str:reference>/audit/", DonationDeedsView.as_view()),
    path("staff/donations/<str:reference>/refunds/", RefundAskView.as_view()),
    # staff: the payment tracker
    path("staff/tracker/", TrackerView.as_view(), name="api-tracker"),
    path("staff/tracker/<str:reference>/", AttemptView.as_view(), name="api-tracker-attempt"),
    path("staff/tracker/<str:reference>/link/", FollowUpView.as_view(kind="link")),
    path("staff/tracker/<str:reference>/retry/", FollowUpView.as_view(kind="retry")),
    path("staff/tracker/<str:reference>/write-off/", WriteOffView.as_view()),
    # the tables of staff
    *(path(f"staff/{noun}/", rows_view(noun), name=f"staff-{noun}") for noun in TABLES),
    *(
        path(f"staff/{noun}/<str:key>/", row_view(noun), name=f"staff-{noun}-row")
        for noun in TABLES
        if noun != "donors"  # their page has more: staff/donors/ above
    ),
    # the dashboard
    path("staff/dashboard/", DashboardView.as_view(), name="staff-dashboard"),
    # the doctor
    path("staff/doctor/", CheckupView.as_view(), name="staff-doctor"),
    # webhooks: one view, the brief's four addresses
    *(path(address.removeprefix("/api/"), webhook) for address in WEBHOOK_PATHS),
    # what mail services tell, where one is set up
    *([path("mail/", include("anymail.urls"))] if settings.MAIL_WEBHOOK_SECRET else []),
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
    path("docs/", SpectacularSwaggerSplitView.as_view(url_name="schema"), name="docs"),
]

front = [path("", dashboard, name="dashboard")]
pages = [
    path("stop/<str:token>/", giving_stop, name="giving-stop"),
    path("unsubscribe/<str:token>/", unsubscribe_page, name="appeals-unsubscribe"),
]
verify = [
    path("", receipts.receipt_verify, name="receipt-verify"),
    path("key", receipts.receipt_verify_key, name="receipt-verify-key"),
    path("<str:code>", receipts.receipt_verify, name="receipt-verify-code"),
]
metric = [path("", metrics, name="metrics")]
health = [path("", live), path("live", live), path("ready", ready)]
mailbox = [
    path("", mailbox_list, name="mailbox"),
    path("<int:pk>/", mailbox_detail, name="mailbox-message"),
    path("<int:pk>/html/", mailbox_html, name="mailbox-html"),
    path("<int:pk>/files/<str:name>", mailbox_file, name="mailbox-file"),
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
staff_privacy = [
    path("", privacy.privacy_page, name="staff-privacy"),
    path(
        "donors/<str:reference>/data.<str:form>",
        privacy.donor_data_take,
        name="staff-donor-data",
    ),
    path("donors/<str:reference>/forget/", privacy.donor_erase, name="staff-donor-erase"),
    path(
        "<str:reference>/certificate.pdf",
        privacy.erasure_certificate,
        name="staff-erasure-certificate",
    ),
    path("<str:reference>/retained/", privacy.retained_page, name="staff-retained"),
    path(
        "<str:reference>/retained/<str:number>.pdf",
        privacy.retained_receipt,
        name="staff-retained-receipt",
    ),
]
staff_messages = [
    path("words/", messages.wordings_page, name="staff-wordings"),
    path("words/<str:kind>/<str:language>/", messages.wording_page, name="staff-wording"),
    path("<int:pk>/", messages.message_page, name="staff-message"),
    path("<int:pk>/html/", messages.message_html, name="staff-message-html"),
    path("<int:pk>/again/", messages.message_send_again, name="staff-message-again"),
    path("<int:pk>/files/<str:name>", messages.message_file, name="staff-message-file"),
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
account = [
    path("login/", sign_ins.login, name="admin-login"),
    path("login/second-factor/", sign_ins.second_factor, name="admin-second-factor"),
    path("logout/", sign_ins.logout, name="admin-logout"),
    path("welcome/<str:number>/<str:token>/", users.welcome, name="staff-welcome"),
    path("password-forgotten/", password_resets.password_forgotten, name="password-forgotten"),
    path(
        "password-reset/<str:number>/<str:token>/",
        password_resets.password_reset,
        name="password-reset",
    ),
    path("account/", sessions.account, name="account"),
    path("account/sessions/", sessions.sessions_stop, name="account-sessions"),
    path("account/prove/", factors.prove, name="account-prove"),
    path("account/app/", factors.factor_totp, name="factor-totp"),
    path("account/passkey/", factors.factor_passkey, name="factor-passkey"),
    path("account/factors/remove/", factors.factor_remove, name="factor-remove"),
    path("account/recovery-codes/", factors.recovery_codes, name="recovery-codes"),
    path("password_change/", sessions.password_change, name="password-change"),
]
doctor = [
    path("", checkups.doctor, name="doctor"),
    path("look/", checkups.doctor_look, name="doctor-look"),
]
people = [
    path("staff/", users.staff_list, name="staff-list"),
    path("staff/add/", users.staff_new, name="staff-new"),
    path("staff/<int:pk>/", users.staff_one, name="staff-one"),
    path("staff/<int:pk>/act/", users.staff_act, name="staff-act"),
    path("api-clients/", api_clients.api_clients, name="api-clients"),
    path("api-clients/add/", api_clients.api_client_new, name="api-client-new"),
    path("api-clients/<int:pk>/revoke/", api_clients.api_client_end, name="api-client-end"),
]
staff_donors = [
    path("<str:reference>/", donors.donor_page, name="staff-donor"),
    path(
        "<str:reference>/statement.pdf",
        statement_runs.donor_statement_take,
        name="staff-donor-statement",
    ),
    path("<str:reference>/change/", donors.donor_change, name="staff-donor-change"),
    path("<str:reference>/notes/", donors.donor_note, name="staff-donor-note"),
    path("<str:reference>/tags/", donors.donor_tag, name="staff-donor-tag"),
    path("<str:reference>/consents/", donors.donor_consent, name="staff-donor-consent"),
]
statements = [
    path("", statement_runs.statement_runs, name="statement-runs"),
    path("<str:reference>/", statement_runs.statement_run_page, name="statement-run"),
    path(
        "<str:reference>/progress/",
        statement_runs.statement_run_progress,
        name="statement-run-progress",
    ),
    path("<str:reference>/act/", statement_runs.statement_run_act, name="statement-run-act"),
]
appeals = [
    path("", appeal_runs.appeal_runs, name="appeal-runs"),
    path("new/", appeal_runs.appeal_run_new, name="appeal-run-new"),
    path("<str:reference>/", appeal_runs.appeal_run_page, name="appeal-run"),
    path("<str:reference>/whom/", appeal_runs.appeal_run_aim, name="appeal-run-aim"),
    path(
        "<str:reference>/words/<str:language>/",
        appeal_runs.appeal_run_words,
        name="appeal-run-words",
    ),
    path("<str:reference>/progress/", appeal_runs.appeal_run_progress, name="appeal-run-progress"),
    path("<str:reference>/act/", appeal_runs.appeal_run_act, name="appeal-run-act"),
]
staff_receipts = [
    path("<str:number>/", staff_receipt.receipt_page, name="staff-receipt"),
    path("<str:number>/file.pdf", staff_receipt.receipt_file, name="staff-receipt-file"),
    path("<str:number>/replace/", staff_receipt.receipt_replace_act, name="staff-receipt-replace"),
]
staff_tracker = [
    path("", tracker.tracker, name="staff-tracker"),
    path("<str:reference>/", tracker.attempt, name="staff-tracker-attempt"),
    path("<str:reference>/link/", tracker.link),
    path("<str:reference>/retry/", tracker.retry),
    path("<str:reference>/write-off/", tracker.write_off),
]
plans_failing = [
    path("recovery/", recoveries.recovery_page, name="recovery"),
    path("rehearse/", rehearsals.rehearse, name="rehearse"),
    path("rehearse/<str:reference>/", rehearsals.rehearsal_page, name="rehearsal"),
    path(
        "rehearse/<str:reference>/progress/",
        rehearsals.rehearsal_progress,
        name="rehearsal-progress",
    ),
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
