"""One question to a model server, and its answer; who asks is a `ChatClient`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal, NamedTuple, Protocol


@dataclass(frozen=True)
class ChatRequest:
    """A picture and a prompt.

    `options` are further sampling settings by the server's own names (`repetition_penalty`, …).
    `top_logprobs` is how many alternatives of every token are asked for; None: no probabilities.
    """

    image: bytes
    media_type: Literal["image/png", "image/jpeg"]
    prompt: str
    max_tokens: int
    temperature: float = 0.0
    top_p: float = 1.0
    options: Mapping[str, Any] = field(default_factory=dict[str, Any])
    top_logprobs: int | None = None
    timeout_s: float = 300.0


class Finish(StrEnum):
    """Why the model stopped. Only `STOP` is a complete answer."""

    STOP = "stop"
    LENGTH = "length"
    REPETITION = "repetition"
    ABORTED = "aborted"


class Token(NamedTuple):
    """A token of the answer: its UTF-8 bytes (perhaps a part of a character only).

    `logprob` is natural; `margin` is how much likelier it was than the runner-up (difference of
    log-probabilities), None where no alternatives were given.
    """

    text: bytes
    logprob: float
    margin: float | None = None


@dataclass(frozen=True)
class ChatAnswer:
    """What came back. `tokens` is empty where the server gave no probabilities.

    `logprobs_mode` names what the probabilities are of (`raw_logprobs`: before temperature,
    penalties and masks; `processed_logprobs`: after); values of different modes are not
    comparable. None where it is not known.
    """

    text: str
    finish: Finish
    model: str
    input_tokens: int
    output_tokens: int
    seconds: float
    cached_tokens: int = 0
    tokens: tuple[Token, ...] = ()
    logprobs_mode: str | None = None


class ChatClient(Protocol):
    """Asks one model server, or several of the same model."""

    async def ask(self, request: ChatRequest) -> ChatAnswer:
        """The model's answer.

        Raises:
            EngineUnavailable: it cannot be reached, answered 5xx, went away in the middle, or took
                longer than the request allows.
            PictureTooLarge: the picture has more tokens than the server takes.
            BadOutput: it answered something that is no answer, or refused the request (the
                message holds the server's own).
        """
        ...
