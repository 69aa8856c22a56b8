"""The pages of staff, grouped by noun, as they are mounted under /admin/."""

from django.urls import path

from api.services.tables import TABLES
from api.views.bank_lines import bank_import, bank_match, bank_release
from api.views.reconciliations import (
    month_pdf,
    payout_lines,
    payout_pdf,
    reconciliation,
    reconciliation_compare,
    reconciliation_progress,
)
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

front = [path("", dashboard, name="dashboard")]
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
    path("account/factors/rename/", factors.factor_rename, name="factor-rename"),
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
