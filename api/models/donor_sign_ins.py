"""How donors come to their own page: a link by e-mail, a password or passkey for those who want one, the session."""

from typing import ClassVar

from django.db import models

from api.clock import now
from api.models.fields import REFERENCE_LENGTH, reference_new


class DonorLinkQuerySet(models.QuerySet["DonorLink"]):
    """Named filters of links."""

    def live(self) -> "DonorLinkQuerySet":
        """Those that still open something."""
        return self.filter(used_at=None, ends_at__gt=now())


class DonorLink(models.Model):
    """One wish for a link, whether or not a donor has the address; what is sent opens once, for minutes.

    `browser_digest` marks the browser that asked. An address may be that of several donors.
    """

    reference = models.CharField(
        max_length=REFERENCE_LENGTH, unique=True, default=reference_new, editable=False
    )
    email_key = models.CharField(max_length=254)
    browser_digest = models.CharField(max_length=64)
    asked_at = models.DateTimeField(default=now)
    ends_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)
    objects: ClassVar[DonorLinkQuerySet] = DonorLinkQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering: ClassVar[list[str]] = ["-id"]
        indexes: ClassVar = [
            models.Index(fields=["email_key", "ends_at"], name="donor_link_of_address"),
            models.Index(fields=["ends_at"], name="donor_link_ends_at"),
        ]

    def __str__(self) -> str:
        return f"link {self.pk}"


class DonorSession(models.Model):
    """One browser in which a donor is signed in. It opens the donor's pages, and nothing of staff."""

    digest = models.CharField(max_length=64, unique=True)
    email_key = models.CharField(max_length=254, db_index=True)
    begun_at = models.DateTimeField(default=now)
    ends_at = models.DateTimeField(db_index=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-id"]

    def __str__(self) -> str:
        return f"session {self.pk}"


class DonorPassword(models.Model):
    """A password that a donor chose, as a hash."""

    email_key = models.CharField(max_length=254, unique=True)
    password = models.CharField(max_length=128)
    set_at = models.DateTimeField(default=now)

    def __str__(self) -> str:
        return f"password {self.pk}"


class DonorPasskey(models.Model):
    """A passkey that a donor made. `handle` is how the authenticator calls the address: it says nothing of it."""

    reference = models.CharField(
        max_length=REFERENCE_LENGTH, unique=True, default=reference_new, editable=False
    )
    email_key = models.CharField(max_length=254, db_index=True)
    handle = models.CharField(max_length=64)
    name = models.CharField(max_length=60)
    # As WebAuthn has them: base64url without padding, and the attested credential data with the public key.
    credential_id = models.CharField(max_length=1400, unique=True)
    credential = models.BinaryField()
    made_at = models.DateTimeField(default=now)
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["id"]

    def __str__(self) -> str:
        return f"passkey {self.pk}"


class EmailChange(models.Model):
    """A donor's wish for another address. Nothing changes until both addresses have said yes."""

    reference = models.CharField(
        max_length=REFERENCE_LENGTH, unique=True, default=reference_new, editable=False
    )
    email_key = models.CharField(max_length=254, db_index=True, help_text="The address until now.")
    email_new = models.EmailField()
    asked_at = models.DateTimeField(default=now)
    ends_at = models.DateTimeField(db_index=True)
    old_said_yes_at = models.DateTimeField(null=True, blank=True)
    new_said_yes_at = models.DateTimeField(null=True, blank=True)
    refused_at = models.DateTimeField(null=True, blank=True)
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-id"]

    def __str__(self) -> str:
        return f"change of address {self.pk}"
