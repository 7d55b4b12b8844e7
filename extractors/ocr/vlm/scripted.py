"""A model server that plays back what it was given: for tests and dry runs, without any model.

Answers are in the formats that the models document (see `scripted_pages`); faults are those that
are known of them and of their servers, in the servers' own words.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Final

from docmill.extractors.ocr.vlm.chat import ChatAnswer, ChatRequest, Finish, Token
from docmill.schemas.errors import BadOutput, EngineError, EngineUnavailable, PictureTooLarge

MODEL: Final = "scripted"
MOST_ALTERNATIVES: Final = 20
"""Of a token, that a server tells of; asked for more, both vLLM and Ollama refuse."""

_TOKEN_BYTES: Final = 4
_LIKELY, _MARGIN = -0.01, 4.0


@dataclass(frozen=True)
class Fault:
    """A question that is not answered: an HTTP status with a message; without a status, no answer.

    `error` is what every `ChatClient` makes of it.
    """

    message: str
    status: int | None = None
    too_large: bool = False

    @property
    def error(self) -> EngineError:
        """The error of docmill's that it becomes."""
        if self.too_large:
            return PictureTooLarge(self.message)
        refused = self.status is not None and self.status < HTTPStatus.INTERNAL_SERVER_ERROR
        return BadOutput(self.message) if refused else EngineUnavailable(self.message)


@dataclass(frozen=True)
class Slow:
    """An answer or a fault that takes its time."""

    step: ChatAnswer | Fault
    seconds: float


Step = ChatAnswer | Fault | Slow
"""What happens to one question."""

CONTEXT_TOO_SHORT: Final = Fault(
    "This model's maximum context length is 4096 tokens. However, you requested 18434 tokens.",
    HTTPStatus.BAD_REQUEST,
    too_large=True,
)
ENCODER_CACHE_TOO_SMALL: Final = Fault(
    "The image item with length 4200 exceeds the pre-allocated encoder cache size 3721.",
    HTTPStatus.BAD_REQUEST,
    too_large=True,
)
UNKNOWN_MODEL: Final = Fault("The model `other` does not exist.", HTTPStatus.NOT_FOUND)
ENGINE_DEAD: Final = Fault(
    "EngineCore encountered an issue. See stack trace (above) for the root cause.",
    HTTPStatus.INTERNAL_SERVER_ERROR,
)
CONTEXT_ASSERTION: Final = Fault(
    "GGML_ASSERT(a->ne[2]*4 == b->ne[0]) failed", HTTPStatus.INTERNAL_SERVER_ERROR
)
OVERLOADED: Final = Fault("Service Unavailable", HTTPStatus.SERVICE_UNAVAILABLE)
HUNG_UP: Final = Fault("Server disconnected without sending a response.")
REFUSED: Final = Fault("All connection attempts failed")


def said(text: str, finish: Finish = Finish.STOP, *, logprob: float = _LIKELY) -> ChatAnswer:
    """An answer. Its tokens are four bytes each, as byte-level tokens may part a letter."""
    written = text.encode()
    tokens = tuple(
        Token(written[place : place + _TOKEN_BYTES], logprob, _MARGIN)
        for place in range(0, len(written), _TOKEN_BYTES)
    )
    return ChatAnswer(
        text=text,
        finish=finish,
        model=MODEL,
        input_tokens=1000,
        output_tokens=len(tokens),
        seconds=0.0,
        tokens=tokens,
        logprobs_mode="raw_logprobs",
    )


def looping(text: str, unit: str, times: int = 200, *, noticed: bool = False) -> ChatAnswer:
    """An answer that repeats `unit` after `text` until it may say no more.

    Args:
        text: what was said before.
        unit: what repeats.
        times: how often.
        noticed: the server broke it off (`repetition_detection`).
    """
    return said(text + unit * times, Finish.REPETITION if noticed else Finish.LENGTH)


def cut_off(text: str, share: float = 0.6, finish: Finish = Finish.LENGTH) -> ChatAnswer:
    """The first part of an answer.

    Args:
        text: the whole of it.
        share: how much of it came, 0..1.
        finish: `LENGTH` where the limit was reached; `ABORTED` as Ollama does (`done` is false);
            `STOP` where the model lost the thread.
    """
    return said(text[: round(len(text) * share)], finish)


def restarting(answer: Step, away: int = 3) -> tuple[Step, ...]:
    """A server that goes away in the middle, is away for some questions, and comes back."""
    return (HUNG_UP, *(OVERLOADED for _ in range(away)), answer)


class ScriptedChat:
    """Answers questions from a script.

    Args:
        script: what happens to the questions, in the order in which they are asked, and the last
            of it to all further ones; or a function that decides for each.
        logprobs: whether it gives probabilities where they are asked for.

    `kill` and `restart` make the server go away and come back, as seen by whoever asks it; they
    are to be called where the questions are asked, in the same event loop.
    """

    def __init__(
        self, script: Iterable[Step] | Callable[[ChatRequest], Step], *, logprobs: bool = True
    ) -> None:
        self._step = script if callable(script) else _in_turn(script)
        self._logprobs = logprobs
        self._is_away = False
        self._at_work: set[asyncio.Future[None]] = set()
        self.asked: list[ChatRequest] = []

    def kill(self) -> None:
        """It is gone: what is under way is hung up on, and nothing more is taken."""
        self._is_away = True
        for gone in self._at_work:
            if not gone.done():
                gone.set_result(None)

    def restart(self) -> None:
        """It is back."""
        self._is_away = False

    async def ask(self, request: ChatRequest) -> ChatAnswer:
        """See `ChatClient`."""
        self.asked.append(request)
        if self._is_away:
            raise REFUSED.error
        step, seconds = self._step(request), 0.0
        if isinstance(step, Slow):
            step, seconds = step.step, step.seconds
        await self._work(min(seconds, request.timeout_s))
        if seconds > request.timeout_s:
            raise EngineUnavailable(f"The server took longer than {request.timeout_s:g} s.")
        if isinstance(step, Fault):
            raise step.error
        if not (self._logprobs and _is_told(request.top_logprobs)):
            step = replace(step, tokens=(), logprobs_mode=None)
        return replace(step, seconds=seconds)

    async def _work(self, seconds: float) -> None:
        gone: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._at_work.add(gone)
        try:
            ended, _ = await asyncio.wait({gone}, timeout=seconds)
        finally:
            self._at_work.discard(gone)
        if ended:
            raise HUNG_UP.error


def _is_told(top_logprobs: int | None) -> bool:
    return top_logprobs is not None and top_logprobs <= MOST_ALTERNATIVES


def _in_turn(script: Iterable[Step]) -> Callable[[ChatRequest], Step]:
    def steps() -> Iterator[Step]:
        step: Step = Fault("The script has nothing for this question.", HTTPStatus.NOT_FOUND)
        for step in script:
            yield step
        while True:
            yield step

    turn = steps()
    return lambda _: next(turn)
