"""What stands in a stretch of HTML: plain text, the cells of its tables, its tick boxes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from docmill.extractors.ocr.vlm.html_tables import CellGrid
from docmill.extractors.ocr.vlm.html_tokens import Characters, End, Start, Token
from docmill.extractors.ocr.vlm.regions import RegionCell
from docmill.schemas.naming import vocabulary

TICKED: Final = "\N{BALLOT BOX WITH X}"
UNTICKED: Final = "\N{BALLOT BOX}"
_BOXES: Final = {
    UNTICKED: False,
    "\N{WHITE SQUARE}": False,
    TICKED: True,
    "\N{BALLOT BOX WITH CHECK}": True,
}

# Tags that stand on lines of their own.
_LINES: Final = vocabulary(
    "address article aside blockquote body br button caption center dd div dl dt figcaption figure"
    " footer form h1 h2 h3 h4 h5 h6 header hr html li main nav ol p pre section table tbody td"
    " tfoot th thead tr ul"
)


@dataclass(frozen=True)
class Content:
    """What was written.

    `text` has a line for each paragraph, item and row of a table; cells of a row are parted by
    tabs. Tick boxes stand in it as U+2612 and U+2610. Descriptions of pictures (`alt`) do not:
    they are the model's words, not the page's. `whole` is False where a table was not closed.
    """

    text: str
    cells: tuple[RegionCell, ...]
    ticked: tuple[tuple[str, bool], ...]
    whole: bool
    findings: tuple[str, ...]


def content_of(tokens: Iterable[Token], *, lines: bool = False) -> Content:
    """The content of a stretch of HTML; `span` of cells are places in the raw answer.

    Args:
        tokens: the stretch.
        lines: outside of tables, a line feed begins a new line, as in Markdown of these models.
    """
    walk = _Walk(lines)
    for token in tokens:
        walk.take(token)
    return walk.content()


def ticked_in(text: str) -> tuple[tuple[str, bool], ...]:
    """Tick boxes in lines of text, each with what stands beside it.

    That is what follows the box, up to the next one; in lines that end with a box, what precedes
    it. In rows of a table it is the nearest cell that is not empty.
    """
    found: list[tuple[str, bool]] = []
    for line in text.split("\n"):
        first, *rest = re.split(f"([{''.join(_BOXES)}])", line)
        boxes, beside = rest[::2], [first, *rest[1::2]]
        if not boxes:
            continue
        leading = bool(first.strip()) and not beside[-1].strip()
        for number, box in enumerate(boxes):
            said = _cells(beside[number if leading else number + 1])
            label = said[-1 if leading else 0] if said else ""
            found.append((label, _BOXES[box]))
    return tuple(found)


def _cells(text: str) -> list[str]:
    return [stripped for cell in text.split("\t") if (stripped := cell.strip())]


class _Writer:
    """Plain text in lines; white space within a line is one space, except where it is kept."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._open: list[str] = []
        self._kept = False

    def write(self, text: str) -> None:
        self._open.append(text)

    def write_lines(self, text: str) -> None:
        for number, line in enumerate(text.split("\n")):
            if number:
                self.line()
            self._open.append(line)

    def write_kept(self, text: str) -> None:
        for number, line in enumerate(text.split("\n")):
            if number:
                self.line()
            self._kept = True
            self._open.append(line)

    def line(self) -> None:
        """Begin a new line."""
        line = "".join(self._open)
        self._lines.append(line.rstrip() if self._kept else " ".join(line.split()))
        self._open.clear()
        self._kept = False

    def row(self, cells: Iterable[str]) -> None:
        """A line of cells."""
        self.line()
        self._lines.append("\t".join(" ".join(cell.split()) for cell in cells))

    def text(self) -> str:
        self.line()
        return "\n".join(line for line in self._lines if line.strip())


@dataclass
class _OpenCell:
    header: bool
    row_span: str
    column_span: str
    start: int
    writer: _Writer = field(default_factory=_Writer)


@dataclass
class _OpenTable:
    grid: CellGrid
    in_head: bool = False
    row: list[str] | None = None
    cell: _OpenCell | None = None


