"""What was extracted: one value per field path, with its evidence and its confidence."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from docmill.schemas.engine import EngineTag
from docmill.schemas.frozen import Frozen
from docmill.schemas.geometry import Box


class Match(StrEnum):
    """How a value was found on its page.

    `EXACT`: the printed characters are the value. `NORMALISED`: equal after normalising both
    (a date, an amount, letter case). `FUZZY`: nearly equal. `NONE`: not found, so no box.
    """

    EXACT = "exact"
    NORMALISED = "normalised"
    FUZZY = "fuzzy"
    NONE = "none"


class ValueStatus(StrEnum):
    """`ABSENT` = looked for and verified not there; `NOT_FOUND` = looked for without success."""

    PRESENT = "present"
    ABSENT = "absent"
    ILLEGIBLE = "illegible"
    NOT_FOUND = "not_found"


class ConfidenceStatus(StrEnum):
    """`PRIOR` until calibrated on the workspace's own data; `REVIEWED`: a person says so."""

    PRIOR = "prior"
    CALIBRATED = "calibrated"
    REVIEWED = "reviewed"


class Evidence(Frozen):
    """Where a value stands: page (from 1), box, indexes of its words on that page, as printed."""

    page: int = Field(ge=1)
    box: Box
    words: tuple[int, ...]
    quote: str
    match: Match


class Alternative(Frozen):
    """Another candidate for the same field, for the reviewer to choose."""

    value: str
    raw: str
    score: float = Field(ge=0, le=1)
    evidence: Evidence | None


class Check(Frozen):
    """The result of one validator over one or more field paths; `detail` is for people."""

    name: str
    passed: bool
    paths: tuple[str, ...]
    detail: str


class FieldValue(Frozen):
    """One field's value.

    `value` is normalised text: ISO dates, plain decimals with a dot, ISO currency codes; None
    unless `status` is `PRESENT`. `raw` is the value as printed. `derived` marks values that are
    computed from others (a sum, a converted code) and so need not stand on the page.
    `signals` holds the evidence the confidence was made from, by name.
    """

    path: str
    value: str | None
    raw: str | None
    status: ValueStatus
    confidence: float = Field(ge=0, le=1)
    confidence_status: ConfidenceStatus = ConfidenceStatus.PRIOR
    evidence: Evidence | None = None
    derived: bool = False
    signals: dict[str, float] = Field(default_factory=dict)
    alternatives: tuple[Alternative, ...] = ()

    @property
    def match(self) -> Match:
        """How the value was found on the page."""
        return self.evidence.match if self.evidence else Match.NONE


class Extraction(Frozen):
    """All values of one document part under one schema; list rows count from 0 in paths."""

    document_id: str
    part: int = Field(ge=1)
    page_from: int = Field(ge=1)
    page_to: int = Field(ge=1)
    schema_name: str
    schema_hash: str
    engine: EngineTag
    fields: tuple[FieldValue, ...]
    checks: tuple[Check, ...] = ()

    def field(self, path: str) -> FieldValue | None:
        """The value at `path`, or None where the extraction has no such path."""
        return next((value for value in self.fields if value.path == path), None)
