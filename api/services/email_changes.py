"""Another e-mail address for a donor: said yes to from both addresses, or nothing changes."""

from datetime import timedelta

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from api.clock import now
from api.errors import Invalid, MoveRefused, NotFound
from api.models import (
    DonorPasskey,
    DonorPassword,
    DonorSession,
    EmailChange,
    MessageKind,
)
from api.services import jobs
from api.services.audit import audit_record
from api.services.donor_secrets import CHANGE_SALT, STAND_IN, secret_read
from api.services.donor_sign_ins import OVER, donors_of
from api.services.donors import donor_customer_tell, email_fold
from api.services.messages import message_send, message_write
from api.services.sign_in_pauses import link_counters, try_begin

CHANGE_LIFE = timedelta(days=2)
_FIELDS = {"old": "old_said_yes_at", "new": "new_said_yes_at"}


def email_change_ask(*, email_key: str, email: str, address: str | None) -> EmailChange:
    """Ask both addresses. An earlier wish of this donor is over. Raises Invalid."""
    email = email.strip()
    if email.casefold() == email_key:
        raise Invalid(email="This is your address already.")
    try_begin(link_counters(email=f"change:{email_key}", address=address))
    with transaction.atomic():
        _waiting(email_key).update(refused_at=now())
        change = EmailChange.objects.create(
            email_key=email_key, email_new=email, ends_at=now() + CHANGE_LIFE
        )
        for side in _FIELDS:
            jobs.defer("email_change_email", email_change_id=change.pk, side=side)
    return change


def email_change_waiting(email_key: str) -> EmailChange | None:
    """The wish that waits for an answer."""
    return _waiting(email_key).first()


def email_change_email_send(email_change_id: int, *, side: str) -> None:
    """Ask one of the two addresses. Safe to call again; nothing when the wish is over."""
    change = EmailChange.objects.get(pk=email_change_id)
    donor = donors_of(change.email_key).first()
    if donor is None or not _is_waiting(change):
        return
    message_send(
        message_write(
            kind=MessageKind.EMAIL_CHANGE,
            key=f"{MessageKind.EMAIL_CHANGE}:{change.reference}-{side}",
            to=change.email_new if side == "new" else donor.email,
            words={
                "donor_name": donor.name,
                "is_new": side == "new",
                "email_new": change.email_new,
                "link": STAND_IN,
            },
            donor=donor,
        )
    )


def email_change_answer(*, token: str, says_yes: bool) -> EmailChange:
    """Yes or no from the holder of one address. Raises NotFound for a link that opens nothing."""
    reference, _, side = secret_read(token, CHANGE_SALT).partition("-")
    with transaction.atomic():
        change = EmailChange.objects.select_for_update().filter(reference=reference).first()
        if change is None or side not in _FIELDS or not _is_waiting(change):
            raise NotFound(OVER)
        if not says_yes:
            change.refused_at = now()
        elif getattr(change, _FIELDS[side]) is None:
            setattr(change, _FIELDS[side], now())
        if change.old_said_yes_at and change.new_said_yes_at and says_yes:
            _carry_out(change)
        change.save()
    return change


def _waiting(email_key: str) -> QuerySet[EmailChange]:
    live = EmailChange.objects.filter(refused_at=None, done_at=None, ends_at__gt=now())
    return live.filter(email_key=email_key)


def _is_waiting(change: EmailChange) -> bool:
    return change.refused_at is None and change.done_at is None and change.ends_at > now()


def _carry_out(change: EmailChange) -> None:
    new_key = email_fold(change.email_new)
    for donor in donors_of(change.email_key).select_for_update():
        before, donor.email, donor.email_key = donor.email, change.email_new, new_key
        try:
            with transaction.atomic():
                donor.save(update_fields=["email", "email_key"])
        except IntegrityError as error:
            raise MoveRefused(
                "You are with us under this address already. Please write to us: we bring the two together."
            ) from error
        donor_customer_tell(donor)
        audit_record(
            action="donor.changed",
            subject=f"donor:{donor.reference}",
            before={"email": before},
            after={"email": donor.email},
        )
    change.done_at = now()
    # Who was signed in by the address of before asks for a link at the new one.
    DonorSession.objects.filter(email_key=change.email_key, ended_at=None).update(ended_at=now())
    for way_in in (DonorPassword, DonorPasskey):
        way_in.objects.filter(email_key=change.email_key).delete()
