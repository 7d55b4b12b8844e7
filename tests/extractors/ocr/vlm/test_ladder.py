"""Every fault that a model and its server have, and what becomes of the page."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import exp

import pytest
from drawn_pages import (
    LINES,
    TAG,
    BarClient,
    BarModel,
    Placed,
    Reply,
    answer_of,
    page_image,
    picture_in,
    picture_of,
    placed,
    text_of,
)
from PIL import Image

from docmill.extractors.ocr.vlm.chat import ChatRequest, Finish
from docmill.extractors.ocr.vlm.ladder import Fallback, VlmReading, read_picture
from docmill.extractors.ocr.vlm.picture import PagePicture
from docmill.extractors.ocr.vlm.regions import ParsedAnswer, Region
from docmill.extractors.ocr.vlm.tries import WATCH, RetryPolicy, Rung
from docmill.extractors.ocr.vlm.trouble import TroubleKind
from docmill.schemas.engine import EngineTag
from docmill.schemas.errors import (
    BadOutput,
    EngineError,
    EngineUnavailable,
    InternalError,
    PictureTooLarge,
    WorkerDied,
)
from docmill.schemas.geometry import Box
from docmill.schemas.page import PageStatus, PageText

QUICK = RetryPolicy(first_pause_s=0.001, longest_pause_s=0.002, server_tries=6)
PICTURE = picture_of(page_image())
ALL = [text_of(line) for line in range(LINES)]
START = '<div data-bbox="60 25 670 40" data-label="Text">'
LOOP = "the amount is due within thirty days "
TINY = EngineTag(name="tiny_ocr", version="1")

LOOPING = answer_of(f"{START}line 0</div>{START}{LOOP * 60}</div>")
CUT = answer_of(f"{START}line 0 holds</div>{START}line 1 and so on", Finish.LENGTH)
GOOD = answer_of(f"{START}line 0 holds amount 0.00</div>")


def read(
    client: BarClient,
    picture: PagePicture = PICTURE,
    *,
    policy: RetryPolicy = QUICK,
    model: BarModel | None = None,
    fallback: Fallback | None = None,
) -> VlmReading:
    return asyncio.run(
        read_picture(picture, model or BarModel(), client, policy, align=placed, fallback=fallback)
    )


def page_in(reading: VlmReading) -> PageText:
    """The page; every request that was made must be on record, in order."""
    assert [one.attempt for one in reading.tries] == list(range(1, len(reading.tries) + 1))
    asked = [one for one in reading.tries if one.rung is not Rung.FALLBACK]
    assert [call.attempt for call in reading.calls] == [one.attempt for one in asked]
    assert [bool(call.error) for call in reading.calls] == [bool(one.error) for one in asked]
    assert reading.page is not None
    return reading.page


def lines_of(page: PageText) -> list[str]:
    return [block.text for block in page.blocks]


def test_a_page_that_is_read_at_once() -> None:
    client = BarClient()
    reading = read(client)
    page = page_in(reading)
    assert page.status is PageStatus.OK
    assert page.engine == TAG
    assert lines_of(page) == ALL
    assert page.findings == ()
    assert (page.document_id, page.page, page.width_px, page.image_hash) == (
        PICTURE.document_id,
        3,
        PICTURE.width_px,
        PICTURE.image_hash,
    )
    (call,) = reading.calls
    assert (call.input_tokens, call.cached_tokens, call.error) == (120, 20, None)
    assert call.output_tokens > 0
    assert call.page == 3
    assert call.engine == TAG
    assert client.requests[0].temperature == 0
    assert client.requests[0].options["top_k"] == 1


def test_a_blank_page_costs_no_call() -> None:
    client = BarClient()
    reading = read(client, replace(PICTURE, blank=True, words=()))
    page = page_in(reading)
    assert page.status is PageStatus.BLANK
    assert not reading.tries
    assert not client.requests


def test_temperatures_rise_until_the_loop_is_gone() -> None:
    client = BarClient([LOOPING, LOOPING])
    reading = read(client)
    page = page_in(reading)
    assert page.status is PageStatus.OK
    assert [one.rung for one in reading.tries] == [Rung.AS_IT_IS, Rung.HOTTER, Rung.HOTTER]
    assert [request.temperature for request in client.requests] == [0, 0.2, 0.5]
    assert client.requests[1].top_p == 0.95
    assert "top_k" not in client.requests[1].options
    assert client.requests[1].options["repetition_penalty"] == 1.1
    assert reading.calls[0].error is not None
    assert reading.calls[0].error.startswith("looping: ")
    assert reading.calls[0].output_tokens == LOOPING.output_tokens
    assert [finding.split(":")[0] for finding in page.findings] == [
        "as it is",
        "hotter",
        "read hotter, at temperature 0.5",
    ]


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(LOOPING, id="at the end, unnoticed"),
        pytest.param(
            answer_of(f"{START}{LOOP * 40}</div>{START}and line 2, line 3, line 4</div>"),
            id="in the middle, unnoticed",
        ),
        pytest.param(
            answer_of(f"{START}line 0</div>{START}{LOOP * 9}", Finish.REPETITION),
            id="noticed by the server",
        ),
        pytest.param(
            answer_of(f"{START}line 0</div>{START}x", Finish.REPETITION),
            id="noticed by the server alone",
        ),
        pytest.param(
            answer_of(f"{START}line 0</div>" + "<td></td>" * 800, Finish.LENGTH),
            id="empty cells until the limit",
        ),
        pytest.param(
            answer_of(f"{START}line 0</div>" + "\n " * 2000, Finish.LENGTH),
            id="white space until the limit",
        ),
    ],
)
def test_loops(fault: Reply) -> None:
    mended = read(BarClient([fault]))
    assert page_in(mended).status is PageStatus.OK
    assert mended.tries[1].rung is Rung.HOTTER
    lost = page_in(read(BarClient(always=lambda _: fault)))
    assert lost.status is PageStatus.LOOPING
    assert not lost.status.complete


@pytest.mark.parametrize("marks", ["<td></td>", ". ", "_", "<td>&nbsp;</td>"])
def test_a_server_that_takes_empty_cells_for_a_loop_is_told_to_watch_no_more(marks: str) -> None:
    stopped = answer_of(f"{START}line 0 holds amount 0.00{marks * 110}", Finish.REPETITION)

    def stops(request: ChatRequest) -> Reply | None:
        return stopped if WATCH in request.options else None

    reading = read(BarClient(always=stops))
    assert page_in(reading).status is PageStatus.OK
    assert [one.rung for one in reading.tries] == [Rung.AS_IT_IS, Rung.UNWATCHED]
    assert reading.calls[0].error is not None
    assert reading.calls[0].error.startswith("stopped: ")
    lost = page_in(read(BarClient(always=lambda _: stopped)))
    assert lost.status is PageStatus.LOOPING


def test_retries_are_bounded() -> None:
    client = BarClient(always=lambda _: LOOPING)
    bounded = read(client, policy=replace(QUICK, max_retries=7))
    assert page_in(bounded).status is PageStatus.LOOPING
    assert len(client.requests) == 1 + 7
    assert len(read(BarClient(always=lambda _: LOOPING)).calls) <= 1 + QUICK.max_retries


def test_a_loop_leaves_what_stood_before_it() -> None:
    client = BarClient(always=lambda _: LOOPING)
    page = page_in(read(client, policy=replace(QUICK, tiles=1)))
    assert page.status is PageStatus.LOOPING
    text = " ".join(word.text for word in page.words)
    assert text.startswith("line 0")
    assert text.count("thirty days") <= 2


@pytest.mark.parametrize(
    "inner",
    [
        "Name ____________________________________________________________ Date",
        "Introduction ................................................................ 7",
    ],
)
def test_print_that_repeats_itself_costs_one_call(inner: str) -> None:
    table = f"<table>{'<tr><td>a</td><td></td></tr>' + '<tr><td></td><td></td></tr>' * 60}</table>"
    for text in (inner, table):
        reading = read(BarClient([answer_of(f"{START}{text}</div>")]))
        assert page_in(reading).status is PageStatus.OK
        assert len(reading.calls) == 1


def test_a_page_too_long_for_one_answer_is_read_in_tiles() -> None:
    full = replace(CUT, output_tokens=2000)
    client = BarClient([full])
    reading = read(client)
    page = page_in(reading)
    assert page.status is PageStatus.OK
    assert lines_of(page) == ALL
    assert [one.rung for one in reading.tries] == [Rung.AS_IT_IS, Rung.TILE, Rung.TILE]
    assert reading.calls[0].error == "too_long: it was not done after 2000 tokens"
    assert page.findings[-1] == "read in tiles"
    parts = [one.part for one in reading.tries[1:]]
    assert [part.y0 if part else None for part in parts] == [0, parts[0].y1 if parts[0] else None]


def test_an_answer_that_filled_the_context_has_more_room_with_a_smaller_picture() -> None:
    reading = read(BarClient([CUT]))
    assert page_in(reading).status is PageStatus.OK
    assert [one.rung for one in reading.tries] == [Rung.AS_IT_IS, Rung.SMALLER]
    assert reading.tries[1].scale == 0.75
    assert "context was full" in (reading.tries[0].error or "")


def test_a_table_that_breaks_off_is_no_table() -> None:
    broken = answer_of(f"{START.replace('Text', 'Table')}<table><tr><td>1</td><td>2</td></tr><tr>")
    client = BarClient([broken], tables=True)
    reading = read(client)
    page = page_in(reading)
    assert page.status is PageStatus.OK
    assert len(page.tables) == 1
    assert page.tables[0].rows == LINES
    assert "a block is not closed" in (reading.tries[0].error or "")
    lost = page_in(read(BarClient(always=lambda _: broken)))
    assert lost.status is PageStatus.TRUNCATED


def test_a_table_over_several_tiles_is_one() -> None:
    tall = BarClient([replace(CUT, output_tokens=2000)], tables=True)
    page = page_in(read(tall, picture_of(page_image(smudged=True))))
    assert page.status is PageStatus.OK
    (table,) = page.tables
    assert (table.rows, table.columns, len(table.cells)) == (LINES, 2, 2 * LINES)


def too_large_over(height: int) -> BarClient:
    def refused(request: ChatRequest) -> Reply | None:
        tall = picture_in(request).height > height
        return PictureTooLarge(f"{picture_in(request).height} px") if tall else None

    return BarClient(always=refused)


def test_a_picture_too_large_is_made_smaller() -> None:
    client = too_large_over(600)
    reading = read(client)
    page = page_in(reading)
    assert page.status is PageStatus.OK
    assert lines_of(page) == ALL
    assert [one.rung for one in reading.tries] == [Rung.AS_IT_IS, Rung.SMALLER]
    assert page.findings[-1] == "read from a smaller picture (75%)"
    assert reading.calls[0].error == "PictureTooLarge: 800 px"
    assert reading.calls[0].output_tokens == 0


@pytest.mark.parametrize("smudged", [False, True])
def test_a_picture_still_too_large_is_cut_and_cut_again(smudged: bool) -> None:
    image = page_image(smudged=smudged)
    reading = read(too_large_over(300), picture_of(image))
    page = page_in(reading)
    assert page.status is PageStatus.OK
    assert lines_of(page) == ALL
    assert [one.scale for one in reading.tries[:3]] == [1, 0.75, 0.5]
    assert {one.rung for one in reading.tries[3:]} == {Rung.TILE}
    for block, line in zip(page.blocks, range(LINES), strict=True):
        assert block.box.y0 == pytest.approx((20 + 20 * line) / 800, abs=0.006)


def test_a_picture_that_no_server_takes() -> None:
    page = page_in(read(too_large_over(10)))
    assert page.status is PageStatus.FAILED
    assert not page.words


def test_blank_tiles_cost_no_call_and_are_no_reading() -> None:
    white = Image.new("RGB", (300, 800), "white")
    client = BarClient(always=lambda _: replace(CUT, output_tokens=2000))
    reading = read(client, picture_of(white))
    assert page_in(reading).status is PageStatus.NO_TEXT
    assert len(client.requests) == 1


def test_a_lost_tile_is_a_page_not_read_in_full() -> None:
    def first_line_loops(request: ChatRequest) -> Reply | None:
        image = picture_in(request)
        top = image.getpixel((100, 20)) == (5, 0, 0)
        return LOOPING if top else None

    whole = page_in(read(BarClient(always=first_line_loops), policy=replace(QUICK, tile_depth=1)))
    assert whole.status is PageStatus.LOOPING
    assert ALL[0] not in lines_of(whole)
    assert lines_of(whole)[-10:] == ALL[-10:]
    deeper = page_in(read(BarClient(always=first_line_loops)))
    assert deeper.status is PageStatus.LOOPING
    assert lines_of(deeper)[-20:] == ALL[-20:]


def test_a_model_that_finds_nothing_where_words_stand_is_asked_again() -> None:
    reading = read(BarClient([answer_of(""), answer_of(f"{START}</div>")]))
    assert page_in(reading).status is PageStatus.OK
    assert [one.error for one in reading.tries] == [
        f"it read nothing where {len(PICTURE.words)} words stand"
    ] * 2 + [None]
    lost = page_in(read(BarClient(always=lambda _: answer_of(""))))
    assert lost.status is PageStatus.NO_TEXT


class StrictModel(BarModel):
    """Holds an answer without any block for incomplete, as Chandra's format asks for one."""

    def parsed(self, raw: str, picture: PagePicture) -> ParsedAnswer:
        answer = super().parsed(raw, picture)
        return replace(answer, complete=answer.complete and bool(answer.regions))


