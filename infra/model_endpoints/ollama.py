"""The same checks for Ollama, through its native API; for trying a model out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import httpx
import ollama

from docmill.infra.model_endpoints.checking import (
    ALTERNATIVES,
    ANSWER_LIMIT_S,
    NO_LOGPROBS,
    NO_SCHEMA,
    PROMPT,
    SCHEMA,
    Check,
    Expected,
    asked,
    licence,
    logprobs_told,
    picture,
    schema_kept,
)
from docmill.infra.model_endpoints.options import OLLAMA_SCHEME
from docmill.schemas.errors import BadOutput, EngineUnavailable

LEAST_CONTEXT_TOKENS = 8192
"""GLM-OCR's pictures crash Ollama's engine with fewer, and its default is 4096."""

_TIMEOUT_S = 10.0


def ollama_checks(url: str, expected: Expected) -> Iterator[Check]:
    """Reachable, right model, context, pictures, log-probabilities, structured output, licence.

    Its context is set by every request. The first question loads the model.
    """
    host = url.removeprefix(OLLAMA_SCHEME)
    with closing(ollama.Client(host=host, timeout=_TIMEOUT_S, trust_env=False)) as client:
        try:
            shown = client.show(expected.model)
        except ollama.ResponseError as error:
            advice = f"If this is Ollama, fetch it with `ollama pull {expected.model}`."
            yield Check("fail", "model", f"{expected.model}: {error.error}", advice)
            return
        except (ConnectionError, httpx.HTTPError) as error:
            what = str(error) or type(error).__name__
            yield Check("fail", "reachable", what, "Start it with `ollama serve`.")
            return
    yield Check("ok", "reachable", host)
    yield Check("ok", "model", expected.model)
    yield _context(shown)
    timeout = httpx.Timeout(ANSWER_LIMIT_S, connect=_TIMEOUT_S)
    with closing(ollama.Client(host=host, timeout=timeout, trust_env=False)) as client:
        yield from _answers(_Question(client, expected.model), tuple(shown.capabilities or ()))
    advice = "For more than a trial use vLLM: `docmill gpu-worker`."
    yield Check("warn", "server", "Ollama works on few pages at once", advice)
    yield from licence(expected)


@dataclass(frozen=True)
class _Question:
    """Asks a model about the small picture; `said` raises EngineError."""

    client: ollama.Client
    model: str

    def said(self, tokens: int = 8, **more: Any) -> ollama.GenerateResponse:
        options = {"num_ctx": LEAST_CONTEXT_TOKENS, "num_predict": tokens, "temperature": 0.0}
        try:
            return self.client.generate(
                self.model, PROMPT, images=[picture()], stream=False, options=options, **more
            )
        except ollama.ResponseError as error:
            raise BadOutput(f"it answered {error.status_code}: {error.error}") from error
        except (ConnectionError, httpx.HTTPError) as error:
            raise EngineUnavailable(str(error) or type(error).__name__) from error


def _answers(question: _Question, capabilities: tuple[str, ...]) -> Iterator[Check]:
    if "vision" not in capabilities:
        detail = f"the model can only: {', '.join(capabilities) or 'nothing'}"
        yield Check("fail", "image input", detail, "Pull one that sees.")
        return
    yield asked("image input", lambda: _sees(question))
    yield asked("log-probabilities", lambda: _has_logprobs(question), NO_LOGPROBS)
    yield asked("structured output", lambda: _keeps_schema(question), NO_SCHEMA)


def _sees(question: _Question) -> str:
    """Ollama does not count the tokens of a prompt that it remembers, so they are not compared."""
    question.said()
    return "a picture was taken; vision is among its capabilities"


def _has_logprobs(question: _Question) -> str:
    """Their mode cannot be told: Ollama takes no bias that would show it."""
    tokens = question.said(logprobs=True, top_logprobs=ALTERNATIVES).logprobs or ()
    return logprobs_told([(token.logprob, len(token.top_logprobs or ())) for token in tokens])


def _keeps_schema(question: _Question) -> str:
    return schema_kept(question.said(tokens=64, format=SCHEMA).response or "")


def ollama_models(url: str) -> tuple[str, ...]:
    """The models of a server, with and without `:latest`.

    Raises:
        EngineUnavailable: it does not answer.
    """
    host = url.removeprefix(OLLAMA_SCHEME)
    with closing(ollama.Client(host=host, timeout=_TIMEOUT_S, trust_env=False)) as client:
        try:
            listed = client.list().models
        except (ConnectionError, httpx.HTTPError, ollama.ResponseError) as error:
            what = str(error) or type(error).__name__
            raise EngineUnavailable(f"{host} does not answer: {what}") from error
    names = [each.model for each in listed if each.model]
    return (*names, *(name.removesuffix(":latest") for name in names if name.endswith(":latest")))


def _context(shown: ollama.ShowResponse) -> Check:
    lengths = [
        value
        for name, value in (shown.modelinfo or {}).items()
        if name.endswith(".context_length") and isinstance(value, int)
    ]
    if not lengths:
        return Check("warn", "context", "the server does not say how much the model takes")
    if lengths[0] < LEAST_CONTEXT_TOKENS:
        detail = f"{lengths[0]:,} tokens, but {LEAST_CONTEXT_TOKENS:,} are needed"
        return Check("fail", "context", detail, "Choose another model.")
    return Check("ok", "context", f"up to {lengths[0]:,} tokens, as requests ask for")
