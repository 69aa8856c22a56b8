"""What proves a receipt: a short code that our page answers to, and a signature that needs no page.

The code is the receipt's number with a keyed check of 44 bits, so nothing has to be kept for it, and
receipts from before have one too. The signature is Ed25519 (RFC 8032) over all that it says.
"""

import hashlib
import hmac
from base64 import b64encode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import date

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import settings

# Crockford's: no I, L, O, U; what people read as them is understood.
_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_MISREAD = str.maketrans({"I": "1", "L": "1", "O": "0", " ": None, "-": None})
_LENGTH, _GROUP = 15, 5
_CHECK_BITS, _SEQUENCE_BITS, _FIRST_YEAR = 44, 24, 2000
VERSION = b"R1."


@dataclass(frozen=True)
class ReceiptFacts:
    """All that is signed: no name. Amount in minor units; the day is the charity's."""

    number: str
    amount_minor: int
    currency: str
    received_on: date
    charity_number: str


def receipt_code(year: int, sequence: int) -> str:
    """The short code of a number, such as 0D0G0-0009X-W2M4H."""
    number = (year - _FIRST_YEAR) << _SEQUENCE_BITS | sequence
    value = number << _CHECK_BITS | _check(number, settings.RECEIPT_SIGNING_KEYS[0])
    letters = "".join(_LETTERS[value >> 5 * place & 31] for place in reversed(range(_LENGTH)))
    return "-".join(letters[begin : begin + _GROUP] for begin in range(0, _LENGTH, _GROUP))


def receipt_code_read(code: str) -> tuple[int, int] | None:
    """The year and sequence of a code of ours, typed as people type; None for any other text."""
    letters = code.upper().translate(_MISREAD)
    if len(letters) != _LENGTH or any(letter not in _LETTERS for letter in letters):
        return None
    value = 0
    for letter in letters:
        value = value << 5 | _LETTERS.index(letter)
    number, check = value >> _CHECK_BITS, value & (1 << _CHECK_BITS) - 1
    if not any(
        hmac.compare_digest(str(_check(number, key)), str(check))
        for key in settings.RECEIPT_SIGNING_KEYS
    ):
        return None
    return (number >> _SEQUENCE_BITS) + _FIRST_YEAR, number & (1 << _SEQUENCE_BITS) - 1


def receipt_sign(facts: ReceiptFacts) -> str:
    """The signed text, `R1.` and base64url of: the key's id (4 bytes), the facts, the signature (64 bytes).

    The signature is over `R1.`, the id and the facts. Equal facts give equal text.
    """
    key = Ed25519PrivateKey.from_private_bytes(settings.RECEIPT_SIGNING_KEYS[0])
    said = _key_id(_public(key)) + _facts(facts)
    signature = key.sign(VERSION + said)
    return f"{VERSION.decode()}{urlsafe_b64encode(said + signature).decode().rstrip('=')}"


def receipt_keys() -> list[dict[str, str]]:
    """The public halves of all keys, the newest first: what the tool that checks receipts is given."""
    found = []
    for seed in settings.RECEIPT_SIGNING_KEYS:
        public = _public(Ed25519PrivateKey.from_private_bytes(seed))
        found.append(
            {
                "id": _key_id(public).hex(),
                "algorithm": "Ed25519",
                "public_key": b64encode(public).decode(),
            }
        )
    return found


def _check(number: int, key: bytes) -> int:
    made = hmac.new(key, b"receipt code %d" % number, hashlib.sha256).digest()
    return int.from_bytes(made[:8]) >> 64 - _CHECK_BITS


def _public(key: Ed25519PrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


def _key_id(public: bytes) -> bytes:
    return hashlib.sha256(public).digest()[:4]


def _facts(facts: ReceiptFacts) -> bytes:
    """Year 2 bytes, sequence 3, amount 6, currency 3, day 3 (1 is 1 January of the year 1), charity the rest."""
    year, _, sequence = facts.number.partition("-")
    return b"".join(
        (
            int(year).to_bytes(2),
            int(sequence).to_bytes(3),
            facts.amount_minor.to_bytes(6),
            facts.currency.encode("ascii"),
            facts.received_on.toordinal().to_bytes(3),
            facts.charity_number.encode(),
        )
    )