def test_no_answer_at_all_is_not_taken_for_a_page_without_text() -> None:
    picture = replace(PICTURE, words=())
    reading = read(BarClient([answer_of(" ")]), picture, model=StrictModel())
    assert page_in(reading).status is PageStatus.OK
    assert reading.tries[0].error == "its answer is empty"


def test_a_picture_without_print_has_no_text() -> None:
    reading = read(BarClient([answer_of(f"{START}</div>")]), replace(PICTURE, words=()))
    assert page_in(reading).status is PageStatus.NO_TEXT
    assert len(reading.calls) == 1


def test_text_that_has_no_place_on_the_page_is_said() -> None:
    def nowhere(picture: PagePicture, regions: Sequence[Region]) -> Placed:
        return Placed((), (), (), (), ("38 lines have no place",))

    reading = asyncio.run(read_picture(PICTURE, BarModel(), BarClient(), QUICK, align=nowhere))
    page = page_in(reading)
    assert page.status is PageStatus.FAILED
    assert page.findings == (
        "nothing that it read has a place on the page",
        "38 lines have no place",
    )


def test_a_refusal_is_not_repeated_without_end() -> None:
    reading = read(BarClient(always=lambda _: BadOutput("unknown model tiny")))
    page = page_in(reading)
    assert page.status is PageStatus.FAILED
    assert len(reading.calls) == 2
    assert any("unknown model tiny" in finding for finding in page.findings)


