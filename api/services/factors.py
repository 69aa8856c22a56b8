"""The second factor of staff: codes of an app, passkeys, recovery codes. django-allauth does the sums."""

import base64
import hashlib
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from allauth.core import context
from allauth.core.internal.cryptokit import compare_user_code
from allauth.mfa.adapter import DefaultMFAAdapter, get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal import auth as totp
from allauth.mfa.utils import decrypt
from allauth.mfa.webauthn.internal import auth as passkeys
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction

from api.clock import now
from api.errors import FactorRefused
from api.models import User
from api.services.audit import audit_record
from api.services.client_addresses import client_host
from api.services.sessions import sessions_end
from api.services.users import DEMO_STAFF

log = structlog.get_logger()
Kind = Authenticator.Type
# What the library says of a passkey's answer that is none.
ANSWER_WRONG = (
    ValidationError, ValueError, TypeError, LookupError, AttributeError, NotImplementedError, RecursionError,
    struct.error,
)  # fmt: skip


class FactorAdapter(DefaultMFAAdapter):
    """Keeps secrets encrypted in the database, and names us to authenticators."""

    def encrypt(self, text: str) -> str:
        """Under the newest of our keys."""
        return _cipher().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """Under any of our keys."""
        return _cipher().decrypt(encrypted_text.encode()).decode()

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        """The host in the browser's address bar: a passkey works there and nowhere else."""
        request = context.request
        return {"id": client_host(request.META, request.get_host()), "name": settings.CHARITY_NAME}

    def get_public_key_credential_user_entity(self, user: Any) -> dict[str, Any]:
        """How an authenticator lists the account."""
        name = {"display_name": user.get_full_name() or user.email, "name": user.email}
        return {"id": str(user.pk).encode(), **name}


@dataclass(frozen=True)
class Factors:
    """What somebody has set up."""

    totp: Authenticator | None
    passkeys: list[Authenticator]
    recovery_left: int

    @property
    def is_set(self) -> bool:
        """Whether there is a second factor; recovery codes alone are none."""
        return self.totp is not None or bool(self.passkeys)


def factors_of(user: User) -> Factors:
    """What this person has set up."""
    rows = list(Authenticator.objects.filter(user=user).order_by("id"))
    codes = next((row for row in rows if row.type == Kind.RECOVERY_CODES), None)
    return Factors(
        totp=next((row for row in rows if row.type == Kind.TOTP), None),
        passkeys=[row for row in rows if row.type == Kind.WEBAUTHN],
        recovery_left=len(_unused(codes)) if codes else 0,
    )


def factors_set(people: Sequence[User]) -> set[int]:
    """The ids of those of these people who have set up a second factor: one query."""
    rows = Authenticator.objects.filter(user__in=people, type__in=[Kind.TOTP, Kind.WEBAUTHN])
    return set(rows.values_list("user_id", flat=True))


def is_practice(user: User) -> bool:
    """Whether this is the demo login on somebody's own machine, whose code the page itself shows."""
    return settings.IS_EMBEDDED and user.email == DEMO_STAFF and bool(settings.DEMO_TOTP_SECRET)


def practice_code(user: User) -> str:
    """The demo login's code of this moment; empty for everybody else, and outside the embedded mode."""
    if not is_practice(user):
        return ""
    counter = list(totp.yield_hotp_counters_from_time())[settings.MFA_TOTP_TOLERANCE]
    return str(totp.format_hotp_value(totp.hotp_value(settings.DEMO_TOTP_SECRET, counter)))


def code_check(user: User, code: str) -> str:
    """Which factor a typed code proves: "totp", "recovery", or "" for none. Each code works once."""
    if not code.isascii():
        return ""
    if _totp_check(user, code):
        return "totp"
    return "recovery" if _recovery_check(user, code) else ""


def passkey_ask(user: User) -> dict[str, Any]:
    """What the browser passes on to the person's passkey."""
    return dict(passkeys.begin_authentication(user))


def passkey_check(user: User, answer: Any) -> bool:
    """Whether a passkey of theirs signed what we asked just now."""
    try:
        passkeys.parse_authentication_response(answer)
        passkeys.complete_authentication(user, answer).record_usage()
    except ANSWER_WRONG:
        return False
    return True


def totp_secret_make() -> str:
    """A secret for a new app."""
    return str(totp.generate_totp_secret())


def totp_picture(user: User, secret: str) -> str:
    """The QR code by which an app takes the secret over, as a data: address."""
    adapter = get_adapter()
    svg = adapter.build_totp_svg(adapter.build_totp_url(user, secret))
    return "data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode()


@transaction.atomic
def totp_set(*, user: User, secret: str, code: str) -> None:
    """Take an app into use, in place of an earlier one. Raises FactorRefused when the code is wrong.

    A second press is the first.
    """
    if not code.isascii() or not totp.validate_totp_code(secret, code):
        raise FactorRefused
    _alone(user)
    earlier = Authenticator.objects.filter(user=user, type=Kind.TOTP)
    if _secret(earlier.first()) == secret:
        return
    earlier.delete()
    totp.TOTP.activate(user, secret)
    _factor_added(user, "app")


def passkey_begin(user: User) -> dict[str, Any]:
    """What the browser passes on to make a passkey."""
    return dict(passkeys.begin_registration(user, passwordless=False))


