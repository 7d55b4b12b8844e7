"""What reviewers send, and what becomes of it."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from docmill.schemas.frozen import Frozen
from docmill.schemas.geometry import Box
from docmill.schemas.review import ReviewAction, ReviewEvent

MOST_AT_ONCE = 500  # answers in one request


class Answer(Frozen):
    """An answer as a client sends it; see `ReviewEvent`, which it becomes, on the fields.

    `extraction_key` is the extraction that the person saw, empty where the part has none.
    `answer_id` is the client's: sent again with the same one, an answer counts once.
    """

    document_id: str = Field(pattern=r"^[0-9a-f]{64}$")
    part: int = Field(ge=1)
    schema_name: str = Field(max_length=200)
    path: str = Field(max_length=500)
    revision: int = Field(ge=1)
    extraction_key: str = Field(max_length=200)
    action: ReviewAction
    value: str | None = Field(default=None, max_length=20_000)
    raw: str | None = Field(default=None, max_length=20_000)
    page: int | None = Field(default=None, ge=1)
    box: Box | None = None
    reviewer: str = Field(min_length=1, max_length=200)
    seconds_spent: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    note: str = Field(default="", max_length=20_000)
    answer_id: str = Field(min_length=1, max_length=200)

    @property
    def question(self) -> tuple[str, int, str, str]:
        """What is answered."""
        return self.document_id, self.part, self.schema_name, self.path


class Decision(StrEnum):
    """What becomes of an answer.

    `ACCEPTED`: it is kept. `REPEATED`: it was kept before. `CONFLICT`: another answer has the
    revision. `STALE`: the part was extracted anew since. `REFUSED`: it cannot be right.
    """

    ACCEPTED = "accepted"
    REPEATED = "repeated"
    CONFLICT = "conflict"
    STALE = "stale"
    REFUSED = "refused"


class Verdict(Frozen):
    """What became of an answer.

    `event` is what is kept under the question and revision; None where nothing is. `reason` says
    in words why an answer was not kept.
    """

    answer_id: str
    decision: Decision
    event: ReviewEvent | None = None
    reason: str = ""
