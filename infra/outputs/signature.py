"""Signatures of webhooks, after the Standard Webhooks specification (standardwebhooks.com).

A receiver computes HMAC-SHA256 over `id.timestamp.body` with the shared secret, and compares it
with those in the header `webhook-signature`; docs/outputs.md shows how.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Sequence

from docmill.schemas.errors import UsageError

_PREFIX = "whsec_"
_SHORTEST = 16  # bytes
_MAKE_ONE = 'Make one with: echo "whsec_$(openssl rand -base64 32)"'


def signing_keys(text: str) -> tuple[bytes, ...]:
    """The keys that a variable holds: one secret, or several parted by spaces.

    A secret is `whsec_` and base64, or stands for its own bytes.

    Raises:
        UsageError: there is none, one is too short to be secret, or its base64 is damaged. The
            message does not repeat it.
    """
    keys = tuple(_key(secret) for secret in text.split())
    if not keys:
        raise UsageError("the signing secret is empty", _MAKE_ONE)
    return keys


def _key(secret: str) -> bytes:
    try:
        encoded = secret.startswith(_PREFIX)
        key = (
            base64.b64decode(secret[len(_PREFIX) :], validate=True) if encoded else secret.encode()
        )
    except binascii.Error as error:
        raise UsageError("the signing secret is not base64 after `whsec_`", _MAKE_ONE) from error
    if len(key) < _SHORTEST:
        raise UsageError(
            f"the signing secret is shorter than {_SHORTEST} bytes (spaces part several secrets)",
            _MAKE_ONE,
        )
    return key


def signed_headers(
    keys: Sequence[bytes], message_id: str, timestamp: int, body: bytes
) -> dict[str, str]:
    """The three headers of a signed message; one signature for each key.

    Args:
        keys: as from `signing_keys`.
        message_id: the same at every attempt.
        timestamp: of this attempt, in seconds since 1970.
        body: the bytes that are sent.
    """
    content = f"{message_id}.{timestamp}.".encode() + body
    signatures = (
        f"v1,{base64.b64encode(hmac.digest(key, content, 'sha256')).decode()}" for key in keys
    )
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(signatures),
    }
