"""Check a receipt's signature without asking anybody: `python receipt_check.py FILE_OR_TEXT --key KEYFILE`.

FILE_OR_TEXT is a receipt's PDF, or the text that its square holds (a file of it, or the text itself).
KEYFILE is what the charity's address /verify/key gives. This file needs Python 3.9 or newer and nothing
else: it may be copied on its own. Ends with 0 when the signature holds, with 1 when it does not.

It tells what was signed. Compare that with the paper; whether the gift was given back since, only the
charity's page knows.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import re
import sys
import zlib
from datetime import date
from pathlib import Path
from typing import Tuple

VERSION = b"R1."
_TOKEN = re.compile(rb"R1\.[A-Za-z0-9_-]{100,400}")
_STREAM = re.compile(rb"stream\r?\n(.*?)\r?\nendstream", re.S)
_SIGNATURE, _ID = 64, 4

# Ed25519 as RFC 8032 section 5.1 has it.
_P = 2**255 - 19
_ORDER = 2**252 + 27742317777372353535851937790883648493
_D = -121665 * pow(121666, _P - 2, _P) % _P
_ROOT = pow(2, (_P - 1) // 4, _P)
Point = Tuple[int, int, int, int]


class Refused(Exception):
    """The receipt does not prove itself; the text says why."""


def signed_text(source: bytes) -> bytes:
    """The signed text in a PDF, or in any text. Raises Refused."""
    pieces = [source]
    for found in _STREAM.finditer(source):
        try:
            pieces.append(zlib.decompressobj().decompress(found[1], 20_000_000))
        except zlib.error:
            continue
    tokens = {token for piece in pieces for token in _TOKEN.findall(piece)}
    if not tokens:
        raise Refused("There is no signed text of a receipt in it.")
    if len(tokens) > 1:
        raise Refused("There are several signed texts in it: it was put together.")
    return bytes(tokens.pop())


def facts_of(token: bytes, keys: dict[str, bytes]) -> dict[str, int | str]:
    """What was signed. Raises Refused when the signature is of no key of these, or does not hold."""
    content = _content(token)
    if len(content) <= _ID + 17 + _SIGNATURE:
        raise Refused("The signed text is cut short.")
    said, signature = content[:-_SIGNATURE], content[-_SIGNATURE:]
    public = keys.get(said[:_ID].hex())
    if public is None:
        raise Refused(
            f"It is signed with key {said[:_ID].hex()}, which the key file does not have."
        )
    if not ed25519_holds(public, VERSION + said, signature):
        raise Refused("The signature does not hold: something was changed.")
    return _facts(said[_ID:])


def keys_of(text: str) -> dict[str, bytes]:
    """Public keys by their id. Raises Refused for a file that is no key file, or of which one was changed."""
    try:
        found = {
            one["id"]: base64.b64decode(one["public_key"], validate=True)
            for one in json.loads(text)["keys"]
        }
    except (ValueError, KeyError, TypeError) as error:
        raise Refused("The key file is not what /verify/key gives.") from error
    for name, public in found.items():
        if len(public) != 32 or hashlib.sha256(public).hexdigest()[: 2 * _ID] != name:
            raise Refused(f"Key {name} in the key file is damaged.")
    return found


def ed25519_holds(public: bytes, message: bytes, signature: bytes) -> bool:
    """Whether a signature is of this key and message; malleable ones are refused."""
    base, point, claimed = _point(_BASE_TEXT), _point(public), _point(signature[:32])
    factor = int.from_bytes(signature[32:], "little")
    if base is None or point is None or claimed is None or factor >= _ORDER:
        return False
    digest = hashlib.sha512(signature[:32] + public + message).digest()
    hashed = int.from_bytes(digest, "little") % _ORDER
    left = _times(factor, base)
    right = _add(claimed, _times(hashed, point))
    return all((left[place] * right[2] - right[place] * left[2]) % _P == 0 for place in (0, 1))


def _content(token: bytes) -> bytes:
    letters = token[len(VERSION) :]
    try:
        content = base64.urlsafe_b64decode(letters + b"=" * (-len(letters) % 4))
    except ValueError as error:
        raise Refused("The signed text is cut short.") from error
    # The last letter may have bits that mean nothing: only one way to write them is ours.
    if base64.urlsafe_b64encode(content).rstrip(b"=") != letters:
        raise Refused("The signed text was changed.")
    return content


def _facts(said: bytes) -> dict[str, int | str]:
    number = f"{int.from_bytes(said[:2], 'big')}-{int.from_bytes(said[2:5], 'big'):06d}"
    return {
        "receipt": number,
        "amount_minor": int.from_bytes(said[5:11], "big"),
        "currency": said[11:14].decode("ascii"),
        "received_on": date.fromordinal(int.from_bytes(said[14:17], "big")).isoformat(),
        "charity_number": said[17:].decode(),
    }


def _add(one: Point, other: Point) -> Point:
    a = (one[1] - one[0]) * (other[1] - other[0]) % _P
    b = (one[1] + one[0]) * (other[1] + other[0]) % _P
    c = 2 * one[3] * other[3] * _D % _P
    d = 2 * one[2] * other[2] % _P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % _P, g * h % _P, f * g % _P, e * h % _P


def _times(factor: int, point: Point) -> Point:
    result: Point = (0, 1, 1, 0)
    while factor:
        if factor & 1:
            result = _add(result, point)
        point = _add(point, point)
        factor >>= 1
    return result


def _point(text: bytes) -> Point | None:
    """A point from its 32 bytes; None for bytes that are none."""
    y = int.from_bytes(text, "little")
    sign, y = y >> 255, y & (1 << 255) - 1
    if y >= _P:
        return None
    square = (y * y - 1) * pow(_D * y * y + 1, _P - 2, _P) % _P
    x = pow(square, (_P + 3) // 8, _P)
    if (x * x - square) % _P:
        x = x * _ROOT % _P
    if (x * x - square) % _P or (x == 0 and sign):
        return None
    if x & 1 != sign:
        x = _P - x
    return x, y, 1, x * y % _P


_BASE_TEXT = (4 * pow(5, _P - 2, _P) % _P).to_bytes(32, "little")


def main(arguments: list[str] | None = None) -> int:
    """Print what was signed, or why it is refused."""
    parser = argparse.ArgumentParser(description="Check the signature of a receipt, offline.")
    parser.add_argument(
        "receipt", help="a receipt's PDF, or the text of its square, or a file of it"
    )
    parser.add_argument("--key", required=True, help="the file that /verify/key gives")
    asked = parser.parse_args(arguments)
    try:
        is_text = asked.receipt.startswith(("R1.", "http:", "https:"))
        source = asked.receipt.encode() if is_text else Path(asked.receipt).read_bytes()
        keys = keys_of(Path(asked.key).read_text(encoding="utf-8"))
        facts = facts_of(signed_text(source), keys)
    except (Refused, OSError) as error:
        print(f"REFUSED: {error}")
        return 1
    print("The signature holds. It says:")
    for name, value in facts.items():
        print(f"  {name}: {value}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
