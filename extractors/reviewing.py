"""Reviewers' answers over what was extracted: which of them still hold, and what holds then.

An answer outlives the extraction it was given to. Outside lists it belongs to its field: another
engine's extraction of the same pages gets it, too. In a list it belongs to the row it was given
to, wherever that stands among the rows; where an extraction has no row with the same places and
words, the answer does not hold for it, and the question is open again.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping

from docmill.schemas.extraction import (
    ConfidenceStatus,
    Evidence,
    Extraction,
    FieldValue,
    Match,
    ValueStatus,
)
from docmill.schemas.keys import Json, stable_key
from docmill.schemas.review import ReviewAction, ReviewEvent

_ROW = re.compile(r"^(?P<list>[^\[\]]+)\[(?P<number>\d+)\](?P<rest>.*)$")
_DIGITS = 3  # of coordinates in a row's mark: a thousandth of the page


def row_mark(extraction: Extraction, path: str) -> str | None:
    """What tells the list row of `path` from all others: places and words of its values.

    None outside lists, and for rows without any value that stands on a page.
    """
    row = _row_of(path)
    return None if row is None else _row_marks(extraction).get(row)


def standing(
    extraction: Extraction, extraction_key: str, events: Iterable[ReviewEvent]
) -> dict[str, ReviewEvent]:
    """The answers that hold for an extraction, by path in it: of each value's the newest.

    Args:
        extraction: what was extracted from a part.
        extraction_key: its key; empty where the part has no extraction, only questions.
        events: all answers about the document, in any order.

    Returns:
        Answers by path; the path is empty for one about the whole part. An answer that reopens
        its question is among them.
    """
    every = answers(extraction, extraction_key, events)
    return {path: event for (path, _), event in every.items()}


def answers(
    extraction: Extraction, extraction_key: str, events: Iterable[ReviewEvent]
) -> dict[tuple[str, int], ReviewEvent]:
    """All answers with a place in an extraction, by path and revision, later revisions last.

    Of two with the same place and revision (a list row was asked about under two indexes) the
    later one counts. For the arguments see `standing`.
    """
    events = tuple(events)
    moved = any(event.row and event.extraction_key != extraction_key for event in events)
    rows = _rows_by_mark(extraction) if moved else {}  # marks of many rows take a while
    paths = {"", *(value.path for value in extraction.fields)}
    found: dict[tuple[str, int], ReviewEvent] = {}
    for event in sorted(events, key=lambda event: (event.revision, event.answered_at, event.key)):
        path = _path_in(extraction, extraction_key, event, rows)
        if path in paths:
            found[path, event.revision] = event
    return found


def reviewed(extraction: Extraction, answers: Mapping[str, ReviewEvent]) -> Extraction:
    """The extraction with its values as the reviewers left them; `answers` as from `standing`."""
    fields = tuple(
        _answered(value, answers[value.path]) if value.path in answers else value
        for value in extraction.fields
    )
    return extraction.model_copy(update={"fields": fields})


def _path_in(
    extraction: Extraction, extraction_key: str, event: ReviewEvent, rows: Mapping[str, str]
) -> str | None:
    """Where an answer belongs in an extraction; None where it has no place there."""
    if event.part == extraction.part and event.extraction_key == extraction_key != "":
        return event.path
    asked = (event.schema_name, event.part, event.page_from, event.page_to)
    if asked != (
        extraction.schema_name, extraction.part, extraction.page_from, extraction.page_to,
    ):  # fmt: skip
        return None
    place = _ROW.match(event.path)
    if place is None:
        return event.path
    row = rows.get(event.row or "")
    if row is None or not row.startswith(f"{place['list']}["):
        return None
    return f"{row}{place['rest']}"


def _answered(value: FieldValue, event: ReviewEvent) -> FieldValue:
    """The value as one answer leaves it."""
    if event.action is ReviewAction.REOPEN:
        return value
    said = {"confidence": 1.0, "confidence_status": ConfidenceStatus.REVIEWED}
    match event.action:
        case ReviewAction.ACCEPT:
            return value.model_copy(update=said)
        case ReviewAction.CORRECT:
            corrected = {
                "value": event.value,
                "raw": event.raw,
                "status": ValueStatus.PRESENT,
                "evidence": _evidence(event),
                "derived": False,
            }
            return value.model_copy(update={**said, **corrected})
        case ReviewAction.ABSENT:
            status = ValueStatus.ABSENT
        case ReviewAction.ILLEGIBLE:
            status = ValueStatus.ILLEGIBLE
    gone = {"value": None, "raw": None, "status": status, "evidence": None, "derived": False}
    return value.model_copy(update={**said, **gone})


def _evidence(event: ReviewEvent) -> Evidence | None:
    """The place a reviewer pointed at."""
    if event.page is None or event.box is None:
        return None
    match = Match.EXACT if event.raw == event.value else Match.NORMALISED
    return Evidence(page=event.page, box=event.box, words=(), quote=event.raw or "", match=match)


def _row_of(path: str) -> str | None:
    """`line_items[2].quantity` -> `line_items[2]`; None outside lists."""
    place = _ROW.match(path)
    return None if place is None else f"{place['list']}[{place['number']}]"


def _rows_by_mark(extraction: Extraction) -> dict[str, str]:
    """List rows by their marks, but for those that no mark tells from another."""
    marks = _row_marks(extraction)
    times = Counter(marks.values())
    return {mark: row for row, mark in marks.items() if times[mark] == 1}


def _row_marks(extraction: Extraction) -> dict[str, str]:
    """The mark of every list row that has a value on a page, by row."""
    rows: defaultdict[str, list[FieldValue]] = defaultdict(list)
    for value in extraction.fields:
        row = _row_of(value.path)
        if row is not None and value.evidence is not None:
            rows[row].append(value)
    return {row: _mark(row, values) for row, values in rows.items()}


def _mark(row: str, values: list[FieldValue]) -> str:
    places: list[Json] = [*sorted(_places(row, values), key=str)]
    return stable_key("row", {"list": row.partition("[")[0], "values": places})


def _places(row: str, values: list[FieldValue]) -> Iterator[list[Json]]:
    for value in values:
        if value.evidence is not None:
            box = (round(side, _DIGITS) for side in value.evidence.box.as_tuple())
            name = value.path.removeprefix(row)
            yield [name, value.evidence.page, *box, value.raw]
