"""Ollama's native API (`/api/generate`), through the `ollama` package.

Its OpenAI-like API has no `num_ctx`, and the default of 4096 makes pictures crash the server. An
answer counts only if it says that it is done: broken off ones come with status 200, too.
"""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from types import TracebackType
from typing import Any, Final, Self

import httpx
import ollama

from docmill.extractors.ocr.vlm.chat import ChatAnswer, ChatRequest, Finish, Token
from docmill.schemas.errors import (
    BadOutput,
    EngineError,
    EngineUnavailable,
    PictureTooLarge,
    UsageError,
)

MIN_CONTEXT: Final = 8192
CONTEXT: Final = 16_384
"""Room for the picture of a page (up to 8,000 tokens) and as much text."""

CONNECT_S: Final = 10.0

_OPTIONS: Final = {"repetition_penalty": "repeat_penalty"}
"""Options that Ollama calls otherwise."""

_UNKNOWN: Final = frozenset({"repetition_detection"})
"""Options of vLLM's that Ollama has nothing like."""

_FINISH: Final = {"stop": Finish.STOP, "length": Finish.LENGTH}
_LOOPED: Final = "token repeat limit"


class OllamaChat:
    """A client of one Ollama server (`async with`, or `close`).

    Args:
        url: the server's address, such as `http://127.0.0.1:11434`.
        model: the model's name there, such as `glm-ocr:latest`.
        context: tokens for picture, prompt and answer together (`num_ctx`).

    Raises:
        UsageError: `context` is less than 8192, with which the server crashes on pictures.
    """

    def __init__(self, url: str, model: str, *, context: int = CONTEXT) -> None:
        if context < MIN_CONTEXT:
            raise UsageError(f"Ollama needs a context of {MIN_CONTEXT} or more, not {context}.")
        self.url = url.rstrip("/")
        self.model = model
        self._context = context
        self._refuses_logprobs = False
        # Each question has its own limit.
        timeout = httpx.Timeout(None, connect=CONNECT_S)
        self._client = ollama.AsyncClient(self.url, timeout=timeout, trust_env=False)

    async def ask(self, request: ChatRequest) -> ChatAnswer:
        """See `ChatClient`. A server that refuses to give probabilities is asked without them.

        One that is too old for them just leaves them out.
        """
        begun = asyncio.get_running_loop().time()
        try:
            async with asyncio.timeout(request.timeout_s):
                found = await self._generate(request)
        except TimeoutError as error:
            raise EngineUnavailable(
                f"{self.url} took longer than {request.timeout_s:g} s."
            ) from error
        except (ConnectionError, httpx.TransportError) as error:
            told = str(error) or type(error).__name__
            raise EngineUnavailable(f"{self.url} cannot be reached: {told}") from error
        except ollama.ResponseError as error:
            if _LOOPED in str(error.error):
                return self._looped(asyncio.get_running_loop().time() - begun)
            raise self._fault(error) from error
        except ValueError as error:  # no JSON, or of another shape
            raise BadOutput(f"{self.url} answered something that is no answer: {error}") from error
        return _answer(found, asyncio.get_running_loop().time() - begun)

    async def _generate(self, request: ChatRequest) -> ollama.GenerateResponse:
        wanted = None if self._refuses_logprobs else request.top_logprobs
        try:
            return await self._post(request, wanted)
        except ollama.ResponseError as error:
            refused = error.status_code == HTTPStatus.BAD_REQUEST and "logprobs" in str(error.error)
            if wanted is None or not refused:
                raise
        self._refuses_logprobs = True
        return await self._post(request, None)

    async def _post(
        self, request: ChatRequest, top_logprobs: int | None
    ) -> ollama.GenerateResponse:
        return await self._client.generate(
            model=self.model,
            prompt=request.prompt,
            images=[request.image],
            stream=False,
            options=self._options(request),
            logprobs=True if top_logprobs is not None else None,
            top_logprobs=top_logprobs,
        )

    def _options(self, request: ChatRequest) -> dict[str, Any]:
        given = {
            _OPTIONS.get(name, name): value
            for name, value in request.options.items()
            if name not in _UNKNOWN
        }
        return {
            "num_predict": request.max_tokens,
            "temperature": request.temperature,
            "top_p": request.top_p,
            **given,
            "num_ctx": max(self._context, int(given.get("num_ctx", 0))),
        }

    def _looped(self, seconds: float) -> ChatAnswer:
        """Newer servers answer a loop with status 500 and nothing of the text."""
        return ChatAnswer("", Finish.REPETITION, self.model, 0, 0, seconds)

    def _fault(self, error: ollama.ResponseError) -> EngineError:
        status, said = error.status_code, str(error.error)[:500]
        if status >= 500 or status in (408, 429):
            return EngineUnavailable(f"{self.url} answered {status}: {said}")
        if status in (400, 413) and ("context" in said.lower() or "too large" in said.lower()):
            return PictureTooLarge(f"{self.url} refused the picture: {said}")
        if status == HTTPStatus.NOT_FOUND:
            return BadOutput(
                f"{self.url} has no model {self.model}: {said}", f"ollama pull {self.model}"
            )
        return BadOutput(
            f"{self.url} refused the request ({status}): {said}",
            "Check the endpoint and its model with `docmill doctor`.",
        )

    async def close(self) -> None:
        """Close all connections."""
        await self._client.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()


def _answer(found: ollama.GenerateResponse, seconds: float) -> ChatAnswer:
    # Some versions break a loop off with `"done": false` and status 200.
    done = _FINISH.get(found.done_reason or "") if found.done else None
    if found.response is None and done is Finish.STOP:
        raise BadOutput("The model server answered without any text.")
    return ChatAnswer(
        text=found.response or "",
        finish=done or Finish.ABORTED,
        model=found.model or "",
        input_tokens=found.prompt_eval_count or 0,
        output_tokens=found.eval_count or 0,
        seconds=seconds,
        tokens=tuple(_token(token) for token in found.logprobs or ()),
    )


def _token(token: Any) -> Token:
    # The package leaves `bytes` out, so a letter that two tokens share is in neither.
    others = [one.logprob for one in token.top_logprobs or () if one.token != token.token]
    margin = token.logprob - max(others) if others else None
    return Token(token.token.encode(), token.logprob, margin)
