"""Chat completions as they go over the wire: a question as JSON, and the answer read from JSON.

An answer with probabilities has three objects for every token, some 15,000 for a dense page, and
is read in the process that feeds the server: so it is decoded straight into what is needed of it.
"""

from __future__ import annotations

import json
from base64 import b64encode
from typing import Any, Final, cast

import msgspec

from docmill.extractors.ocr.vlm.chat import ChatAnswer, ChatRequest, Finish, Token
from docmill.schemas.errors import BadOutput

_FINISH: Final = {
    "stop": Finish.STOP,
    "length": Finish.LENGTH,
    "repetition": Finish.REPETITION,  # vLLM's `repetition_detection`
    "abort": Finish.ABORTED,
    "error": Finish.ABORTED,
}


# `gc=False`: trees without cycles, thrown away at once, need no look by the garbage collector.
class _Alternative(msgspec.Struct, frozen=True, gc=False):
    token: str
    logprob: float


class _Token(msgspec.Struct, frozen=True, gc=False):
    token: str
    logprob: float
    bytes: list[int] | None = None
    top_logprobs: list[_Alternative] = []


class _Logprobs(msgspec.Struct, frozen=True, gc=False):
    content: list[_Token] | None = None


class _Message(msgspec.Struct, frozen=True, gc=False):
    content: str | None = None


class _Choice(msgspec.Struct, frozen=True, gc=False):
    message: _Message
    finish_reason: str | None = None
    logprobs: _Logprobs | None = None


class _PromptDetails(msgspec.Struct, frozen=True, gc=False):
    cached_tokens: int | None = None


class _Usage(msgspec.Struct, frozen=True, gc=False):
    prompt_tokens: int = 0
    completion_tokens: int | None = 0
    prompt_tokens_details: _PromptDetails | None = None


class _Completion(msgspec.Struct, frozen=True, gc=False):
    model: str
    choices: list[_Choice]
    usage: _Usage = _Usage()


_COMPLETION: Final = msgspec.json.Decoder(_Completion)


def body_of(request: ChatRequest, model: str, top_logprobs: int | None) -> bytes:
    """The request as JSON. The picture comes first: models were trained so.

    Args:
        request: what is asked.
        model: the name under which the server has the model.
        top_logprobs: how many alternatives of each token to ask for; None: no probabilities.
    """
    picture = f"data:{request.media_type};base64,{b64encode(request.image).decode('ascii')}"
    body: dict[str, Any] = {
        "model": model,
        "messages": [
            {
                "role": "user",
                "content": [
                    {"type": "image_url", "image_url": {"url": picture}},
                    {"type": "text", "text": request.prompt},
                ],
            }
        ],
        "max_tokens": request.max_tokens,
        "temperature": request.temperature,
        "top_p": request.top_p,
        **request.options,
    }
    if top_logprobs is not None:
        body |= {"logprobs": True, "top_logprobs": top_logprobs}
    return msgspec.json.encode(body)


def answer_of(content: bytes, seconds: float, logprobs_mode: str | None) -> ChatAnswer:
    """The answer in a response with status 200.

    Args:
        content: the response.
        seconds: how long it took.
        logprobs_mode: what the server's probabilities are of, None where it is not known.

    Raises:
        BadOutput: it is no chat completion, has no text, or ended for an unknown reason.
    """
    try:
        completion = _completion(content)
        choice = completion.choices[0]
        text = choice.message.content or ""
        tokens = _tokens(choice.logprobs, text)
    except (ValueError, IndexError) as error:
        raise BadOutput(f"The model server answered no chat completion: {error}") from error
    finish = _FINISH.get(choice.finish_reason or "")
    if finish is None:
        raise BadOutput(f"The model stopped for an unknown reason: {choice.finish_reason!r}.")
    if choice.message.content is None and finish is Finish.STOP:
        raise BadOutput("The model server answered without any text.")
    usage = completion.usage
    details = usage.prompt_tokens_details
    return ChatAnswer(
        text=text,
        finish=finish,
        model=completion.model,
        input_tokens=usage.prompt_tokens,
        output_tokens=usage.completion_tokens or 0,
        seconds=seconds,
        cached_tokens=(details.cached_tokens or 0) if details else 0,
        tokens=tokens,
        logprobs_mode=logprobs_mode if tokens else None,
    )


def _completion(content: bytes) -> _Completion:
    """The response. Python servers write infinite numbers, which JSON does not know."""
    try:
        return _COMPLETION.decode(content)
    except msgspec.ValidationError:
        raise
    except msgspec.DecodeError:
        return msgspec.convert(json.loads(content), _Completion)


def message_of(content: bytes) -> str:
    """A server's own words about an error, from any of the forms in which they are sent."""
    try:
        found: Any = json.loads(content)
    except ValueError:
        return content.decode(errors="replace")[:500].strip()
    if isinstance(found, dict):
        body = cast(dict[str, Any], found)
        error = body.get("error", body)
        if isinstance(error, dict):
            body = cast(dict[str, Any], error)
            error = body.get("message", body.get("detail", body))
        found = error
    return str(found)[:500]


def _tokens(logprobs: _Logprobs | None, text: str) -> tuple[Token, ...]:
    """The answer's tokens, without those after its end (`<|im_end|>` has a probability, too)."""
    found: list[Token] = []
    end = len(text.encode())
    length = 0
    for wire in (logprobs.content if logprobs else None) or ():
        if length >= end:
            break
        token = _token(wire)
        found.append(token)
        length += len(token.text)
    return tuple(found)


def _token(token: _Token) -> Token:
    others = [other.logprob for other in token.top_logprobs if other.token != token.token]
    written = token.token.encode() if token.bytes is None else bytes(token.bytes)
    margin = token.logprob - max(others) if others else None
    return Token(written, token.logprob, margin)
