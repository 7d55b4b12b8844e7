"""Answers as they come in, against what is known: events of those that can be kept.

What an answer is about is looked up in the warehouse (which extraction is current, what was
answered before) and in the lake (the extraction itself and its schema).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache, partial

from duckdb import DuckDBPyConnection

from docmill.extractors.reviewing import answers, reviewed, row_mark
from docmill.infra.lake import Lake
from docmill.infra.service.answers import Answer, Decision, Verdict
from docmill.infra.service.fitting import misfit
from docmill.infra.warehouse import histories
from docmill.infra.warehouse.rows import extraction_in
from docmill.schemas.document_schema import DocumentSchema
from docmill.schemas.errors import StoreError
from docmill.schemas.extraction import Extraction
from docmill.schemas.review import ReviewAction, ReviewEvent

_KEPT = 64  # extractions, for the next questions about the same documents


@dataclass(frozen=True)
class Part:
    """A current part under a schema: its pages, and the extraction's key (empty: it has none)."""

    extraction_key: str
    page_from: int
    page_to: int


@dataclass(frozen=True)
class Known:
    """What the warehouse holds about the documents of some answers."""

    parts: Mapping[tuple[str, int, str], Part]
    without_extraction: Mapping[tuple[str, int], Part]
    events: Mapping[str, Sequence[ReviewEvent]]

    def part(self, answer: Answer) -> Part | None:
        """The current part that an answer is about."""
        document, number, schema, _ = answer.question
        found = self.parts.get((document, number, schema))
        return found or self.without_extraction.get((document, number))

    def about(self, answer: Answer) -> Iterator[ReviewEvent]:
        """Earlier answers to the same question."""
        for event in self.events.get(answer.document_id, ()):
            asked = (event.document_id, event.part, event.schema_name, event.path)
            if asked == answer.question:
                yield event


def known_about(connection: DuckDBPyConnection, asked: Iterable[Answer]) -> Known:
    """Looks up the documents of the answers.

    Raises:
        duckdb.Error: the warehouse cannot be read.
    """
    documents = sorted({answer.document_id for answer in asked})
    parts: dict[tuple[str, int, str], Part] = {}
    without: dict[tuple[str, int], Part] = {}
    for row in connection.execute(_CURRENT_PARTS, [documents]).fetchall():
        document, number, schema, key, page_from, page_to = row
        if key is None:
            without[document, number] = Part("", page_from, page_to)
        else:
            parts[document, number, schema] = Part(key, page_from, page_to)
    events = histories.events_about(connection, documents)
    return Known(parts, without, {each: tuple(events[each].values()) for each in documents})


class Judge:
    """Turns answers into events, or says why not. Used by one thread."""

    def __init__(self, lake: Lake) -> None:
        self._lake = lake
        self.extraction = lru_cache(_KEPT)(partial(extraction_in, lake))
        self._schema = lru_cache(_KEPT)(self._fetched_schema)

    def judge(self, answer: Answer, known: Known, now: datetime) -> ReviewEvent | Verdict:
        """The event to keep, or the verdict where there is nothing to keep.

        Raises:
            StoreError: the lake failed.
        """
        for event in known.about(answer):
            if event.answer_id == answer.answer_id:
                return verdict(answer, event)
        for event in known.about(answer):
            if event.revision == answer.revision:
                return verdict(answer, event)
        part = known.part(answer)
        if part is None:
            return refused(answer, "there is no such document part under this schema")
        if part.extraction_key != answer.extraction_key:
            return Verdict(
                answer_id=answer.answer_id,
                decision=Decision.STALE,
                reason="the part was extracted anew; ask again what stands there now",
            )
        return self._checked(answer, part, known, now)

    def _checked(
        self, answer: Answer, part: Part, known: Known, now: datetime
    ) -> ReviewEvent | Verdict:
        extraction = self.extraction(part.extraction_key) if part.extraction_key else None
        placed = _placed(answer, extraction, known)
        before = {**{event.revision: event for event in known.about(answer)}, **placed}
        next_one = max(before, default=0) + 1
        if answer.revision in before:
            return verdict(answer, before[answer.revision])
        if answer.revision != next_one:
            reason: str | None = f"the next revision is {next_one}, not {answer.revision}"
        elif answer.action is ReviewAction.REOPEN and not before:
            reason = "nothing was answered that could be reopened"
        else:
            reason = _misplaced(answer, part) or self._unfit(answer, extraction)
        if reason:
            return refused(answer, reason)
        old = _value_before(answer, extraction, placed)
        return _event(answer, part, extraction, old, now)

    def _unfit(self, answer: Answer, extraction: Extraction | None) -> str | None:
        """Why the value cannot be the field's."""
        corrects = answer.action is ReviewAction.CORRECT
        if not corrects and (answer.value, answer.raw, answer.page) != (None, None, None):
            return f"`{answer.action}` takes no value and no place"
        if answer.path == "":
            return "a whole part has no value to correct" if corrects else None
        if extraction is None or extraction.field(answer.path) is None:
            return f"the extraction has no value at `{answer.path}`"
        if not corrects:
            return None
        if answer.value is None:
            return "a correction needs a value"
        spec = self._schema(extraction.schema_hash).spec_of(answer.path)
        if spec is None:
            return f"the schema has no field `{answer.path}`"
        problem = misfit(spec, answer.value)
        return problem and f"{answer.value!r} {problem}"

    def _fetched_schema(self, schema_hash: str) -> DocumentSchema:
        schema = self._lake.schema(schema_hash)
        if schema is None:
            raise StoreError(f"the lake has lost the schema {schema_hash}")
        return schema


