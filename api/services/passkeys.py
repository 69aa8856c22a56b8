"""Passkeys where no cookie keeps what was asked: it is kept here, and can be answered once."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from allauth.core import context
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session

from api.errors import PasskeyMissing
from api.models import User
from api.services.factors import factors_of, passkey_ask, passkey_check
from api.services.sign_ins import CEREMONY_LIFE

_WHOSE = "passkey_of"


def ceremony_keep(whose: str, asked: dict[str, Any]) -> str:
    """Keep what a passkey was asked, for ten minutes; the ceremony's own name."""
    kept = SessionStore()
    kept.update({**asked, _WHOSE: whose})
    kept.set_expiry(CEREMONY_LIFE)
    kept.save(must_create=True)
    return str(kept.session_key)


def ceremony_take(whose: str, name: str) -> dict[str, Any] | None:
    """What was asked, once; None for a ceremony that is over, or of somebody else."""
    kept = SessionStore(name)
    asked = dict(kept.items())
    # Whoever deletes the row has the ceremony: two answers at once are one.
    is_theirs = asked.pop(_WHOSE, None) == whose
    return asked if is_theirs and Session.objects.filter(session_key=name).delete()[0] else None


def passkey_ceremony_begin(user: User) -> tuple[str, dict[str, Any]]:
    """A ceremony's own name, and what the app passes on to the passkey. Raises PasskeyMissing."""
    if not factors_of(user).passkeys:
        raise PasskeyMissing
    state: dict[str, Any] = {}
    with _kept_in(state):
        asked = passkey_ask(user)
    return ceremony_keep(f"user:{user.pk}", state), asked


def passkey_ceremony_check(user: User, ceremony: str, answer: Any) -> bool:
    """Whether a passkey of this person signed what this ceremony asked. It is over after one answer."""
    state = ceremony_take(f"user:{user.pk}", ceremony)
    if state is None:
        return False
    with _kept_in(state):
        return passkey_check(user, answer)


@contextmanager
def _kept_in(state: dict[str, Any]) -> Iterator[None]:
    """allauth keeps what it asked in the request's session: here it is one that no cookie leads to."""
    request = context.request
    own = request.session
    request.session = state
    try:
        yield
    finally:
        request.session = own
