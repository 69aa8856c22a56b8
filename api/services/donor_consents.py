"""What donors answer on their own page about hearing from us: the words shown are the words kept."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.conf import settings

from api.clock import now
from api.models import (
    Consent,
    ConsentBasis,
    ConsentChannel,
    ConsentSource,
    ConsentState,
    Donor,
    Language,
)
from api.services.consents import ConsentAnswer, consent_record, consents_now, consents_of

_WORDINGS: Mapping[Language, Mapping[ConsentChannel, str]] = {
    Language.ENGLISH: {
        ConsentChannel.EMAIL: "{charity} may write to me by e-mail about its work and its appeals.",
        ConsentChannel.POST: "{charity} may write to me by post about its work and its appeals.",
        ConsentChannel.TELEPHONE: "{charity} may ring me about its work and its appeals.",
        ConsentChannel.SMS: "{charity} may send me text messages about its work and its appeals.",
    },
    Language.WELSH: {
        ConsentChannel.EMAIL: "Caiff {charity} e-bostio ataf am ei gwaith a'i hapeliadau.",
        ConsentChannel.POST: "Caiff {charity} ysgrifennu ataf drwy'r post am ei gwaith a'i hapeliadau.",
        ConsentChannel.TELEPHONE: "Caiff {charity} fy ffonio am ei gwaith a'i hapeliadau.",
        ConsentChannel.SMS: "Caiff {charity} anfon negeseuon testun ataf am ei gwaith a'i hapeliadau.",
    },
}


@dataclass(frozen=True)
class ConsentChoice:
    """One channel as the page shows it."""

    channel: ConsentChannel
    wording: str
    is_given: bool


def consent_choices(donors: Sequence[Donor], language: str) -> dict[int, list[ConsentChoice]]:
    """Each donor's channels with the words to show in this language, by the donor's id. One query."""
    return {
        donor_id: [
            ConsentChoice(channel, _wording(language, channel), _is_given(answer))
            for channel, answer in answers.items()
        ]
        for donor_id, answers in consents_of(donors).items()
    }


def consent_choose(
    *, donor: Donor, channel: ConsentChannel, is_given: bool, language: str
) -> Consent | None:
    """Keep an answer, with the words that were shown. A no that changes nothing is no new answer."""
    newest = consents_now(donor)[channel]
    if _is_given(newest) == is_given and newest is not None:
        return newest
    no = ConsentState.WITHDRAWN if _is_given(newest) else ConsentState.REFUSED
    answer = ConsentAnswer(
        channel=channel,
        state=ConsentState.GIVEN if is_given else no,
        source=ConsentSource.WEBSITE,
        at=now(),
        basis=ConsentBasis.CONSENT if is_given else None,
        wording=_wording(language, channel),
    )
    return consent_record(donor=donor, answer=answer, actor=None)


def _is_given(answer: Consent | None) -> bool:
    return answer is not None and answer.state == ConsentState.GIVEN


def _wording(language: str, channel: ConsentChannel) -> str:
    known = _WORDINGS[Language(language) if language in Language.values else Language.ENGLISH]
    return known[channel].format(charity=settings.CHARITY_NAME)
