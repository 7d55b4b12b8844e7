# PyMuPDF has no type annotations to speak of.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportUnknownLambdaType=false
# pyright: reportAttributeAccessIssue=false, reportOptionalMemberAccess=false

from __future__ import annotations

from collections.abc import Callable

import pymupdf
import pytest

from docmill.schemas.page import BoxSource, PageStatus, PageText

OnePage = Callable[..., bytes]
Read = Callable[[bytes], PageText]

NAME = pymupdf.Rect(100, 100, 260, 120)
TICK = pymupdf.Rect(100, 140, 115, 155)


def text_field(page: pymupdf.Page, value: str = "Ada Lovelace") -> None:
    widget = pymupdf.Widget()
    widget.field_type = pymupdf.PDF_WIDGET_TYPE_TEXT
    widget.field_name = "name"
    widget.field_value = value
    widget.rect = NAME
    page.add_widget(widget)


def tick_box(page: pymupdf.Page, value: bool = True) -> None:
    widget = pymupdf.Widget()
    widget.field_type = pymupdf.PDF_WIDGET_TYPE_CHECKBOX
    widget.field_name = "agreed"
    widget.rect = TICK
    widget.field_value = value
    page.add_widget(widget)


def without_appearance(page: pymupdf.Page) -> None:
    """What form fillers leave behind that set values and leave the drawing to the reader."""
    for widget in page.widgets():
        kind, drawing = page.parent.xref_get_key(widget.xref, "AP/N")
        assert kind == "xref"
        page.parent.update_stream(int(drawing.split()[0]), b"/Tx BMC EMC")


@pytest.mark.parametrize("rotation", [0, 90])
def test_a_filled_field_is_read_once(one_page: OnePage, read_first: Read, rotation: int) -> None:
    text = read_first(one_page(text_field, lambda page: page.set_rotation(rotation)))
    (field,) = text.form_fields
    assert (field.name, field.kind, field.value, field.checked) == (
        "name",
        "text",
        "Ada Lovelace",
        None,
    )
    assert [word.text for word in text.words] == ["Ada", "Lovelace"]
    assert {word.box_source for word in text.words} == {BoxSource.TEXT_LAYER}
    expected = (100 / 400, 100 / 600, 260 / 400, 120 / 600)
    if rotation:
        expected = (1 - 120 / 600, 100 / 400, 1 - 100 / 600, 260 / 400)
    assert field.box.as_tuple() == pytest.approx(expected, abs=0.005)
    centres = [(w.box.x0 + w.box.x1, w.box.y0 + w.box.y1) for w in text.words]
    assert all(2 * field.box.x0 <= x <= 2 * field.box.x1 for x, _ in centres)
    assert all(2 * field.box.y0 <= y <= 2 * field.box.y1 for _, y in centres)


@pytest.mark.parametrize(("value", "checked"), [(True, True), (False, False)])
def test_tick_boxes(one_page: OnePage, read_first: Read, value: bool, checked: bool) -> None:
    text = read_first(one_page(lambda page: tick_box(page, value)))
    (field,) = text.form_fields
    assert (field.kind, field.checked) == ("checkbox", checked)
    assert (field.value is not None) is checked


def test_hidden_fields_are_left_out(one_page: OnePage, read_first: Read) -> None:
    def hide(page: pymupdf.Page) -> None:
        for widget in page.widgets():
            page.parent.xref_set_key(widget.xref, "F", "2")

    text = read_first(one_page(text_field, hide))
    assert (text.form_fields, text.words, text.status) == ((), (), PageStatus.BLANK)


def test_a_value_nobody_drew_has_its_field_as_box(one_page: OnePage, read_first: Read) -> None:
    def label(page: pymupdf.Page) -> None:
        page.insert_text((40, 115), "Name:")

    text = read_first(one_page(label, text_field, without_appearance))
    words = text.words[1:]
    assert {word.box_source for word in words} == {BoxSource.FORM_FIELD}
    assert [word.text for word in words] == ["Ada", "Lovelace"]
    assert all(word.visible and word.box == text.form_fields[0].box for word in words)
    assert text.blocks[-1].label == "form_field"
    assert text.status is PageStatus.OK
