"""The tokens of a sign-in: short signed ones that say who, and long random ones that get new ones."""

import base64
import hashlib
import hmac
import secrets
import uuid
from dataclasses import dataclass

import jwt
from django.conf import settings

from api.clock import now

ALGORITHM = "HS256"
AUDIENCE = "domaap-staff"
NEEDED = ["exp", "iat", "sub", "sid", "aud"]


@dataclass(frozen=True)
class Claims:
    """What an access token says: whose it is, and of which session."""

    user_id: int
    session_key: uuid.UUID


def access_token_issue(claims: Claims) -> str:
    """A signed token that opens the API and the pages of staff for some minutes."""
    issued_at = now()
    key = settings.JWT_SECRET_KEYS[0]
    said = {
        "sub": str(claims.user_id),
        "sid": claims.session_key.hex,
        "aud": AUDIENCE,
        "iat": issued_at,
        "exp": issued_at + settings.ACCESS_TOKEN_LIFE,
    }
    return jwt.encode(said, key, ALGORITHM, headers={"kid": _key_id(key)})


def access_token_read(token: str) -> Claims | None:
    """What a token says, or None when it is not ours, was changed, or is over."""
    try:
        key_id = jwt.get_unverified_header(token).get("kid")
        key = next(key for key in settings.JWT_SECRET_KEYS if _key_id(key) == key_id)
        said = jwt.decode(
            token, key, algorithms=[ALGORITHM], audience=AUDIENCE, options={"require": NEEDED}
        )
        return Claims(user_id=int(said["sub"]), session_key=uuid.UUID(said["sid"]))
    except (jwt.InvalidTokenError, StopIteration, ValueError, AttributeError, TypeError):
        return None


def secret_make() -> str:
    """A random token that nobody guesses."""
    return secrets.token_urlsafe(32)


def secret_next(secret: str) -> str:
    """The refresh token that follows on another.

    It is worked out, not drawn, so that two requests with the same token get the same successor
    though we keep neither. Without our key nobody can work it out.
    """
    made = hmac.new(settings.JWT_SECRET_KEYS[0].encode(), secret.encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(made).rstrip(b"=").decode()


def secret_digest(secret: str) -> str:
    """What is kept of a random token. It has 256 bits of chance, so that a plain digest will do."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _key_id(key: str) -> str:
    return hashlib.sha256(b"kid:" + key.encode()).hexdigest()[:12]
