"""Tables that django-allauth brings for itself, and that nobody needs to see: they hold secrets."""

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib import admin

admin.site.unregister(Authenticator)
admin.site.unregister(EmailAddress)
