"""Programs that use the API: made with a token that is shown once, and revoked."""

import secrets
from datetime import UTC, date, datetime, time, timedelta

from django.db import transaction

from api.clock import charity_date, now
from api.errors import Invalid
from api.models import ApiClient, Right, User
from api.services.audit import audit_record
from api.services.tokens import secret_digest, secret_make

# Every token begins with this, so that it is recognised in a log or a repository it should not be in.
TOKEN_BEGINS = "dmp_"  # noqa: S105
USED_EVERY = timedelta(minutes=1)
# A program manages no people: a lost token must not make new ones.
DAY_OVER = "Choose today or a later day."
SCOPES = [right for right in Right if right != Right.STAFF_MANAGE]


def api_client_make(
    *, name: str, scopes: list[Right], expires_at: datetime | None, actor: User
) -> tuple[ApiClient, str]:
    """A new client and its token, which nobody can read again."""
    prefix, secret = secrets.token_hex(4), secret_make()
    token = f"{TOKEN_BEGINS}{prefix}_{secret}"
    with transaction.atomic():
        account = User.objects.create_user(f"api-{prefix}@clients.invalid", first_name=name[:80])
        client = ApiClient.objects.create(
            account=account,
            name=name,
            prefix=prefix,
            digest=secret_digest(token),
            scopes=[scope for scope in SCOPES if scope in scopes],
            made_by=actor,
            expires_at=expires_at,
        )
        audit_record(
            action="api_client.made",
            subject=f"api_client:{client.pk}",
            actor=actor,
            after={"name": name, "scopes": client.scopes, "expires_at": _day(expires_at)},
        )
    return client, token


def last_moment(day: date | None) -> datetime | None:
    """When a token ends whose last day this is, UTC; without one it ends when it is revoked. Raises Invalid."""
    if day is not None and day < charity_date(now()):
        raise Invalid(expires_on=DAY_OVER)
    return datetime.combine(day, time(23, 59, 59), UTC) if day else None


def api_client_revoke(client: ApiClient, *, actor: User) -> None:
    """Its token opens nothing from now on. Safe to call twice."""
    with transaction.atomic():
        if ApiClient.objects.filter(pk=client.pk, revoked_at=None).update(revoked_at=now()):
            audit_record(
                action="api_client.revoked",
                subject=f"api_client:{client.pk}",
                actor=actor,
                before={"name": client.name, "scopes": client.scopes},
            )


def api_client_find(token: str) -> User | None:
    """The account that stands for the client with this token, its scopes as its rights: one query."""
    client = (
        ApiClient.objects.live()
        .select_related("account")
        .filter(digest=secret_digest(token), account__is_active=True)
        .first()
    )
    if client is None:
        return None
    if client.used_at is None or client.used_at < now() - USED_EVERY:
        ApiClient.objects.filter(pk=client.pk).update(used_at=now())
    known = set(Right.values)
    client.account.scopes = frozenset(Right(scope) for scope in client.scopes if scope in known)
    return client.account


def _day(moment: datetime | None) -> str | None:
    return moment.date().isoformat() if moment else None