def test_other_nonsense_is_asked_for_again() -> None:
    reading = read(BarClient([BadOutput("no choices"), BadOutput("no message")]))
    assert page_in(reading).status is PageStatus.OK
    assert len(reading.calls) == 3


AWAY = {
    "timeout": EngineUnavailable("no answer within 300 s"),
    "500": EngineUnavailable("HTTP 500"),
    "refused": EngineUnavailable("connection refused"),
    "restarted in the middle": EngineUnavailable("the connection broke"),
}


@pytest.mark.parametrize("fault", AWAY)
def test_a_server_that_comes_back_costs_the_page_nothing(fault: str) -> None:
    client = BarClient([AWAY[fault]] * 3)
    reading = read(client)
    page = page_in(reading)
    assert page.status is PageStatus.OK
    assert page.findings == ()
    assert [request.temperature for request in client.requests] == [0] * 4
    assert [one.server for one in reading.tries] == [True] * 3 + [False]
    assert reading.calls[0].error == f"EngineUnavailable: {AWAY[fault].message}"
    assert reading.calls[0].output_tokens == 0


def test_a_server_that_stays_away_leaves_the_page_to_a_later_run() -> None:
    asked: list[PagePicture] = []

    async def fallback(picture: PagePicture) -> PageText:
        asked.append(picture)
        raise InternalError("not to be asked")

    away = EngineUnavailable("connection refused", "Start it.")
    reading = read(BarClient(always=lambda _: away), fallback=fallback)
    assert reading.page is None
    assert reading.error is away
    assert away.retryable
    assert len(reading.calls) == len(reading.tries) == QUICK.server_tries
    assert not asked
    with pytest.raises(EngineUnavailable):
        reading.page_or_raise()


