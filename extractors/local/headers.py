"""Headers of lists: rows of the page that name several columns of a list."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from docmill.extractors.layout import LayoutPage
from docmill.extractors.local.candidates import Scene
from docmill.extractors.local.labels import LabelHit
from docmill.schemas.document_schema import FieldKind, FieldSpec, ListSpec

# A header names at least this many different columns.
MIN_COLUMNS = 2
# Header wording may be broken over this many rows.
HEADER_ROWS = 3
NUMERIC = frozenset(
    {FieldKind.AMOUNT, FieldKind.NUMBER, FieldKind.INTEGER, FieldKind.PERCENT, FieldKind.DATE}
)


@dataclass(frozen=True, eq=False)
class Column:
    """A column by its header: the field it holds (None: none we ask for) and its span, pixels.

    `strength` is how surely the heading names the field, 0..1.
    """

    field: FieldSpec | None
    x0: float
    x1: float
    strength: float = 0.0


@dataclass(frozen=True, eq=False)
class Header:
    """A table's header: its first and last row on the page, and its columns, left to right."""

    page: LayoutPage
    first_row: int
    last_row: int
    columns: tuple[Column, ...]


def find_header(scene: Scene, page: LayoutPage, rows: ListSpec) -> Header | None:
    """The row (with its neighbours) that names most columns of the list."""
    by_row: dict[int, list[LabelHit]] = {}
    for hit in scene.labels:
        if hit.segment.page == page.text.page and _fields_of(hit, rows):
            by_row.setdefault(hit.segment.row, []).append(hit)
    best: tuple[float, int, int] | None = None
    for first in by_row:
        for last in range(first, min(first + HEADER_ROWS, len(page.rows))):
            if last not in by_row or not _close(page, first, last):
                continue
            hits = [hit for row in range(first, last + 1) for hit in by_row.get(row, [])]
            worth = _header_worth(scene, page, hits, rows, first, last)
            if worth and (best is None or worth > best[0]):
                best = (worth, first, last)
    if best is None:
        return None
    _, first, last = best
    hits = [hit for row in range(first, last + 1) for hit in by_row.get(row, [])]
    return Header(page, first, last, tuple(_columns(page, first, last, hits, rows)))


def _fields_of(hit: LabelHit, rows: ListSpec) -> list[FieldSpec]:
    return [spec for spec in rows.fields if f"{rows.name}[].{spec.name}" in hit.paths]


def _close(page: LayoutPage, first: int, last: int) -> bool:
    return page.rows[last].y0 - page.rows[first].y1 < 1.5 * page.line_height


def _header_worth(
    scene: Scene,
    page: LayoutPage,
    hits: Sequence[LabelHit],
    rows: ListSpec,
    first: int,
    last: int,
) -> float:
    """Number of different columns named, less what speaks against a header; 0: it is none."""
    names = {spec.name for hit in hits for spec in _fields_of(hit, rows)}
    columns = _distinct_columns(hits, rows)
    numeric = any(spec.kind in NUMERIC for spec in rows.fields if spec.name in names)
    values = sum(
        any(char.isdigit() for char in token.text)
        for row in range(first, last + 1)
        for token in page.rows[row].tokens
    )
    if columns < MIN_COLUMNS or not numeric or values > 1:
        return 0.0
    purity = sum(hit.strength for hit in hits) / len(hits)
    return columns + purity - 0.1 * (last - first)


def _distinct_columns(hits: Sequence[LabelHit], rows: ListSpec) -> int:
    """Columns that do not overlap each other and can stand for different fields."""
    spans: list[tuple[float, float]] = []
    for hit in sorted(hits, key=lambda hit: hit.x0):
        if all(hit.x0 >= x1 or hit.x1 <= x0 for x0, x1 in spans):
            spans.append((hit.x0, hit.x1))
    names = {spec.name for hit in hits for spec in _fields_of(hit, rows)}
    return min(len(spans), len(names))


def _columns(
    page: LayoutPage, first: int, last: int, hits: Sequence[LabelHit], rows: ListSpec
) -> Iterator[Column]:
    """Every heading of the header rows as a column; each field is used once, best label first."""
    spans = _heading_spans(page, first, last)
    taken: set[str] = set()
    fields: dict[tuple[float, float], tuple[FieldSpec, float]] = {}
    for hit in sorted(hits, key=lambda hit: (-hit.strength, len(_fields_of(hit, rows)), -hit.x0)):
        span = next(((a, b) for a, b in spans if a < hit.x1 and hit.x0 < b), None)
        spec = next((s for s in _fields_of(hit, rows) if s.name not in taken), None)
        if span is not None and spec is not None and span not in fields:
            fields[span] = (spec, hit.strength)
            taken.add(spec.name)
    for x0, x1 in spans:
        spec, strength = fields.get((x0, x1), (None, 0.0))
        yield Column(spec, x0, x1, strength)


def _heading_spans(page: LayoutPage, first: int, last: int) -> list[tuple[float, float]]:
    """Horizontal spans of the header's texts, headings over each other merged."""
    spans: list[tuple[float, float]] = []
    for row in page.rows[first : last + 1]:
        for segment in row.segments:
            x0, x1 = segment.x0, segment.x1
            for a, b in [span for span in spans if span[0] < x1 and x0 < span[1]]:
                spans.remove((a, b))
                x0, x1 = min(a, x0), max(b, x1)
            spans.append((x0, x1))
    return sorted(spans)
