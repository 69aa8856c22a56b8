"""People who give."""

from typing import ClassVar

from django.db import models

from api.models.fields import REFERENCE_LENGTH, reference_new


class Donor(models.Model):
    """One person as they named themselves. Same name and e-mail address = same donor."""

    reference = models.CharField(
        max_length=REFERENCE_LENGTH, unique=True, default=reference_new, editable=False
    )
    name = models.CharField(max_length=200)
    email = models.EmailField()
    # Folded copies, so that the database itself refuses a second row for the same person.
    name_key = models.CharField(max_length=200, editable=False)
    email_key = models.CharField(max_length=254, editable=False)
    phone = models.CharField(max_length=40, blank=True)
    line1 = models.CharField(max_length=200, blank=True)
    line2 = models.CharField(max_length=200, blank=True)
    city = models.CharField(max_length=100, blank=True)
    postcode = models.CharField(max_length=20, blank=True, db_index=True)
    country = models.CharField(max_length=2, blank=True)
    stripe_customer_id = models.CharField(max_length=255, unique=True, null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["email_key", "name_key"], name="donor_is_one_person"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def address_lines(self) -> list[str]:
        """The address as it stands on an envelope, empty lines left out."""
        return [line for line in (self.line1, self.line2, self.city, self.postcode) if line]
