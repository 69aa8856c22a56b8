"""Passkeys for apps, which keep no cookies: what was asked is kept here, and can be answered once."""

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


def passkey_ceremony_begin(user: User) -> tuple[str, dict[str, Any]]:
    """A ceremony's own name, and what the app passes on to the passkey. Raises PasskeyMissing."""
    if not factors_of(user).passkeys:
        raise PasskeyMissing
    kept = SessionStore()
    kept[_WHOSE] = user.pk
    kept.set_expiry(CEREMONY_LIFE)
    with _kept_in(kept):
        asked = passkey_ask(user)
    kept.save(must_create=True)
    return str(kept.session_key), asked


def passkey_ceremony_check(user: User, ceremony: str, answer: Any) -> bool:
    """Whether a passkey of this person signed what this ceremony asked. It is over after one answer."""
    kept = SessionStore(ceremony)
    is_theirs = kept.get(_WHOSE) == user.pk
    # Whoever deletes the row has the ceremony: two answers at once are one.
    if not is_theirs or not Session.objects.filter(session_key=ceremony).delete()[0]:
        return False
    with _kept_in(kept):
        return passkey_check(user, answer)


@contextmanager
def _kept_in(store: SessionStore) -> Iterator[None]:
    """allauth keeps what it asked in the request's session: here it is one that no cookie leads to."""
    request = context.request
    own = request.session
    request.session = store
    try:
        yield
    finally:
        request.session = own
