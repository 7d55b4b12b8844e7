"""What clients make of answers and faults that no real server gives at will.

They come from a script: without any network, and over the wire in vLLM's and in Ollama's form. What
holds for every server is in test_chat_clients.py.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace

import pytest
from chat_server import ChatServer

from docmill.extractors.ocr.vlm import scripted, scripted_pages
from docmill.extractors.ocr.vlm.chat import ChatAnswer, ChatClient, ChatRequest, Finish
from docmill.extractors.ocr.vlm.ollama_chat import OllamaChat
from docmill.extractors.ocr.vlm.openai_chat import OpenAiChat
from docmill.extractors.ocr.vlm.scripted import Fault, ScriptedChat, Slow, Step, said
from docmill.schemas.errors import BadOutput, EngineError, EngineUnavailable, PictureTooLarge

REQUEST = ChatRequest(
    image=b"\x89PNG\r\n\x1a\n", media_type="image/png", prompt="Text Recognition:", max_tokens=100
)
SURE = replace(REQUEST, top_logprobs=2)
Script = Iterable[Step] | Callable[[ChatRequest], Step]
Opened = Callable[[Script], AbstractAsyncContextManager[ChatClient]]


@asynccontextmanager
async def _scripted(script: Script) -> AsyncGenerator[ChatClient]:
    yield ScriptedChat(script)


@asynccontextmanager
async def _openai(script: Script) -> AsyncGenerator[ChatClient]:
    with ChatServer(script) as server:
        async with OpenAiChat(server.url, scripted.MODEL) as client:
            yield client


@asynccontextmanager
async def _ollama(script: Script) -> AsyncGenerator[ChatClient]:
    with ChatServer(script) as server:
        async with OllamaChat(server.url, scripted.MODEL) as client:
            yield client


@pytest.fixture(params=[_scripted, _openai, _ollama])
def opened(request: pytest.FixtureRequest) -> Opened:
    return request.param


def _ask(opened: Opened, *script: Step, request: ChatRequest = REQUEST) -> ChatAnswer:
    async def asked() -> ChatAnswer:
        async with opened(script) as client:
            return await client.ask(request)

    return asyncio.run(asked())


@pytest.mark.parametrize(
    "text",
    [
        scripted_pages.CHANDRA,
        scripted_pages.CHANDRA_BLANK,
        scripted_pages.GLM_OCR,
        scripted_pages.GLM_OCR_TABLE,
        "",
    ],
)
def test_the_answer_comes_back_as_it_was_said(opened: Opened, text: str) -> None:
    answer = _ask(opened, said(text))
    assert (answer.text, answer.finish, answer.model) == (text, Finish.STOP, scripted.MODEL)
    assert (answer.input_tokens, answer.output_tokens) == (1000, len(said(text).tokens))
    assert answer.seconds >= 0


def test_probabilities_come_only_where_they_are_asked_for(opened: Opened) -> None:
    assert _ask(opened, said("abc")).tokens == ()
    answer = _ask(opened, said("Summe 12,00 Euro"), request=SURE)
    assert b"".join(token.text for token in answer.tokens).decode() == "Summe 12,00 Euro"
    assert [token.logprob for token in answer.tokens] == pytest.approx([-0.01] * 4)
    assert [token.margin for token in answer.tokens] == pytest.approx([4.0] * 4)


@pytest.mark.parametrize("finish", [Finish.LENGTH, Finish.ABORTED])
def test_an_answer_that_was_cut_says_so(opened: Opened, finish: Finish) -> None:
    answer = _ask(opened, scripted.cut_off(scripted_pages.CHANDRA, 0.5, finish))
    assert answer.finish is finish
    assert answer.text and scripted_pages.CHANDRA.startswith(answer.text)


def test_a_loop_that_ran_on_is_cut_for_its_length(opened: Opened) -> None:
    answer = _ask(opened, scripted.looping("Total ", "12,00 "))
    assert answer.finish is Finish.LENGTH and answer.text.count("12,00") == 200


def test_a_loop_that_the_server_broke_off_says_so(opened: Opened) -> None:
    answer = _ask(opened, scripted.looping("Total ", "12,00 ", noticed=True))
    assert answer.finish is Finish.REPETITION


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (scripted.CONTEXT_TOO_SHORT, PictureTooLarge),
        (scripted.UNKNOWN_MODEL, BadOutput),
        (Fault("Unexpected keyword", 400), BadOutput),
        (scripted.ENGINE_DEAD, EngineUnavailable),
        (scripted.CONTEXT_ASSERTION, EngineUnavailable),
        (scripted.OVERLOADED, EngineUnavailable),
        (scripted.HUNG_UP, EngineUnavailable),
    ],
)
def test_faults_are_errors_of_their_kind(
    opened: Opened, fault: Fault, error: type[EngineError]
) -> None:
    with pytest.raises(EngineError) as caught:
        _ask(opened, fault)
    assert type(caught.value) is error
    assert caught.value.retryable == (error is EngineUnavailable)
    if fault.status is not None:
        assert fault.message in caught.value.message


def test_patience_ends(opened: Opened) -> None:
    with pytest.raises(EngineUnavailable, match=r"longer than 0\.2 s"):
        _ask(opened, Slow(said("late"), 5), request=replace(REQUEST, timeout_s=0.2))


def test_a_server_that_comes_back_answers(opened: Opened) -> None:
    async def asked() -> list[str]:
        told: list[str] = []
        async with opened(scripted.restarting(said("back"), away=2)) as client:
            for _ in range(5):
                try:
                    told.append((await client.ask(REQUEST)).text)
                except EngineUnavailable:
                    told.append("away")
        return told

    assert asyncio.run(asked()) == ["away", "away", "away", "back", "back"]


def test_every_one_of_many_questions_ends(opened: Opened) -> None:
    """64 at a time, of which some are hung up on."""

    def step(request: ChatRequest) -> Step:
        number = int(request.prompt)
        return scripted.HUNG_UP if number % 4 == 3 else Slow(said(f"answer {number}"), 0.05)

    async def asked() -> list[ChatAnswer | BaseException]:
        async with opened(step) as client:
            questions = [client.ask(replace(REQUEST, prompt=str(n))) for n in range(64)]
            return await asyncio.gather(*questions, return_exceptions=True)

    for number, found in enumerate(asyncio.run(asked())):
        if number % 4 == 3:
            assert isinstance(found, EngineUnavailable)
        else:
            assert isinstance(found, ChatAnswer) and found.text == f"answer {number}"
