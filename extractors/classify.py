"""Classification: which of the known document types a part is, or none.

Every type is weighed by the signs that its schema names: its titles, its labels, the phrases of
its running text, the shape of its lists. A stranger scores little everywhere; `unknown` is one of
the answers, with a weight of its own.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from docmill.extractors.fold import folded
from docmill.extractors.layout import Layout, Segment
from docmill.extractors.local.labels import LabelIndex
from docmill.extractors.local.pairs import CELL, find_pairs
from docmill.extractors.local.prose import Cue, cues_of, find_in_text
from docmill.schemas.document_schema import DocumentSchema, FieldKind, ListShape, Role

CLASSIFY_VERSION = 2
# A title alone in large print at the top is worth this many labels.
TITLE_WORTH = 4.0
# Large print, in line heights.
LARGE = 1.15
# A line with more words is a sentence that names the type, no title.
MAX_TITLE_WORDS = 6
# What `unknown` scores: fewer signs than this fit any business letter.
UNKNOWN_SIGNS = 5.6
# How fast a lead over the others becomes certainty: one sign more is this much in log-odds.
SHARPNESS = 0.9
# Width of a page over its height below which it is a roll; A4 has 0.71.
NARROW = 0.6
ROLL_WORTH = 6.2
# A type that stands in running text is no such text without its phrases: titles count this much.
BARE_TITLE = 1.5
# What a page full of keys and values is worth; fewer pairs than this may stand on any letter.
PAIRS_WORTH = 12.0
MIN_PAIRS = 4
# Forms ask for words; from this share of words with digits on a page is rather a list of sums.
FEW_FIGURES = 0.2
FIGURES_COST = 30.0


_MONEY = re.compile(r"\d[.,]\d{2}(?!\d)")


@dataclass(frozen=True)
class Classification:
    """The best schema and how sure that is, 0..1; `schema` is None where none fits.

    `scores` are the signs found for each schema, by name.
    """

    schema: DocumentSchema | None
    confidence: float
    scores: dict[str, float]


def classify(layout: Layout, schemas: Sequence[DocumentSchema]) -> Classification:
    """The schema whose titles, labels and phrases stand on the pages most clearly.

    The confidence is the softmax of the signs over all schemas and `unknown`: a prior, until it
    is calibrated on labelled documents.
    """
    signs = {schema.name: _signs(layout, schema) for schema in schemas}
    best = max(schemas, key=lambda schema: signs[schema.name])
    weights = {name: math.exp(SHARPNESS * value) for name, value in signs.items()}
    unknown = math.exp(SHARPNESS * UNKNOWN_SIGNS)
    total = sum(weights.values()) + unknown
    if weights[best.name] <= unknown:
        return Classification(None, unknown / total, signs)
    return Classification(best, weights[best.name] / total, signs)


def _signs(layout: Layout, schema: DocumentSchema) -> float:
    return sum(signs_by_sort(layout, schema).values())


def signs_by_sort(layout: Layout, schema: DocumentSchema) -> dict[str, float]:
    """What speaks for a schema, by sort of sign."""
    titles = {folded(title) for title in schema.titles}
    title = max((_title_worth(layout, s, titles) for s in layout.segments), default=0.0)
    cues = cues_of(schema)
    said = _cue_worth(layout, cues) if cues else 0.0
    return {
        "title": min(title, BARE_TITLE * said) if cues else title,
        "labels": _label_worth(layout, schema),
        "cues": said,
        "pairs": _pair_worth(layout, schema),
        "roll": _roll_worth(layout, schema),
    }


def _label_worth(layout: Layout, schema: DocumentSchema) -> float:
    """Half a sign for every field with a label, up to six."""
    hits = LabelIndex(schema).find(layout)
    fields = {path for hit in hits for path in hit.paths if hit.purity > 0.5}
    return min(6.0, len(fields) / 2)


def _cue_worth(layout: Layout, cues: Sequence[Cue]) -> float:
    """Two signs for every field that a phrase of the text gives, up to six."""
    found = find_in_text(layout, cues, day_first=True, decimal_sign=".")
    return min(6.0, 2.0 * len({value.cue.path for value in found}))


def _pair_worth(layout: Layout, schema: DocumentSchema) -> float:
    """How much of the text is keys and values, for types that ask for any pairs."""
    if not any(rows.shape is ListShape.PAIRS for rows in schema.lists):
        return 0.0
    words = [token for page in layout.pages for row in page.rows for token in row.tokens]
    if not words:
        return 0.0
    pairs = [pair for pair in find_pairs(layout) if pair.certainty != CELL]
    inside = sum(len(pair.key) + len(pair.value) for pair in pairs)
    figures = sum(any(char.isdigit() for char in word.text) for word in words) / len(words)
    enough = min(1.0, len(pairs) / (MIN_PAIRS * len(layout.pages)))
    cost = FIGURES_COST * max(0.0, figures - FEW_FIGURES)
    return max(0.0, PAIRS_WORTH * enough * inside / len(words) - cost)


def _roll_worth(layout: Layout, schema: DocumentSchema) -> float:
    """What comes off a till roll is narrow and adds up to something; it names no recipient."""
    page = layout.pages[0]
    sums = any(spec.kind is FieldKind.AMOUNT for spec in schema.fields)
    if page.width >= NARROW * page.height or not sums or not _MONEY.search(layout.text):
        return 0.0
    addressed = any(spec.role is Role.RECIPIENT for spec in schema.fields)
    return -ROLL_WORTH if addressed else ROLL_WORTH


def _title_worth(layout: Layout, segment: Segment, titles: set[str]) -> float:
    """How much a segment looks like the document's title, 0..2 × `TITLE_WORTH`."""
    words = [folded(token.text) for token in segment.tokens]
    text = "".join(words)
    page = layout.page(segment.page)
    first = layout.pages[0] is page
    size = segment.height / page.line_height
    if text in titles:
        share = 1.0
    elif len(words) <= MAX_TITLE_WORDS and _begins_or_ends(words, titles):
        share = 0.5 if size > LARGE or segment.text.isupper() else 0.25
    else:
        return 0.0
    place = 1.0 if first and segment.y0 < 0.5 * page.height else 0.4
    return TITLE_WORTH * share * place * min(2.0, max(1.0, size))


def _begins_or_ends(words: Sequence[str], titles: set[str]) -> bool:
    """Whether a title is the first or last of the words: `Invoice 4711`, `Mutual agreement`."""
    text = "".join(words)
    inside = any(text.startswith(t) or text.endswith(t) for t in titles if len(t) > 6)
    return words[0] in titles or words[-1] in titles or inside
