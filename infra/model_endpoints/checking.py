"""Is an endpoint what docmill needs? Asked with one small picture, before any page is."""

from __future__ import annotations

import base64
import io
import json
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from PIL import Image, ImageDraw

from docmill.infra.model_endpoints.endpoint import ModelEndpoint, Served
from docmill.schemas.errors import BadOutput, EngineError

# The first answer of its kind loads code: a schema took up to 25 s on a slow machine.
ANSWER_LIMIT_S = 120.0
PROMPT = "Text Recognition:"
ALTERNATIVES = 2
# A token that no model begins an answer with of itself: a single letter, in most vocabularies.
_FORCED_TOKEN = 70
_FORCE = 100.0  # the most that OpenAI's interface knows
_SURE = -0.01
_SIDE_PX = 448
SCHEMA = {
    "type": "object",
    "properties": {"print": {"type": "boolean"}},
    "required": ["print"],
    "additionalProperties": False,
}


@dataclass(frozen=True)
class Expected:
    """What an endpoint should serve.

    `licence` is the name of the weights' licence, where it is known; `attention` is what somebody
    must decide before using them, if anything.
    """

    model: str
    context_tokens: int
    licence: str = ""
    attention: str = ""


@dataclass(frozen=True)
class Check:
    """One verdict and what to do about it."""

    verdict: Literal["ok", "warn", "fail"]
    name: str
    detail: str
    advice: str = ""


def checks(endpoint: ModelEndpoint, expected: Expected) -> Iterator[Check]:
    """Reachable, right model, context, pictures, log-probabilities, structured output, licence.

    Where the server cannot be reached, or does not have the model, nothing further is asked.
    """
    try:
        served = endpoint.models()
    except EngineError as error:
        yield Check("fail", "reachable", error.message, error.hint or _START)
        return
    yield Check("ok", "reachable", endpoint.url)
    model = next((each for each in served if each.name == expected.model), None)
    if model is None:
        names = ", ".join(each.name for each in served) or "nothing"
        advice = f"Start it with --served-model-name {expected.model}, or name what it serves."
        yield Check("fail", "model", f"{expected.model} is not served, but {names}", advice)
        return
    yield Check("ok", "model", model.name)
    yield _context(model, expected)
    yield asked("image input", lambda: _sees_pictures(endpoint, model.name))
    yield asked("log-probabilities", lambda: _has_logprobs(endpoint, model.name), NO_LOGPROBS)
    yield asked("structured output", lambda: _keeps_schema(endpoint, model.name), NO_SCHEMA)
    yield from licence(expected)


def licence(expected: Expected) -> Iterator[Check]:
    """The licence of the weights; a warning where there is something to heed."""
    if expected.licence or expected.attention:
        verdict = "warn" if expected.attention else "ok"
        detail = f"weights of {expected.model}: {expected.licence or 'not known'}"
        yield Check(verdict, "licence", detail, expected.attention)


_RAW = (
    "They depend on temperature and penalties, so that two tries of a page do not compare: start "
    "it with --logprobs-mode raw_logprobs."
)
_WITHOUT_LOGPROBS = "asked for log-probabilities, it answered without"
_START = "Start it with `docmill gpu-worker`, or correct its address."
NO_LOGPROBS = "Pages are read without; confidence then comes from the checks of values alone."
NO_SCHEMA = "Reading pages does not need it."


def picture() -> bytes:
    """A small white PNG with some print on it."""
    image = Image.new("RGB", (_SIDE_PX, _SIDE_PX), "white")
    ImageDraw.Draw(image).text((40, 200), "docmill 1234", fill="black", font_size=48)
    content = io.BytesIO()
    image.save(content, "PNG")
    return content.getvalue()


def question(model: str, **options: Any) -> dict[str, Any]:
    """A request about the picture, with few tokens of answer; `options` are added to it."""
    url = "data:image/png;base64," + base64.b64encode(picture()).decode()
    parts = [
        {"type": "image_url", "image_url": {"url": url}},
        {"type": "text", "text": PROMPT},
    ]
    messages = [{"role": "user", "content": parts}]
    return {"model": model, "messages": messages, "max_tokens": 8, "temperature": 0.0} | options


def asked(name: str, check: Callable[[], str | Check], without: str = "") -> Check:
    """What the check says; a failure is only a warning where one can do `without`."""
    try:
        found = check()
        return found if isinstance(found, Check) else Check("ok", name, found)
    except EngineError as error:
        return Check("warn" if without else "fail", name, error.message, without or error.hint)


def _context(model: Served, expected: Expected) -> Check:
    needed = f"{expected.context_tokens:,} tokens are needed for picture, prompt and answer"
    if model.context_tokens is None:
        return Check("warn", "context", f"the server does not say how much it takes; {needed}")
    if model.context_tokens < expected.context_tokens:
        advice = f"Start it with --max-model-len {expected.context_tokens}: pages would be cut off."
        return Check("fail", "context", f"{model.context_tokens:,} tokens, but {needed}", advice)
    return Check("ok", "context", f"{model.context_tokens:,} tokens")


