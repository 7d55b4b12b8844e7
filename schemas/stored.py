"""Extractions as they are read in bulk: what rows of the warehouse are made of, and nothing else.

The same as `schemas.extraction`, by the same names; reading one takes a tenth of the time, since
signals, alternatives, and the words of evidence are passed over. What is missing has the default
that it has there.
"""

from __future__ import annotations

from msgspec import Struct
from msgspec.json import Decoder

from docmill.schemas.extraction import ConfidenceStatus, Match


class StoredBox(Struct, frozen=True, gc=False):
    """See `schemas.geometry.Box`."""

    x0: float
    y0: float
    x1: float
    y1: float


class StoredEvidence(Struct, frozen=True, gc=False):
    """See `Evidence`."""

    page: int
    box: StoredBox
    match: str


class StoredValue(Struct, frozen=True, gc=False):
    """See `FieldValue`."""

    path: str
    value: str | None
    raw: str | None
    status: str
    confidence: float
    confidence_status: str = ConfidenceStatus.PRIOR.value
    evidence: StoredEvidence | None = None
    derived: bool = False

    @property
    def match(self) -> str:
        """How the value was found on the page."""
        return self.evidence.match if self.evidence else Match.NONE.value


class StoredCheck(Struct, frozen=True, gc=False):
    """See `Check`."""

    name: str
    passed: bool
    paths: list[str]
    detail: str


class StoredEngine(Struct, frozen=True, gc=False):
    """See `EngineTag`."""

    name: str
    version: str
    model: str | None = None


class StoredExtraction(Struct, frozen=True, gc=False):
    """See `Extraction`."""

    document_id: str
    schema_name: str
    schema_hash: str
    engine: StoredEngine
    fields: list[StoredValue]
    checks: list[StoredCheck] = []


_DECODER = Decoder(StoredExtraction)


def stored_extraction(text: bytes) -> StoredExtraction:
    """An extraction from the JSON text that the lake keeps.

    Raises:
        msgspec.DecodeError: it is none.
    """
    return _DECODER.decode(text)