def test_a_server_that_goes_away_on_a_later_rung_leaves_the_page_too() -> None:
    away = EngineUnavailable("gone")
    client = BarClient([LOOPING], always=lambda _: away)
    reading = read(client)
    assert reading.page is None
    assert [bool(one.server) for one in reading.tries] == [False] + [True] * QUICK.server_tries


def test_patience_is_bounded_by_the_clock_as_well() -> None:
    impatient = replace(QUICK, patience_s=0.0)
    assert (
        len(read(BarClient(always=lambda _: EngineUnavailable("x")), policy=impatient).tries) == 1
    )


def test_an_aborted_answer_is_asked_for_again() -> None:
    reading = read(BarClient([answer_of(f"{START}line", Finish.ABORTED)]))
    assert page_in(reading).status is PageStatus.OK
    assert "broke it off" in (reading.tries[0].error or "")


def fallback_to(status: PageStatus) -> Fallback:
    async def fallback(picture: PagePicture) -> PageText:
        made = placed(
            picture, [Region("text", "t", Box(x0=0, y0=0, x1=1, y1=1), "a b", "", (0, 0))]
        )
        return PageText(
            document_id=picture.document_id,
            page=picture.page,
            width_px=picture.width_px,
            height_px=picture.height_px,
            engine=TINY,
            status=status,
            words=made.words,
            findings=("its own finding",),
        )

    return fallback


