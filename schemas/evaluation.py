"""What an evaluation found: every value beside its truth, and counts that sums are made from.

A record holds facts about single documents only; shares, intervals and comparisons are computed
from it (`docmill.infra.evaluation`), so that old records can be read by new measures.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum

from pydantic import Field

from docmill.schemas.extraction import Match
from docmill.schemas.frozen import Frozen
from docmill.schemas.geometry import Box


class Verdict(StrEnum):
    """A value beside its truth.

    `WRONG`: another value was given. `MISSING`: none was given. `SPURIOUS`: one was given where
    the truth says that there is none (or no further row).
    """

    RIGHT = "right"
    WRONG = "wrong"
    MISSING = "missing"
    SPURIOUS = "spurious"


class PlacedBox(Frozen):
    """A box on a page, which counts from 1."""

    page: int = Field(ge=1)
    box: Box


class Judgement(Frozen):
    """One value beside its truth; for key-value pairs, one pair.

    `path` is the truth's (`line_items[2].quantity`), and for spurious values the given one's;
    `pattern` is the path without row numbers. `right` by the lenient rule is `verdict`;
    `strict` wants equality. `key_right` is set for key-value pairs. `place` is where the value
    was found. `iou` is that box's overlap with `truth_place`; `inside` is the share of it that
    lies in the truth's text lines (None: not measured).
    """

    path: str
    pattern: str
    truth: str | None
    value: str | None
    verdict: Verdict
    strict: bool = False
    key_right: bool | None = None
    confidence: float | None = None
    match: Match | None = None
    place: PlacedBox | None = None
    truth_place: PlacedBox | None = None
    iou: float | None = None
    inside: float | None = None

    @property
    def right(self) -> bool:
        """Whether the value is right by the lenient rule."""
        return self.verdict is Verdict.RIGHT

    @property
    def given(self) -> bool:
        """Whether there is a value."""
        return self.verdict is not Verdict.MISSING

    @property
    def wanted(self) -> bool:
        """Whether the truth has a value."""
        return self.verdict is not Verdict.SPURIOUS


class Counts(Frozen):
    """Things that are right, of those given and of those wanted."""

    right: int = Field(default=0, ge=0)
    given: int = Field(default=0, ge=0)
    wanted: int = Field(default=0, ge=0)

    def __add__(self, other: Counts) -> Counts:
        return Counts(
            right=self.right + other.right,
            given=self.given + other.given,
            wanted=self.wanted + other.wanted,
        )

    @property
    def precision(self) -> float | None:
        """Right of given; None where nothing was given."""
        return self.right / self.given if self.given else None

    @property
    def recall(self) -> float | None:
        """Right of wanted; None where nothing was wanted."""
        return self.right / self.wanted if self.wanted else None

    @property
    def f1(self) -> float | None:
        """Harmonic mean of both; None where nothing was given nor wanted."""
        total = self.given + self.wanted
        return 2 * self.right / total if total else None


def counts_of(judgements: Iterable[Judgement], *, strict: bool = False) -> Counts:
    """How many are right (strictly so, if `strict`), given and wanted."""
    listed = tuple(judgements)
    return Counts(
        right=sum(judgement.strict if strict else judgement.right for judgement in listed),
        given=sum(judgement.given for judgement in listed),
        wanted=sum(judgement.wanted for judgement in listed),
    )


class TextCounts(Frozen):
    """A document's text beside its truth, counted.

    `edits` is the Levenshtein distance in reading order, `edits_any_order` the least sum of
    distances when words may be paired in any order; both in characters, of `characters` in the
    truth. `words` and `runs` (of letters and digits) are bags.
    """

    characters: int = Field(ge=0)
    edits: int = Field(ge=0)
    edits_any_order: int = Field(ge=0)
    words: Counts
    runs: Counts


class TableCounts(Frozen):
    """A document's tables beside the truth: cells in place, cells anywhere, neighbourhoods."""

    tables_wanted: int = Field(ge=0)
    tables_given: int = Field(ge=0)
    position: Counts
    content: Counts
    adjacency: Counts


class DocumentEvaluation(Frozen):
    """One document of an evaluation set.

    `example` is its id in the manifest, `path` as the manifest gives it. `document_id` is None
    where there is no file. `outcome` is the document's status, or `missing_file`; `failures` are
    the codes. `seconds` is the work's duration, other documents running beside it. `given_values`
    counts all present values, `boxed` those with a box, `invented` lists paths of those whose
    text stands nowhere in the document. `unscored` are truths that the schema has no field for.
    """

    example: str
    path: str
    doc_type: str
    stratum: str
    language: str
    document_id: str | None
    schema_name: str | None
    outcome: str
    failures: tuple[str, ...] = ()
    pages: int = Field(default=0, ge=0)
    seconds: float | None = None
    given_values: int = Field(default=0, ge=0)
    boxed: int = Field(default=0, ge=0)
    invented: tuple[str, ...] = ()
    judgements: tuple[Judgement, ...] = ()
    unscored: tuple[str, ...] = ()
    text: TextCounts | None = None
    tables: TableCounts | None = None


class EvaluationRecord(Frozen):
    """One evaluation of one set under one configuration.

    `schemas` maps document types to the schema that was filled, `name:hash`. `pages_per_second`
    is None where all work had been done before. `rasterised_dpi` is set where PDF pages were
    read as pictures.
    """

    evaluation_id: str
    name: str
    dataset: str
    started_at: datetime
    finished_at: datetime
    ocr_engine: str
    extractor: str
    rasterised_dpi: int | None = None
    schemas: dict[str, str] = Field(default_factory=dict)
    pages_per_second: float | None = None
    version: str
    documents: tuple[DocumentEvaluation, ...]
