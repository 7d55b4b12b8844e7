"""Rows of lists: a header of known labels, columns under it, one item per priced row.

Cells come from words, never from a PDF library's table text. A table goes on over pages where
the header is repeated, or where rows with the same columns follow at the next page's top.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from docmill.extractors.layout import LayoutPage, Row, Segment, Token
from docmill.extractors.local.candidates import Candidate, Scene
from docmill.extractors.local.labels import LabelHit
from docmill.schemas.document_schema import DocumentSchema, FieldKind, FieldSpec, ListSpec

# A header names at least this many different columns.
MIN_COLUMNS = 2
# Header wording may be broken over this many rows.
HEADER_ROWS = 3
# A gap of more line heights than this ends the table.
MAX_GAP = 9.0
_NUMERIC = frozenset(
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
class Cell:
    """What stands in a column of one item: words, and the candidate where it is a typed value."""

    field: FieldSpec
    tokens: tuple[Token, ...]
    candidate: Candidate | None
    strength: float = 0.0


@dataclass(frozen=True, eq=False)
class Item:
    """One row of a list."""

    cells: Mapping[str, Cell]
    page: int


@dataclass(frozen=True, eq=False)
class Header:
    """A table's header: where it stands and its columns, left to right."""

    page: LayoutPage
    last_row: int
    columns: tuple[Column, ...]


def find_items(scene: Scene, schema: DocumentSchema, rows: ListSpec) -> list[Item]:
    """The rows of one list, in reading order over all pages."""
    items: list[Item] = []
    header: Header | None = None
    closed = True
    for page in scene.layout.pages:
        found = _find_header(scene, page, rows)
        if found is not None:
            header, closed = found, False
            start = found.last_row + 1
        elif header is not None and not closed:
            start = 0
        else:
            continue
        body, closed = _body(scene, schema, page, start)
        items.extend(_items(scene, header, body, rows))
    return items


def _find_header(scene: Scene, page: LayoutPage, rows: ListSpec) -> Header | None:
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
    return Header(page, last, tuple(_columns(page, first, last, hits, rows)))


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
    numeric = any(spec.kind in _NUMERIC for spec in rows.fields if spec.name in names)
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


def _body(
    scene: Scene, schema: DocumentSchema, page: LayoutPage, start: int
) -> tuple[list[Row], bool]:
    """Rows from `start` to the first total, heading or wide gap; whether the table ended."""
    ends = _ending_rows(scene, schema, page)
    body: list[Row] = []
    for row in page.rows[start:]:
        gap = (row.y0 - body[-1].y1) / page.line_height if body else 0.0
        if gap > MAX_GAP:
            return body, True
        if row.number in ends and (body or start):
            return body, True
        body.append(row)
    return body, False


def _ending_rows(scene: Scene, schema: DocumentSchema, page: LayoutPage) -> set[int]:
    """Rows that begin with the label of a scalar amount and hold an amount: totals."""
    totals = {spec.name for spec in schema.fields if spec.kind is FieldKind.AMOUNT}
    amounts = {
        candidate.segment.row
        for candidate in scene.by_kind.get(FieldKind.AMOUNT, ())
        if candidate.segment.page == page.text.page
        and (candidate.traits["two_decimals"] or candidate.traits["currency"])
    }
    return {
        hit.segment.row
        for hit in scene.labels
        if hit.segment.page == page.text.page
        and hit.paths & totals
        and hit.segment.row in amounts
        and hit.purity > 0.3
    }


def _items(scene: Scene, header: Header, body: Sequence[Row], rows: ListSpec) -> Iterator[Item]:
    """Groups body rows into items: a row with an amount begins one, rows of text continue it."""
    numbers = _numbers_by_segment(scene)
    current: dict[str, Cell] = {}
    page = body[0].page if body else 0
    before: list[Cell] = []
    for row in body:
        cells = _row_cells(header, row, numbers)
        if any(cell.candidate is not None and _is_price(cell.field) for cell in cells.values()):
            if current:
                yield Item(current, page)
            current, page = _merged(cells, before), row.page
            before = []
        elif current:
            _continue(current, cells, rows)
        else:
            before = [*before, *(cell for cell in cells.values() if cell.candidate is None)][-2:]
    if current:
        yield Item(current, page)


