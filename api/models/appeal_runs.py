"""Appeal runs: one appeal by e-mail to each donor who may get it, and its words in each language."""

from typing import ClassVar

from django.conf import settings
from django.db import models

from api.models.campaigns import Campaign
from api.models.consents import ConsentBasis
from api.models.donors import Language
from api.models.fields import status_check
from api.models.funds import Fund
from api.models.mail_runs import MailRun, MailRunState
from api.models.tags import Tag


class AppealGiving(models.TextChoices):
    """How those give whom an appeal is for."""

    PLAN = "plan", "Give regularly now"
    NO_PLAN = "no_plan", "Do not give regularly now"


class AppealRun(MailRun):
    """An appeal and whom it is for. Whatever is chosen: nobody gets it who has not said yes to appeals.

    Empty fields leave nobody out; `fund` and the days are asked of the same gift. `campaign` is what gifts
    that come of it are counted to.
    """

    noun = "appeal"

    name = models.CharField(max_length=120)
    campaign = models.ForeignKey(
        Campaign, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    basis = models.CharField(max_length=16, choices=ConsentBasis, blank=True)
    fund = models.ForeignKey(
        Fund, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    gave_from = models.DateField(null=True, blank=True)
    gave_to = models.DateField(null=True, blank=True)
    giving = models.CharField(max_length=8, choices=AppealGiving, blank=True)
    tag = models.ForeignKey(Tag, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    started_at = models.DateTimeField(null=True, blank=True)

    class Meta(MailRun.Meta):
        constraints: ClassVar = [
            status_check("appeal_run_state_is_known", MailRunState, "state"),
            models.CheckConstraint(
                condition=models.Q(gave_from=None)
                | models.Q(gave_to=None)
                | models.Q(gave_from__lte=models.F("gave_to")),
                name="appeal_run_days_are_in_order",
            ),
        ]


class AppealWords(models.Model):
    """What an appeal says in one language: a first sentence, and paragraphs parted by empty lines."""

    run = models.ForeignKey(AppealRun, on_delete=models.CASCADE, related_name="words")
    language = models.CharField(max_length=8, choices=Language)
    subject = models.CharField(max_length=150)
    first = models.CharField(max_length=300)
    body = models.TextField(max_length=5000)
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["run", "language"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["run", "language"], name="appeal_words_are_one_per_language"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.run_id}, {self.language}"