def verdict(answer: Answer, kept: ReviewEvent) -> Verdict:
    """What becomes of an answer where an event is kept: the same answer, or another one."""
    if kept.answer_id == answer.answer_id:
        return Verdict(answer_id=answer.answer_id, decision=Decision.REPEATED, event=kept)
    return Verdict(
        answer_id=answer.answer_id,
        decision=Decision.CONFLICT,
        event=kept,
        reason=f"{kept.reviewer} gave answer {kept.revision} to this question",
    )


def refused(answer: Answer, reason: str) -> Verdict:
    """The verdict on an answer that cannot be right."""
    return Verdict(answer_id=answer.answer_id, decision=Decision.REFUSED, reason=reason)


def _placed(
    answer: Answer, extraction: Extraction | None, known: Known
) -> Mapping[int, ReviewEvent]:
    """Answers by revision that have their place at the path, wherever they were filed.

    A list row that moved takes its answers along, so their numbers are taken, too.
    """
    events = known.events.get(answer.document_id, ())
    if extraction is None or not events:
        return {}
    placed = answers(extraction, answer.extraction_key, events)
    return {revision: event for (path, revision), event in placed.items() if path == answer.path}


def _misplaced(answer: Answer, part: Part) -> str | None:
    """Why the place cannot be the value's."""
    if (answer.page is None) != (answer.box is None):
        return "a place is a page and a box"
    if answer.page is not None and not part.page_from <= answer.page <= part.page_to:
        return f"page {answer.page} is none of the part's ({part.page_from} to {part.page_to})"
    return None


def _value_before(
    answer: Answer, extraction: Extraction | None, placed: Mapping[int, ReviewEvent]
) -> str | None:
    """What stands at the path now, earlier answers included."""
    field = extraction.field(answer.path) if extraction else None
    if extraction is None or field is None:
        return None
    if placed:
        only = extraction.model_copy(update={"fields": (field,)})
        (field,) = reviewed(only, {answer.path: placed[max(placed)]}).fields
    return field.value


def _event(
    answer: Answer, part: Part, extraction: Extraction | None, old: str | None, now: datetime
) -> ReviewEvent:
    said = answer.model_dump(exclude={"value"})
    return ReviewEvent(
        **said,
        value=old if answer.action is ReviewAction.ACCEPT else answer.value,
        old_value=old,
        page_from=part.page_from,
        page_to=part.page_to,
        row=row_mark(extraction, answer.path) if extraction else None,
        answered_at=now,
    )


_CURRENT_PARTS = """
SELECT document_id, part, schema_name, extraction_key, page_from, page_to FROM main.part_history
WHERE current AND document_id IN (SELECT unnest(?::VARCHAR[]))
"""