@transaction.atomic
def passkey_add(*, user: User, name: str, credential: Any) -> None:
    """Take a passkey into use. Raises FactorRefused when it does not answer what we asked."""
    try:
        passkeys.parse_registration_response(credential)
        passkeys.complete_registration(credential)
    except ANSWER_WRONG as error:
        raise FactorRefused from error
    _alone(user)
    passkeys.WebAuthn.add(user, _passkey_name(name) or "Passkey", credential)
    _factor_added(user, "passkey")


@transaction.atomic
def passkey_rename(*, user: User, factor_id: int, name: str) -> None:
    """Call one of this person's passkeys something else. Raises FactorRefused for no name."""
    called = _passkey_name(name)
    if not called:
        raise FactorRefused("Enter a name by which you know the passkey again.")
    rows = Authenticator.objects.select_for_update().filter(user=user, type=Kind.WEBAUTHN)
    found = rows.filter(pk=factor_id).first()
    if found is None:
        raise FactorRefused("This passkey is gone.")
    found.data["name"] = called
    found.save(update_fields=["data"])
    audit_record(action="factor.renamed", subject=f"user:{user.pk}", actor=user)


@transaction.atomic
def factor_remove(*, user: User, factor_id: int) -> None:
    """Take a factor out of use; the last one stays. Raises FactorRefused."""
    _alone(user)
    rows = Authenticator.objects.filter(user=user, type__in=[Kind.TOTP, Kind.WEBAUTHN])
    found = rows.filter(pk=factor_id).first()
    if found is None:
        return
    if rows.count() == 1:
        raise FactorRefused("This is your only second factor. Add another one first.")
    found.delete()
    kind = "app" if found.type == Kind.TOTP else "passkey"
    audit_record(action="factor.removed", subject=f"user:{user.pk}", actor=user, kind=kind)


@transaction.atomic
def factors_reset(*, user: User, actor: User | None) -> int:
    """Take all factors of somebody away and sign them out: they set up new ones at the next sign-in."""
    count, _ = Authenticator.objects.filter(user=user).delete()
    audit_record(action="factors.reset", subject=f"user:{user.pk}", actor=actor, count=count)
    sessions_end(user=user, why="second factor reset", actor=actor)
    return int(count)


def recovery_codes(user: User) -> list[str]:
    """The codes that are left, to be written down."""
    row = Authenticator.objects.filter(user=user, type=Kind.RECOVERY_CODES).first()
    return _unused(row) if row else []


@transaction.atomic
def recovery_codes_renew(user: User) -> None:
    """New codes; the old ones work no longer."""
    _alone(user)
    Authenticator.objects.filter(user=user, type=Kind.RECOVERY_CODES).delete()
    RecoveryCodes.activate(user)
    audit_record(action="recovery_codes.made", subject=f"user:{user.pk}", actor=user)


def demo_factor_seed(user: User) -> None:
    """The demo login's app, whose code the page shows: embedded mode only."""
    if is_practice(user) and not factors_of(user).is_set:
        totp.TOTP.activate(user, settings.DEMO_TOTP_SECRET)
        RecoveryCodes.activate(user)


def _alone(user: User) -> None:
    """Two clicks at once wait for each other here, to the end of the transaction."""
    User.objects.select_for_update().get(pk=user.pk)


def _passkey_name(text: str) -> str:
    """One line of at most 60 letters."""
    line = " ".join(text.split())
    return "".join(letter for letter in line if letter.isprintable())[:60].strip()


def _factor_added(user: User, kind: str) -> None:
    RecoveryCodes.activate(user)
    audit_record(action="factor.added", subject=f"user:{user.pk}", actor=user, kind=kind)


@transaction.atomic
def _totp_check(user: User, code: str) -> bool:
    row = Authenticator.objects.select_for_update().filter(user=user, type=Kind.TOTP).first()
    secret = _secret(row)
    if row is None or secret is None:
        return False
    for counter in totp.yield_hotp_counters_from_time():
        value = totp.format_hotp_value(totp.hotp_value(secret, counter))
        if compare_user_code(actual=code, expected=value):
            # Kept in the row, since a cache of one process would let another take the code again.
            if counter <= row.data.get("counter", 0) and not is_practice(user):
                return False
            row.data["counter"], row.last_used_at = counter, now()
            row.save()
            return True
    return False


def _recovery_check(user: User, code: str) -> bool:
    row = Authenticator.objects.filter(user=user, type=Kind.RECOVERY_CODES).first()
    try:
        return row is not None and RecoveryCodes(row).validate_code(code)
    except (InvalidToken, Authenticator.DoesNotExist):  # New ones were made at this moment.
        return False


def _secret(row: Authenticator | None) -> str | None:
    try:
        return decrypt(row.data["secret"]) if row else None
    except InvalidToken:
        log.warning("factor_unreadable", user_id=row.user_id if row else None)
        return None


def _unused(row: Authenticator) -> list[str]:
    try:
        return [str(code) for code in RecoveryCodes(row).get_unused_codes()]
    except InvalidToken:
        return []


def _cipher() -> MultiFernet:
    keys = [str(settings.SECRET_KEY), *map(str, settings.SECRET_KEY_FALLBACKS)]
    return MultiFernet(
        [
            Fernet(base64.urlsafe_b64encode(hashlib.sha256(f"factor:{key}".encode()).digest()))
            for key in keys
        ]
    )
