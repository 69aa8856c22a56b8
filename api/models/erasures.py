"""Donors who asked to be forgotten, and what the law has us keep of them until its date."""

from typing import ClassVar

from django.conf import settings
from django.db import models

from api.models.donors import Donor
from api.models.fields import REFERENCE_LENGTH, reference_new, status_check


class ErasureState(models.TextChoices):
    """How far an erasure is."""

    WAITING = "waiting", "Waiting for the worker"
    ERASED = "erased", "Erased; what the law asks for is kept until its date"
    FINISHED = "finished", "Finished: nothing is kept"


class Erasure(models.Model):
    """One donor's erasure. `certificate`: what was erased, what is kept and why, without personal data.

    `stripe_customer_id` stays for some days, to look once more for news about the customer.
    """

    reference = models.CharField(
        max_length=REFERENCE_LENGTH, unique=True, default=reference_new, editable=False
    )
    donor = models.OneToOneField(Donor, on_delete=models.PROTECT, related_name="erasure")
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        help_text="Empty: the donor alone.",
    )
    asked_at = models.DateTimeField(auto_now_add=True)
    wants_silence = models.BooleanField(default=True)
    state = models.CharField(max_length=8, choices=ErasureState, default=ErasureState.WAITING)
    stripe_customer_id = models.CharField(max_length=255, blank=True)
    certificate = models.JSONField(default=dict)
    erased_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-id"]
        constraints: ClassVar = [status_check("erasure_state_is_known", ErasureState, "state")]

    def __str__(self) -> str:
        return self.reference


class ForgottenName(models.Model):
    """What a forgotten donor was known by at Stripe, and their e-mail address, as a keyed hash.

    By it, news that come late are cleaned, and a history that is brought in again names nobody.
    """

    digest = models.CharField(max_length=64, primary_key=True)
    donor = models.ForeignKey(Donor, on_delete=models.PROTECT, related_name="+")

    def __str__(self) -> str:
        return self.digest[:8]


class RetainedRecord(models.Model):
    """Name and address of an erased donor as accounts need them, for finance alone, until `keep_until`.

    `receipts`: what each receipt said of the donor, by its number.
    """

    erasure = models.OneToOneField(Erasure, on_delete=models.PROTECT, related_name="retained")
    name = models.CharField(max_length=200)
    address_lines = models.JSONField(default=list)
    country = models.CharField(max_length=2, blank=True)
    receipts = models.JSONField(default=dict)
    keep_until = models.DateField()
    why = models.CharField(max_length=300)

    class Meta:
        ordering: ClassVar[list[str]] = ["keep_until", "id"]
        indexes: ClassVar = [models.Index(fields=["keep_until"], name="retained_until")]

    def __str__(self) -> str:
        return f"until {self.keep_until}"
