"""Tick boxes that are drawn on a page, on real pages: drawn, read, looked at."""

# PyMuPDF has no type annotations to speak of.
# pyright: reportUnknownMemberType=false, reportAttributeAccessIssue=false
# pyright: reportUnknownArgumentType=false

from __future__ import annotations

import numpy as np
import pymupdf
from hypothesis import given, settings
from hypothesis import strategies as st

from docmill.extractors.extract import extract
from docmill.extractors.local.extractor import LocalExtractor
from docmill.extractors.ocr.text_layer import TextLayer
from docmill.extractors.read import PageReader, read_page
from docmill.extractors.render import open_document
from docmill.extractors.tick_boxes import find_tick_boxes
from docmill.schemas.engine import EngineTag
from docmill.schemas.geometry import Box
from docmill.schemas.loading import load_schema
from docmill.schemas.page import PageStatus, PageText, Word

SIDE = 10.0


def draw_box(page: pymupdf.Page, x: float, y: float, *, crossed: bool) -> None:
    page.draw_rect(pymupdf.Rect(x, y, x + SIDE, y + SIDE), width=0.8)
    if crossed:
        page.draw_line((x + 1, y + 1), (x + SIDE - 1, y + SIDE - 1))
        page.draw_line((x + SIDE - 1, y + 1), (x + 1, y + SIDE - 1))


def drawn(labels: dict[str, bool], head: str = "Please check one:") -> pymupdf.Document:
    document = pymupdf.open()
    page = document.new_page()
    page.insert_text((72, 80), head)
    for row, (label, crossed) in enumerate(labels.items()):
        draw_box(page, 72, 100 + 24 * row, crossed=crossed)
        page.insert_text((90, 109 + 24 * row), label)
    return document


def reading_of(document: pymupdf.Document) -> PageText:
    with open_document(document.tobytes()) as opened:
        return read_page(opened.page(1), PageReader((TextLayer(),)))


def checkboxes_of(page: PageText) -> dict[str, str]:
    fields = extract([page], load_schema("form"), LocalExtractor()).fields
    values = {field.path: field for field in fields if field.path.startswith("checkboxes")}
    assert all(field.evidence for field in values.values())
    count = len(values) // 2
    return {
        str(values[f"checkboxes[{n}].label"].value): str(values[f"checkboxes[{n}].checked"].value)
        for n in range(count)
    }


def test_drawn_boxes_become_rows_with_their_labels() -> None:
    labels = {"Send the newsletter": True, "No mail at all": False, "Call me back": True}
    page = reading_of(drawn(labels))
    assert [field.checked for field in page.form_fields] == list(labels.values())
    assert checkboxes_of(page) == {label: str(on).lower() for label, on in labels.items()}


def test_drawn_squares_are_seen_where_no_word_speaks_of_ticking() -> None:
    labels = {"Morning lanes": True, "Evening lanes": False}
    page = reading_of(drawn(labels, head="Membership"))
    assert checkboxes_of(page) == {label: str(on).lower() for label, on in labels.items()}


def test_boxes_lie_where_they_are_drawn() -> None:
    (field,) = reading_of(drawn({"Agreed": False})).form_fields
    there = Box.clipped(72 / 595, 100 / 842, (72 + SIDE) / 595, (100 + SIDE) / 842)
    assert field.box.iou(there) > 0.7


def test_boxes_for_single_letters_are_no_tick_boxes() -> None:
    document = drawn({}, head="Please check one: member number")
    for place in range(8):
        draw_box(document[0], 72 + SIDE * place, 120, crossed=False)
    assert reading_of(document).form_fields == ()


def test_a_page_that_says_nothing_of_ticking_is_not_drawn_anew() -> None:
    assert reading_of(drawn({"Agreed": False}, head="Invoice no. 4711")).form_fields == ()


def test_typed_boxes_are_read_from_the_words() -> None:
    document = pymupdf.open()
    document.new_page().insert_text((72, 80), "[x] Express   [ ] Standard   ( ) Pickup")
    assert checkboxes_of(reading_of(document)) == {
        "Express": "true",
        "Standard": "false",
        "Pickup": "false",
    }


def test_interactive_boxes_are_believed_and_not_looked_for_again() -> None:
    document = drawn({}, head="Please check one:")
    for row, (label, on) in enumerate({"Tea": True, "Coffee": False}.items()):
        widget = pymupdf.Widget()
        widget.field_name, widget.field_type = label, pymupdf.PDF_WIDGET_TYPE_CHECKBOX
        widget.rect = pymupdf.Rect(72, 100 + 24 * row, 82, 110 + 24 * row)
        widget.field_value = on
        document[0].add_widget(widget)
        document[0].insert_text((90, 109 + 24 * row), label)
    page = reading_of(document)
    assert {field.name: field.checked for field in page.form_fields} == {
        "Tea": True,
        "Coffee": False,
    }
    assert checkboxes_of(page) == {"Tea": "true", "Coffee": "false"}


@settings(max_examples=40, deadline=None)
@given(side=st.integers(18, 40), x=st.integers(40, 700), y=st.integers(40, 900),
       stroke=st.integers(1, 3), ticked=st.booleans())  # fmt: skip
def test_a_square_of_any_size_is_found(
    side: int, x: int, y: int, stroke: int, ticked: bool
) -> None:
    image = np.full((1000, 800), 255, np.uint8)
    image[y : y + side, x : x + side] = 0
    image[y + stroke : y + side - stroke, x + stroke : x + side - stroke] = 255
    if ticked:
        for n in range(stroke, side - stroke):
            image[y + n, x + max(stroke, n - 1) : x + n + 2] = 0
    box = Box(x0=0.01, y0=0.01, x1=0.03, y1=0.03)
    text = PageText(
        document_id="d",
        page=1,
        width_px=800,
        height_px=1000,
        engine=EngineTag(name="ocr", version="1"),
        status=PageStatus.OK,
        words=(Word(text="a", box=box, block=0, line=0),),
    )
    (field,) = find_tick_boxes(image, text)
    assert field.checked is ticked
    there = Box.clipped(x / 800, y / 1000, (x + side) / 800, (y + side) / 1000)
    assert field.box.iou(there) > 0.6
