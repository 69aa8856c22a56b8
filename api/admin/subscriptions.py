"""Monthly plans."""

from django.contrib import admin

from api import models
from api.admin.tables import RowAdmin


@admin.register(models.Subscription)
class SubscriptionAdmin(RowAdmin):
    """Monthly plans."""

    noun = "plans"
