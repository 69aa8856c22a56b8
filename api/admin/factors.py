"""Tables that come with Django and django-allauth, and that nobody needs: secrets, and unused groups."""

from importlib import import_module

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib import admin
from django.contrib.auth.models import Group

# Each puts its tables in, wherever its app stands in the settings.
for app in ("allauth.account", "allauth.mfa", "django.contrib.auth"):
    import_module(f"{app}.admin")
admin.site.unregister(Authenticator)
admin.site.unregister(EmailAddress)
admin.site.unregister(Group)
