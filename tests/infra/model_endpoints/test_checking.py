"""Checks against a server that behaves like vLLM, told what it cannot do."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from model_server import CONTEXT_TOKENS, PICTURE_TOKENS, ModelServer
from receiver import Received, Receiver, Reply, unused_url

from docmill.infra.model_endpoints.checking import Check, Expected, checks, licence, logprobs_told
from docmill.infra.model_endpoints.endpoint import ModelEndpoint
from docmill.infra.model_endpoints.ollama import ollama_checks
from docmill.schemas.errors import BadOutput, EngineUnavailable, UsageError

CHANDRA = Expected("chandra", CONTEXT_TOKENS)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ModelServer]:
    with ModelServer(("127.0.0.1", 0), "chandra", "a key", tmp_path) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def url(server: ModelServer) -> str:
    return f"http://127.0.0.1:{server.server_address[1]}"


def found(server: ModelServer, expected: Expected = CHANDRA, key: str = "a key") -> list[Check]:
    with ModelEndpoint(url(server), key) as endpoint:
        return list(checks(endpoint, expected))


def verdicts(checks: list[Check]) -> dict[str, str]:
    return {check.name: check.verdict for check in checks}


GOOD = {
    "reachable": "ok",
    "model": "ok",
    "context": "ok",
    "image input": "ok",
    "log-probabilities": "ok",
    "structured output": "ok",
}


def test_all_is_well(server: ModelServer) -> None:
    result = found(server)
    assert verdicts(result) == GOOD
    details = {check.name: check.detail for check in result}
    assert f"{PICTURE_TOKENS} tokens" in details["image input"]
    assert details["log-probabilities"] == "1 tokens, each with 2 alternatives; raw_logprobs"
    assert "20,480" in details["context"]


@pytest.mark.parametrize(
    ("behaviour", "name", "verdict", "detail"),
    [
        ("blind", "image input", "fail", "not a multimodal model"),
        ("left_out", "image input", "fail", "left out"),
        ("plain", "log-probabilities", "warn", "answered without"),
        ("processed", "log-probabilities", "warn", "; processed_logprobs"),
        ("unmoved", "log-probabilities", "ok", "their mode cannot be told"),
        ("free", "structured output", "warn", "something else"),
    ],
)
def test_what_a_server_cannot_do_is_found(
    server: ModelServer, behaviour: str, name: str, verdict: str, detail: str
) -> None:
    (server.folder / behaviour).touch()
    result = {check.name: check for check in found(server)}
    assert result[name].verdict == verdict
    assert detail in result[name].detail
    others = {each: check.verdict for each, check in result.items() if each != name}
    if behaviour != "blind":  # then every question with a picture is refused
        assert others == {each: "ok" for each in GOOD if each != name}


def test_a_context_that_is_too_short(server: ModelServer) -> None:
    result = {check.name: check for check in found(server, Expected("chandra", 32768))}
    assert result["context"].verdict == "fail"
    assert "--max-model-len 32768" in result["context"].advice


def test_another_model(server: ModelServer) -> None:
    result = found(server, Expected("glm-ocr", 16384))
    assert verdicts(result) == {"reachable": "ok", "model": "fail"}
    assert result[-1].detail == "glm-ocr is not served, but chandra"


def test_a_licence_is_named() -> None:
    (check,) = licence(Expected("glm-ocr", 16384, "MIT"))
    assert check == Check("ok", "licence", "weights of glm-ocr: MIT")


def test_a_licence_to_heed_is_a_warning(server: ModelServer) -> None:
    result = found(server, Expected("chandra", CONTEXT_TOKENS, "OpenRAIL-M", "Read it first."))
    assert (result[-1].verdict, result[-1].advice) == ("warn", "Read it first.")
    assert result[-1].detail == "weights of chandra: OpenRAIL-M"


@pytest.mark.parametrize("bad", [0.5, float("nan"), float("-inf")])
def test_what_is_no_log_probability(bad: float) -> None:
    with pytest.raises(BadOutput, match="are none"):
        logprobs_told([(-0.1, 2), (bad, 2)])


def test_a_wrong_key(server: ModelServer) -> None:
    (check,) = found(server, key="another")
    assert check.verdict == "fail"
    assert "401" in check.detail
    assert "VLLM_API_KEY" in check.advice


def test_nobody_there() -> None:
    with ModelEndpoint(unused_url().removesuffix("/hook"), timeout_s=2) as endpoint:
        (check,) = checks(endpoint, CHANDRA)
        assert not endpoint.is_healthy()
    assert (check.verdict, check.name) == ("fail", "reachable")


@pytest.mark.parametrize("bad", ["", "127.0.0.1:8000", "file:///etc/passwd", "http://[::1"])
def test_what_is_no_url(bad: str) -> None:
    with pytest.raises(UsageError):
        ModelEndpoint(bad)


def test_errors_say_what_the_server_said() -> None:
    replies = iter([Reply(400, body=b'{"error": {"message": "too long"}}'), Reply(503, body=b"no")])
    with (
        Receiver(lambda _: next(replies)) as receiver,
        ModelEndpoint(receiver.url) as endpoint,
    ):
        with pytest.raises(BadOutput, match="answered 400: too long"):
            endpoint.complete({})
        with pytest.raises(EngineUnavailable, match="answered 503: no"):
            endpoint.complete({})


def test_a_server_that_hangs_is_none() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as silent,
        ModelEndpoint(f"http://127.0.0.1:{silent.getsockname()[1]}", timeout_s=0.3) as it,
    ):
        assert not it.is_healthy(0.2)
        with pytest.raises(EngineUnavailable):
            it.models()


def shown(capabilities: list[str], context: int) -> bytes:
    """What Ollama's /api/show documents, with the parts that are looked at."""
    return json.dumps({
        "modelfile": "FROM x",
        "details": {"family": "glmocr", "parameter_size": "1.1B", "quantization_level": "F16"},
        "model_info": {"general.architecture": "glmocr", "glmocr.context_length": context},
        "capabilities": capabilities,
    }).encode()  # fmt: skip


