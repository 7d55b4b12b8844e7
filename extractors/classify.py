"""Classification: which of the known document types a part is, or none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from docmill.extractors.fold import folded
from docmill.extractors.layout import Layout, Segment
from docmill.extractors.local.labels import LabelIndex
from docmill.schemas.document_schema import DocumentSchema, Role

CLASSIFY_VERSION = 1
# A title alone in large print at the top is worth this many labels.
TITLE_WORTH = 4.0
# Fewer signs than this fit any business letter.
MIN_SIGNS = 4.0
# Width of a page over its height below which it is a roll; A4 has 0.71.
NARROW = 0.6
ROLL_WORTH = 3.0


@dataclass(frozen=True)
class Classification:
    """The best schema and how sure that is, 0..1; `schema` is None where none fits."""

    schema: DocumentSchema | None
    confidence: float
    scores: dict[str, float]


def classify(layout: Layout, schemas: Sequence[DocumentSchema]) -> Classification:
    """The schema whose titles and labels stand on the pages most clearly."""
    scores = {schema.name: _signs(layout, schema) for schema in schemas}
    ranked = sorted(schemas, key=lambda schema: -scores[schema.name])
    best = ranked[0]
    total = sum(scores.values())
    if scores[best.name] < MIN_SIGNS:
        return Classification(None, 0.0, scores)
    return Classification(best, scores[best.name] / total, scores)


def _signs(layout: Layout, schema: DocumentSchema) -> float:
    """Titles, by how much they look like one, plus the number of different fields labelled."""
    titles = {folded(title) for title in schema.titles}
    title = max((_title_worth(layout, s, titles) for s in layout.segments), default=0.0)
    hits = LabelIndex(schema).find(layout)
    fields = {path for hit in hits for path in hit.paths if hit.purity > 0.5}
    return title + min(6.0, len(fields) / 2) + _roll_worth(layout, schema)


def _roll_worth(layout: Layout, schema: DocumentSchema) -> float:
    """What comes off a till roll is narrow and names no recipient."""
    page = layout.pages[0]
    narrow = page.width < NARROW * page.height
    addressed = any(spec.role is Role.RECIPIENT for spec in schema.fields)
    return ROLL_WORTH if narrow and not addressed else 0.0


def _title_worth(layout: Layout, segment: Segment, titles: set[str]) -> float:
    """How much a segment looks like the document's title, 0..2 × `TITLE_WORTH`."""
    words = [folded(token.text) for token in segment.tokens]
    text = "".join(words)
    page = layout.page(segment.page)
    first = layout.pages[0] is page
    size = segment.height / page.line_height
    if text in titles:
        share = 1.0
    elif any(word in titles for word in words) or any(t in text for t in titles if len(t) > 6):
        share = 0.5
    else:
        return 0.0
    place = 1.0 if first and segment.y0 < 0.5 * page.height else 0.4
    return TITLE_WORTH * share * place * min(2.0, max(1.0, size))
