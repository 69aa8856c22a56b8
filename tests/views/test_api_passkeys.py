"""An app signs in with a passkey: what is old, used, somebody else's or signed for another site opens nothing."""

from collections.abc import Iterator
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.internal.auth import WebAuthn
from django.contrib.sessions.models import Session
from fido2.utils import websafe_decode, websafe_encode

from api.models import AuditLine, Role, User
from tests.clients import Client
from tests.passkeys import SITE, Passkey
from tests.people import staff
from tests.views.test_api_sign_in import send
from tests.views.test_sign_in import PASSWORD, farid

__all__ = ["farid"]
pytestmark = pytest.mark.django_db


def passkey_of(user: User) -> Passkey:
    """A passkey that somebody has set up."""
    made = Passkey()
    WebAuthn.add(user, "Phone", made.made())
    return made


@pytest.fixture
def passkey(farid: User) -> Passkey:
    """Farid's."""
    return passkey_of(farid)


def ticket(user: User) -> str:
    """What stands for the right password."""
    said = send("sign-in", {"email": user.email, "password": PASSWORD}).json()
    return str(said["ticket"])


def begin(word: str) -> Any:
    """What the passkey is asked, where the browser is at localhost."""
    return send("passkey/begin", {"ticket": word}, HTTP_HOST=f"{SITE}:3000")


def complete(word: str, asked: dict[str, Any], answer: Any) -> Any:
    """Send what it answered."""
    said = {"ticket": word, "ceremony": asked["ceremony"], "credential": answer}
    return send("passkey/complete", said, HTTP_HOST=f"{SITE}:3000")


def test_a_passkey_signs_an_app_in_once_and_no_cookie_is_set(farid: User, passkey: Passkey) -> None:
    word = ticket(farid)
    begun = begin(word)
    assert begun.status_code == 200 and not begun.cookies
    asked = begun.json()
    allowed = asked["options"]["publicKey"]["allowCredentials"]
    assert [websafe_decode(one["id"]) for one in allowed] == [passkey.id]
    answer = passkey.answer(asked)
    done = complete(word, asked, answer)
    assert done.status_code == 200 and not done.cookies and done["Cache-Control"] == "no-store"
    headers = {"Authorization": f"Bearer {done.json()['access_token']}"}
    assert Client().get("/api/auth/me/", headers=headers).json()["email"] == farid.email
    assert AuditLine.objects.filter(action="session.started", detail__factor="passkey").count() == 1
    assert Authenticator.objects.get(type="webauthn").last_used_at is not None
    again = complete(word, asked, answer)
    assert (again.status_code, again.json()["code"]) == (401, "sign_in_refused")
    assert not Session.objects.exists()


def test_what_is_not_of_this_person_site_and_ceremony_opens_nothing(
    farid: User, passkey: Passkey
) -> None:
    gita = staff(Role.FINANCE, "Gita")
    theirs, word = passkey_of(gita), ticket(farid)
    first, second = begin(word).json(), begin(word).json()
    assert complete(word, second, passkey.answer(first)).status_code == 401
    assert complete(word, first, theirs.answer(first)).status_code == 401
    asked = begin(word).json()
    assert complete(word, asked, passkey.answer(asked, site="evil.example")).status_code == 401
    asked = begin(word).json()
    assert complete(ticket(gita), asked, theirs.answer(asked)).status_code == 401
    assert complete(word, asked, passkey.answer(asked)).status_code == 200
    asked = begin(word).json()
    Session.objects.update(expire_date="2020-01-01T00:00Z")
    assert complete(word, asked, passkey.answer(asked)).status_code == 401
    for made_up in ({}, {"id": 1}, {"response": []}, *cut_short(passkey, asked)):
        assert complete(word, begin(word).json(), made_up).status_code == 401
    assert complete(word, {"ceremony": "x"}, {}).status_code == 400


def cut_short(passkey: Passkey, asked: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Answers that say there is more to come, and end."""
    for rest in (b"", b"\x19", b"\xa1", b"\x7f"):
        answer = passkey.answer(asked)
        data = bytes(32) + b"\x81" + bytes(4) + rest
        answer["response"]["authenticatorData"] = websafe_encode(data)
        yield answer


def test_who_has_no_passkey_is_told_and_a_ticket_can_not_be_made_up(farid: User) -> None:
    answer = begin(ticket(farid))
    assert (answer.status_code, answer.json()["code"]) == (409, "passkey_missing")
    assert begin("x").status_code == 401
    assert not Session.objects.exists()
