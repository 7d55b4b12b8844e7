"""What a person has to look at, and what people answered."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from pydantic import Field

from docmill.schemas.frozen import Frozen
from docmill.schemas.geometry import Box
from docmill.schemas.keys import stable_key


class ReviewReason(StrEnum):
    """Why an item is in the queue; `ReviewItem.explanation` says it in words."""

    LOW_CONFIDENCE = "low_confidence"
    CHECK_FAILED = "check_failed"
    NOT_ON_PAGE = "not_on_page"
    REQUIRED_MISSING = "required_missing"
    PAGE_UNREAD = "page_unread"
    UNKNOWN_KIND = "unknown_kind"
    UNSURE_KIND = "unsure_kind"
    NOTHING_FOUND = "nothing_found"


class ReviewItem(Frozen):
    """One question for a reviewer. `path` is empty where it concerns the whole part."""

    document_id: str
    part: int = Field(ge=1)
    schema_name: str
    path: str
    reason: ReviewReason
    explanation: str
    confidence: float = Field(ge=0, le=1)


class ReviewAction(StrEnum):
    """What a person says about a value.

    `ACCEPT`: it is right as it stands. `CORRECT`: it is another one. `ABSENT`: the document does
    not hold it. `ILLEGIBLE`: it stands there, and nobody can read it. `REOPEN`: the answer before
    was a mistake; what was extracted counts again, and the item is open.
    """

    ACCEPT = "accept"
    CORRECT = "correct"
    ABSENT = "absent"
    ILLEGIBLE = "illegible"
    REOPEN = "reopen"


class ReviewEvent(Frozen):
    """An answer, as it is kept for good.

    What was asked is `path` of a part under a schema; `path` is empty where the question concerns
    the whole part. Answers to one question are numbered by `revision`, from 1, and the first that
    is filed under a number has it.

    `extraction_key` is the extraction whose value the person saw (empty where a part has none),
    `page_from` and `page_to` are the part's pages. `row` is the mark of the list row (see
    `extractors.reviewing.row_mark`), None outside lists. `old_value` is what stood there, `value`
    what stands there now, normalised; `raw` is the new value as printed, `page` and `box` (0..1 of
    the displayed page) its place, where the person pointed at one. `answer_id` is the client's, so
    that an answer sent twice is one.
    """

    document_id: str
    part: int = Field(ge=1)
    schema_name: str
    path: str
    revision: int = Field(ge=1)
    answer_id: str
    extraction_key: str
    page_from: int = Field(ge=1)
    page_to: int = Field(ge=1)
    row: str | None
    action: ReviewAction
    old_value: str | None
    value: str | None
    raw: str | None = None
    page: int | None = Field(default=None, ge=1)
    box: Box | None = None
    reviewer: str
    answered_at: datetime
    seconds_spent: float | None = Field(default=None, ge=0)
    note: str = ""

    @property
    def key(self) -> str:
        """Identifies the event: the hash of what was asked, and of the revision."""
        question = {
            "document": self.document_id,
            "part": self.part,
            "schema": self.schema_name,
            "path": self.path,
            "revision": self.revision,
        }
        return stable_key("review", question)
