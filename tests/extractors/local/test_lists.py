"""Rows of lists on drawn pages: numbers that begin items, columns that only the table shows."""

# reportlab has no type annotations to speak of.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportMissingTypeStubs=false, reportMissingModuleSource=false

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TypeAlias

from reportlab.pdfgen.canvas import Canvas

from docmill.extractors.layout import layout_of
from docmill.extractors.local.extractor import LocalExtractor
from docmill.extractors.ocr.text_layer import TextLayer
from docmill.extractors.read import PageReader, read_page
from docmill.extractors.render import open_document
from docmill.schemas.loading import load_schema

Text: TypeAlias = tuple[float, float, str]


def items(
    texts: Sequence[Text], lines: Sequence[tuple[float, float, float, float]]
) -> list[dict[str, str]]:
    """Line items of an invoice of one page; places in points from its top left."""
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=(500, 700))
    canvas.setFont("Helvetica", 9)
    for x, y, text in texts:
        canvas.drawString(x, 700 - y, text)
    for x0, y0, x1, y1 in lines:
        canvas.line(x0, 700 - y0, x1, 700 - y1)
    canvas.save()
    with open_document(buffer.getvalue()) as document:
        page = read_page(document.page(1), PageReader((TextLayer(),)))
    rows: dict[int, dict[str, str]] = {}
    for value in LocalExtractor().extract(layout_of([page]), load_schema("invoice")):
        if value.path.startswith("line_items[") and value.value is not None:
            number, name = value.path.removeprefix("line_items[").split("].")
            rows.setdefault(int(number), {})[name] = value.value
    return [rows[number] for number in sorted(rows)]


HEADER = ((40, "Pos"), (80, "Description"), (250, "Quantity"), (330, "Unit price"), (410, "Amount"))


def test_a_number_begins_an_item_whose_amount_stands_lower() -> None:
    texts: list[Text] = [(x, 100, text) for x, text in HEADER]
    for number, (name, total) in enumerate(
        [("Bolt", "12.00"), ("Hinge", "30.00"), ("Lock", "8.00")]
    ):
        y = 125.0 + 40 * number
        texts += [
            (40, y, str(number + 1)),
            (80, y, name),
            (250, y, str(number + 2)),
            (410, y + 14, total),
        ]
    found = items(texts, [])
    assert [(item["description"], item["quantity"], item["line_total"]) for item in found] == [
        ("Bolt", "2", "12.00"),
        ("Hinge", "3", "30.00"),
        ("Lock", "4", "8.00"),
    ]


def test_ruled_columns_say_what_an_ill_placed_number_is() -> None:
    """The amounts stand nearer to the heading beside their own; the lines part them."""
    texts: list[Text] = [
        (42, 114, "Description"),
        (204, 114, "Quantity"),
        (252, 114, "Unit price"),
        (438, 114, "Amount"),
    ]
    for number, (name, price, total) in enumerate(
        [("Bolt", "6.00", "12.00"), ("Hinge", "10.00", "30.00")]
    ):
        y = 134.0 + 20 * number
        texts += [(42, y, name), (206, y, str(number + 2)), (254, y, price), (324, y, total)]
    lines = [(40.0, 100.0 + 20 * n, 480.0, 100.0 + 20 * n) for n in range(4)]
    lines += [(x, 100.0, x, 160.0) for x in (40.0, 200.0, 250.0, 320.0, 480.0)]
    found = items(texts, lines)
    assert [(item["unit_price"], item["line_total"]) for item in found] == [
        ("6.00", "12.00"),
        ("10.00", "30.00"),
    ]


def test_an_amount_in_a_line_of_its_own_completes_the_item_above() -> None:
    texts: list[Text] = [(x, 100, text) for x, text in HEADER[1:]]
    for number, (name, price, total) in enumerate(
        [("Gel pen 0,7 mm, blue", "2.00", "4.00"), ("Paper A4", "5.00", "15.00")]
    ):
        y = 125.0 + 40 * number
        texts += [(80, y, name), (250, y, str(number + 2)), (330, y, price), (410, y + 14, total)]
    found = items(texts, [])
    assert [(item["description"], item["unit_price"], item["line_total"]) for item in found] == [
        ("Gel pen 0,7 mm, blue", "2.00", "4.00"),
        ("Paper A4", "5.00", "15.00"),
    ]
