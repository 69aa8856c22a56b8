"""What gifts are for."""

from typing import ClassVar

from django.db import models


class FundRestriction(models.TextChoices):
    """How free the charity is to spend a fund (Charities SORP)."""

    UNRESTRICTED = "unrestricted", "Unrestricted"
    DESIGNATED = "designated", "Designated"
    RESTRICTED = "restricted", "Restricted"
    ENDOWMENT = "endowment", "Endowment"


class Fund(models.Model):
    """A purse with a purpose; every penny of the ledger is in one."""

    code = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=120)
    purpose = models.CharField(max_length=300, blank=True)
    restriction = models.CharField(
        max_length=20, choices=FundRestriction, default=FundRestriction.UNRESTRICTED
    )
    is_active = models.BooleanField(default=True)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering: ClassVar[list[str]] = ["position", "code"]

    def __str__(self) -> str:
        return self.name
