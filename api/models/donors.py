"""People who give."""

from typing import ClassVar

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import F, Func, Value
from django.db.models.functions import Replace, Upper

from api.models.fields import REFERENCE_LENGTH, reference_new

# How names are compared in a search: marks on letters, apostrophes and hyphens make no difference.
_MARKED = (
    "àáâãäåçèéêëìíîïñòóôõöùúûüýÿāăąćĉċčďđēĕėęěĝğġģĥħĩīĭįıĵķĺļľłńņňøōŏőŕŗřśŝşšţťŧũūŭůűųŵŷźżžơưșț"
)
_PLAIN = (
    "aaaaaaceeeeiiiinooooouuuuyyaaaccccddeeeeegggghhiiiiijkllllnnnoooorrrsssstttuuuuuuwyzzzoust"
)
_BETWEEN = "'\u2019\u2018`-\u2010.,"
SEARCH_FROM = _MARKED + _BETWEEN
SEARCH_TO = _PLAIN + " " * len(_BETWEEN)


class Language(models.TextChoices):
    """What we write in."""

    ENGLISH = "en", "English"
    WELSH = "cy", "Welsh"


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
    # The name's words, each after a space, in their plainest letters: what a search looks into.
    name_search = models.GeneratedField(
        expression=Func(
            F("name_key"),
            Value(SEARCH_FROM),
            Value(SEARCH_TO),
            function="translate",
            template="(' ' || %(function)s(%(expressions)s))",
        ),
        output_field=models.TextField(),
        db_persist=True,
    )
    phone = models.CharField(max_length=40, blank=True)
    line1 = models.CharField(max_length=200, blank=True)
    line2 = models.CharField(max_length=200, blank=True)
    city = models.CharField(max_length=100, blank=True)
    postcode = models.CharField(max_length=20, blank=True, db_index=True)
    country = models.CharField(max_length=2, blank=True)
    language = models.CharField(
        max_length=8, default="en", choices=Language, help_text="In which we write to them."
    )
    stripe_customer_id = models.CharField(max_length=255, unique=True, null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    # Forgotten at the donor's wish: what stands above is a stand-in since then.
    erased_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["email_key", "name_key"], name="donor_is_one_person"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["created_at", "id"], name="donor_by_created"),
            models.Index(fields=["name_key", "id"], name="donor_by_name"),
            models.Index(
                OpClass(Upper(Replace("postcode", Value(" "))), name="text_pattern_ops"),
                name="donor_by_postcode",
            ),
            GinIndex(fields=["name_search"], opclasses=["gin_trgm_ops"], name="donor_name_search"),
            GinIndex(fields=["email_key"], opclasses=["gin_trgm_ops"], name="donor_email_search"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def address_lines(self) -> list[str]:
        """The address as it stands on an envelope, empty lines left out."""
        return [line for line in (self.line1, self.line2, self.city, self.postcode) if line]


class NameWord(models.Model):
    """A word that occurs in a donor's name: what a mistyped word of a search may have meant."""

    word = models.CharField(max_length=200, primary_key=True)

    def __str__(self) -> str:
        return self.word


class NameWordMark(models.Model):
    """Up to which donor the words were gathered; one row. Younger donors are looked at themselves."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    donor_id = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"up to donor {self.donor_id}"
