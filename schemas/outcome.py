"""How the work on a document ended. Failures are data: stored, counted, shown."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from pydantic import Field

from docmill.schemas.engine import EngineTag
from docmill.schemas.errors import DocmillError, StoreError
from docmill.schemas.frozen import Frozen
from docmill.schemas.review import ReviewItem
from docmill.schemas.source import Departure, Sighting


class Stage(StrEnum):
    """The stages of the data path, in order."""

    FETCH = "fetch"
    OPEN = "open"
    READ = "read"
    CLASSIFY = "classify"
    EXTRACT = "extract"


class Failure(Frozen):
    """A stage that did not deliver. `page` counts from 1, None for the whole document.

    `code` is the error's class name; `hint` says what to do next; `attempt` counts from 1.
    `retryable`: the same work may succeed in this run or a later one. That a store refused it
    says nothing about the document, so that is always to be tried again.
    """

    stage: Stage
    code: str
    message: str
    hint: str
    retryable: bool
    attempt: int = Field(default=1, ge=1)
    page: int | None = Field(default=None, ge=1)

    @classmethod
    def of(
        cls, error: DocmillError, stage: Stage, *, page: int | None = None, attempt: int = 1
    ) -> Failure:
        """The failure that `error` stands for."""
        return cls(
            stage=stage,
            code=type(error).__name__,
            message=error.message,
            hint=error.hint,
            retryable=error.retryable or isinstance(error, StoreError),
            attempt=attempt,
            page=page,
        )


class ModelCall(Frozen):
    """One request to a model, whatever came of it.

    `page` (from 1) or `part` (from 1) is what it was about; `output_key` is the lake key of the
    reading or extraction that it went into, None where it went into none. `cached_tokens` are
    those of `input_tokens` that the provider had cached. `price_usd` is None where no price is
    known, 0 on own machines. `seconds` is from request to answer.
    """

    call_id: str
    stage: Stage
    engine: EngineTag
    page: int | None = Field(default=None, ge=1)
    part: int | None = Field(default=None, ge=1)
    output_key: str | None
    prompt_hash: str
    input_tokens: int = Field(ge=0)
    cached_tokens: int = Field(default=0, ge=0)
    output_tokens: int = Field(ge=0)
    price_usd: float | None = Field(ge=0)
    seconds: float = Field(ge=0)
    attempt: int = Field(default=1, ge=1)
    error: str | None = None
    called_at: datetime


class ModelCalls(Frozen):
    """All requests that one reading or extraction took, in order."""

    calls: tuple[ModelCall, ...]


class DocumentStatus(StrEnum):
    """`PARTIAL`: some pages or parts failed. `NEEDS_REVIEW`: complete, with doubtful values."""

    DONE = "done"
    PARTIAL = "partial"
    FAILED = "failed"
    NEEDS_REVIEW = "needs_review"


class PartOutcome(Frozen):
    """One document inside a file: its pages (from 1, inclusive), schema and extraction.

    `schema_name` and `extraction_key` are None where no schema was asked for or fitted, or
    extraction failed. `schema_confidence` is how sure the classification was of its answer,
    0..1, of “none fits” too; None where the user named the schema.
    """

    part: int = Field(ge=1)
    page_from: int = Field(ge=1)
    page_to: int = Field(ge=1)
    status: DocumentStatus
    schema_name: str | None
    schema_confidence: float | None = Field(default=None, ge=0, le=1)
    extraction_key: str | None
    review: tuple[ReviewItem, ...] = ()


class DocumentOutcome(Frozen):
    """The end of the work on one document under one configuration: a commit record's content.

    `work_key` is the hash of all that determined the outcome. `page_keys[i]` is the lake key of
    page i + 1's reading, None where that page failed. `calls` are the requests to models that
    were made for it. `stage_seconds` is the time from begin to end, by the clock, of the stages
    that this run did; what was found in the lake took none.
    """

    work_key: str
    document_id: str
    uri: str
    media_type: str | None
    bytes: int = Field(ge=0)
    page_count: int = Field(ge=0)
    status: DocumentStatus
    ocr_engine: EngineTag
    extractor: EngineTag
    page_keys: tuple[str | None, ...] = ()
    parts: tuple[PartOutcome, ...] = ()
    failures: tuple[Failure, ...] = ()
    calls: tuple[ModelCall, ...] = ()
    stage_seconds: dict[Stage, float] = Field(default_factory=dict[Stage, float])
    run_id: str
    started_at: datetime
    finished_at: datetime

    @property
    def final(self) -> bool:
        """Whether doing it again could change nothing: no failure is retryable."""
        return not any(failure.retryable for failure in self.failures)


class SourceFailure(Frozen):
    """A source whose bytes could not be read: no document, so no outcome of one."""

    uri: str
    failure: Failure


class RunRecord(Frozen):
    """One run that did work; runs that found nothing to do leave no trace.

    `pages_read` were read in it; the other pages of its documents were in the lake already. The
    engines are those it was set to; None in records of older versions.
    """

    run_id: str
    started_at: datetime
    finished_at: datetime
    sources: tuple[str, ...]
    documents: int = Field(ge=0)
    already_done: int = Field(ge=0)
    pages: int = Field(ge=0)
    failed: int = Field(ge=0)
    version: str
    pages_read: int | None = Field(default=None, ge=0)
    ocr_engine: EngineTag | None = None
    extractor: EngineTag | None = None
    unread_sources: tuple[SourceFailure, ...] = ()


class SightingRecord(Frozen):
    """Sources found in one run that were not known before, and known ones that were gone."""

    sightings: tuple[Sighting, ...]
    departures: tuple[Departure, ...] = ()
