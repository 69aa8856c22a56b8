"""Tables that come with Django and django-allauth, and that nobody needs: secrets, and unused groups."""

import allauth.account.admin
import allauth.mfa.admin
import django.contrib.auth.admin  # noqa: F401  Each puts its tables in, wherever its app stands.
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib import admin
from django.contrib.auth.models import Group

admin.site.unregister(Authenticator)
admin.site.unregister(EmailAddress)
admin.site.unregister(Group)
