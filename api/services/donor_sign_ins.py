"""Donors sign in: by a link that is used once, a password or a passkey of their own. Nothing tells who gives."""

import hmac
from datetime import timedelta

from django.contrib.auth.hashers import check_password, make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q, QuerySet
from django.views.decorators.debug import sensitive_variables

from api.clock import now
from api.errors import Invalid, LinkNeedsButton, NotFound, SignInRefused
from api.models import (
    Donor,
    DonorLink,
    DonorPasskey,
    DonorPassword,
    DonorSession,
    EmailChange,
    MessageKind,
)
from api.services import jobs
from api.services.audit import audit_record
from api.services.donor_secrets import LINK_SALT, STAND_IN, secret_read
from api.services.messages import message_send, message_write
from api.services.sign_in_pauses import (
    link_counters,
    password_counters,
    try_begin,
    try_succeeded,
)
from api.services.tokens import secret_digest, secret_make

LINK_LIFE = timedelta(minutes=20)
SESSION_LIFE = timedelta(hours=12)
# So many unused links may be on their way to an address: a flood stops, and its owner has some to use.
LINKS_AT_ONCE = 3
KEPT_AFTER_END = timedelta(days=7)
OVER = "This link is over or not complete. Ask for a new one."
_PASSWORD_LONGEST = 1024


def donors_of(email_key: str) -> QuerySet[Donor]:
    """All donors of an address: one person may have given under several names."""
    return Donor.objects.filter(email_key=email_key, erased_at=None).order_by("id")


def donor_link_ask(*, email: str, address: str | None, browser: str) -> None:
    """Have a link sent, if a donor has the address: the work and the answer are the same if none has.

    Raises SignInPaused after many wishes from one network.
    """
    key = _key(email)
    try_begin(link_counters(email=key, address=address))
    with transaction.atomic():
        link = DonorLink.objects.create(
            email_key=key, browser_digest=secret_digest(browser), ends_at=now() + LINK_LIFE
        )
        jobs.defer("donor_link_email", donor_link_id=link.pk)


