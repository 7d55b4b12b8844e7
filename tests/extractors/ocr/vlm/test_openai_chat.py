"""Chat completions on the wire: what is sent, and what odd answers become."""

from __future__ import annotations

import asyncio
import base64
import json
import math
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest
from chat_server import ChatServer
from hypothesis import given
from hypothesis import strategies as st

from docmill.extractors.ocr.vlm import scripted
from docmill.extractors.ocr.vlm.chat import ChatAnswer, ChatRequest, Token
from docmill.extractors.ocr.vlm.openai_chat import OpenAiChat
from docmill.extractors.ocr.vlm.openai_wire import body_of
from docmill.extractors.ocr.vlm.scripted import Fault, Step, said
from docmill.schemas.errors import BadOutput, EngineUnavailable, PictureTooLarge

REQUEST = ChatRequest(
    image=b"picture", media_type="image/png", prompt="Read.", max_tokens=50, temperature=0.2,
    top_p=0.1, options={"repetition_penalty": 1.1}, top_logprobs=2,
)  # fmt: skip


def _asked(server: ChatServer, **options: Any) -> ChatAnswer:
    async def ask() -> ChatAnswer:
        async with OpenAiChat(server.url, "chandra", **options) as client:
            return await client.ask(REQUEST)

    with server:
        return asyncio.run(ask())


def _answered(*script: Step | bytes) -> ChatAnswer:
    return _asked(ChatServer(script))


def test_the_picture_comes_first_and_there_is_no_system_message() -> None:
    server = ChatServer([said("x")])
    _asked(server, key="secret")
    picture = base64.b64encode(b"picture").decode()
    assert server.bodies == [
        {
            "model": "chandra",
            "messages": [
                {
                    "role": "user",
                    "content": [
                        {
                            "type": "image_url",
                            "image_url": {"url": f"data:image/png;base64,{picture}"},
                        },
                        {"type": "text", "text": "Read."},
                    ],
                }
            ],
            "max_tokens": 50,
            "temperature": 0.2,
            "top_p": 0.1,
            "repetition_penalty": 1.1,
            "logprobs": True,
            "top_logprobs": 2,
        }
    ]
    assert server.headers[0]["Authorization"] == "Bearer secret"


def test_without_a_key_none_is_sent() -> None:
    server = ChatServer([said("x")])
    _asked(server)
    assert "authorization" not in {name.lower() for name in server.headers[0]}


def test_a_server_without_probabilities_is_asked_without_them_and_remembered() -> None:
    server = ChatServer([said("x")], refuses_logprobs=True)

    async def twice() -> list[ChatAnswer]:
        async with OpenAiChat(f"{server.url}/v1/", "chandra") as client:
            return [await client.ask(REQUEST), await client.ask(REQUEST)]

    with server:
        answers = asyncio.run(twice())
    assert [(answer.text, answer.tokens) for answer in answers] == [("x", ())] * 2
    assert ["logprobs" in body for body in server.bodies] == [True, False, False]


def test_what_the_probabilities_are_of_is_recorded_with_them() -> None:
    assert _asked(ChatServer([said("x")]), logprobs_mode="raw_logprobs").logprobs_mode == (
        "raw_logprobs"
    )
    without = ChatServer([said("x")], refuses_logprobs=True)
    assert _asked(without, logprobs_mode="raw_logprobs").logprobs_mode is None


def test_tokens_after_the_end_are_not_of_the_answer() -> None:
    tokens = _answered(said("Straße")).tokens
    assert b"".join(token.text for token in tokens) == "Straße".encode()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>Bad gateway</html>",
        b"{}",
        b'{"model": "m", "choices": []}',
        b'{"model": "m", "choices": [{"message": {"content": null}, "finish_reason": "stop"}]}',
        b'{"model": "m", "choices": [{"message": {"content": "x"}, "finish_reason": null}]}',
        b'{"model": "m", "choices": [{"message": {"content": "x"}, "finish_reason": "why"}]}',
    ],
)
def test_what_is_no_answer_is_an_error(body: bytes) -> None:
    with pytest.raises(BadOutput):
        _answered(body)


@pytest.mark.parametrize(
    "message",
    [
        scripted.CONTEXT_TOO_SHORT.message,
        scripted.ENCODER_CACHE_TOO_SMALL.message,
        "The decoder prompt (length 5120) is longer than the maximum model length of 4096.",
        "request (5120 tokens) exceeds the available context size (4096 tokens)",
    ],
)
def test_every_wording_of_too_many_tokens_is_known(message: str) -> None:
    with pytest.raises(PictureTooLarge):
        _answered(Fault(message, 400))


def test_a_wrong_key_is_told() -> None:
    with pytest.raises(EngineUnavailable) as caught:
        _answered(Fault("Unauthorized", 401))
    assert "key" in caught.value.hint


def test_an_answer_that_breaks_off_on_its_way_is_asked_again_later() -> None:
    async def half(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"}")
        content = json.dumps({"model": "m"}).encode()
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n" + content)
        await writer.drain()
        writer.close()

    async def ask() -> ChatAnswer:
        server = await asyncio.start_server(half, "127.0.0.1", 0)
        port: int = server.sockets[0].getsockname()[1]
        async with server, OpenAiChat(f"http://127.0.0.1:{port}", "m") as client:
            return await client.ask(REQUEST)

    with pytest.raises(EngineUnavailable):
        asyncio.run(ask())


def test_nobody_at_the_address() -> None:
    server = ChatServer([said("x")])
    url = server.url
    with server:
        pass

    async def ask() -> ChatAnswer:
        async with OpenAiChat(url, "m") as client:
            return await client.ask(REQUEST)

    with pytest.raises(EngineUnavailable, match="cannot be reached"):
        asyncio.run(ask())


def test_a_completion_of_another_server_is_read_too() -> None:
    """Fewer fields than vLLM sends: no usage, no bytes of tokens."""
    logprobs: dict[str, Iterable[Any]] = {"content": [{"token": "x", "logprob": -0.5}]}
    choice = {"message": {"content": "x"}, "finish_reason": "stop", "logprobs": logprobs}
    answer = _answered(json.dumps({"model": "m", "choices": [choice]}).encode())
    assert (answer.text, answer.input_tokens, answer.cached_tokens) == ("x", 0, 0)
    assert [(token.text, token.margin) for token in answer.tokens] == [(b"x", None)]


def test_infinite_numbers_are_read_though_json_has_none() -> None:
    """As Python writes them."""
    first = {"token": "x", "logprob": -0.5}
    never = {"token": "y", "logprob": -math.inf}
    logprobs = {"content": [{**first, "top_logprobs": [first, never]}]}
    choice = {"message": {"content": "x"}, "finish_reason": "stop", "logprobs": logprobs}
    body = json.dumps({"model": "m", "choices": [choice]})
    assert "-Infinity" in body
    (token,) = _answered(body.encode()).tokens
    assert token == Token(b"x", -0.5, math.inf)


def test_what_cannot_be_a_byte_is_no_answer() -> None:
    logprobs = {"content": [{"token": "x", "logprob": -0.5, "bytes": [300]}]}
    choice = {"message": {"content": "x"}, "finish_reason": "stop", "logprobs": logprobs}
    with pytest.raises(BadOutput, match="no chat completion"):
        _answered(json.dumps({"model": "m", "choices": [choice]}).encode())


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])))
def test_any_prompt_arrives_as_it_is(prompt: str) -> None:
    body = json.loads(body_of(replace(REQUEST, prompt=prompt), "m", None))
    assert body["messages"][0]["content"][1]["text"] == prompt
    assert "logprobs" not in body
