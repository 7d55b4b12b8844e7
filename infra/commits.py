"""Commit records: what makes finished work visible. Loaders list only these."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from docmill.schemas.frozen import Frozen
from docmill.schemas.keys import stable_key
from docmill.schemas.outcome import DocumentOutcome, RunRecord, SightingRecord
from docmill.schemas.review import ReviewEvent


class DocumentCommit(Frozen):
    """A document's outcome under one configuration."""

    kind: Literal["document"] = "document"
    id: str
    content: DocumentOutcome


class SightingsCommit(Frozen):
    """Sources found that were not known before."""

    kind: Literal["sightings"] = "sightings"
    id: str
    content: SightingRecord


class RunCommit(Frozen):
    """A run that did work."""

    kind: Literal["run"] = "run"
    id: str
    content: RunRecord


class EvaluationCommit(Frozen):
    """An evaluation; `content` is its key in the lake, since the record is large."""

    kind: Literal["evaluation"] = "evaluation"
    id: str
    content: str


class ReviewCommit(Frozen):
    """Answers of reviewers, filed before under their own keys."""

    kind: Literal["review"] = "review"
    id: str
    content: tuple[ReviewEvent, ...]


CommitRecord = Annotated[
    DocumentCommit | SightingsCommit | RunCommit | EvaluationCommit | ReviewCommit,
    Field(discriminator="kind"),
]
COMMIT_RECORD: TypeAdapter[CommitRecord] = TypeAdapter(CommitRecord)


def document_commit(outcome: DocumentOutcome) -> DocumentCommit:
    """The commit of an outcome.

    Its id is the work key when the outcome is final, so that the same work committed twice counts
    once; an outcome that may change is one of its run.
    """
    inputs = {"work_key": outcome.work_key, "run_id": outcome.run_id}
    return DocumentCommit(
        id=outcome.work_key if outcome.final else stable_key("attempt", inputs), content=outcome
    )


def sightings_commit(record: SightingRecord) -> SightingsCommit:
    """The commit of a sighting record; its id is the hash of the content."""
    return SightingsCommit(
        id=stable_key("sightings", record.model_dump(mode="json")), content=record
    )


def run_commit(record: RunRecord) -> RunCommit:
    """The commit of a run record; one per run id."""
    return RunCommit(id=stable_key("run", {"run_id": record.run_id}), content=record)


def evaluation_commit(key: str) -> EvaluationCommit:
    """The commit of an evaluation record; one per record."""
    return EvaluationCommit(id=stable_key("evaluation commit", {"key": key}), content=key)


def review_commit(events: tuple[ReviewEvent, ...]) -> ReviewCommit:
    """The commit of some answers; its id is the hash of which they are."""
    return ReviewCommit(
        id=stable_key("review commit", {"events": [event.key for event in events]}), content=events
    )
