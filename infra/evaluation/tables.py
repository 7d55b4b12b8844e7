"""Tables beside their truth: cells in place, cells anywhere, and which cells are neighbours.

Adjacency relations are the measure of the ICDAR 2013 table competition: M. Göbel, T. Hassan,
E. Oro, G. Orsi, “A methodology for evaluating algorithms for table understanding in PDF
documents”, DocEng 2012; and “ICDAR 2013 Table Competition”, ICDAR 2013.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html.parser import HTMLParser
from itertools import pairwise
from typing import Any

from docmill.infra.evaluation.dataset import Example
from docmill.infra.evaluation.matching import best_pairs, worth_of
from docmill.infra.evaluation.text import shared
from docmill.schemas.evaluation import Counts, TableCounts
from docmill.schemas.page import PageText

Relation = tuple[str, str, str]


@dataclass(frozen=True)
class Cell:
    """A cell with text; rows and columns from 0, ends inclusive."""

    row: int
    column: int
    end_row: int
    end_column: int
    text: str

    @property
    def content(self) -> str:
        """Its text as it is compared: NFKC, without white space and letter case."""
        return "".join(unicodedata.normalize("NFKC", self.text).casefold().split())


@dataclass(frozen=True)
class Grid:
    """A table's cells with text; `page` is None where the truth names none."""

    cells: tuple[Cell, ...]
    page: int | None = None


def true_tables(example: Example) -> tuple[Grid, ...] | None:
    """The tables of a document; None where its truth says nothing about tables."""
    truth = example.ground_truth
    if "tables" in truth:
        return tuple(_listed(table) for table in truth["tables"])
    if "html_structure" in truth:
        return (_from_html("".join(truth["html_structure"]), truth.get("cells", ())),)
    return None


def _listed(table: Mapping[str, Any]) -> Grid:
    cells = (
        Cell(cell["row"], cell["col"], cell["end_row"], cell["end_col"], str(cell["text"]))
        for cell in table["cells"]
    )
    return Grid(tuple(cell for cell in cells if cell.content), table.get("page"))


def _from_html(structure: str, contents: Sequence[Mapping[str, Any]]) -> Grid:
    """Structure as HTML without text, and the texts of its `td` elements in order."""
    parser = _Structure()
    parser.feed(structure)
    cells = (
        Cell(row, column, end_row, end_column, str(content.get("text") or ""))
        for (row, column, end_row, end_column), content in zip(
            parser.places, contents, strict=False
        )
    )
    return Grid(tuple(cell for cell in cells if cell.content))


class _Structure(HTMLParser):
    """Places of cells in the grid, by the rules of HTML tables."""

    def __init__(self) -> None:
        super().__init__()
        self.places: list[tuple[int, int, int, int]] = []
        self._row = -1
        self._taken: set[tuple[int, int]] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "tr":
            self._row += 1
        elif tag in ("td", "th"):
            given = dict(attrs)
            self._place(int(given.get("rowspan") or 1), int(given.get("colspan") or 1))

    def _place(self, rows: int, columns: int) -> None:
        column = next(c for c in range(len(self._taken) + 1) if (self._row, c) not in self._taken)
        end_row, end_column = self._row + rows - 1, column + columns - 1
        self.places.append((self._row, column, end_row, end_column))
        self._taken |= {
            (row, place)
            for row in range(self._row, end_row + 1)
            for place in range(column, end_column + 1)
        }


def found_tables(pages: Iterable[PageText]) -> tuple[Grid, ...]:
    """The tables that were found on complete pages."""
    return tuple(
        Grid(
            tuple(
                Cell(
                    cell.row,
                    cell.column,
                    cell.row + cell.row_span - 1,
                    cell.column + cell.column_span - 1,
                    cell.text,
                )
                for cell in table.cells
            ),
            page.page,
        )
        for page in pages
        if page.status.complete
        for table in page.tables
    )


def compare_tables(truth: Sequence[Grid], found: Sequence[Grid]) -> TableCounts:
    """Tables paired for the most shared cell texts, on the same page, and then compared.

    `position`: cells whose text, row and column are right. `content`: cells whose text is in the
    table, wherever. `adjacency`: see `relations`. Tables without a partner count as wanted or as
    given with all their cells.
    """
    partner = dict(best_pairs(worth_of([[_likeness(true, grid) for grid in found]
                                        for true in truth], len(found))))  # fmt: skip
    nothing = Grid(())
    couples = [
        (true, found[partner[number]] if number in partner else nothing)
        for number, true in enumerate(truth)
    ]
    couples += [
        (nothing, grid) for number, grid in enumerate(found) if number not in partner.values()
    ]
    return TableCounts(
        tables_wanted=len(truth),
        tables_given=len(found),
        position=_sum(shared(_positions(true), _positions(grid)) for true, grid in couples),
        content=_sum(shared(_contents(true), _contents(grid)) for true, grid in couples),
        adjacency=_sum(_compared(relations(true), relations(grid)) for true, grid in couples),
    )


def _likeness(true: Grid, found: Grid) -> float:
    if true.page is not None and true.page != found.page:
        return 0.0
    return shared(_contents(true), _contents(found)).f1 or 0.0


def _contents(grid: Grid) -> list[str]:
    return [cell.content for cell in grid.cells if cell.content]


def _positions(grid: Grid) -> list[str]:
    return [f"{cell.row} {cell.column} {cell.content}" for cell in grid.cells if cell.content]


def relations(grid: Grid) -> Counter[Relation]:
    """Every cell with its nearest neighbours to the right and below, as texts and direction.

    Blank positions are passed over. A cell over several rows or columns has a neighbour for each
    of them; the same two cells are neighbours once per direction.
    """
    cells = [cell for cell in grid.cells if cell.content]
    pairs = {
        (index, other, direction)
        for direction in ("right", "below")
        for index, other in _neighbours(cells, direction)
    }
    return Counter(
        (cells[index].content, cells[other].content, direction) for index, other, direction in pairs
    )


def _neighbours(cells: Sequence[Cell], direction: str) -> Iterator[tuple[int, int]]:
    lanes: dict[int, list[tuple[int, int]]] = {}
    for index, cell in enumerate(cells):
        across = direction == "right"
        first, last = (cell.row, cell.end_row) if across else (cell.column, cell.end_column)
        for lane in range(first, last + 1):
            lanes.setdefault(lane, []).append((cell.column if across else cell.row, index))
    for lane in lanes.values():
        ordered = [index for _, index in sorted(lane)]
        yield from pairwise(ordered)


def _compared(truth: Counter[Relation], found: Counter[Relation]) -> Counts:
    return Counts(right=(truth & found).total(), given=found.total(), wanted=truth.total())


def _sum(counts: Iterable[Counts]) -> Counts:
    return sum(counts, Counts())
