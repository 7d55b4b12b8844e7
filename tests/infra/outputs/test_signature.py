from __future__ import annotations

import base64
import hmac
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docmill.infra.outputs.signature import signed_headers, signing_keys
from docmill.schemas.errors import UsageError

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def documented(repository: Path) -> Any:
    """The function `verified` of docs/outputs.md."""
    text = (repository / "docs" / "outputs.md").read_text("utf-8")
    blocks = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    scope: dict[str, Any] = {}
    exec(next(block for block in blocks if "def verified" in block), scope)
    return scope["verified"]


def test_the_published_example_of_the_standard() -> None:
    """The test vector of the Standard Webhooks reference libraries."""
    headers = signed_headers(
        signing_keys(SECRET), "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}'
    )
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@given(body=st.binary(), secret=st.binary(min_size=16, max_size=64))
def test_what_is_signed_is_accepted_and_nothing_else(
    repository: Path, body: bytes, secret: bytes
) -> None:
    verified = documented(repository)
    text = "whsec_" + base64.b64encode(secret).decode()
    headers = signed_headers(signing_keys(text), "id", 1000, body)
    assert verified(text, headers, body, now=1100)
    assert not verified(text, headers, body + b"x", now=1100)
    assert not verified(text, headers | {"webhook-id": "other"}, body, now=1100)
    assert not verified("whsec_" + base64.b64encode(secret + b"x").decode(), headers, body, 1100)


@pytest.mark.parametrize("now", [1000 - 301, 1000 + 301])
def test_an_old_message_is_not_accepted_again(repository: Path, now: float) -> None:
    headers = signed_headers(signing_keys(SECRET), "id", 1000, b"{}")
    assert not documented(repository)(SECRET, headers, b"{}", now)


def test_while_a_secret_is_changed_both_are_good(repository: Path) -> None:
    other = "a plain secret of 24 byt"
    headers = signed_headers(signing_keys(f"{SECRET} {other.replace(' ', '_')}"), "id", 1, b"{}")
    verified = documented(repository)
    assert verified(SECRET, headers, b"{}", now=1)
    first, second = headers["webhook-signature"].split()
    assert first != second
    plain = hmac.digest(other.replace(" ", "_").encode(), b"id.1.{}", "sha256")
    assert second == "v1," + base64.b64encode(plain).decode()


@pytest.mark.parametrize("secret", ["", "  ", "tiny", "whsec_AAAA", "whsec_=not=base64="])
def test_what_is_no_secret_is_refused_and_not_repeated(secret: str) -> None:
    with pytest.raises(UsageError) as raised:
        signing_keys(secret)
    assert raised.value.hint
    assert not secret.strip() or secret not in raised.value.message
