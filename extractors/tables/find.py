"""The tables of a page, from its words and ruling lines."""

from __future__ import annotations

import re
from collections.abc import Sequence

from docmill.extractors.layout import tokens_of
from docmill.extractors.tables.cells import Filled, cells_of
from docmill.extractors.tables.grid import grid_of
from docmill.extractors.tables.headings import widened
from docmill.extractors.tables.level import Level
from docmill.extractors.tables.region import Region
from docmill.extractors.tables.regions import regions_of
from docmill.extractors.tables.rulings import Segment, rulings_from
from docmill.schemas.errors import TooLarge
from docmill.schemas.geometry import Box
from docmill.schemas.page import PageText, Table, TableCell

# Fewer words make no table; more than two newspaper pages have are a map, or an attack.
MIN_WORDS, MAX_WORDS = 4, 10_000
# No form has more lines; drawings do.
MAX_LINES = 1_000
# Words of one line stand within so many line heights of its middle.
AT_LINE = 0.3
# A table has words in at least this share of its places (rows times columns).
LEAST_FILLED = 0.4
_LIST_MARK = re.compile(r"[^\w\s]|\(?(\d{1,2}|[a-zA-Z]|[ivx]+)[.)]")


def find_tables(page: PageText, segments: Sequence[Segment]) -> tuple[Table, ...]:
    """Every table of a page, from the top; a word is in one cell at most.

    Args:
        page: words with boxes, and the page's size in pixels.
        segments: ends of the page's ruling lines, x0 y0 x1 y1 in fractions of the displayed page.

    Raises:
        TooLarge: there are too many words or lines to look through.
    """
    check_words(page)
    words = tokens_of(page)
    if len(words) < MIN_WORDS:
        return ()
    level = Level.of(page)
    tokens = sorted(map(level.token, words), key=lambda t: (t.y0, t.x0, t.x1, t.y1, t.text))
    rulings = rulings_from(segments, level)
    lines = len(rulings.horizontal) + len(rulings.vertical)
    if lines > MAX_LINES:
        raise TooLarge(f"{lines:,} lines are drawn; tables are sought among {MAX_LINES:,}.")
    found = (_table(page, region) for region in regions_of(tokens, rulings))
    return tuple(sorted((t for t in found if t), key=lambda t: (t.box.y0, t.box.x0)))


def check_words(page: PageText) -> None:
    """Refuses pages with more words than can be looked through in good time.

    Raises:
        TooLarge: there are too many.
    """
    if len(page.words) > MAX_WORDS:
        raise TooLarge(f"{len(page.words):,} words; tables are sought among {MAX_WORDS:,}.")


def _table(page: PageText, region: Region) -> Table | None:
    grid = grid_of(region)
    cells = widened(cells_of(region, grid), region, grid)
    rows = _numbering(sorted({r for c in cells for r in (c.span.row, c.span.last_row)}))
    columns = _numbering(sorted({n for c in cells for n in (c.span.column, c.span.last_column)}))
    if not _plausible(cells, len(rows), len(columns)):
        return None
    over = max((line.middle for line in grid.headings), default=0.0)
    made = tuple(_cell(page, cell, rows, columns, over) for cell in cells)
    return Table(
        box=Box.around(cell.box for cell in made),
        rows=len(rows),
        columns=len(columns),
        cells=made,
    )


def _plausible(cells: Sequence[Filled], rows: int, columns: int) -> bool:
    """Whether enough places are filled for a table; drawings and lists are none."""
    if rows < 2 or columns < 2 or len(cells) < LEAST_FILLED * rows * columns:
        return False
    leftmost = min(cell.span.column for cell in cells)
    first = [cell for cell in cells if cell.span.column == leftmost]
    marks = sum(bool(_LIST_MARK.fullmatch(cell.tokens[0].text)) for cell in first)
    return columns > 2 or marks < 0.6 * len(first)


def _numbering(used: Sequence[int]) -> dict[int, int]:
    """New numbers without those of rows (or columns) that hold nothing."""
    return {old: new for new, old in enumerate(used)}


def _cell(
    page: PageText, cell: Filled, rows: dict[int, int], columns: dict[int, int], headings: float
) -> TableCell:
    """One cell; words down to the place `headings` are headings."""
    span = cell.span
    return TableCell(
        row=rows[span.row],
        column=columns[span.column],
        row_span=rows[span.last_row] - rows[span.row] + 1,
        column_span=columns[span.last_column] - columns[span.column] + 1,
        text=" ".join(token.text for token in cell.tokens),
        box=Box.around(page.words[token.index].box for token in cell.tokens),
        words=tuple(token.index for token in cell.tokens),
        header=all(token.middle <= headings + AT_LINE for token in cell.tokens),
    )
