"""Sessions of staff: begun by a sign-in, kept up by rotating refresh tokens, ended at once."""

from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q

from api.clock import now
from api.models import RefreshToken, SessionKind, StaffSession, User
from api.services.audit import audit_record
from api.services.tokens import (
    Claims,
    access_token_issue,
    access_token_read,
    secret_digest,
    secret_make,
    secret_next,
)

# Two requests of one browser may bring the same cookie: so long the second gets what the first got.
LEEWAY_OF_BROWSERS = timedelta(seconds=10)
SEEN_EVERY = timedelta(minutes=1)
KEPT_AFTER_END = timedelta(days=90)


@dataclass(frozen=True)
class Tokens:
    """What a sign-in or a renewal hands out."""

    session: StaffSession
    access: str
    refresh: str


def session_start(
    *,
    user: User,
    kind: SessionKind = SessionKind.BROWSER,
    device: str = "",
    address: str | None = None,
) -> Tokens:
    """Begin a session of somebody who gave password and second factor."""
    refresh = secret_make()
    with transaction.atomic():
        session = StaffSession.objects.create(
            user=user,
            kind=kind,
            device=device[:120],
            address=address,
            ends_at=now() + settings.SESSION_LONGEST[kind],
        )
        RefreshToken.objects.create(session=session, digest=secret_digest(refresh))
        User.objects.filter(pk=user.pk).update(last_login=now())
    return Tokens(session, _access(session), refresh)


def session_find(access: str, *, address: str | None = None) -> StaffSession | None:
    """The live session that an access token opens, with its person: one query."""
    claims = access_token_read(access)
    if claims is None:
        return None
    session = (
        StaffSession.objects.live()
        .select_related("user")
        .filter(key=claims.session_key, user_id=claims.user_id)
        .first()
    )
    if session and session.seen_at < now() - SEEN_EVERY:
        StaffSession.objects.filter(pk=session.pk).update(seen_at=now(), address=address)
    return session


def session_renew(
    refresh: str, *, address: str | None = None, leeway: timedelta = timedelta(0)
) -> Tokens | None:
    """New tokens for a refresh token; None when it opens nothing.

    A token that was used before, and longer ago than the leeway, ends its whole session: one of the
    two who have it stole it. Two requests at once get the same successor: when the second came,
    nobody had been told that the first was answered.
    """
    asked_at = now()
    with transaction.atomic():
        token = (
            RefreshToken.objects.select_for_update(of=("self", "session"))
            .select_related("session__user")
            .filter(digest=secret_digest(refresh))
            .first()
        )
        if token is None or not _is_open(token):
            return None
        if token.used_at and token.used_at <= asked_at - leeway:
            _end(token.session, "reuse")
            audit_record(
                action="session.reuse_found",
                subject=f"user:{token.session.user_id}",
                session=token.session_id,
            )
            return None
        following = secret_next(refresh)
        if token.used_at is None:
            _use(token, following, address)
        return Tokens(token.session, _access(token.session), following)


def session_end(session: StaffSession, *, why: str, actor: User) -> None:
    """Sign one device out."""
    with transaction.atomic():
        _end(session, why)
        audit_record(
            action="session.ended",
            subject=f"user:{session.user_id}",
            actor=actor,
            session=session.pk,
            why=why,
        )


def sessions_end(
    *, user: User, why: str, actor: User | None, but: StaffSession | None = None
) -> int:
    """Sign a person out everywhere, or everywhere else; how many sessions that ended."""
    with transaction.atomic():
        found = StaffSession.objects.filter(user=user, ended_at=None)
        if but is not None:
            found = found.exclude(pk=but.pk)
        count = found.update(ended_at=now(), ended_why=why)
        if count:
            audit_record(
                action="sessions.ended",
                subject=f"user:{user.pk}",
                actor=actor,
                count=count,
                why=why,
            )
    return count


def session_proved(session: StaffSession) -> None:
    """Password and second factor were given again just now."""
    session.proved_at = now()
    session.save(update_fields=["proved_at"])


def session_is_proved(session: StaffSession) -> bool:
    """Whether password and second factor were given lately enough to change either."""
    return session.proved_at > now() - settings.PROOF_LIFE


def sessions_of(user: User) -> list[StaffSession]:
    """A person's live sessions, the newest used first."""
    return list(StaffSession.objects.live().filter(user=user).order_by("-seen_at"))


def sessions_clean() -> int:
    """Forget sessions that ended long ago, with their tokens; how many."""
    before = now() - KEPT_AFTER_END
    over = Q(ended_at__lt=before) | Q(ends_at__lt=before)
    RefreshToken.objects.filter(used_at__lt=now() - timedelta(days=1)).filter(
        Q(session__ended_at__isnull=False) | Q(session__ends_at__lt=now())
    ).delete()
    return StaffSession.objects.filter(over).delete()[0]


def _is_open(token: RefreshToken) -> bool:
    session = token.session
    idle = settings.SESSION_IDLE[session.kind]
    return (
        session.ended_at is None
        and session.ends_at > now()
        and session.user.is_active
        and session.user.is_staff
        and token.made_at > now() - idle
    )


def _use(token: RefreshToken, following: str, address: str | None) -> None:
    token.used_at = now()
    token.save(update_fields=["used_at"])
    RefreshToken.objects.create(session=token.session, digest=secret_digest(following))
    StaffSession.objects.filter(pk=token.session_id).update(
        seen_at=now(), address=address or F("address")
    )


def _end(session: StaffSession, why: str) -> None:
    StaffSession.objects.filter(pk=session.pk, ended_at=None).update(
        ended_at=now(), ended_why=why[:40]
    )


def _access(session: StaffSession) -> str:
    return access_token_issue(Claims(user_id=session.user_id, session_key=session.key))
