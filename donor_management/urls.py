"""The root of all addresses."""

from django.conf import settings
from django.contrib import admin
from django.urls import include, path

from api.staff_urls import (
    account,
    appeals,
    doctor,
    front,
    people,
    plans_failing,
    reconciliations,
    reports,
    staff_donors,
    staff_messages,
    staff_privacy,
    staff_receipts,
    staff_tracker,
    statements,
    tables,
)
from api.urls import health, mailbox, metric, pages, verify

admin.site.site_header = settings.CHARITY_NAME

urlpatterns = [
    path("admin/reconciliation/", include(reconciliations)),
    path("admin/", include(front)),
    path("admin/", include(account)),
    path("admin/", include(people)),
    path("admin/doctor/", include(doctor)),
    path("admin/donors/", include(staff_donors)),
    path("admin/tracker/", include(staff_tracker)),
    path("admin/messages/", include(staff_messages)),
    path("admin/statements/", include(statements)),
    path("admin/appeal-emails/", include(appeals)),
    path("admin/receipt/", include(staff_receipts)),
    path("admin/privacy/", include(staff_privacy)),
    path("admin/", include(plans_failing)),
    path("admin/", include(tables)),
    path("admin/reports/", include(reports)),
    path("admin/", admin.site.urls),
    path("api/", include("api.urls")),
    path("giving/", include(pages)),
    path("verify/", include(verify)),
    path("health/", include(health)),
    path("metrics", include(metric)),
    # The kept e-mails hold personal data: the page is there on the embedded mode's loopback only.
    *([path("mailbox/", include(mailbox))] if settings.IS_EMBEDDED else []),
]
handler400 = "api.views.problem_responses.bad_request"
handler404 = "api.views.problem_responses.not_found"
handler500 = "api.views.problem_responses.server_error"