class FakeOllama:
    """What Ollama answers, by its documentation; each question about the picture is kept."""

    def __init__(self, capabilities: list[str], context: int = 131072) -> None:
        self.shown = shown(capabilities, context)
        self.logprobs: list[dict[str, object]] | None = [token(0.0), token(-1.5)]
        self.refusal: Reply | None = None
        self.structured = '{"print": true}'
        self.asked: list[dict[str, Any]] = []

    def __call__(self, received: Received) -> Reply:
        if received.path == "/api/show":
            return Reply(body=self.shown)
        body = json.loads(received.body)
        self.asked.append(body)
        answer = {
            "model": body["model"], "response": self.structured if "format" in body else "1234",
            "done": True, "done_reason": "stop", "logprobs": self.logprobs,
        }  # fmt: skip
        return self.refusal or Reply(body=json.dumps(answer).encode())

    def checked(self) -> dict[str, Check]:
        with Receiver(self) as receiver:
            place = "ollama+" + receiver.url.removesuffix("/hook")
            expected = Expected("glm-ocr", 16384, "MIT")
            return {check.name: check for check in ollama_checks(place, expected)}


def token(logprob: float) -> dict[str, object]:
    others = [{"token": "ab"[n], "logprob": logprob - 2 * n, "bytes": [97 + n]} for n in range(2)]
    return {**others[0], "top_logprobs": others}


SEES = ["completion", "vision"]
GOOD_OLLAMA = GOOD | {"server": "warn", "licence": "ok"}


def test_ollama_is_well() -> None:
    ollama = FakeOllama(SEES)
    result = ollama.checked()
    assert {name: check.verdict for name, check in result.items()} == GOOD_OLLAMA
    assert result["log-probabilities"].detail == "2 tokens, each with 2 alternatives"
    assert all(question["images"] for question in ollama.asked)
    assert {question["options"]["num_ctx"] for question in ollama.asked} == {8192}


def test_ollama_with_too_little_context() -> None:
    result = FakeOllama(SEES, context=4096).checked()
    assert result["context"].verdict == "fail"


def test_ollama_with_a_model_that_does_not_see() -> None:
    ollama = FakeOllama(["completion"])
    result = ollama.checked()
    assert result["image input"].verdict == "fail"
    assert "log-probabilities" not in result and not ollama.asked


def test_ollama_that_crashes_on_pictures() -> None:
    ollama = FakeOllama(SEES)
    ollama.refusal = Reply(500, body=b'{"error": "GGML_ASSERT(a->ne[2]*4 == b->ne[0]) failed"}')
    result = ollama.checked()
    assert result["image input"].verdict == "fail"
    assert "500: GGML_ASSERT" in result["image input"].detail


def test_ollama_without_probabilities_or_schemas() -> None:
    ollama = FakeOllama(SEES)
    ollama.logprobs, ollama.structured = None, "1234"
    result = ollama.checked()
    assert (result["log-probabilities"].verdict, result["structured output"].verdict) == (
        "warn",
        "warn",
    )


def test_ollama_without_the_model() -> None:
    with Receiver(lambda _: Reply(404, body=b'{"error": "model not found"}')) as receiver:
        place = "ollama+" + receiver.url.removesuffix("/hook")
        (check,) = ollama_checks(place, Expected("glm-ocr", 16384))
    assert check.verdict == "fail"
    assert "ollama pull glm-ocr" in check.advice


def test_ollama_that_is_not_there() -> None:
    place = "ollama+" + unused_url().removesuffix("/hook")
    (check,) = ollama_checks(place, Expected("glm-ocr", 16384))
    assert (check.verdict, check.name) == ("fail", "reachable")
