"""The routes of the embedded mode, which the tests' own database is not."""

from django.urls import include, path

from api.urls import mailbox
from donor_management.urls import urlpatterns as all_urls

urlpatterns = [path("mailbox/", include(mailbox)), *all_urls]
