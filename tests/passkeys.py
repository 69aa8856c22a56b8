"""A passkey in software: it answers as a person's device would."""

import hashlib
import json
import secrets
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from fido2.cose import ES256
from fido2.utils import websafe_encode
from fido2.webauthn import AttestationObject, AttestedCredentialData, AuthenticatorData

SITE = "localhost"
FLAGS = AuthenticatorData.FLAG


class Passkey:
    """A passkey of somebody, on one site."""

    def __init__(self) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.id = secrets.token_bytes(16)
        self.handle = ""

    def made(self, asked: dict[str, Any] | None = None) -> dict[str, Any]:
        """What it says when it is made; it keeps what it is told to call its owner."""
        options = (asked or {}).get("options", {}).get("publicKey", {})
        self.handle = options.get("user", {}).get("id", "")
        public = ES256.from_cryptography_key(self.key.public_key())
        credential = AttestedCredentialData.create(b"\0" * 16, self.id, public)
        flags = FLAGS.UP | FLAGS.UV | FLAGS.AT
        data = AuthenticatorData.create(self._site(SITE), flags, 0, credential)
        client = self._client("webauthn.create", options.get("challenge", "AAAA"), f"http://{SITE}")
        whole = bytes(AttestationObject.create("none", data, {}))
        return self._told({"clientDataJSON": client, "attestationObject": whole})

    def answer(
        self, asked: dict[str, Any], *, site: str = SITE, is_verified: bool = True
    ) -> dict[str, Any]:
        """What it says to what it is asked, on this site; `is_verified`: it knew its owner's finger."""
        client = self._client(
            "webauthn.get", asked["options"]["publicKey"]["challenge"], f"http://{site}:3000"
        )
        flags = FLAGS.UP | FLAGS.UV if is_verified else FLAGS.UP
        data = bytes(AuthenticatorData.create(self._site(SITE), flags, 1))
        signed = self.key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        told = self._told(
            {"clientDataJSON": client, "authenticatorData": data, "signature": signed}
        )
        if self.handle:
            told["response"]["userHandle"] = self.handle
        return told

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
