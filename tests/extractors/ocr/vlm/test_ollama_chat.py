"""Ollama's native API on the wire."""

from __future__ import annotations

import asyncio
import base64
import json
from typing import Any

import pytest
from chat_server import ChatServer

from docmill.extractors.ocr.glm_ocr.model import GlmOcr
from docmill.extractors.ocr.vlm.chat import ChatAnswer, ChatRequest, Finish
from docmill.extractors.ocr.vlm.ollama_chat import OllamaChat
from docmill.extractors.ocr.vlm.picture import PagePicture
from docmill.extractors.ocr.vlm.scripted import Fault, said
from docmill.schemas.errors import BadOutput, PictureTooLarge, UsageError

PICTURE = PagePicture(
    document_id="d", page=1, width_px=10, height_px=10, rotation=0, image=b"picture",
    image_width=10, image_height=10, image_hash="0" * 64, blank=False, words=(),
)  # fmt: skip
REQUEST = GlmOcr().request(PICTURE)


def _asked(server: ChatServer, request: ChatRequest = REQUEST, **options: Any) -> ChatAnswer:
    async def ask() -> ChatAnswer:
        async with OllamaChat(server.url, "glm-ocr:latest", **options) as client:
            return await client.ask(request)

    with server:
        return asyncio.run(ask())


def test_the_context_is_long_enough_and_options_have_ollamas_names() -> None:
    server = ChatServer([said("x")])
    _asked(server)
    (body,) = server.bodies
    assert (body["model"], body["prompt"]) == ("glm-ocr:latest", "Text Recognition:")
    assert body["stream"] is False
    assert body["images"] == [base64.b64encode(b"picture").decode()]
    assert body["options"] == {
        "num_predict": 8192,
        "temperature": 0.0,
        "top_p": 0.00001,
        "top_k": 1,
        "repeat_penalty": 1.1,
        "num_ctx": 16_384,
    }
    assert (body["logprobs"], body["top_logprobs"]) == (True, 2)


def test_a_context_that_crashes_the_server_is_refused() -> None:
    with pytest.raises(UsageError, match="8192"):
        OllamaChat("http://127.0.0.1:1", "m", context=4096)


@pytest.mark.parametrize(
    ("ending", "finish"),
    [
        ({"done": True, "done_reason": "stop"}, Finish.STOP),
        ({"done": True, "done_reason": "length"}, Finish.LENGTH),
        ({"done": True, "done_reason": "unload"}, Finish.ABORTED),
        ({"done": True}, Finish.ABORTED),
        ({"done": False}, Finish.ABORTED),
        ({"done": False, "done_reason": "stop"}, Finish.ABORTED),
        ({}, Finish.ABORTED),
    ],
)
def test_only_what_is_done_and_stopped_is_complete(ending: dict[str, Any], finish: Finish) -> None:
    body = json.dumps({"model": "m", "response": "half an ans", **ending}).encode()
    answer = _asked(ChatServer([body]))
    assert (answer.text, answer.finish) == ("half an ans", finish)


@pytest.mark.parametrize("body", [b"", b"<html>", b'{"logprobs": 7}', b'{"done": true, "done_reason": "stop"}'])  # fmt: skip  # noqa: E501
def test_what_is_no_answer_is_an_error(body: bytes) -> None:
    with pytest.raises(BadOutput):
        _asked(ChatServer([body]))


def test_a_missing_model_can_be_pulled() -> None:
    with pytest.raises(BadOutput) as caught:
        _asked(ChatServer([Fault("model 'glm-ocr:latest' not found", 404)]))
    assert caught.value.hint == "ollama pull glm-ocr:latest"


def test_a_picture_beyond_the_context() -> None:
    with pytest.raises(PictureTooLarge):
        _asked(ChatServer([Fault("the input length exceeds the context length", 400)]))


def test_without_probabilities_none_are_asked_for() -> None:
    server = ChatServer([said("x")])
    request = GlmOcr(top_logprobs=None).request(PICTURE)
    assert _asked(server, request).tokens == ()
    assert server.bodies[0].get("logprobs") is None
