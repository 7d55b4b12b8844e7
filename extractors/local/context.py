"""How near each candidate stands to each label: beside it in the row, or below it in the column."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from docmill.extractors.fold import fold
from docmill.extractors.layout import LayoutPage, Segment, Token
from docmill.extractors.local.candidates import Candidate, Scene
from docmill.extractors.local.labels import LabelHit
from docmill.extractors.values.numbers import currency_of

# Each word, or value of the same kind, between a label and a candidate weakens the tie.
WORD_DECAY = 0.6
VALUE_DECAY = 0.5
LABEL_DECAY = 0.3
# A cell under another cell of its column; a line of other text in between.
CELL_DECAY = 0.85
TEXT_DECAY = 0.45
# A label whose value stands beside it seldom has another one below.
TAKEN_DECAY = 0.35
# Text that is more likely the rest of a heading, or the next one.
HEADING_DECAY = 0.3
MAX_ROWS_BELOW = 45
# Words between label and value that say nothing: "Total due in EUR:", "Invoice no. is".
_CONNECTORS = frozenset(
    [
        "in",
        "the",
        "is",
        "of",
        "de",
        "del",
        "di",
        "du",
        "der",
        "den",
        "le",
        "la",
        "a",
        "e",
        "en",
        "am",
        "vom",
        "von",
        "no",
        "nr",
        "at",
        "on",
    ]
)


@dataclass(frozen=True, eq=False)
class Tie:
    """A label near a candidate; `closeness` is 0..1."""

    hit: LabelHit
    closeness: float
    beside: bool


def ties_of(scene: Scene) -> Mapping[Candidate, list[Tie]]:
    """All label ties of every candidate on its page."""
    ties: dict[Candidate, list[Tie]] = defaultdict(list)
    starts = _by_first_token(scene)
    for hit in scene.labels:
        taken: set[str] = set()
        for candidate, closeness in _beside(scene, hit, starts):
            ties[candidate].append(Tie(hit, closeness, beside=True))
            if closeness > 0.5 * hit.strength:
                taken.add(candidate.kind)
        for candidate, closeness in _below(scene, hit, starts):
            factor = TAKEN_DECAY if candidate.kind in taken else 1.0
            ties[candidate].append(Tie(hit, closeness * factor, beside=False))
    return ties


def _by_first_token(scene: Scene) -> Mapping[Token, list[Candidate]]:
    starts: dict[Token, list[Candidate]] = defaultdict(list)
    for candidate in scene.candidates:
        starts[candidate.tokens[0]].append(candidate)
    return starts


def _beside(
    scene: Scene, hit: LabelHit, starts: Mapping[Token, list[Candidate]]
) -> Iterator[tuple[Candidate, float]]:
    """Candidates to the right in the label's row, weaker with everything in between."""
    page = scene.layout.page(hit.segment.page)
    tokens = page.rows[hit.segment.row].tokens
    closeness = hit.strength
    loosely = _text_beside(page, hit)
    passed: dict[str, int] = defaultdict(int)
    behind: set[Token] = set()
    for token in tokens[tokens.index(hit.tokens[-1]) + 1 :]:
        here = starts.get(token, [])
        distance = 1 / (1 + (token.x0 - hit.x1) / page.width)
        for candidate in here:
            factor = VALUE_DECAY ** passed[candidate.kind]
            if candidate.kind in _LOOSE:
                factor *= loosely
            yield candidate, closeness * distance * factor
        for candidate in here:
            passed[candidate.kind] += 1
            if candidate.kind not in _LOOSE:
                behind.update(candidate.tokens)
        if token in scene.label_tokens:
            closeness *= LABEL_DECAY if token not in behind else 1.0
        elif token not in behind and _says_something(token):
            closeness *= WORD_DECAY
        if closeness < 0.05:
            return


def _text_beside(page: LayoutPage, hit: LabelHit) -> float:
    """How far free text to the right is the label's value, and not more of a heading.

    `Supplier code` without a colon is one heading; and where label and neighbour both have their
    own text right below them, they are headings of columns.
    """
    if hit.tokens[-1].text.endswith(":"):
        return 1.0
    if hit.tokens[-1] is not hit.segment.tokens[-1]:
        return HEADING_DECAY
    row = page.rows[hit.segment.row]
    place = row.segments.index(hit.segment)
    neighbours = (hit.segment, *row.segments[place + 1 : place + 2])
    if len(neighbours) == 2 and all(_has_text_below(page, s) for s in neighbours):
        return HEADING_DECAY
    return 1.0


def _has_text_below(page: LayoutPage, segment: Segment) -> bool:
    """Whether text with the same left edge follows in the very next line."""
    for row in page.rows[segment.row + 1 : segment.row + 4]:
        if row.y0 - segment.y1 > page.line_height:
            return False
        if any(abs(other.x0 - segment.x0) < page.line_height for other in row.segments):
            return True
    return False


# Kinds that are made of any words: they stand for nothing that was passed over.
_LOOSE = frozenset({"text", "name", "address", "currency"})


def _says_something(token: Token) -> bool:
    pieces = fold(token.text)
    return any(
        piece not in _CONNECTORS and not piece.isdigit() and piece not in "#%" for piece in pieces
    ) and not currency_of(token.text)


def _below(
    scene: Scene, hit: LabelHit, starts: Mapping[Token, list[Candidate]]
) -> Iterator[tuple[Candidate, float]]:
    """Candidates under the label, row by row; column cells in between weaken the tie little."""
    page = scene.layout.page(hit.segment.page)
    closeness = hit.strength
    bottom = hit.segment.y1
    rows = page.rows[hit.segment.row + 1 : hit.segment.row + 1 + MAX_ROWS_BELOW]
    for row in rows:
        segment = next((s for s in row.segments if _under(page, hit, s)), None)
        if segment is None:
            continue
        gap = max(0.0, segment.y0 - bottom) / page.line_height
        bottom = segment.y1
        closeness *= 1.0 if gap < 2 else 0.9 if gap < 5 else 0.7
        found = [candidate for token in segment.tokens for candidate in starts.get(token, [])]
        for candidate in found:
            if candidate.segment is segment:
                yield candidate, closeness * _alignment(page, hit, candidate)
        closeness *= _weakening(segment, found, scene)
        if closeness < 0.05:
            return


def _weakening(segment: Segment, found: list[Candidate], scene: Scene) -> float:
    if segment.tokens[0] in scene.label_tokens:
        return LABEL_DECAY
    typed = any(candidate.kind not in _LOOSE for candidate in found)
    return CELL_DECAY if typed and len(segment.tokens) <= 3 else TEXT_DECAY


def _under(page: LayoutPage, hit: LabelHit, segment: Segment) -> bool:
    slack = 0.5 * page.line_height
    return segment.x0 < hit.x1 + slack and hit.x0 - slack < segment.x1


def _alignment(page: LayoutPage, hit: LabelHit, candidate: Candidate) -> float:
    """1 where label and value share an edge or a centre, less where they merely overlap."""
    left, right = candidate.tokens[0].x0, candidate.tokens[-1].x1
    off = min(abs(left - hit.x0), abs(right - hit.x1), abs((left + right) - (hit.x0 + hit.x1)) / 2)
    if off <= 0.8 * page.line_height:
        return 1.0
    overlap = min(right, hit.x1) - max(left, hit.x0)
    return 0.8 if overlap > 0 else 0.4
