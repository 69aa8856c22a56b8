"""Every route of the API and of what everybody sees, grouped by noun. Pages of staff: staff_urls."""

from django.conf import settings
from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from api.services.tables import TABLES
from api.views import receipts
from api.views.api_clients import ApiClientRevokeView, ApiClientsView
from api.views.audit import DonationDeedsView, DonorDeedsView
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
from api.views.passkeys import PasskeyBeginView, PasskeyCompleteView, ProvePasskeyView
from api.views.refunds import RefundAskView
from api.views.report_runs import ReportRunFileView, ReportRunsView, ReportRunView
from api.views.report_schedules import (
    ReportRecipientsView,
    ReportSchedulesView,
    ReportScheduleView,
)
from api.views.reports import ReportsView, ReportView
from api.views.saved_views import SavedViewsView, SavedViewView
from api.views.sessions import MeView, SessionsView, SessionView
from api.views.sign_ins import ProveView, RefreshView, SecondFactorView, SignInView, SignOutView
from api.views.subscriptions import giving_stop
from api.views.table_actions import ActionPreviewView, ActionView, TableActionsView
from api.views.tables import row_view, rows_view
from api.views.tracker import AttemptView, FollowUpView, TrackerView, WriteOffView
from api.views.users import (
    PeopleView,
    PersonCloseView,
    PersonDeedsView,
    PersonFactorsResetView,
    PersonLinkView,
    PersonReopenView,
    PersonSignOutView,
    PersonView,
)
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
    path("auth/prove/", ProveView.as_view(), name="api-prove"),
    path("auth/prove/passkey/", ProvePasskeyView.as_view()),
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
    # views of them that are kept, and many rows at once
    path("staff/views/", SavedViewsView.as_view()),
    path("staff/views/<int:key>/", SavedViewView.as_view()),
    path("staff/actions/<str:table>/", TableActionsView.as_view()),
    path("staff/actions/<str:table>/<str:action>/preview/", ActionPreviewView.as_view()),
    path("staff/actions/<str:table>/<str:action>/", ActionView.as_view()),
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
    path("staff/reports/<slug:name>/recipients/", ReportRecipientsView.as_view()),
    path("staff/report-schedules/", ReportSchedulesView.as_view()),
    path("staff/report-schedules/<str:reference>/", ReportScheduleView.as_view()),
    path("staff/report-runs/", ReportRunsView.as_view(), name="staff-report-runs"),
    path("staff/report-runs/<str:reference>/", ReportRunView.as_view(), name="staff-report-run"),
    path(
        "staff/report-runs/<str:reference>/file/",
        ReportRunFileView.as_view(),
        name="staff-report-run-file",
    ),
    # who works here, and which programs: administrators, in person
    path("staff/people/", PeopleView.as_view()),
    path("staff/people/<int:pk>/", PersonView.as_view()),
    path("staff/people/<int:pk>/audit/", PersonDeedsView.as_view()),
    path("staff/people/<int:pk>/close/", PersonCloseView.as_view()),
    path("staff/people/<int:pk>/reopen/", PersonReopenView.as_view()),
    path("staff/people/<int:pk>/sign-out/", PersonSignOutView.as_view()),
    path("staff/people/<int:pk>/factors/reset/", PersonFactorsResetView.as_view()),
    path("staff/people/<int:pk>/link/", PersonLinkView.as_view()),
    path("staff/api-clients/", ApiClientsView.as_view()),
    path("staff/api-clients/<int:pk>/revoke/", ApiClientRevokeView.as_view()),
    # the API about itself
    path("schema/", SpectacularAPIView.as_view(), name="schema"),
    path("docs/", SpectacularSwaggerSplitView.as_view(url_name="schema"), name="docs"),
]

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
