"""Interactive PDF form fields, and the words they add to a page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from docmill.extractors.pdf import RawWidget
from docmill.schemas.geometry import Box
from docmill.schemas.page import BoxSource, FormField, Word

FieldKind = Literal["text", "checkbox", "radio", "choice", "signature", "button"]

_KINDS: dict[str, FieldKind] = {
    "Text": "text",
    "CheckBox": "checkbox",
    "RadioButton": "radio",
    "ComboBox": "choice",
    "ListBox": "choice",
    "Signature": "signature",
    "Button": "button",
}


def form_fields_of(widgets: Sequence[RawWidget]) -> tuple[FormField, ...]:
    """The form fields that the page displays: no hidden ones, and none of unknown kind."""
    return tuple(
        _form_field(widget, _KINDS[widget.kind])
        for widget in widgets
        if widget.kind in _KINDS and not widget.hidden and _on_page(widget)
    )


def _on_page(widget: RawWidget) -> bool:
    x0, y0, x1, y1 = widget.corners
    return x1 > 0 and y1 > 0 and x0 < 1 and y0 < 1


def _form_field(widget: RawWidget, kind: FieldKind) -> FormField:
    box = Box.clipped(*widget.corners)
    if kind not in ("checkbox", "radio"):
        value = widget.value or None
        return FormField(name=widget.name, kind=kind, value=value, checked=None, box=box)
    checked = _checked(widget)
    value = (widget.on_state or widget.value) if checked else None
    return FormField(name=widget.name, kind=kind, value=value, checked=checked, box=box)


def _checked(widget: RawWidget) -> bool:
    if widget.state is not None:  # what the page shows
        return widget.state != "Off"
    if widget.on_state is not None:
        return widget.value == widget.on_state
    return widget.value not in (None, "", "Off", "False")


def field_words(fields: Sequence[FormField], printed: Sequence[Word]) -> tuple[Word, ...]:
    """Words of filled fields whose value is not printed: the file asks its reader to draw them.

    Every word has its whole field as its box; blocks and lines go on after those of `printed`.
    """
    block = printed[-1].block + 1 if printed else 0
    line = printed[-1].line + 1 if printed else 0
    words: list[Word] = []
    unprinted = [field for field in fields if field.value and not _is_printed(field, printed)]
    for index, field in enumerate(unprinted):
        words += [
            Word(
                text=text,
                box=field.box,
                block=block + index,
                line=line + index,
                box_source=BoxSource.FORM_FIELD,
            )
            for text in (field.value or "").split()
        ]
    return tuple(words)


def _is_printed(field: FormField, printed: Sequence[Word]) -> bool:
    if field.kind not in ("text", "choice"):
        return True
    return any(
        any(mark.isalnum() for mark in word.text) and _inside(word.box, field.box)
        for word in printed
        if word.visible
    )


def _inside(box: Box, field: Box) -> bool:
    x, y = (box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2
    return field.x0 <= x <= field.x1 and field.y0 <= y <= field.y1
