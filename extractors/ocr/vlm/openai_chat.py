"""Chat completions as vLLM serves them (and SGLang, llama.cpp): one picture, one prompt."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from http import HTTPStatus
from types import TracebackType
from typing import Final, Self

import httpx

from docmill.extractors.ocr.vlm.chat import ChatAnswer, ChatRequest
from docmill.extractors.ocr.vlm.openai_wire import answer_of, body_of, message_of
from docmill.schemas.errors import BadOutput, EngineError, EngineUnavailable, PictureTooLarge

CONNECT_S: Final = 10.0

_PATH: Final = "/v1/chat/completions"
_JSON: Final = {"Content-Type": "application/json"}

# What vLLM says of a picture with too many tokens: for its context, its encoder cache, a batch.
_TOO_LARGE = re.compile(
    r"maximum context length|max_model_len|longer than the maximum model length"
    r"|encoder cache|exceeds? the (?:pre-allocated|maximum|available)|exceed_context_size"
    r"|length \d+ .* exceeds",
    re.IGNORECASE | re.DOTALL,
)
_LOGPROBS = re.compile(r"logprobs", re.IGNORECASE)


@dataclass(frozen=True)
class _Reply:
    status: int
    content: bytes


class OpenAiChat:
    """A client of one server (`async with`, or `close`); any number of questions at a time.

    Args:
        url: the server's address, with or without `/v1`.
        model: the name under which it serves the model.
        key: sent as a bearer token, if given.
        logprobs_mode: what the server's probabilities are of, which it does not say itself (vLLM:
            `--logprobs-mode`); None where it is not known.
    """

    def __init__(
        self, url: str, model: str, key: str | None = None, *, logprobs_mode: str | None = None
    ) -> None:
        self.url = url.rstrip("/").removesuffix("/v1")
        self.model = model
        self._logprobs_mode = logprobs_mode
        self._refuses_logprobs = False
        self._http = httpx.AsyncClient(
            base_url=self.url,
            headers={"Authorization": f"Bearer {key}"} if key else {},
            timeout=httpx.Timeout(None, connect=CONNECT_S),  # each question has its own limit
            # a server closes what was idle for 5 s, perhaps just as a request goes out on it
            limits=httpx.Limits(
                max_connections=None, max_keepalive_connections=256, keepalive_expiry=2
            ),
            trust_env=False,  # documents go straight to the server, past any proxy
        )

    async def ask(self, request: ChatRequest) -> ChatAnswer:
        """See `ChatClient`. A server that refuses to give probabilities is asked without them."""
        begun = asyncio.get_running_loop().time()
        wanted = None if self._refuses_logprobs else request.top_logprobs
        try:
            async with asyncio.timeout(request.timeout_s):
                response = await self._post(request, wanted)
                if wanted is not None and _refuses(response):
                    self._refuses_logprobs = True
                    response = await self._post(request, None)
        except TimeoutError as error:
            raise EngineUnavailable(
                f"{self.url} took longer than {request.timeout_s:g} s."
            ) from error
        except httpx.TransportError as error:
            raise EngineUnavailable(f"{self.url} cannot be reached: {_told(error)}") from error
        if response.status != HTTPStatus.OK:
            raise self._fault(response)
        seconds = asyncio.get_running_loop().time() - begun
        return answer_of(response.content, seconds, self._logprobs_mode)

    async def _post(self, request: ChatRequest, top_logprobs: int | None) -> _Reply:
        """A request whose bodies nobody holds on to afterwards.

        httpx's responses lie in cycles, which only the garbage collector undoes, much later; so
        neither the picture nor the answer may be part of one.
        """
        body = body_of(request, self.model, top_logprobs)
        headers = {**_JSON, "Content-Length": str(len(body))}
        asking = self._http.stream("POST", _PATH, content=_once(body), headers=headers)
        async with asking as response:
            content = b"".join([part async for part in response.aiter_bytes()])
            return _Reply(response.status_code, content)

    def _fault(self, response: _Reply) -> EngineError:
        status, said = response.status, message_of(response.content)
        if status >= 500 or status in (408, 409, 425, 429):
            return EngineUnavailable(f"{self.url} answered {status}: {said}")
        if status in (400, 413, 422) and _TOO_LARGE.search(said):
            return PictureTooLarge(f"{self.url} refused the picture: {said}")
        if status in (401, 403):  # no fault of the page, which is to be read when the key is right
            hint = "Check the server's key: `key` under `models`, or VLLM_API_KEY."
            return EngineUnavailable(f"{self.url} answered {status}: {said}", hint)
        return BadOutput(
            f"{self.url} refused the request ({status}): {said}",
            "Check the endpoint and its model with `docmill doctor`.",
        )

    async def close(self) -> None:
        """Close all connections."""
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()


async def _once(body: bytes) -> AsyncGenerator[bytes]:
    yield body


def _refuses(response: _Reply) -> bool:
    return response.status in (400, 422) and bool(_LOGPROBS.search(message_of(response.content)))


def _told(error: Exception) -> str:
    return str(error) or type(error).__name__