class _Walk:
    """Takes tokens one after the other; closes what a model forgot to close, as browsers do."""

    def __init__(self, lines: bool) -> None:
        self._lines = lines
        self._writer = _Writer()
        self._tables: list[_OpenTable] = []
        self._rows = 0
        self._cells: list[RegionCell] = []
        self._kept = 0
        self._whole = True
        self._findings: list[str] = []
        self._end = 0

    def take(self, token: Token) -> None:
        match token:
            case Characters():
                self._write(token.text)
            case Start():
                self._start(token)
            case End():
                self._stop(token)
        self._end = token.end

    def content(self) -> Content:
        while self._tables:
            self._whole = False
            self._findings.append("a table is not closed")
            self._close_table(self._end)
        text = self._writer.text()
        return Content(
            text, tuple(self._cells), ticked_in(text), self._whole, tuple(self._findings)
        )

    @property
    def _target(self) -> _Writer:
        """The innermost open cell, or what stands around all tables."""
        cells = (table.cell for table in reversed(self._tables) if table.cell)
        return next((cell.writer for cell in cells), self._writer)

    def _write(self, text: str) -> None:
        if self._kept:
            self._target.write_kept(text)
        elif self._lines and not self._tables:
            self._writer.write_lines(text)
        else:
            self._target.write(text)

    def _start(self, tag: Start) -> None:
        match tag.name:
            case "table":
                self._open_table()
            case "td" | "th" if self._tables:
                self._open_cell(tag)
            case "thead" | "tbody" | "tfoot" | "tr" if self._tables:
                self._open_rows(tag.name, tag.start)
            case "input":
                self._input(tag.attributes)
            case _ if _stands_alone(tag):
                self._target.line()
            case _:
                pass
        self._kept += tag.name == "pre"

    def _stop(self, tag: End) -> None:
        table = self._tables[-1] if self._tables else None
        if tag.name == "pre":
            self._kept = max(0, self._kept - 1)
        match tag.name:
            case "table" if table:
                self._close_table(tag.start)
            case "td" | "th" if table:
                self._close_cell(table, tag.start)
            case "thead" | "tbody" | "tfoot" | "tr" if table:
                self._close_row(table, tag.start)
                table.in_head = table.in_head and tag.name != "thead"
            case _ if tag.name in _LINES:
                self._target.line()
            case _:
                pass

    def _input(self, attributes: Mapping[str, str]) -> None:
        kind = attributes.get("type", "text").lower()
        if kind in ("checkbox", "radio"):
            self._write(f" {TICKED if 'checked' in attributes else UNTICKED} ")
        elif kind != "hidden":
            self._write(f" {attributes.get('value', '')} ")

    def _open_table(self) -> None:
        if self._tables and self._tables[-1].cell is None:
            # A table straight inside a table, in no cell: the model forgot to close the first.
            self._findings.append("a table is not closed")
            self._whole = False
            self._close_table(self._end)
        if self._tables:
            self._findings.append("a table stands in a cell of another one")
        elif self._rows:
            self._findings.append("several tables in one region; their rows are counted on")
        self._target.line()
        self._tables.append(_OpenTable(CellGrid(0 if self._tables else self._rows)))

    def _open_rows(self, name: str, place: int) -> None:
        table = self._tables[-1]
        self._close_row(table, place)
        if name == "tr":
            table.grid.begin_row()
            table.row = []
        else:
            table.in_head = name == "thead"

    def _open_cell(self, tag: Start) -> None:
        table = self._tables[-1]
        self._close_cell(table, tag.start)
        if table.row is None:
            self._open_rows("tr", tag.start)
        given = tag.attributes
        header = tag.name == "th" or table.in_head
        table.cell = _OpenCell(header, given.get("rowspan", ""), given.get("colspan", ""), tag.end)

    def _close_cell(self, table: _OpenTable, place: int) -> None:
        cell, table.cell = table.cell, None
        if cell is None or table.row is None:
            return
        text = cell.writer.text()
        table.row.append(text)
        table.grid.add(
            text,
            header=cell.header,
            row_span=cell.row_span,
            column_span=cell.column_span,
            span=(cell.start, place),
        )

    def _close_row(self, table: _OpenTable, place: int) -> None:
        self._close_cell(table, place)
        if table.row is not None:
            row, table.row = table.row, None
            outer = [other.cell for other in self._tables[:-1] if other.cell]
            (outer[-1].writer if outer else self._writer).row(row)

    def _close_table(self, place: int) -> None:
        table = self._tables[-1]
        self._close_row(table, place)
        self._tables.pop()
        self._findings.extend(table.grid.findings)
        if not self._tables:
            self._rows += table.grid.rows
            self._cells.extend(table.grid.cells())


def _stands_alone(tag: Start) -> bool:
    block_formula = tag.name == "math" and tag.attributes.get("display", "").lower() == "block"
    return tag.name in _LINES or block_formula
