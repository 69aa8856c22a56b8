"""Who may sign in."""

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import AdminUserCreationForm
from unfold.admin import ModelAdmin
from unfold.forms import AdminPasswordChangeForm, UserChangeForm

from api import models


class StaffCreationForm(AdminUserCreationForm):  # type: ignore[type-arg]
    """A new member of staff, by e-mail address."""

    class Meta:
        model = models.User
        fields = ("email",)


class StaffChangeForm(UserChangeForm):  # type: ignore[type-arg]
    """A member of staff."""

    class Meta:
        model = models.User
        fields = "__all__"


@admin.register(models.User)
class StaffAdmin(UserAdmin, ModelAdmin):  # type: ignore[misc,type-arg]
    """Who may sign in."""

    form = StaffChangeForm
    add_form = StaffCreationForm
    change_password_form = AdminPasswordChangeForm
    ordering = ["email"]
    list_filter = ["role", "is_active"]
    filter_horizontal = []
    list_display = ["email", "first_name", "last_name", "role", "is_active", "last_login"]
    search_fields = ["email", "first_name", "last_name"]
    fieldsets = [
        (None, {"fields": ["email", "password"]}),
        ("Person", {"fields": ["first_name", "last_name"]}),
        ("Rights", {"fields": ["is_active", "is_staff", "role"]}),
    ]
    add_fieldsets = [(None, {"fields": ["email", "password1", "password2"]})]
