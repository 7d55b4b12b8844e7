"""What a person has to look at, and why."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from docmill.schemas.frozen import Frozen


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