def _sees_pictures(endpoint: ModelEndpoint, model: str) -> str:
    """A picture must be accepted, and must make the prompt longer than the text alone is."""
    plain = question(model)
    plain["messages"] = [{"role": "user", "content": PROMPT}]
    tokens = [
        _prompt_tokens(endpoint.complete(body, ANSWER_LIMIT_S)) for body in (plain, question(model))
    ]
    if tokens[1] <= tokens[0]:
        raise BadOutput(
            "the picture is accepted and then left out: it adds no token to the prompt",
            "Serve a model that sees, with its processor.",
        )
    return f"a picture of {_SIDE_PX} x {_SIDE_PX} pixels has {tokens[1] - tokens[0]} tokens"


def _prompt_tokens(answer: dict[str, Any]) -> int:
    try:
        return int(answer["usage"]["prompt_tokens"])
    except (KeyError, TypeError, ValueError) as error:
        raise BadOutput("the answer does not say how many tokens the prompt had") from error


def _has_logprobs(endpoint: ModelEndpoint, model: str) -> Check:
    tokens = _tokens(endpoint, model)
    detail = logprobs_told([(token.logprob, token.alternatives) for token in tokens])
    match _mode(endpoint, model, tokens[0]):
        case "raw_logprobs":
            return Check("ok", "log-probabilities", f"{detail}; raw_logprobs")
        case "processed_logprobs":
            return Check("warn", "log-probabilities", f"{detail}; processed_logprobs", _RAW)
        case None:
            return Check("ok", "log-probabilities", f"{detail}; their mode cannot be told")


@dataclass(frozen=True)
class _Token:
    text: str
    logprob: float
    alternatives: int


def _tokens(endpoint: ModelEndpoint, model: str, **options: Any) -> list[_Token]:
    body = question(model, logprobs=True, top_logprobs=ALTERNATIVES, **options)
    answer = endpoint.complete(body, ANSWER_LIMIT_S)
    try:
        return [
            _Token(str(token["token"]), float(token["logprob"]), len(token["top_logprobs"]))
            for token in answer["choices"][0]["logprobs"]["content"]
        ]
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise BadOutput(_WITHOUT_LOGPROBS) from error


def logprobs_told(tokens: Sequence[tuple[float, int]]) -> str:
    """What there is of log-probabilities.

    Args:
        tokens: of an answer: the log-probability, and the number of alternatives told.

    Raises:
        BadOutput: there are none.
    """
    if not tokens:
        raise BadOutput(_WITHOUT_LOGPROBS)
    values = [value for value, _ in tokens]
    if not all(math.isfinite(value) and value <= 0 for value in values):
        raise BadOutput(f"its log-probabilities are none: {values[:3]}")
    return f"{len(tokens)} tokens, each with {min(count for _, count in tokens)} alternatives"


def _mode(
    endpoint: ModelEndpoint, model: str, free: _Token
) -> Literal["raw_logprobs", "processed_logprobs"] | None:
    """What the log-probabilities are of, by vLLM's names; None where it cannot be told.

    A server does not say so. But a token that is forced upon it is certain after such processing,
    and as unlikely before as it was.
    """
    try:
        bias = {str(_FORCED_TOKEN): _FORCE}
        forced = _tokens(endpoint, model, logit_bias=bias, max_tokens=1)
    except BadOutput:
        return None
    if not forced or forced[0].text == free.text:
        return None  # the bias was left out
    return "processed_logprobs" if forced[0].logprob > _SURE else "raw_logprobs"


def _keeps_schema(endpoint: ModelEndpoint, model: str) -> str:
    wanted = {"name": "page", "schema": SCHEMA, "strict": True}
    body = question(
        model, max_tokens=64, response_format={"type": "json_schema", "json_schema": wanted}
    )
    answer = endpoint.complete(body, ANSWER_LIMIT_S)
    try:
        text = answer["choices"][0]["message"]["content"]
    except (KeyError, IndexError, TypeError) as error:
        raise BadOutput("asked for JSON of a schema, it answered nothing") from error
    return schema_kept(text or "")


def schema_kept(text: str) -> str:
    """That an answer is JSON of `SCHEMA`.

    Raises:
        BadOutput: it is not.
    """
    try:
        content = json.loads(text)
    except ValueError as error:
        raise BadOutput("asked for JSON of a schema, it answered something else") from error
    if not isinstance(content, dict) or not isinstance(content.get("print"), bool):  # pyright: ignore
        raise BadOutput(f"asked for JSON of a schema, it answered other JSON: {text[:80]}")
    return "JSON of the schema"
