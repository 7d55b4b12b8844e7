"""What every `ChatClient` promises: one contract for the fakes and for the real vLLM.

vLLM runs on the processor, with tiny random models of Qwen3-VL's and of GLM-OCR's architecture;
it takes minutes (`make test-servers`). What needs a script is in test_scripted_chats.py.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace

import chat_subjects as subjects
import pytest
from chat_subjects import ChatSubject, noise
from vllm_cpu import MODELS

from docmill.extractors.ocr.glm_ocr.model import GlmOcr
from docmill.extractors.ocr.vlm.alignment import Aligned, align
from docmill.extractors.ocr.vlm.chat import ChatAnswer, ChatClient, ChatRequest, Finish
from docmill.extractors.ocr.vlm.ladder import VlmReading, read_picture
from docmill.extractors.ocr.vlm.picture import PagePicture
from docmill.extractors.ocr.vlm.regions import Region
from docmill.extractors.ocr.vlm.tries import RetryPolicy
from docmill.schemas.errors import BadOutput, EngineUnavailable, PictureTooLarge

IN_FLIGHT = 64
REQUEST = ChatRequest(
    image=noise(256), media_type="image/png", prompt="Text Recognition:", max_tokens=24
)
LONG = 400  # tokens of an answer that takes a while
MODEL = GlmOcr(max_tokens=LONG)
FAKES = (subjects.scripted_subject, subjects.openai_subject, subjects.ollama_subject)
HEAVY = (pytest.mark.servers, pytest.mark.slow, pytest.mark.timeout(1800))

pytestmark = pytest.mark.contract


@pytest.fixture(
    scope="module",
    params=[*FAKES, *(pytest.param(name, marks=HEAVY) for name in MODELS)],
    ids=["scripted", "openai", "ollama", *(f"vllm-{name}" for name in MODELS)],
)
def subject(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ChatSubject]:
    if request.param in FAKES:
        made: AbstractContextManager[ChatSubject] = request.param()
    else:
        log = tmp_path_factory.mktemp("vllm") / "log"
        made = subjects.vllm_subject(request.getfixturevalue("vllm"), request.param, log)
    with made as subject:
        yield subject


def ask(subject: ChatSubject, request: ChatRequest, model: str | None = None) -> ChatAnswer:
    async def asked() -> ChatAnswer:
        async with subject.client(model or subject.model) as client:
            return await client.ask(request)

    return asyncio.run(asked())


def test_a_picture_is_seen(subject: ChatSubject) -> None:
    small, large = (ask(subject, replace(REQUEST, image=noise(side))) for side in (256, 512))
    assert large.input_tokens > small.input_tokens > 64
    assert small.model == subject.model
    assert 0 < small.output_tokens <= REQUEST.max_tokens
    assert small.finish in (Finish.STOP, Finish.LENGTH)
    assert small.seconds > 0


def test_the_same_picture_gives_the_same_answer(subject: ChatSubject) -> None:
    assert ask(subject, REQUEST).text == ask(subject, REQUEST).text != ""


def test_too_few_tokens_for_the_answer_are_told(subject: ChatSubject) -> None:
    answer = ask(subject, replace(REQUEST, max_tokens=2, options={"ignore_eos": True}))
    assert (answer.finish, answer.output_tokens) == (Finish.LENGTH, 2)


def test_a_picture_with_too_many_tokens(subject: ChatSubject) -> None:
    with pytest.raises(PictureTooLarge):
        ask(subject, replace(REQUEST, image=noise(1024)))


def test_a_prompt_over_the_context(subject: ChatSubject) -> None:
    with pytest.raises(PictureTooLarge):
        ask(subject, replace(REQUEST, prompt="invoice " * 5000))


def test_an_unknown_model(subject: ChatSubject) -> None:
    with pytest.raises(BadOutput, match="does not exist"):
        ask(subject, REQUEST, model="other")


def test_what_is_no_picture_is_refused(subject: ChatSubject) -> None:
    with pytest.raises(BadOutput):
        ask(subject, replace(REQUEST, image=b"no picture"))


def test_no_probabilities_come_unasked(subject: ChatSubject) -> None:
    assert ask(subject, REQUEST).tokens == ()


def test_every_token_has_a_probability(subject: ChatSubject) -> None:
    answer = ask(subject, replace(REQUEST, top_logprobs=2, options={"ignore_eos": True}))
    assert len(answer.tokens) in (answer.output_tokens, answer.output_tokens - 1)
    assert all(token.logprob <= 0 for token in answer.tokens)
    assert all(token.margin is not None and token.margin >= 0 for token in answer.tokens)
    # Of letters that several tokens share, or none that is valid, not every server tells the bytes.
    read = b"".join(token.text for token in answer.tokens).decode(errors="replace")
    assert read.encode("ascii", "ignore") == answer.text.encode("ascii", "ignore")


def test_more_alternatives_than_allowed_give_an_answer_without(subject: ChatSubject) -> None:
    answer = ask(subject, replace(REQUEST, top_logprobs=21))
    assert answer.tokens == () and answer.output_tokens > 0


def test_a_loop_is_broken_off(subject: ChatSubject) -> None:
    answer = ask(subject, subject.loop(REQUEST))
    assert answer.finish is Finish.REPETITION


def test_a_models_own_requests_are_taken(subject: ChatSubject) -> None:
    answer = ask(subject, replace(MODEL.request(page(1)), max_tokens=100))
    assert answer.finish in (Finish.STOP, Finish.LENGTH, Finish.REPETITION)
    assert answer.tokens


def test_patience_ends(subject: ChatSubject) -> None:
    long = replace(REQUEST, max_tokens=LONG, options={"ignore_eos": True}, timeout_s=0.2)
    with pytest.raises(EngineUnavailable, match=r"longer than 0\.2 s"):
        ask(subject, long)


def test_pages_under_way_when_the_server_is_killed_are_told_to_be_unread(
    subject: ChatSubject,
) -> None:
    brief = RetryPolicy(max_retries=0, server_tries=3, first_pause_s=0.05, longest_pause_s=0.1)

    async def start_again() -> None:
        """Not before all pages have an outcome."""

    readings = asyncio.run(read_over_a_kill(subject, brief, start_again))
    asyncio.run(subject.start())
    assert ask(subject, REQUEST).output_tokens > 0
    assert len(readings) == IN_FLIGHT
    for reading in readings:
        assert reading.page is None
        assert isinstance(reading.error, EngineUnavailable)
        assert [attempt.server for attempt in reading.tries] == [True] * 3


def test_pages_under_way_are_read_when_the_server_is_back(subject: ChatSubject) -> None:
    patient = RetryPolicy(
        max_retries=0, server_tries=1000, first_pause_s=0.2, longest_pause_s=2.0, patience_s=900
    )
    readings = asyncio.run(read_over_a_kill(subject, patient, subject.start))
    assert len(readings) == IN_FLIGHT
    for number, reading in enumerate(readings, 1):
        assert reading.page_or_raise().page == number
        assert [attempt.server for attempt in reading.tries][:1] == [True]
        assert not reading.tries[-1].server


async def read_over_a_kill(
    subject: ChatSubject, policy: RetryPolicy, then: Callable[[], Awaitable[None]]
) -> list[VlmReading]:
    """Kills the server while it works on 64 pages; what became of each."""
    async with subject.client(subject.model) as client:
        asking = _Counted(client)
        pages = [
            asyncio.create_task(read_picture(page(number), MODEL, asking, policy, align=placed))
            for number in range(1, IN_FLIGHT + 1)
        ]
        while asking.asked < IN_FLIGHT:
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.5)
        assert asking.in_flight == IN_FLIGHT
        await subject.kill()
        await then()
        return await asyncio.gather(*pages)


class _Counted:
    """A `ChatClient` that knows how many questions are under way."""

    def __init__(self, client: ChatClient) -> None:
        self._client = client
        self.asked = self.in_flight = 0

    async def ask(self, request: ChatRequest) -> ChatAnswer:
        self.asked += 1
        self.in_flight += 1
        try:
            return await self._client.ask(request)
        finally:
            self.in_flight -= 1


def page(number: int) -> PagePicture:
    return PagePicture(
        document_id="d", page=number, width_px=256, height_px=256, rotation=0,
        image=noise(256, seed=number), image_width=256, image_height=256,
        image_hash=f"{number:064}", blank=False, words=(),
    )  # fmt: skip


def placed(picture: PagePicture, regions: Sequence[Region]) -> Aligned:
    return align(regions, picture.words, picture.upright)
