"""Rows of tables, with their values remembered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sample_docs.generate.document import Line
from sample_docs.generate.sheet import Align, Content, Face, Sheet
from sample_docs.generate.writing import NO_BREAK, Writing, grouped

_VALUES = frozenset(["description", "quantity", "unit", "unit_price", "tax_rate", "line_total"])


@dataclass(frozen=True)
class Column:
    """A column: `x` is its left edge, right edge or middle, depending on `align`.

    Text wider than `width` is wrapped. Lengths are in millimetres.
    """

    key: str
    title: str
    x: float
    align: Align = "left"
    width: float | None = None


def draw_titles(sheet: Sheet, y: float, columns: Sequence[Column], face: Face) -> None:
    """The column titles on the baseline `y`."""
    for column in columns:
        sheet.text(column.x, y, column.title, face, column.align)


def draw_row(
    sheet: Sheet,
    y: float,
    columns: Sequence[Column],
    cells: Mapping[str, Content],
    index: int,
    face: Face,
) -> int:
    """Row `index` of `line_items` on the baseline `y`; how many lines it took."""
    leading = line_height(face)
    height = 1
    for column in columns:
        lines = _lines(column, cells[column.key], index, face)
        sheet.lines(column.x, y, lines, face, leading, column.align)
        height = max(height, len(lines))
    return height


def line_height(face: Face) -> float:
    """Distance of two baselines in millimetres."""
    return face.size * 0.43


def cells_of(line: Line, index: int, writing: Writing) -> dict[str, Content]:
    """What may stand in the columns of a row, written in the country's way."""
    return {
        "position": str(index + 1),
        "code": line.code,
        "description": line.description,
        "quantity": writing.number(line.quantity),
        "unit": line.unit or "",
        "unit_price": writing.amount(line.unit_price),
        "discount": f"{writing.number(line.discount)} %" if line.discount else "",
        "tax_rate": f"{writing.number(line.tax_rate)} %",
        "line_total": writing.amount(line.line_total),
    }


def _lines(column: Column, cell: Content, index: int, face: Face) -> list[Content]:
    if not isinstance(cell, str):
        return [cell]
    pieces = face.wrap(cell, column.width) if column.width else [cell]
    if column.key not in _VALUES:
        return list[Content](pieces)
    return [(piece, f"line_items[{index}].{column.key}") for piece in pieces]


def as_iban(iban: str) -> str:
    """An IBAN in groups of four that no line break parts."""
    return grouped(iban).replace(" ", NO_BREAK)