def test_the_fallback_engine_reads_what_the_model_cannot() -> None:
    reading = read(BarClient(always=lambda _: LOOPING), fallback=fallback_to(PageStatus.OK))
    page = page_in(reading)
    assert page.status is PageStatus.FALLBACK
    assert page.status.complete
    assert page.engine == TINY
    assert [word.text for word in page.words] == ["a", "b"]
    assert "bars@1[tiny] failed (looping); read by tiny_ocr@1 instead" in page.findings
    assert page.findings[-1] == "its own finding"
    assert any(finding.startswith("hotter, 3 tries: it repeated") for finding in page.findings)
    assert any(finding.startswith("as it is: it repeated") for finding in page.findings)
    assert reading.tries[-1].rung is Rung.FALLBACK
    assert reading.tries[-1].error is None
    assert reading.scores is None


def test_the_fallback_is_for_what_the_policy_says() -> None:
    policy = replace(QUICK, fallback_after=frozenset({TroubleKind.TOO_LARGE}))
    fallback = fallback_to(PageStatus.OK)
    looping = read(BarClient(always=lambda _: LOOPING), policy=policy, fallback=fallback)
    assert page_in(looping).status is PageStatus.LOOPING
    large = read(too_large_over(10), policy=policy, fallback=fallback)
    assert page_in(large).status is PageStatus.FALLBACK


def test_a_fallback_that_is_not_needed_is_not_asked() -> None:
    assert page_in(read(BarClient(), fallback=fallback_to(PageStatus.OK))).status is PageStatus.OK


def failing_with(error: Exception) -> Fallback:
    async def fallback(picture: PagePicture) -> PageText:
        raise error

    return fallback


@pytest.mark.parametrize(
    ("fallback", "said"),
    [
        (failing_with(EngineError("no languages")), "no languages"),
        (failing_with(WorkerDied("killed")), "killed"),
        (fallback_to(PageStatus.NO_TEXT), "tiny_ocr@1 left it no_text"),
    ],
)
def test_a_fallback_that_fails_too_leaves_the_page_as_it_was(fallback: Fallback, said: str) -> None:
    reading = read(BarClient(always=lambda _: LOOPING), fallback=fallback)
    page = page_in(reading)
    assert page.status is PageStatus.LOOPING
    assert page.engine == TAG
    assert page.findings[-1] == f"the fallback engine failed too: {said}"
    assert reading.tries[-1].error == said


def test_a_defect_is_not_taken_for_a_failed_fallback() -> None:
    with pytest.raises(InternalError):
        read(BarClient(always=lambda _: LOOPING), fallback=failing_with(InternalError("bug")))


def test_confidence_comes_from_the_tokens() -> None:
    reading = read(BarClient())
    page = page_in(reading)
    assert page.logprobs_mode == "raw_logprobs"
    assert reading.scores is not None
    assert reading.scores.mode == "raw_logprobs"
    assert len(reading.scores.words) == len(page.words)
    confidences = {word.text: word.confidence for word in page.words}
    assert confidences["holds"] is not None
    assert confidences["holds"] > 0.9
    assert confidences["851.23"] == pytest.approx(exp(-0.5))
    assert all(block.confidence and 0.6 < block.confidence < 1 for block in page.blocks)
    assert page.mean_confidence is not None
    assert 0.6 < page.mean_confidence < 1
    assert all(score and score.margin == 2.0 for score in reading.scores.coordinates)


