"""Core values made by hand, and a workspace to put them in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from docmill.extractors.reviewing import row_mark
from docmill.infra.lake import Lake
from docmill.infra.storage.local import LocalFolder
from docmill.infra.workspace import Workspace
from docmill.schemas.document_schema import DocumentSchema, FieldKind, FieldSpec, ListSpec
from docmill.schemas.engine import EngineTag
from docmill.schemas.extraction import (
    Check,
    Evidence,
    Extraction,
    FieldValue,
    Match,
    ValueStatus,
)
from docmill.schemas.geometry import Box
from docmill.schemas.keys import stable_key
from docmill.schemas.outcome import (
    DocumentOutcome,
    DocumentStatus,
    Failure,
    PartOutcome,
    RunRecord,
    Stage,
)
from docmill.schemas.page import Block, PageStatus, PageText, Table, TableCell, Word
from docmill.schemas.review import ReviewAction, ReviewEvent, ReviewItem, ReviewReason
from docmill.schemas.source import Sighting

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
OCR = EngineTag(name="text_layer", version="1")
LOCAL = EngineTag(name="local", version="2", model="m")


@dataclass
class Clock:
    """A clock that stands still until it is set."""

    now: datetime = NOON

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **duration: float) -> None:
        self.now += timedelta(**duration)


def schema_named(name: str, *fields: FieldSpec, lists: Sequence[ListSpec] = ()) -> DocumentSchema:
    return DocumentSchema(name=name, fields=fields, lists=tuple(lists), json_schema={})


INVOICE = schema_named(
    "invoice",
    FieldSpec(name="invoice_number", kind=FieldKind.IDENTIFIER, description="The number."),
    FieldSpec(name="invoice_date", kind=FieldKind.DATE),
    FieldSpec(name="seller.name", kind=FieldKind.NAME),
    FieldSpec(name="total", kind=FieldKind.AMOUNT),
    lists=[
        ListSpec(
            name="line_items",
            fields=(
                FieldSpec(name="description", kind=FieldKind.TEXT),
                FieldSpec(name="quantity", kind=FieldKind.INTEGER),
            ),
        ),
        ListSpec(name="notes", fields=(FieldSpec(name="", kind=FieldKind.TEXT),)),
    ],
)


def present(path: str, value: str, page: int = 1, confidence: float = 0.9) -> FieldValue:
    evidence = Evidence(
        page=page,
        box=Box(x0=0.1, y0=0.2, x1=0.3, y1=0.25),
        words=(0,),
        quote=f"<{value}>",
        match=Match.EXACT,
    )
    return FieldValue(
        path=path,
        value=value,
        raw=f"<{value}>",
        status=ValueStatus.PRESENT,
        confidence=confidence,
        evidence=evidence,
    )


def page_text(document_id: str, page: int, words: Sequence[str]) -> PageText:
    box = Box(x0=0.1, y0=0.2, x1=0.3, y1=1 / 3)
    return PageText(
        document_id=document_id,
        page=page,
        width_px=1654,
        height_px=2339,
        engine=OCR,
        status=PageStatus.OK,
        words=tuple(Word(text=word, box=box, block=0, line=0) for word in words),
        blocks=(Block(label="text", text=" ".join(words), box=box),),
        tables=_one_row(words, box),
    )


def _one_row(words: Sequence[str], box: Box) -> tuple[Table, ...]:
    """A table with one word in every column; none without words."""
    cells = tuple(
        TableCell(row=0, column=number, text=word, box=box, words=(number,))
        for number, word in enumerate(words)
    )
    return (Table(box=box, rows=1, columns=len(cells), cells=cells),) if cells else ()


INVOICE_VALUES = (
    present("invoice_number", "R-1"),
    present("invoice_date", "2026-11-02"),
    present("seller.name", "Müller & Söhne"),
    present("total", "12.5", confidence=0.4),
    present("line_items[0].description", "Bolt"),
    present("line_items[0].quantity", "3"),
    present("line_items[1].description", "Nut", page=2),
    FieldValue(
        path="line_items[1].quantity",
        value=None,
        raw=None,
        status=ValueStatus.NOT_FOUND,
        confidence=0.2,
    ),
    present("notes[0]", "fragile"),
)


@dataclass
class Mill:
    """Puts documents into a lake as a pipeline would."""

    lake: Lake
    clock: Clock
    schema: DocumentSchema = INVOICE

    def sight(self, name: str, uri: str | None = None) -> Sighting:
        sighting = Sighting(
            uri=uri or f"file:///in/{name}.pdf",
            document_id=sha256(name.encode()).hexdigest(),
            size=1000,
            etag="e",
            seen_at=self.clock(),
        )
        self.lake.commit_sightings([sighting])
        return sighting

    def extract(
        self, document_id: str, values: Sequence[FieldValue], part: int = 1
    ) -> tuple[str, Extraction]:
        extraction = Extraction(
            document_id=document_id,
            part=part,
            page_from=1,
            page_to=2,
            schema_name=self.schema.name,
            schema_hash=self.schema.hash,
            engine=LOCAL,
            fields=tuple(values),
            checks=(Check(name="sum", passed=True, paths=("total",), detail="adds up"),),
        )
        key = stable_key("test", {"extraction": extraction.model_dump(mode="json")})
        self.lake.put_schema(self.schema)
        self.lake.put_extraction(key, extraction)
        return key, extraction

    def read(self, document_id: str, pages: int, words: Sequence[str]) -> tuple[str, ...]:
        texts = [page_text(document_id, number + 1, words) for number in range(pages)]
        keys = [stable_key("page", {"text": text.model_dump(mode="json")}) for text in texts]
        for key, text in zip(keys, texts, strict=True):
            self.lake.put_page(key, text)
        return tuple(keys)

    def finish(
        self,
        name: str,
        values: Sequence[FieldValue] = INVOICE_VALUES,
        *,
        words: Sequence[str] = ("Rechnung", "R-1"),
        work: str = "first",
    ) -> DocumentOutcome:
        """A document of two pages, done, with `total` for review."""
        document_id = sha256(name.encode()).hexdigest()
        key, extraction = self.extract(document_id, values)
        item = ReviewItem(
            document_id=document_id,
            part=1,
            schema_name=self.schema.name,
            path="total",
            reason=ReviewReason.LOW_CONFIDENCE,
            explanation="The total is doubtful.",
            confidence=0.4,
        )
        part = PartOutcome(
            part=1,
            page_from=1,
            page_to=2,
            status=DocumentStatus.NEEDS_REVIEW,
            schema_name=extraction.schema_name,
            extraction_key=key,
            review=(item,),
        )
        outcome = self.outcome(
            name,
            work,
            DocumentStatus.NEEDS_REVIEW,
            parts=(part,),
            page_keys=self.read(document_id, 2, words),
        )
        self.lake.commit_document(outcome)
        return outcome

    def fail(self, name: str, *, retryable: bool, run_id: str = "run-1") -> DocumentOutcome:
        failure = Failure(
            stage=Stage.OPEN,
            code="UnreadableFile",
            message="cut off",
            hint="fetch it again",
            retryable=retryable,
        )
        outcome = self.outcome(
            name, "first", DocumentStatus.FAILED, failures=(failure,), run_id=run_id
        )
        self.lake.commit_document(outcome)
        return outcome

    def outcome(
        self,
        name: str,
        work: str,
        status: DocumentStatus,
        *,
        parts: tuple[PartOutcome, ...] = (),
        page_keys: tuple[str | None, ...] = (),
        failures: tuple[Failure, ...] = (),
        run_id: str = "run-1",
    ) -> DocumentOutcome:
        return DocumentOutcome(
            work_key=stable_key("work", {"name": name, "work": work}),
            document_id=sha256(name.encode()).hexdigest(),
            uri=f"file:///in/{name}.pdf",
            media_type="application/pdf",
            bytes=1000,
            page_count=len(page_keys),
            status=status,
            ocr_engine=OCR,
            extractor=LOCAL,
            page_keys=page_keys,
            parts=parts,
            failures=failures,
            run_id=run_id,
            started_at=self.clock() - timedelta(seconds=3),
            finished_at=self.clock(),
        )

    def event(
        self,
        outcome: DocumentOutcome,
        path: str,
        action: ReviewAction = ReviewAction.ACCEPT,
        value: str | None = None,
        **own: Any,
    ) -> ReviewEvent:
        """An answer about the first part of a document, as the outcome left it."""
        part = outcome.parts[0]
        key = part.extraction_key or ""
        extraction = self.lake.extraction(key) if key else None
        asked = extraction.field(path) if extraction else None
        event = ReviewEvent(
            document_id=outcome.document_id,
            part=part.part,
            schema_name=part.schema_name or "",
            path=path,
            revision=1,
            answer_id="answer",
            extraction_key=key,
            page_from=part.page_from,
            page_to=part.page_to,
            row=row_mark(extraction, path) if extraction else None,
            action=action,
            old_value=asked.value if asked else None,
            value=value,
            reviewer="ann",
            answered_at=self.clock(),
        )
        return event.model_copy(update=own)

    def answer(self, *events: ReviewEvent) -> None:
        """File and commit answers."""
        for event in events:
            self.lake.put_review(event)
        self.lake.commit_reviews(events)

    def run(self, run_id: str = "run-1") -> None:
        self.lake.commit_run(
            RunRecord(
                run_id=run_id,
                started_at=self.clock(),
                finished_at=self.clock(),
                sources=("in/", "it's"),
                documents=2,
                already_done=0,
                pages=4,
                failed=0,
                version="0.1.0",
                pages_read=3,
                ocr_engine=OCR,
                extractor=LOCAL,
            )
        )


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    workspace = Workspace(tmp_path / "ws")
    workspace.create()
    return workspace


@pytest.fixture
def mill(workspace: Workspace, clock: Clock) -> Mill:
    return Mill(Lake(LocalFolder(Path(workspace.lake_root)), clock), clock)


@pytest.fixture(scope="session")
def new_mill() -> Callable[[Path], Mill]:
    """Makes a mill over the lake in a folder."""

    def make(lake_root: Path) -> Mill:
        clock = Clock()
        return Mill(Lake(LocalFolder(lake_root), clock), clock)

    return make


@pytest.fixture(scope="session")
def value() -> Callable[..., FieldValue]:
    """Makes a value that stands on a page: (path, value, page=1, confidence=0.9)."""
    return present


@pytest.fixture(scope="session")
def reading() -> Callable[..., PageText]:
    """Makes a page: (document_id, page, words)."""
    return page_text