def _merged(cells: dict[str, Cell], before: Sequence[Cell]) -> dict[str, Cell]:
    """Text that stands over the first priced row belongs to it when it has none of its own."""
    merged = dict(cells)
    for cell in before:
        if cell.field.name not in merged:
            merged[cell.field.name] = cell
    return merged


def _continue(current: dict[str, Cell], cells: Mapping[str, Cell], rows: ListSpec) -> None:
    """Adds a row of text to the item above it."""
    for name, cell in cells.items():
        if cell.candidate is not None:
            current.setdefault(name, cell)
        elif name in current and current[name].candidate is None:
            old = current[name]
            if len(old.tokens) < 60:
                current[name] = replace(old, tokens=(*old.tokens, *cell.tokens))
        elif name not in current:
            current[name] = cell


def _is_price(field: FieldSpec) -> bool:
    return field.kind is FieldKind.AMOUNT


def _numbers_by_segment(scene: Scene) -> Mapping[Segment, list[Candidate]]:
    found: dict[Segment, list[Candidate]] = {}
    for kind in _NUMERIC:
        for candidate in scene.by_kind.get(kind, ()):
            found.setdefault(candidate.segment, []).append(candidate)
    return found


def _row_cells(
    header: Header, row: Row, numbers: Mapping[Segment, list[Candidate]]
) -> dict[str, Cell]:
    """The row's words by field."""
    cells: dict[str, Cell] = {}
    for segment in row.segments:
        for tokens, found in _pieces(segment, numbers.get(segment, [])):
            column = _column_of(header.columns, tokens)
            field, strength = (column.field, column.strength) if column else (None, 0.0)
            if field is None:
                continue
            typed = next((c for c in found if c.kind is field.kind), None)
            if field.kind in _NUMERIC and typed is None:
                continue
            if field.kind not in _NUMERIC and field.name in cells:
                tokens = (*cells[field.name].tokens, *tokens)
            elif field.name in cells:
                continue
            cells[field.name] = Cell(
                field, tokens, typed if field.kind in _NUMERIC else None, strength
            )
    return cells


def _pieces(
    segment: Segment, numbers: Sequence[Candidate]
) -> Iterator[tuple[tuple[Token, ...], list[Candidate]]]:
    """The segment as one piece of text or number; two numbers with a narrow gap come apart."""
    starts = {candidate.tokens[0]: candidate.tokens for candidate in numbers}
    text = [token for token in segment.tokens if not any(token in run for run in starts.values())]
    if any(sum(char.isalpha() for char in token.text) > 2 for token in text):
        letters = [token for token in text if any(char.isalpha() for char in token.text)]
        trailing = _edge_numbers(segment, starts, letters)
        own = tuple(t for t in segment.tokens if not any(t in run for run in trailing))
        yield own, []
        for run in trailing:
            yield run, [c for c in numbers if c.tokens == run]
        return
    if not starts:
        yield segment.tokens, []
    for run in starts.values():
        yield run, [candidate for candidate in numbers if candidate.tokens == run]


def _edge_numbers(
    segment: Segment, starts: Mapping[Token, tuple[Token, ...]], letters: Sequence[Token]
) -> list[tuple[Token, ...]]:
    """Numbers with decimals before or after all words of a segment: cells set close to the text."""
    first, last = letters[0].x0, letters[-1].x1
    return [
        run
        for run in starts.values()
        if (run[0].x0 > last or run[-1].x1 < first)
        and any("," in token.text or "." in token.text for token in run)
    ]


def _column_of(columns: Sequence[Column], tokens: Sequence[Token]) -> Column | None:
    """The column whose edge or centre is nearest; overlap beats mere nearness."""
    x0, x1 = tokens[0].x0, max(token.x1 for token in tokens)

    def distance(column: Column) -> float:
        overlap = min(x1, column.x1) - max(x0, column.x0)
        edges = min(
            abs(x0 - column.x0),
            abs(x1 - column.x1),
            abs((x0 + x1) - (column.x0 + column.x1)) / 2,
        )
        return edges if overlap > 0 else edges + 2 * -overlap

    return min(columns, key=distance, default=None)


def item_tokens(items: Sequence[Item]) -> frozenset[Token]:
    """All words inside items."""
    return frozenset(
        token for item in items for cell in item.cells.values() for token in cell.tokens
    )
