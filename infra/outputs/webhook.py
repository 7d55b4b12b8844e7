"""Webhooks: each message is posted to a URL, signed."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from importlib.metadata import version

import httpx

from docmill.infra.lake import utc_now
from docmill.infra.outputs.answer import Answer, Verdict
from docmill.infra.outputs.backoff import retry_after
from docmill.infra.outputs.message import Message
from docmill.infra.outputs.options import WebhookOptions
from docmill.infra.outputs.signature import signed_headers, signing_keys
from docmill.schemas.errors import UsageError

_MAY_PASS = frozenset({408, 409, 425, 429})  # and every 5xx
_GONE = 410
_MOST_OF_A_BODY = 2000  # bytes of an answer that are looked at
_BODY_S = 2.0  # that it is waited for
_SHOWN = 300  # characters of it
_NOT_FOLLOWED = "Redirects are not followed: set `url` to the new place."
_HINTS = {
    401: "The receiver wants other credentials: check `headers_env` and the signing secret.",
    403: "The receiver wants other credentials: check `headers_env` and the signing secret.",
    404: "Is the path of `url` right?",
    405: "The receiver takes no POST at this `url`.",
    413: "Lower `max_kilobytes` below what the receiver takes.",
}
_HINT = "Look into the receiver's log; then `docmill deliver --again` sends it once more."


class Webhook:
    """A `Target` behind a URL.

    Redirects are not followed, certificates are verified, and an answer's body is read to a
    bounded length, for people. The system's proxy settings count.

    Args:
        options: from the settings.
        environment: holds the variables that the options name.
        clock: the present time, in UTC, for signatures.

    Raises:
        UsageError: a variable is missing or its value cannot be used.
    """

    def __init__(
        self,
        options: WebhookOptions,
        environment: Mapping[str, str] = os.environ,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._options = options
        self._clock = clock
        self._keys = signing_keys(_variable(environment, options.secret_env))
        own = {name: _header(environment, each) for name, each in options.headers_env.items()}
        self._headers = own | {
            "content-type": "application/json",
            "user-agent": f"docmill/{version('docmill')}",
        }
        self._runner = asyncio.Runner()
        self._client = httpx.AsyncClient(timeout=options.timeout_seconds, follow_redirects=False)

    @property
    def parallel(self) -> int:
        """See `Target.parallel`."""
        return self._options.parallel

    @property
    def longest(self) -> timedelta:
        """See `Target.longest`."""
        return timedelta(seconds=self._options.timeout_seconds)

    def send(self, messages: Sequence[Message]) -> list[Answer]:
        """See `Target.send`."""
        return self._runner.run(self._send_all(messages))

    def close(self) -> None:
        """See `Target.close`."""
        with suppress(RuntimeError):  # connections whose other end is gone already
            self._runner.run(self._client.aclose())
        self._runner.close()

    async def _send_all(self, messages: Sequence[Message]) -> list[Answer]:
        return list(await asyncio.gather(*(self._send(message) for message in messages)))

    async def _send(self, message: Message) -> Answer:
        """One request, cut off as a whole: a receiver may send a byte now and then for hours."""
        seconds = self._options.timeout_seconds
        try:
            async with asyncio.timeout(seconds):
                response = await self._post(message)
            return await self._answer(response)
        except (TimeoutError, httpx.TimeoutException):
            return Answer(Verdict.LATER, error=f"no answer within {seconds:g} s", hint=_HINT)
        except httpx.HTTPError as error:
            return Answer(Verdict.LATER, error=_shown(error), hint="Is the receiver running?")

    async def _post(self, message: Message) -> httpx.Response:
        """The answer's head; its body is not read yet."""
        timestamp = int(self._clock().timestamp())
        signed = signed_headers(self._keys, message.event_id, timestamp, message.body)
        request = self._client.build_request(
            "POST", self._options.url, content=message.body, headers=self._headers | signed
        )
        return await self._client.send(request, stream=True)

    async def _answer(self, response: httpx.Response) -> Answer:
        """What the head says; the body adds nothing but words, so it may fail to come."""
        text = ""
        with suppress(TimeoutError, httpx.HTTPError):
            async with asyncio.timeout(_BODY_S):
                text = await _beginning(response)
        with suppress(httpx.HTTPError):
            await response.aclose()
        if response.is_success:
            return Answer(Verdict.DELIVERED, response.status_code)
        return _failed(response, text, self._clock())


async def _beginning(response: httpx.Response) -> str:
    """The beginning of an answer as printable text, undecoded: it may be packed to explode."""
    content = b""
    async for chunk in response.aiter_raw():
        content += chunk
        if len(content) > _MOST_OF_A_BODY:
            break  # the rest is not waited for; the connection is closed with it
    text = content[:_MOST_OF_A_BODY].decode(errors="replace")
    return "".join(letter if letter.isprintable() else " " for letter in text)[:_SHOWN].strip()


def _failed(response: httpx.Response, text: str, now: datetime) -> Answer:
    status = response.status_code
    error = f"HTTP {status} {text}".rstrip()
    if status == _GONE:
        return Answer(Verdict.GONE, status, error)
    if status in _MAY_PASS or status >= 500:
        asked = retry_after(response.headers.get("retry-after"), now)
        return Answer(Verdict.LATER, status, error, _HINT, asked)
    if response.is_redirect:
        return Answer(Verdict.REFUSED, status, error, _NOT_FOLLOWED)
    return Answer(Verdict.REFUSED, status, error, _HINTS.get(status, _HINT))


def _shown(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:_SHOWN]


def _variable(environment: Mapping[str, str], name: str) -> str:
    value = environment.get(name)
    if value is None:
        raise UsageError(
            f"the environment variable {name} is not set",
            "Set it for every process that delivers: `docmill serve`, `docmill deliver`, workers.",
        )
    return value


def _header(environment: Mapping[str, str], name: str) -> str:
    value = _variable(environment, name).strip()
    if not value.isascii() or not value.isprintable():
        raise UsageError(f"the value of {name} cannot be a header's", "Only ASCII, on one line.")
    return value
