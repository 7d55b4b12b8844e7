"""Answers find their place in another extraction, or the question is open again."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from docmill.extractors.reviewing import answers, reviewed, row_mark, standing
from docmill.schemas.engine import EngineTag
from docmill.schemas.extraction import (
    ConfidenceStatus,
    Evidence,
    Extraction,
    FieldValue,
    Match,
    ValueStatus,
)
from docmill.schemas.geometry import Box
from docmill.schemas.review import ReviewAction, ReviewEvent

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def value(path: str, text: str, y: float = 0.1, page: int = 1) -> FieldValue:
    evidence = Evidence(
        page=page, box=Box(x0=0.1, y0=y, x1=0.3, y1=y), words=(), quote=text, match=Match.EXACT
    )
    return FieldValue(
        path=path, value=text, raw=text, status=ValueStatus.PRESENT, confidence=0.5,
        evidence=evidence,
    )  # fmt: skip


def extraction(*fields: FieldValue, pages: tuple[int, int] = (1, 2)) -> Extraction:
    return Extraction(
        document_id="d", part=1, page_from=pages[0], page_to=pages[1], schema_name="s",
        schema_hash="h", engine=EngineTag(name="e", version="1"), fields=fields,
    )  # fmt: skip


def rows(*texts: str) -> list[FieldValue]:
    """A list row for each text, one below the other by its text."""
    return [value(f"items[{row}].name", text, y=int(text) / 100) for row, text in enumerate(texts)]


def answer(seen: Extraction, path: str, said: str | None = None, **own: Any) -> ReviewEvent:
    event = ReviewEvent(
        document_id="d", part=1, schema_name="s", path=path, revision=1, answer_id="x",
        extraction_key="seen", page_from=seen.page_from, page_to=seen.page_to,
        row=row_mark(seen, path), action=ReviewAction.CORRECT if said else ReviewAction.ACCEPT,
        old_value=None, value=said, reviewer="ann", answered_at=NOON,
    )  # fmt: skip
    return event.model_copy(update=own)


def held(extraction: Extraction, key: str, *events: ReviewEvent) -> dict[str, str | None]:
    """The values that answers give, by path."""
    found = reviewed(extraction, standing(extraction, key, events))
    return {
        field.path: field.value
        for field in found.fields
        if field.confidence_status is ConfidenceStatus.REVIEWED
    }


def test_an_answer_outside_lists_outlives_its_extraction() -> None:
    seen = extraction(value("total", "1"))
    event = answer(seen, "total", "2")
    assert held(seen, "seen", event) == {"total": "2"}
    assert held(extraction(value("total", "7", y=0.9)), "another", event) == {"total": "2"}
    assert held(extraction(value("tax", "7")), "another", event) == {}


def test_pages_that_changed_open_the_question_again() -> None:
    event = answer(extraction(value("total", "1")), "total", "2")
    moved = extraction(value("total", "1"), pages=(2, 3))
    assert held(moved, "another", event) == {}
    assert held(moved.model_copy(update={"schema_name": "t"}), "another", event) == {}
    assert held(moved.model_copy(update={"part": 2}), "another", event) == {}


@given(texts=st.lists(st.integers(1, 90).map(str), min_size=1, max_size=8, unique=True),
       seed=st.integers())  # fmt: skip
def test_list_rows_follow_their_evidence(texts: list[str], seed: int) -> None:
    seen = extraction(*rows(*texts))
    row = seed % len(texts)
    event = answer(seen, f"items[{row}].name", "said")
    shuffled = [*texts, "99"]
    random.Random(seed).shuffle(shuffled)
    where = shuffled.index(texts[row])
    assert held(extraction(*rows(*shuffled)), "another", event) == {f"items[{where}].name": "said"}
    shuffled.remove(texts[row])
    assert held(extraction(*rows(*shuffled)), "another", event) == {}


def test_a_row_that_changed_opens_the_question_again() -> None:
    seen = extraction(*rows("1", "2"))
    event = answer(seen, "items[0].name", "said")
    other = value("items[0].name", "1", y=0.5)
    assert held(extraction(other), "another", event) == {}
    assert held(seen, "seen", event) == {"items[0].name": "said"}


def test_rows_that_nothing_tells_apart_take_no_answer_from_elsewhere() -> None:
    twins = extraction(*rows("1", "1"))
    event = answer(extraction(*rows("1")), "items[0].name", "said")
    assert held(twins, "another", event) == {}
    assert held(twins, "seen", event) == {"items[0].name": "said"}


def test_a_question_opened_again_shows_what_was_extracted() -> None:
    seen = extraction(value("total", "1"))
    events = [
        answer(seen, "total", "2"),
        answer(seen, "total", revision=2, action=ReviewAction.REOPEN),
        answer(seen, "total", "3", revision=3),
    ]
    assert held(seen, "seen", *events[:2]) == {}
    assert standing(seen, "seen", events[:2])["total"].action is ReviewAction.REOPEN
    assert held(seen, "seen", *events) == {"total": "3"}
    assert sorted(answers(seen, "seen", events)) == [("total", 1), ("total", 2), ("total", 3)]


def test_a_part_without_an_extraction_binds_by_its_pages() -> None:
    empty = extraction()
    event = answer(empty, "", extraction_key="")
    assert standing(empty, "", [event]) == {"": event}
    assert standing(extraction(pages=(2, 3)), "", [event]) == {}


EVENTS = st.lists(
    st.tuples(
        st.sampled_from(["total", "items[0].name", "items[1].name", ""]),
        st.integers(1, 3),
        st.sampled_from(ReviewAction),
        st.sampled_from(["seen", "another"]),
        st.integers(0, 2),
    ),
    max_size=8,
    unique_by=lambda it: it[:2],
)


@given(told=EVENTS, seed=st.integers())
def test_the_order_of_answers_does_not_matter(told: list[Any], seed: int) -> None:
    first = extraction(value("total", "1"), *rows("3", "4"))
    second = extraction(value("total", "2"), *rows("4", "3"))
    extractions = {"seen": first, "another": second}
    events = [
        answer(
            extractions[key], path, revision=revision, action=action, extraction_key=key,
            value="said" if action is ReviewAction.CORRECT else None,
            answered_at=NOON + timedelta(hours=hours),
        )
        for path, revision, action, key, hours in told
    ]  # fmt: skip
    shuffled = random.Random(seed).sample(events, len(events))
    for key, each in extractions.items():
        assert standing(each, key, shuffled) == standing(each, key, events)
        assert answers(each, key, shuffled) == answers(each, key, events)
        newest = {path: max(revision for other, revision in answers(each, key, events)
                            if other == path) for path in standing(each, key, events)}  # fmt: skip
        got = {path: event.revision for path, event in standing(each, key, events).items()}
        assert got == newest
