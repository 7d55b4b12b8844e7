"""Kinds of tables, and what looks like one but is none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import pytest

from docmill.schemas.page import Table

TablesOn: TypeAlias = Callable[..., list[Table]]
Texts: TypeAlias = Callable[[Table], list[list[str]]]

XS = (50.0, 170.0, 240.0, 310.0)
ROWS = [
    ["Article", "Count", "Price", "Amount"],
    ["Bolt M8 steel", "12", "0.40", "4.80"],
    ["Nut", "100", "0.05", "5.00"],
    ["Washer, large", "7", "1.10", "7.70"],
    ["Hinge", "2", "3.25", "6.50"],
]
PROSE = "and so the matter was settled among them"


def ruled(sheet: Any, top: float = 100, bars: bool = False) -> None:
    sheet.rows(XS, top + 14, ROWS, 20)
    for number in range(6):
        y = top + 20 * number
        _ = sheet.bar(45, y, 360, y + 0.8) if bars else sheet.line(45, y, 360, y)
    for x in (45, 160, 230, 300, 360):
        _ = sheet.bar(x, top, x + 0.8, top + 100) if bars else sheet.line(x, top, x, top + 100)


def horizontal(sheet: Any, top: float = 100) -> None:
    sheet.rows(XS, top + 13, ROWS, 18)
    for y in (top, top + 19, top + 94):
        sheet.line(45, y, 360, y)


def borderless(sheet: Any, top: float = 100) -> None:
    sheet.rows(XS, top, ROWS, 15)


@pytest.mark.parametrize("draw", [ruled, horizontal, borderless])
@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_a_plain_table(tables_on: TablesOn, texts: Texts, draw: Any, rotation: int) -> None:
    """A page lying on its side shows its table lying, too; only what can be read is one."""
    found = tables_on(draw, rotation=0)
    assert [texts(table) for table in found] == [ROWS]
    assert [cell.text for cell in found[0].cells if cell.header] == ROWS[0]
    if rotation in (0, 180):
        assert len(tables_on(draw, rotation=rotation)) == 1


def test_lines_drawn_as_thin_rectangles(tables_on: TablesOn, texts: Texts) -> None:
    def draw(sheet: Any) -> None:
        ruled(sheet, bars=True)

    (table,) = tables_on(draw)
    assert texts(table) == ROWS


def test_a_page_drawn_sideways_and_turned_upright(tables_on: TablesOn, texts: Texts) -> None:
    def draw(sheet: Any) -> None:
        sheet.canvas.rotate(90)
        sheet.canvas.translate(0, -595)
        ruled(sheet)

    (table,) = tables_on(draw, rotation=90)
    assert texts(table) == ROWS
    assert table.box.x0 == pytest.approx(50 / 420, abs=0.01)
    assert table.box.y0 == pytest.approx(106 / 595, abs=0.01)


def test_two_tables_on_one_page(tables_on: TablesOn, texts: Texts) -> None:
    def draw(sheet: Any) -> None:
        ruled(sheet, 60)
        sheet.paragraph(50, 200, PROSE + " " + PROSE, 5)
        horizontal(sheet, 300)

    found = tables_on(draw)
    assert [texts(table) for table in found] == [ROWS, ROWS]


def test_cells_of_several_lines(tables_on: TablesOn, texts: Texts) -> None:
    def draw(sheet: Any) -> None:
        ruled_rows = [
            (100, ["Part", "Remark"]),
            (120, ["Hinge of brass", "to be mounted on the left"]),
            (131, ["and steel", "side of the door, well"]),
            (142, ["", "above the floor"]),
            (160, ["Lock", "spare"]),
        ]
        for y, row in ruled_rows:
            sheet.rows((50, 170), y, [row])
        for y in (88, 106, 147, 166):
            sheet.line(45, y, 300, y)
        for x in (45, 160, 300):
            sheet.line(x, 88, x, 166)

    (table,) = tables_on(draw)
    assert texts(table) == [
        ["Part", "Remark"],
        [
            "Hinge of brass and steel",
            "to be mounted on the left side of the door, well above the floor",
        ],
        ["Lock", "spare"],
    ]


def test_a_wrapped_label_without_lines(tables_on: TablesOn, texts: Texts) -> None:
    def draw(sheet: Any) -> None:
        sheet.rows((50, 170, 240), 100, [["Kind", "2024", "2025"], ["Wood", "1.0", "2.0"]])
        sheet.rows((50, 170, 240), 132, [["Goods of other", "3.5", "4.5"]])
        sheet.text(50, 143, "kinds, unsorted")
        sheet.rows((50, 170, 240), 164, [["Stone", "5.0", "6.0"], ["Clay", "7.0", "8.0"]])

    (table,) = tables_on(draw)
    assert texts(table)[2] == ["Goods of other kinds, unsorted", "3.5", "4.5"]
    assert table.rows == 5


def merged_header(sheet: Any) -> None:
    sheet.centred(275, 112, "Sold in the year")
    sheet.line(212, 116, 340, 116)
    sheet.rows(
        (50, 215, 290),
        129,
        [["Region", "2024", "2025"], ["North", "11", "12"], ["South", "21", "22"]],
    )
    for y in (100, 134, 168):
        sheet.line(45, y, 340, y)


def test_a_heading_over_two_columns(tables_on: TablesOn) -> None:
    (table,) = tables_on(merged_header)
    heading = next(cell for cell in table.cells if cell.text == "Sold in the year")
    assert (heading.column, heading.column_span, heading.header) == (1, 2, True)
    assert table.columns == 3


def test_a_ruled_heading_over_two_columns_and_one_over_two_rows(tables_on: TablesOn) -> None:
    def draw(sheet: Any) -> None:
        sheet.text(50, 124, "Region")
        sheet.text(200, 114, "Sold")
        sheet.rows((165, 245), 134, [["2024", "2025"], ["11", "12"], ["21", "22"]], 20)
        sheet.rows((50,), 154, [["North"], ["South"]], 20)
        for y, x in ((100, 45), (120, 160), (140, 45), (160, 45), (180, 45)):
            sheet.line(x, y, 320, y)
        for x, y in ((45, 100), (160, 100), (240, 120), (320, 100)):
            sheet.line(x, y, x, 180)

    (table,) = tables_on(draw)
    spans = {cell.text: (cell.row_span, cell.column_span) for cell in table.cells}
    assert spans["Region"] == (2, 1)
    assert spans["Sold"] == (1, 2)
    assert spans["North"] == (1, 1)
    assert (table.rows, table.columns) == (4, 3)


def two_columns(sheet: Any) -> None:
    sheet.paragraph(40, 60, PROSE, 30)
    sheet.paragraph(225, 60, PROSE, 30)


def letter(sheet: Any) -> None:
    for number, line in enumerate(("Müller GmbH", "Weg 1", "12345 Ort", "Germany")):
        sheet.text(50, 80 + 11 * number, line)
    sheet.paragraph(50, 180, PROSE + " " + PROSE[:20], 12)
    sheet.text(50, 340, "Yours sincerely")


def bullets(sheet: Any) -> None:
    for number in range(8):
        sheet.text(50, 80 + 12 * number, "\u2022")
        sheet.text(64, 80 + 12 * number, PROSE[: 20 + 2 * number])


def box(sheet: Any) -> None:
    sheet.paragraph(60, 110, PROSE, 6)
    sheet.line(45, 90, 300, 90)
    sheet.line(45, 180, 300, 180)
    sheet.line(45, 90, 45, 180)
    sheet.line(300, 90, 300, 180)


@pytest.mark.parametrize("draw", [two_columns, letter, bullets, box])
def test_no_table(tables_on: TablesOn, draw: Any) -> None:
    assert tables_on(draw) == []


def test_a_table_beside_running_text(tables_on: TablesOn, texts: Texts) -> None:
    def draw(sheet: Any) -> None:
        sheet.paragraph(40, 60, PROSE, 30)
        sheet.rows((240, 300, 350), 104, [["Age", "Men", "Women"]], 11)
        sheet.rows((240, 300, 350), 115, [[str(n), str(n * 7), str(n * 9)] for n in range(9)], 11)

    (table,) = tables_on(draw)
    assert texts(table)[0] == ["Age", "Men", "Women"]
    assert (table.rows, table.columns) == (10, 3)


def test_keys_and_values_keep_beside_each_other(tables_on: TablesOn) -> None:
    pairs = {"Number": "4711", "Date": "2026-11-20", "Due": "2026-12-20", "Customer": "C-12"}

    def draw(sheet: Any) -> None:
        for number, (key, value) in enumerate(pairs.items()):
            sheet.text(250, 80 + 13 * number, key)
            sheet.text(320, 80 + 13 * number, value)

    for table in tables_on(draw):
        for row in range(table.rows):
            key, value = (cell.text for cell in table.cells if cell.row == row)
            assert pairs[key] == value
