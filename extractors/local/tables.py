"""Rows of lists: a header of known labels, columns under it, one item per priced row.

Cells come from words, never from a PDF library's table text. A table goes on over pages where
the header is repeated, or where rows with the same columns follow at the next page's top.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from docmill.extractors.layout import LayoutPage, Row, Segment, Token
from docmill.extractors.local.candidates import Candidate, Scene
from docmill.extractors.local.grid_columns import columns_by_word
from docmill.extractors.local.headers import NUMERIC, Column, Header, find_header
from docmill.extractors.local.numbering import numbered_rows
from docmill.schemas.document_schema import DocumentSchema, FieldKind, FieldSpec, ListSpec

# A gap of more line heights than this ends the table.
MAX_GAP = 9.0
# A cell takes in no further row of text when it has so many words.
MAX_WORDS = 60


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


def find_items(scene: Scene, schema: DocumentSchema, rows: ListSpec) -> list[Item]:
    """The rows of one list, in reading order over all pages."""
    items: list[Item] = []
    header: Header | None = None
    closed = True
    for page in scene.layout.pages:
        found = find_header(scene, page, rows)
        if found is not None:
            header, closed = found, False
            start = found.last_row + 1
        elif header is not None and not closed:
            start = 0
        else:
            continue
        body, closed = _body(scene, schema, page, start)
        items.extend(_items(scene, header, body))
    return items


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


def _items(scene: Scene, header: Header, body: Sequence[Row]) -> Iterator[Item]:
    """Groups body rows into items.

    From the first numbered row on, a number begins an item; before it, and where rows have no
    numbers, a row with an amount begins one. Rows of text continue the item above them.
    """
    numbers = _numbers_by_segment(scene)
    known = columns_by_word(header, body[0].page) if body else dict[int, Column]()
    cells = [(row, _row_cells(header, known, row, numbers)) for row in body]
    starts = numbered_rows(header.columns, body)
    first = next((n for n, row in enumerate(body) if row in starts), len(body))
    yield from _priced_items(cells[:first])
    yield from _numbered_items(cells[first:], starts)


def _numbered_items(
    body: Sequence[tuple[Row, dict[str, Cell]]], starts: frozenset[Row]
) -> Iterator[Item]:
    current: Item | None = None
    for row, cells in body:
        if row in starts or (current is not None and _repeats(current.cells, cells)):
            if current is not None and _priced(current.cells):
                yield current
            current = Item(cells, row.page)
        elif current is not None:
            current = Item(_continued(current.cells, cells), current.page)
    if current is not None and _priced(current.cells):
        yield current


def _repeats(item: Mapping[str, Cell], cells: Mapping[str, Cell]) -> bool:
    """Whether a row has several values, and the item has one of them already.

    It is then an item whose number stands beside the middle of its lines, or has none.
    """
    values = [name for name, cell in cells.items() if cell.candidate is not None]
    return len(values) > 1 and any(
        name in item and item[name].candidate is not None for name in values
    )


def _priced_items(body: Sequence[tuple[Row, dict[str, Cell]]]) -> Iterator[Item]:
    current: Item | None = None
    before: list[Cell] = []
    for row, cells in body:
        if _priced(cells) and not (current is not None and _completes(current.cells, cells)):
            if current is not None:
                yield current
            current = Item(_merged(cells, before), row.page)
            before = []
        elif current is not None:
            current = Item(_continued(current.cells, cells), current.page)
        else:
            before = [*before, *(cell for cell in cells.values() if cell.candidate is None)][-2:]
    if current is not None:
        yield current


def _completes(item: Mapping[str, Cell], cells: Mapping[str, Cell]) -> bool:
    """Whether a row has nothing but an amount that the item above it still lacks.

    Such as the total of an item whose unit price stands in an earlier line.
    """
    values = [name for name, cell in cells.items() if cell.candidate is not None]
    return len(values) == 1 and values[0] not in item


def _priced(cells: Mapping[str, Cell]) -> bool:
    return any(
        cell.candidate is not None and cell.field.kind is FieldKind.AMOUNT
        for cell in cells.values()
    )


def _merged(cells: dict[str, Cell], before: Sequence[Cell]) -> dict[str, Cell]:
    """Text that stands over the first priced row belongs to it when it has none of its own."""
    merged = dict(cells)
    for cell in before:
        if cell.field.name not in merged:
            merged[cell.field.name] = cell
    return merged


def _continued(item: Mapping[str, Cell], cells: Mapping[str, Cell]) -> dict[str, Cell]:
    """An item with a row of text below it added."""
    result = dict(item)
    for name, cell in cells.items():
        old = result.get(name)
        if old is None:
            result[name] = cell
        elif cell.candidate is None and old.candidate is None and len(old.tokens) < MAX_WORDS:
            result[name] = replace(old, tokens=(*old.tokens, *cell.tokens))
    return result


def _numbers_by_segment(scene: Scene) -> Mapping[Segment, list[Candidate]]:
    found: dict[Segment, list[Candidate]] = {}
    for kind in NUMERIC:
        for candidate in scene.by_kind.get(kind, ()):
            found.setdefault(candidate.segment, []).append(candidate)
    return found


def _row_cells(
    header: Header,
    known: Mapping[int, Column],
    row: Row,
    numbers: Mapping[Segment, list[Candidate]],
) -> dict[str, Cell]:
    """The row's words by field."""
    cells: dict[str, Cell] = {}
    for segment in row.segments:
        for tokens, found in _pieces(segment, numbers.get(segment, [])):
            column = _known_column(known, tokens) or _column_of(header.columns, tokens)
            field, strength = (column.field, column.strength) if column else (None, 0.0)
            if field is None:
                continue
            typed = next((c for c in found if c.kind is field.kind), None)
            if field.kind in NUMERIC and typed is None:
                continue
            if field.kind not in NUMERIC and field.name in cells:
                tokens = (*cells[field.name].tokens, *tokens)
            elif field.name in cells:
                continue
            cells[field.name] = Cell(
                field, tokens, typed if field.kind in NUMERIC else None, strength
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


def _known_column(known: Mapping[int, Column], tokens: Sequence[Token]) -> Column | None:
    """The heading of the table column that all these words stand in."""
    columns = {known.get(token.index) for token in tokens}
    return columns.pop() if len(columns) == 1 else None


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
