"""Signing in: first the password, then the second factor; nothing tells whether an account exists."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import structlog
from django.contrib.auth import authenticate
from django.core import signing
from django.views.decorators.debug import sensitive_variables

from api.errors import ProofRefused, SignInRefused
from api.models import SessionKind, StaffSession, User
from api.services.audit import audit_record
from api.services.sessions import Tokens, session_proved, session_start
from api.services.sign_in_pauses import (
    factor_counters,
    password_counters,
    try_begin,
    try_succeeded,
)

log = structlog.get_logger()
# From the right password to the right code.
CEREMONY_LIFE = timedelta(minutes=10)
DEVICE_MARK_LIFE = timedelta(days=365)
_TICKET = "domaap.sign-in.ticket"
_DEVICE = "domaap.sign-in.device"
_EMAIL_LONGEST, _PASSWORD_LONGEST = 254, 1024
_CODE_WRONG = "That code is not right. Codes change every 30 seconds: try the one that shows now."
_PASSWORD_WRONG = "The password is not right."  # noqa: S105
_PASSKEY_WRONG = "The passkey did not answer what was asked, or too late. Please try once more."
_BROWSERS = (("Edg", "Edge"), ("OPR/", "Opera"), ("Firefox", "Firefox"), ("Chrome", "Chrome"))
_SYSTEMS = ("Android", "iPhone", "iPad", "Windows", "Mac OS", "Linux")


@dataclass(frozen=True)
class Origin:
    """From where somebody signs in: address, kind of device, and the mark that the device keeps."""

    address: str | None
    device: str
    mark: str = ""


@sensitive_variables("password")
def password_check(*, email: str, password: str, origin: Origin) -> User:
    """The person with this address and password.

    Raises SignInRefused, the same for a wrong password, an unknown or a closed account and after
    the same work, or SignInPaused.
    """
    email = email.replace("\0", "").strip().lower()[:_EMAIL_LONGEST]
    counters = password_counters(
        email=email, address=origin.address, device=_device_read(origin.mark, email)
    )
    try_begin(counters)
    user = authenticate(username=email, password=password[:_PASSWORD_LONGEST])
    if not isinstance(user, User) or not user.is_staff:
        log.info("sign_in_refused", address=origin.address)
        raise SignInRefused
    try_succeeded(counters)
    return user


def factor_check(*, user: User, origin: Origin, proves: Callable[[], object]) -> None:
    """Ask for the second factor of somebody whose password was right. Raises as above."""
    counters = factor_counters(user_id=user.pk, device=_device_read(origin.mark, user.email))
    try_begin(counters)
    if not proves():
        log.info("factor_refused", user_id=user.pk, address=origin.address)
        raise SignInRefused(_CODE_WRONG)
    try_succeeded(counters)


def sign_in(*, user: User, origin: Origin, kind: SessionKind, factor: str) -> Tokens:
    """Begin a session after password and second factor."""
    tokens = session_start(user=user, kind=kind, device=origin.device, address=origin.address)
    audit_record(
        action="session.started",
        subject=f"user:{user.pk}",
        actor=user,
        session=tokens.session.pk,
        factor=factor,
    )
    return tokens


def session_prove(
    *,
    session: StaffSession,
    password: str,
    origin: Origin,
    proves: Callable[[], object],
    factor: str = "code",
) -> None:
    """Password and second factor once more, of who is signed in. Tries count as at the sign-in.

    Raises ProofRefused, which names what was wrong (`password`, or the field of the `factor`), or SignInPaused.
    """
    try:
        user = password_check(email=session.user.email, password=password, origin=origin)
    except SignInRefused as refused:
        raise ProofRefused(_PASSWORD_WRONG, password=_PASSWORD_WRONG) from refused
    try:
        factor_check(user=user, origin=origin, proves=proves)
    except SignInRefused as refused:
        wrong = _CODE_WRONG if factor == "code" else _PASSKEY_WRONG
        raise ProofRefused(wrong, **{factor: wrong}) from refused
    session_proved(session)


def ticket_make(user: User) -> str:
    """What stands for the right password until the code is sent."""
    return signing.dumps({"u": user.pk, "h": _password_mark(user)}, salt=_TICKET)


def ticket_read(ticket: str) -> User:
    """Whose password it was. Raises SignInRefused when it is over, or the password was changed."""
    try:
        said = signing.loads(ticket, salt=_TICKET, max_age=CEREMONY_LIFE)
    except signing.BadSignature:
        said = {}
    user = User.objects.filter(pk=said.get("u"), is_active=True, is_staff=True).first()
    if user is None or said.get("h") != _password_mark(user):
        raise SignInRefused("That took too long. Please sign in again.")
    return user


def device_mark_make(user: User) -> str:
    """What a device keeps after a sign-in, so that strangers' wrong tries don't slow its owner down."""
    return signing.dumps({"e": user.email, "n": secrets.token_hex(8)}, salt=_DEVICE)


def device_name(user_agent: str) -> str:
    """A browser's or app's own description in a few words: "Firefox on Android"."""
    browser = next((name for mark, name in _BROWSERS if mark in user_agent), "")
    if not browser and "Safari" in user_agent:
        browser = "Safari"
    system = next((name for name in _SYSTEMS if name in user_agent), "")
    if browser and system:
        return f"{browser} on {system.replace('Mac OS', 'Mac')}"
    plain = "".join(letter for letter in user_agent if letter.isprintable())
    return browser or system or plain[:60] or "Unknown device"


def _device_read(mark: str, email: str) -> str:
    """The device's own number when its mark is of this account, else nothing."""
    if not mark:
        return ""
    try:
        said = signing.loads(mark, salt=_DEVICE, max_age=DEVICE_MARK_LIFE)
    except signing.BadSignature:
        return ""
    return str(said["n"]) if said.get("e") == email else ""


def _password_mark(user: User) -> str:
    """Changes with the password."""
    return user.get_session_auth_hash()[:16]
