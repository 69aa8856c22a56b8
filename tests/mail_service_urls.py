"""The product's addresses with those of mail services, as where MAIL_WEBHOOK_SECRET is set."""

from django.urls import include, path

from donor_management.urls import handler400, handler404, handler500
from donor_management.urls import urlpatterns as product

urlpatterns = [path("api/mail/", include("anymail.urls")), *product]
__all__ = ["handler400", "handler404", "handler500", "urlpatterns"]
