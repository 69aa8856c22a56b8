"""Appeals."""

from typing import Any, ClassVar

from django import forms
from django.conf import settings
from django.contrib import admin
from unfold.admin import ModelAdmin
from unfold.widgets import UnfoldAdminTextInputWidget

from api import models
from api.admin.tables import Audited
from api.money import money_parse, money_text

_MOST_MINOR = 10**15


class CampaignForm(forms.ModelForm):  # type: ignore[type-arg]
    """An appeal, its target in pounds as people write them."""

    target = forms.CharField(
        required=False,
        max_length=24,
        widget=UnfoldAdminTextInputWidget,
        help_text="What it should bring, such as £5,000. Empty: no target.",
    )

    class Meta:
        model = models.Campaign
        fields: ClassVar = ["code", "name", "begins_on", "ends_on"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.target_minor:
            self.initial["target"] = money_text(
                self.instance.target_minor, settings.GIFT_CURRENCIES[0]
            )

    def clean_target(self) -> str:
        """Read into whole minor units; kept with the row."""
        text: str = self.cleaned_data["target"].strip()
        try:
            minor = money_parse(text, settings.GIFT_CURRENCIES[0]) if text else None
        except ValueError:
            raise forms.ValidationError("Write an amount, such as £5,000.") from None
        if minor is not None and not 0 < minor < _MOST_MINOR:
            raise forms.ValidationError("Write an amount above nothing, such as £5,000.")
        self.instance.target_minor = minor
        return text


@admin.register(models.Campaign)
class CampaignAdmin(Audited, ModelAdmin):  # type: ignore[misc]
    """Appeals."""

    form = CampaignForm
    list_display: ClassVar = ["name", "code", "begins_on", "ends_on"]
