"""What donors said about hearing from us, per channel: a ledger whose newest answer counts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from api.clock import charity_date, now
from api.errors import Invalid
from api.models import (
    SOFT_OPT_IN_CHANNELS,
    SOFT_OPT_IN_FROM,
    Consent,
    ConsentBasis,
    ConsentChannel,
    ConsentSource,
    ConsentState,
    Donor,
    User,
)
from api.services.audit import audit_record

_CLOCK_SKEW = timedelta(minutes=5)


@dataclass(frozen=True)
class ConsentAnswer:
    """What a donor said: about which channel, on which basis, to which words, where and when."""

    channel: ConsentChannel
    state: ConsentState
    source: ConsentSource
    at: datetime
    basis: ConsentBasis | None = None
    wording: str = ""


@transaction.atomic
def consent_record(*, donor: Donor, answer: ConsentAnswer, actor: User | None) -> Consent:
    """Add an answer to the ledger. The same answer again is the same row. Raises Invalid."""
    _check(answer)
    Donor.objects.select_for_update().get(pk=donor.pk)
    fields = {
        "channel": answer.channel,
        "state": answer.state,
        "basis": answer.basis or "",
        "wording": answer.wording.strip(),
        "source": answer.source,
    }
    newest = consents_now(donor)[answer.channel]
    if newest is not None and _is_same(newest, fields, answer.at):
        return newest
    made = Consent.objects.create(donor=donor, at=answer.at, recorded_by=actor, **fields)
    audit_record(
        action=f"consent.{answer.state}",
        subject=f"donor:{donor.reference}",
        actor=actor,
        channel=answer.channel,
        basis=answer.basis,
        source=answer.source,
        before={"state": newest.state if newest else None},
        after={"state": answer.state},
    )
    return made


def _is_same(newest: Consent, fields: dict[str, str], at: datetime) -> bool:
    says_same = all(getattr(newest, name) == value for name, value in fields.items())
    return says_same and charity_date(newest.at) == charity_date(at)


def consents_now(donor: Donor) -> dict[ConsentChannel, Consent | None]:
    """The answer that counts, per channel; None: never asked. One query."""
    newest = donor.consents.order_by("channel", "-at", "-id").distinct("channel")
    known = {one.channel: one for one in newest}
    return {channel: known.get(channel) for channel in ConsentChannel}


def consents_of(donors: Sequence[Donor]) -> dict[int, dict[ConsentChannel, Consent | None]]:
    """The same for several donors, by their id. One query."""
    newest = Consent.objects.filter(donor__in=donors).order_by("donor_id", "channel", "-at", "-id")
    known = {(one.donor_id, one.channel): one for one in newest.distinct("donor_id", "channel")}
    return {
        donor.pk: {channel: known.get((donor.pk, channel)) for channel in ConsentChannel}
        for donor in donors
    }


def consent_is_given(donor: Donor, channel: ConsentChannel) -> bool:
    """Whether we may send appeals there: only after a yes that stands."""
    newest = consents_now(donor)[channel]
    return newest is not None and newest.state == ConsentState.GIVEN


def _check(answer: ConsentAnswer) -> None:
    if answer.at > now() + _CLOCK_SKEW:
        raise Invalid(at="Nobody has said this yet: choose a day that has come.")
    if answer.state != ConsentState.GIVEN:
        if answer.basis:
            raise Invalid(basis="A no needs no basis.")
        return
    if answer.basis is None:
        raise Invalid(basis="Say on which basis: consent, or the charity soft opt-in.")
    if not answer.wording.strip():
        raise Invalid(wording="Write down the words that the donor said yes to.")
    if answer.basis == ConsentBasis.SOFT_OPT_IN:
        _check_soft_opt_in(answer)


def _check_soft_opt_in(answer: ConsentAnswer) -> None:
    """PECR regulation 22(3A): electronic mail, from those who support us and could say no at once."""
    if answer.channel not in SOFT_OPT_IN_CHANNELS:
        raise Invalid(basis="The soft opt-in is for e-mail and text messages only.")
    if answer.at < SOFT_OPT_IN_FROM:
        raise Invalid(basis="The soft opt-in covers nobody from before 5 February 2026.")
    if answer.source == ConsentSource.PREFERENCE_SERVICE:
        raise Invalid(basis="The soft opt-in needs details that the donor gave to us directly.")
