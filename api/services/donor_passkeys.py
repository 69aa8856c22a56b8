"""Passkeys of donors who want one: made by who is signed in, then a way in without typing anything."""

from typing import Any

from allauth.mfa.webauthn.internal.auth import get_server
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from fido2.utils import websafe_encode
from fido2.webauthn import (
    AttestedCredentialData,
    AuthenticationResponse,
    PublicKeyCredentialUserEntity,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from api.clock import now
from api.errors import MoveRefused, NotFound, PasskeyRefused, SignInRefused
from api.models import DonorPasskey, DonorSession
from api.services.donor_sign_ins import (
    donor_session_start,
    donor_sessions_end_others,
    donor_sign_in_audit,
    donors_of,
)
from api.services.factors import ANSWER_WRONG
from api.services.passkeys import ceremony_keep, ceremony_take
from api.services.tokens import secret_make

PASSKEYS_MOST = 10
_ANYBODY = "donor"
_GONE = "There is no passkey at this address."
_OPENS_NOTHING = "This passkey opens nothing here. Have a link sent to you instead."


def donor_passkeys(email_key: str) -> QuerySet[DonorPasskey]:
    """The passkeys that open the pages of an address, the oldest first."""
    return DonorPasskey.objects.filter(email_key=email_key)


def donor_passkey_begin(session: DonorSession) -> tuple[str, dict[str, Any]]:
    """A ceremony's name, and what the browser passes on to make a passkey. Raises MoveRefused for one too many."""
    known = list(donor_passkeys(session.email_key))
    if len(known) >= PASSKEYS_MOST:
        raise MoveRefused(f"You have {PASSKEYS_MOST} passkeys. Remove one that you don't use.")
    handle = known[0].handle if known else secret_make()
    asked, state = get_server().register_begin(
        user=PublicKeyCredentialUserEntity(
            id=handle.encode(), name=session.email_key, display_name=session.email_key
        ),
        credentials=[_public(one) for one in known],
        resident_key_requirement=ResidentKeyRequirement.REQUIRED,
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return ceremony_keep(_mine(session), {"state": state, "handle": handle}), dict(asked)


def donor_passkey_add(*, session: DonorSession, ceremony: str, credential: Any, name: str) -> None:
    """Take a passkey into use. Raises PasskeyRefused when it does not answer what this donor was asked."""
    asked = ceremony_take(_mine(session), ceremony)
    if asked is None:
        raise PasskeyRefused
    try:
        made = get_server().register_complete(asked["state"], credential).credential_data
    except ANSWER_WRONG as error:
        raise PasskeyRefused from error
    if made is None:
        raise PasskeyRefused
    try:
        with transaction.atomic():
            DonorPasskey.objects.create(
                email_key=session.email_key,
                handle=asked["handle"],
                name=name,
                credential_id=websafe_encode(made.credential_id),
                credential=bytes(made),
            )
            donor_sign_in_audit(session.email_key, "donor.passkey_added")
    except IntegrityError as error:
        raise PasskeyRefused from error  # An authenticator that calls two passkeys the same.


@transaction.atomic
def donor_passkey_rename(*, session: DonorSession, reference: str, name: str) -> None:
    """Call a passkey something else. Raises NotFound."""
    if not donor_passkeys(session.email_key).filter(reference=reference).update(name=name):
        raise NotFound(_GONE)
    donor_sign_in_audit(session.email_key, "donor.passkey_renamed")


def donor_passkey_remove(*, session: DonorSession, reference: str) -> None:
    """Take a passkey out of use; other browsers are signed out, for the device may be lost. Raises NotFound."""
    with transaction.atomic():
        if not donor_passkeys(session.email_key).filter(reference=reference).delete()[0]:
            raise NotFound(_GONE)
        donor_sessions_end_others(session)
        donor_sign_in_audit(session.email_key, "donor.passkey_removed")


def donor_passkey_ask() -> tuple[str, dict[str, Any]]:
    """A ceremony's name, and what a passkey is asked, whosever it is: nothing depends on who gives."""
    asked, state = get_server().authenticate_begin(
        user_verification=UserVerificationRequirement.REQUIRED
    )
    return ceremony_keep(_ANYBODY, {"state": state}), dict(asked)


def donor_passkey_sign_in(*, ceremony: str, credential: Any) -> str:
    """Sign in by what a passkey answered, once. Returns the session's secret.

    Raises SignInRefused, the same for a passkey that nobody has, an answer that is wrong or late, and a
    donor who is gone.
    """
    asked = ceremony_take(_ANYBODY, ceremony)
    passkey = _signer(asked["state"], credential) if asked else None
    if passkey is None or not donors_of(passkey.email_key).exists():
        raise SignInRefused(_OPENS_NOTHING)
    with transaction.atomic():
        # One that is removed at this moment signs nobody in.
        if not DonorPasskey.objects.filter(pk=passkey.pk).update(used_at=now()):
            raise SignInRefused(_OPENS_NOTHING)
        return donor_session_start(passkey.email_key, by="passkey")


def _signer(state: Any, credential: Any) -> DonorPasskey | None:
    """The passkey that signed what was asked, for the address that it says it is for."""
    try:
        answer = AuthenticationResponse.from_dict(credential)
        found = DonorPasskey.objects.filter(credential_id=websafe_encode(answer.raw_id)).first()
        if found is None or answer.response.user_handle != found.handle.encode():
            return None
        get_server().authenticate_complete(state, [_public(found)], answer)
    except ANSWER_WRONG:
        return None
    return found


def _public(passkey: DonorPasskey) -> AttestedCredentialData:
    return AttestedCredentialData(bytes(passkey.credential))


def _mine(session: DonorSession) -> str:
    return f"donor-session:{session.pk}"
