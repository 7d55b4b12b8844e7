"""What a batch of source objects came to."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import Field

from docmill.schemas.frozen import Frozen
from docmill.schemas.outcome import DocumentStatus, Failure, RunRecord
from docmill.schemas.source import SourceObject


class SourceResult(Frozen):
    """What became of one object.

    `document_id` is None where its bytes could not be read. `settled` is the work key when the
    document has a final outcome under it, and None when it is to be tried again.
    """

    object: SourceObject
    document_id: str | None
    settled: str | None


class DocumentFailure(Frozen):
    """A failure and the document it belongs to; `document_id` is None where no bytes came."""

    uri: str
    document_id: str | None
    failure: Failure


class BatchReport(Frozen):
    """What a run over a batch did.

    `results` has one entry per object, in the order given. `statuses` counts the documents that
    this run finished; `pages_read` were read now, `pages_found` were in the lake already.
    `to_review` counts fields sent to a person; `failures` are the first ones.
    """

    run: RunRecord
    results: tuple[SourceResult, ...]
    statuses: Mapping[DocumentStatus, int] = Field(default_factory=dict[DocumentStatus, int])
    pages_read: int = Field(default=0, ge=0)
    pages_found: int = Field(default=0, ge=0)
    to_review: int = Field(default=0, ge=0)
    failures: tuple[DocumentFailure, ...] = ()

    @property
    def outcomes(self) -> int:
        """How many documents this run gave an outcome."""
        return sum(self.statuses.values())

    @property
    def document_ids(self) -> tuple[str, ...]:
        """All documents among the objects, done before or now."""
        found = (result.document_id for result in self.results)
        return tuple(dict.fromkeys(document_id for document_id in found if document_id))
