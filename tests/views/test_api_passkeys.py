"""An app signs in with a passkey: what is old, used, somebody else's or signed for another site opens nothing."""

import hashlib
import json
import secrets
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.internal.auth import WebAuthn
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from django.contrib.sessions.models import Session
from fido2.cose import ES256
from fido2.utils import websafe_decode, websafe_encode
from fido2.webauthn import AttestationObject, AttestedCredentialData, AuthenticatorData

from api.models import AuditLine, Role, User
from tests.clients import Client
from tests.people import staff
from tests.views.test_api_sign_in import send
from tests.views.test_sign_in import PASSWORD, farid

__all__ = ["farid"]
pytestmark = pytest.mark.django_db
SITE = "localhost"
FLAGS = AuthenticatorData.FLAG


class Passkey:
    """A passkey of somebody, in software."""

    def __init__(self, user: User) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.id = secrets.token_bytes(16)
        public = ES256.from_cryptography_key(self.key.public_key())
        made = AttestedCredentialData.create(b"\0" * 16, self.id, public)
        data = AuthenticatorData.create(self._site(SITE), FLAGS.UP | FLAGS.UV | FLAGS.AT, 0, made)
        client = self._client("webauthn.create", "AAAA", f"http://{SITE}")
        whole = bytes(AttestationObject.create("none", data, {}))
        said = {"clientDataJSON": client, "attestationObject": whole}
        WebAuthn.add(user, "Phone", self._told(said))

    def answer(self, asked: dict[str, Any], *, site: str = SITE) -> dict[str, Any]:
        """What it says to what it is asked, on this site."""
        client = self._client(
            "webauthn.get", asked["options"]["publicKey"]["challenge"], f"http://{site}:3000"
        )
        data = bytes(AuthenticatorData.create(self._site(SITE), FLAGS.UP | FLAGS.UV, 1))
        signed = self.key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        return self._told(
            {"clientDataJSON": client, "authenticatorData": data, "signature": signed}
        )

    def _told(self, said: dict[str, bytes]) -> dict[str, Any]:
        mark = websafe_encode(self.id)
        response = {name: websafe_encode(value) for name, value in said.items()}
        return {
            "id": mark,
            "rawId": mark,
            "type": "public-key",
            "response": response,
            "clientExtensionResults": {},
        }

    def _client(self, kind: str, challenge: str, origin: str) -> bytes:
        return json.dumps({"type": kind, "challenge": challenge, "origin": origin}).encode()

    def _site(self, site: str) -> bytes:
        return hashlib.sha256(site.encode()).digest()


@pytest.fixture
def passkey(farid: User) -> Passkey:
    """Farid's."""
    return Passkey(farid)


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
    theirs, word = Passkey(gita), ticket(farid)
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
    for made_up in ({}, {"id": 1}, {"response": []}):
        assert complete(word, begin(word).json(), made_up).status_code == 401
    assert complete(word, {"ceremony": "x"}, {}).status_code == 400


def test_who_has_no_passkey_is_told_and_a_ticket_can_not_be_made_up(farid: User) -> None:
    answer = begin(ticket(farid))
    assert (answer.status_code, answer.json()["code"]) == (409, "passkey_missing")
    assert begin("x").status_code == 401
    assert not Session.objects.exists()