def donor_link_email_send(donor_link_id: int) -> None:
    """Send the link to the donor of the address; nothing when there is none. Safe to call again."""
    link = DonorLink.objects.live().filter(pk=donor_link_id).first()
    donor = donors_of(link.email_key).first() if link else None
    if link is None or donor is None:
        return
    earlier = DonorLink.objects.live().filter(email_key=link.email_key, pk__lt=link.pk)
    if earlier.count() >= LINKS_AT_ONCE:
        return
    message_send(
        message_write(
            kind=MessageKind.DONOR_LINK,
            key=f"{MessageKind.DONOR_LINK}:{link.reference}",
            to=donor.email,
            words={
                "donor_name": donor.name,
                "link": STAND_IN,
                "minutes": int(LINK_LIFE.total_seconds() // 60),
            },
            donor=donor,
        )
    )


def donor_link_use(*, token: str, browser: str, is_confirmed: bool, address: str | None) -> str:
    """Sign in by a link, once. Returns the session's secret, of which we keep only a digest.

    In another browser than the one that asked it takes a press of a button (`is_confirmed`), for
    programs open links too: LinkNeedsButton, and the link stays unused. Raises NotFound for a link that is over,
    used, or not ours, all alike.
    """
    with transaction.atomic():
        reference = secret_read(token, LINK_SALT)
        link = DonorLink.objects.live().select_for_update().filter(reference=reference).first()
        if link is None or not donors_of(link.email_key).exists():
            raise NotFound(OVER)
        is_same = hmac.compare_digest(link.browser_digest, secret_digest(browser))
        if not is_same and not is_confirmed:
            raise LinkNeedsButton
        link.used_at = now()
        link.save(update_fields=["used_at"])
        secret = donor_session_start(link.email_key, by="link")
    try_succeeded(link_counters(email=link.email_key, address=address))
    return secret


@sensitive_variables("password")
def donor_password_sign_in(*, email: str, password: str, address: str | None) -> str:
    """Sign in by a password: the same work and the same answer whether or not there is one.

    Returns the session's secret. Raises SignInRefused or SignInPaused.
    """
    key = _key(email)
    counters = password_counters(email=f"donor:{key}", address=address, device="")
    try_begin(counters)
    kept = DonorPassword.objects.filter(email_key=key).first()
    if kept is None:
        make_password(password[:_PASSWORD_LONGEST])
        raise SignInRefused
    if not check_password(password[:_PASSWORD_LONGEST], kept.password):
        raise SignInRefused
    if not donors_of(key).exists():
        raise SignInRefused
    try_succeeded(counters)
    with transaction.atomic():
        # Whoever changes or takes it away at this moment ends what the old one began, too.
        same = DonorPassword.objects.filter(pk=kept.pk, password=kept.password)
        if same.select_for_update().first() is None:
            raise SignInRefused
        return donor_session_start(key, by="password")


@sensitive_variables("password")
def donor_password_set(*, session: DonorSession, password: str) -> None:
    """Choose a password, or another; an empty one takes it away. All other browsers are signed out."""
    if password:
        _password_check(password, session.email_key)
    with transaction.atomic():
        rows = DonorPassword.objects.filter(email_key=session.email_key)
        if password:
            kept = {"password": make_password(password), "set_at": now()}
            DonorPassword.objects.update_or_create(email_key=session.email_key, defaults=kept)
        else:
            rows.delete()
        donor_sessions_end_others(session)
        donor_sign_in_audit(
            session.email_key, "donor.password_set" if password else "donor.password_removed"
        )


def donor_has_password(email_key: str) -> bool:
    """Whether the donor may sign in by a password."""
    return DonorPassword.objects.filter(email_key=email_key).exists()


def donor_session_find(secret: str) -> DonorSession | None:
    """The live session of a cookie; one query."""
    if not secret:
        return None
    live = DonorSession.objects.filter(ended_at=None, ends_at__gt=now())
    return live.filter(digest=secret_digest(secret)).first()


def donor_session_end(session: DonorSession) -> None:
    """Sign this browser out."""
    DonorSession.objects.filter(pk=session.pk, ended_at=None).update(ended_at=now())


def donor_sessions_end_others(session: DonorSession) -> None:
    """Sign the donor out in all other browsers."""
    others = DonorSession.objects.filter(email_key=session.email_key, ended_at=None)
    others.exclude(pk=session.pk).update(ended_at=now())


def donor_sign_ins_forget(email_key: str) -> int:
    """Nobody has this address any more: all that let them in goes. In the caller's transaction."""
    changes = EmailChange.objects.filter(Q(email_key=email_key) | Q(email_new__iexact=email_key))
    found = [
        model.objects.filter(email_key=email_key)
        for model in (DonorLink, DonorSession, DonorPassword, DonorPasskey)
    ]
    return changes.delete()[0] + sum(rows.delete()[0] for rows in found)


def donor_sign_ins_clean() -> int:
    """Forget links, sessions and changes that ended long ago; how many."""
    before = now() - KEPT_AFTER_END
    tables = (DonorLink, DonorSession, EmailChange)
    return sum(model.objects.filter(ends_at__lt=before).delete()[0] for model in tables)


def donor_session_start(email_key: str, *, by: str) -> str:
    """Sign the donors of an address in, in the caller's transaction. Returns the session's secret."""
    secret = secret_make()
    DonorSession.objects.create(
        digest=secret_digest(secret), email_key=email_key, ends_at=now() + SESSION_LIFE
    )
    donor_sign_in_audit(email_key, "donor.signed_in", way=by)
    return secret


def donor_sign_in_audit(email_key: str, action: str, way: str = "") -> None:
    """Write down what was done about the ways in to an address."""
    donor = donors_of(email_key).first()
    if donor:
        audit_record(action=action, subject=f"donor:{donor.reference}", way=way)


def _password_check(password: str, email_key: str) -> None:
    if password.casefold() in (email_key, email_key.partition("@")[0]):
        raise Invalid(password="Choose another word than your address.")  # noqa: S106
    if len(password) > _PASSWORD_LONGEST:
        raise Invalid(password=f"Use at most {_PASSWORD_LONGEST} characters.")
    try:
        validate_password(password)
    except ValidationError as error:
        raise Invalid(password=" ".join(error.messages)) from error


def _key(email: str) -> str:
    return email.replace("\0", "").strip().casefold()[:254]