def test_without_probabilities_no_confidence_is_made_up() -> None:
    bare = answer_of(f"{START}line 0 holds</div>", logprobs=False)
    reading = read(BarClient([bare]))
    page = page_in(reading)
    assert page.status is PageStatus.OK
    assert (page.logprobs_mode, page.mean_confidence, reading.scores) == (None, None, None)
    assert {word.confidence for word in page.words} == {None}
    assert {block.confidence for block in page.blocks} == {None}


def test_a_mode_that_the_server_does_not_name_is_unknown() -> None:
    reading = read(BarClient([replace(GOOD, logprobs_mode=None)]))
    assert page_in(reading).logprobs_mode == "unknown"


def test_probabilities_of_another_text_are_said_and_not_used() -> None:
    odd = replace(GOOD, tokens=answer_of("something else").tokens)
    page = page_in(read(BarClient([odd])))
    assert page.findings == ("the server's probabilities are not of its text",)
    assert page.mean_confidence is None


def test_scores_of_tiles_stand_at_their_words() -> None:
    reading = read(BarClient([replace(CUT, output_tokens=2000)]))
    page = page_in(reading)
    confidences = [word.confidence for word in page.words]
    assert None not in confidences
    by_text = {word.text: word.confidence for word in page.words}
    assert by_text["1369.37"] == pytest.approx(exp(-0.5))


UPPER_HALF = Box(x0=0, y0=0, x1=1, y1=0.5)


@dataclass(frozen=True)
class HalfModel(BarModel):
    """Sees one half of the page only."""

    half: Box = UPPER_HALF

    def request(self, picture: PagePicture, region: Box | None = None) -> ChatRequest:
        whole = super().request(picture, region)
        return replace(whole, prompt=f"{self.half.y0}")

    def parsed(self, raw: str, picture: PagePicture) -> ParsedAnswer:
        answer = super().parsed(raw, picture)
        inside = [
            region
            for region in answer.regions
            if region.box and self.half.y0 <= region.box.y0 < self.half.y1
        ]
        return replace(answer, regions=tuple(inside))


@dataclass(frozen=True)
class TwoHalves(BarModel):
    """Reads a page part by part."""

    def parts(self, picture: PagePicture) -> tuple[HalfModel, ...]:
        return HalfModel(), HalfModel(half=Box(x0=0, y0=0.5, x1=1, y1=1))


def test_a_model_that_reads_part_by_part() -> None:
    client = BarClient()
    reading = read(client, model=TwoHalves())
    page = page_in(reading)
    assert lines_of(page) == ALL
    assert sorted(request.prompt for request in client.requests) == ["0.0", "0.5"]
    assert page.mean_confidence is not None


def test_a_part_that_fails_is_asked_again_alone() -> None:
    def second_loops(request: ChatRequest) -> Reply | None:
        return LOOPING if request.prompt == "0.5" and request.temperature < 0.4 else None

    reading = read(BarClient(always=second_loops), model=TwoHalves())
    page = page_in(reading)
    assert lines_of(page) == ALL
    assert page.findings[-1] == "read hotter, at temperature 0.5"
    assert len(reading.calls) == 4
    lost = read(
        BarClient(always=lambda asked: LOOPING if asked.prompt == "0.5" else None),
        model=TwoHalves(),
        fallback=fallback_to(PageStatus.OK),
    )
    assert page_in(lost).status is PageStatus.FALLBACK


def test_a_server_that_stays_away_from_a_part() -> None:
    def away(request: ChatRequest) -> Reply | None:
        return EngineUnavailable("gone") if request.prompt == "0.5" else None

    reading = read(BarClient(always=away), model=TwoHalves())
    assert reading.page is None
    assert isinstance(reading.error, EngineUnavailable)


def test_many_pages_at_once_while_the_server_restarts() -> None:
    asked = 0

    def sometimes(request: ChatRequest) -> Reply | None:
        nonlocal asked
        asked += 1
        return EngineUnavailable("restarting") if 20 < asked < 120 else None

    async def read_all() -> list[VlmReading]:
        client = BarClient(always=sometimes)
        return await asyncio.gather(
            *(
                read_picture(replace(PICTURE, page=number), BarModel(), client, QUICK, align=placed)
                for number in range(1, 65)
            )
        )

    readings = asyncio.run(read_all())
    assert len(readings) == 64
    for number, reading in enumerate(readings, start=1):
        assert (reading.page is None) == (reading.error is not None)
        assert reading.page is None or (reading.page.page, reading.page.status) == (
            number,
            PageStatus.OK,
        )
    assert sum(reading.page is not None for reading in readings) > 32
