"""Triage: which values a person has to look at, and why, in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from textwrap import shorten

from docmill.schemas.document_schema import DocumentSchema, pattern_of
from docmill.schemas.extraction import Check, Extraction, FieldValue, Match, ValueStatus
from docmill.schemas.page import PageText
from docmill.schemas.review import ReviewItem, ReviewReason

TRIAGE_VERSION = 2
# Characters of another candidate that an explanation quotes.
OTHER_LENGTH = 60


@dataclass(frozen=True)
class Thresholds:
    """Confidence below which a value goes to review: one for all, others by field pattern.

    Keys of `by_field` are `total` or `invoice.total`, `line_items[].quantity`; the form with the
    schema's name wins.
    """

    default: float = 0.75
    by_field: Mapping[str, float] = field(default_factory=dict[str, float])

    def of(self, schema_name: str, path: str) -> float:
        """The threshold for one field."""
        pattern = pattern_of(path)
        general = self.by_field.get(pattern, self.default)
        return self.by_field.get(f"{schema_name}.{pattern}", general)


def triage(
    extraction: Extraction,
    schema: DocumentSchema,
    pages: Sequence[PageText],
    thresholds: Thresholds,
    kind_confidence: float | None = None,
) -> tuple[ReviewItem, ...]:
    """One item per doubtful value, missing required value, page not read in full, unsure kind.

    Args:
        extraction: the values of one document.
        schema: what they are values of.
        pages: where they were looked for.
        thresholds: below which confidence a person looks.
        kind_confidence: how sure it is that the document is of this kind; None where told.
    """
    found: list[tuple[str, ReviewReason, str, float]] = [*_unsure_kind(kind_confidence, thresholds)]
    found.extend(_nothing_found(extraction))
    for value in extraction.fields:
        found.extend(_value_doubts(value, extraction, schema, thresholds))
    found.extend(_missing_lists(extraction, schema))
    found.extend(_unread_pages(pages))
    return tuple(
        ReviewItem(
            document_id=extraction.document_id,
            part=extraction.part,
            schema_name=extraction.schema_name,
            path=path,
            reason=reason,
            explanation=explanation,
            confidence=confidence,
        )
        for path, reason, explanation, confidence in found
    )


def _unsure_kind(
    confidence: float | None, thresholds: Thresholds
) -> Iterator[tuple[str, ReviewReason, str, float]]:
    if confidence is not None and confidence < thresholds.default:
        why = f"of this kind with confidence {confidence:.2f}, wanted {thresholds.default:.2f}"
        yield "", ReviewReason.UNSURE_KIND, f"{why}; `--schema` tells it for sure", confidence


def _nothing_found(extraction: Extraction) -> Iterator[tuple[str, ReviewReason, str, float]]:
    """A document without a single value is no success, whatever its schema requires."""
    if not any(value.status is ValueStatus.PRESENT for value in extraction.fields):
        why = "not one value of the schema was found: is it a document of this kind?"
        yield "", ReviewReason.NOTHING_FOUND, why, 0.0


def _value_doubts(
    value: FieldValue, extraction: Extraction, schema: DocumentSchema, thresholds: Thresholds
) -> Iterator[tuple[str, ReviewReason, str, float]]:
    spec = schema.spec_of(value.path)
    if value.status is not ValueStatus.PRESENT:
        if spec is not None and spec.required:
            yield value.path, ReviewReason.REQUIRED_MISSING, _missing(value), 0.0
        return
    threshold = thresholds.of(extraction.schema_name, value.path)
    if value.confidence >= threshold:
        return
    failed = [check for check in extraction.checks if not check.passed]
    own = [check for check in failed if value.path in check.paths]
    if value.match is Match.NONE and not value.derived:
        reason, why = ReviewReason.NOT_ON_PAGE, f"“{value.value}” was not found on the page"
    elif own:
        reason, why = ReviewReason.CHECK_FAILED, "; ".join(_details(own))
    else:
        reason, why = ReviewReason.LOW_CONFIDENCE, _doubt(value, threshold)
    yield value.path, reason, why, value.confidence


def _details(checks: Sequence[Check]) -> Iterator[str]:
    return (check.detail for check in checks)


def _missing(value: FieldValue) -> str:
    if value.alternatives:
        best = value.alternatives[0]
        return f"required, but nothing sure enough was found; the best guess is “{best.raw}”"
    return "required, but nothing on the pages looks like it"


def _doubt(value: FieldValue, threshold: float) -> str:
    """The weakest parts of the evidence, in words."""
    reasons: list[str] = []
    if max(value.signals.get("beside", 1.0), value.signals.get("below", 0.0)) < 0.3:
        reasons.append("no label of this field stands near it")
    if value.signals.get("margin", 1.0) < 0.2 and value.alternatives:
        other = shorten(value.alternatives[0].raw, OTHER_LENGTH, placeholder=" …")
        reasons.append(f"“{other}” fits nearly as well")
    if value.signals.get("ambiguous"):
        reasons.append("day and month could be exchanged")
    if value.signals.get("text_doubt", 0.0) > 0.1:
        reasons.append("its characters were hard to read")
    if value.match is Match.FUZZY:
        reasons.append("the page says nearly, but not exactly this")
    text = ", ".join(reasons) or "the evidence is thin"
    return f"{text} (confidence {value.confidence:.2f}, wanted {threshold:.2f})"


def _missing_lists(
    extraction: Extraction, schema: DocumentSchema
) -> Iterator[tuple[str, ReviewReason, str, float]]:
    """Required lists without a single row."""
    paths = {pattern_of(value.path) for value in extraction.fields}
    for rows in schema.lists:
        if rows.required and not any(path.startswith(f"{rows.name}[]") for path in paths):
            why = "required, but not one row of it was found"
            yield rows.name, ReviewReason.REQUIRED_MISSING, why, 0.0


def _unread_pages(
    pages: Sequence[PageText],
) -> Iterator[tuple[str, ReviewReason, str, float]]:
    for page in pages:
        if not page.status.complete:
            why = "; ".join(page.findings) or page.status.value
            yield "", ReviewReason.PAGE_UNREAD, f"page {page.page} was not read: {why}", 0.0
