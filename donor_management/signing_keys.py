"""The keys that sign receipts, as the environment gives them."""

import hmac
from base64 import b64decode

from donor_management.env import SettingError, env_text


def env_signing_keys(name: str, secret_key: str) -> list[bytes]:
    """Seeds of Ed25519, 32 bytes each, as base64 separated by commas; none: one that follows the secret key."""
    told = [part.strip() for part in env_text(name, "").split(",") if part.strip()]
    if not told:
        return [hmac.digest(secret_key.encode(), b"receipts", "sha256")]
    try:
        seeds = [b64decode(part, validate=True) for part in told]
    except ValueError:
        seeds = [b""]
    if any(len(seed) != 32 for seed in seeds):
        raise SettingError(
            f"{name} is not understood: it accepts 32 random bytes as base64 (openssl rand -base64 32), "
            "several separated by commas."
        )
    return seeds
