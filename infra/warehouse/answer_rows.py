"""From reviewers' answers about one document to their rows, without a database.

Like a document's own rows they depend on all of its outcomes and answers together, and never on
the order in which those were loaded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from docmill.extractors.reviewing import answers, reviewed, standing
from docmill.infra.warehouse import ddl
from docmill.infra.warehouse.document_rows import value_row
from docmill.infra.warehouse.histories import History
from docmill.infra.warehouse.rows import Row, TableRow, timestamp
from docmill.schemas.extraction import Extraction
from docmill.schemas.outcome import DocumentOutcome, PartOutcome
from docmill.schemas.result_json import result_json
from docmill.schemas.review import ReviewAction, ReviewEvent


@dataclass(frozen=True)
class _Asked:
    """A part that may have been asked about, as an outcome left it.

    `key` is empty where the part has no extraction; `extraction` then has no values.
    """

    uri: str
    outcome: DocumentOutcome
    part: PartOutcome
    extraction: Extraction
    key: str
    current: bool

    @property
    def _shared(self) -> Row:
        return {
            "document_id": self.outcome.document_id,
            "part": self.part.part,
            "schema_name": self.extraction.schema_name,
            "extraction_key": self.key or None,
        }

    def rows(self, events: Sequence[ReviewEvent]) -> Iterator[TableRow]:
        """Rows of the answers that have a place here; the result with those that hold."""
        hold = standing(self.extraction, self.key, events)
        for (path, _), event in answers(self.extraction, self.key, events).items():
            newest = hold[path] is event
            yield ddl.REVIEWED, {**self._value(path, event), **_said(event), "newest": newest}
        given = {path: event for path, event in hold.items()
                 if path and event.action is not ReviewAction.REOPEN}  # fmt: skip
        if given and self.current:
            result = result_json(reviewed(self.extraction, given))
            yield ddl.REVIEWED_RESULTS, {**self._shared, "result": result}

    def _value(self, path: str, event: ReviewEvent) -> Row:
        """The value at `path` as the answer leaves it; of the whole part there is none."""
        shared = {
            **self._shared,
            "uri": self.uri,
            "path": path,
            "reviewed": event.action is not ReviewAction.REOPEN,
            "ocr_engine": str(self.outcome.ocr_engine),
            "extractor": str(self.extraction.engine),
        }
        value = self.extraction.field(path)
        if value is None:
            return shared
        only = self.extraction.model_copy(update={"fields": (value,)})
        return {**shared, **value_row(reviewed(only, {path: event}).fields[0])}


def _said(event: ReviewEvent) -> Row:
    return {
        "event_key": event.key,
        "revision": event.revision,
        "action": event.action.value,
        "answered_at": timestamp(event.answered_at),
    }


def answer_rows(history: History, extraction_of: Callable[[str], Extraction]) -> Iterator[TableRow]:
    """What the answers about a document make of its values, in every extraction of its history.

    Args:
        history: the document's.
        extraction_of: gives the extraction with a key.

    Raises:
        StoreError: by `extraction_of`.
    """
    asked = {event.part for event in history.events}
    for outcome, part in history.parts():
        key, current = part.extraction_key, history.is_current(outcome, part)
        if part.part not in asked:
            continue
        if key is not None:
            found = _Asked(history.first_uri, outcome, part, extraction_of(key), key, current)
            yield from found.rows(history.events)
        elif current:
            for empty in _empty(outcome, part):
                found = _Asked(history.first_uri, outcome, part, empty, "", current)
                yield from found.rows(history.events)


def _empty(outcome: DocumentOutcome, part: PartOutcome) -> Iterator[Extraction]:
    """What stands for a part without an extraction, under every schema it is asked about."""
    for schema_name in sorted({item.schema_name for item in part.review}):
        yield Extraction(
            document_id=outcome.document_id,
            part=part.part,
            page_from=part.page_from,
            page_to=part.page_to,
            schema_name=schema_name,
            schema_hash="",
            engine=outcome.extractor,
            fields=(),
        )
