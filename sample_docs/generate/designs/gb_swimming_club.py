"""An English club's membership form: boxed lines with typed answers, ticks and crosses."""

from __future__ import annotations

from typing import Final

from sample_docs.generate.document import Form
from sample_docs.generate.sample import Sample
from sample_docs.generate.sheet import Face, Sheet

INK: Final = "#12305a"
LABEL: Final = Face("Helvetica", 9)
BOLD: Final = Face("Helvetica-Bold", 10)
ANSWER: Final = Face("Courier", 11, INK)
LEFT, RIGHT = 20.0, 190.0
FORM: Final = Form(
    pairs=(
        ("Full name", "Rosalind Q. Featherby"),
        ("Date of birth", "14/08/1991"),
        ("Street address", "5 Nonesuch Crescent"),
        ("Town", "Bridlington"),
        ("Postcode", "YO15 9ZZ"),
        ("Telephone", "01262 555 0117"),
        ("Email", "r.featherby@example.com"),
        ("Emergency contact", "Osbert Featherby, 01262 555 0190"),
        ("Membership starts", "01/06/2025"),
        ("Signed by", "R. Featherby"),
    ),
    checkboxes=(
        ("Junior (under 16)", False),
        ("Adult", True),
        ("Family", False),
        ("Morning lanes", True),
        ("Evening lanes", False),
        ("Diving pit", True),
        ("Monthly direct debit", False),
        ("Yearly by card", True),
        ("I have read the pool rules", True),
        ("Please send me the newsletter", False),
    ),
)
GROUPS: Final = (("Membership", 3), ("I want to use", 3), ("Payment", 2), ("Declarations", 2))


def draw(sheet: Sheet) -> None:
    """The whole form."""
    sheet.rect(LEFT, 14, RIGHT - LEFT, 16, fill="#e4edf7")
    sheet.text(LEFT + 4, 24.5, "Application for membership", Face("Helvetica-Bold", 16, INK))
    sheet.text(RIGHT - 4, 24.5, "Fabled Bay Swimming Club", BOLD, "right")
    sheet.text(LEFT, 37, "Please complete every line in block letters or type.", LABEL)
    y = 48.0
    for index, (key, value) in enumerate(FORM.pairs):
        sheet.text(LEFT, y, (key, f"pairs[{index}].key"), LABEL)
        sheet.rect(68, y - 5.6, RIGHT - 68, 8, stroke="#8094ad")
        sheet.text(71, y, (value, f"pairs[{index}].value"), ANSWER)
        y += 10.5
    _groups(sheet, y + 6)
    sheet.text(LEFT, 285, "Form FB-3, 2025 edition · fabled-bay.example.com", LABEL.sized(7.5))


def _groups(sheet: Sheet, y: float) -> None:
    index = 0
    for title, count in GROUPS:
        sheet.text(LEFT, y, title, BOLD)
        sheet.rule(LEFT, y + 1.6, RIGHT, y + 1.6, 0.2, "#8094ad")
        y += 9
        for column in range(count):
            _tick_box(sheet, LEFT + column * 58, y, index)
            index += 1
        y += 13


def _tick_box(sheet: Sheet, x: float, y: float, index: int) -> None:
    """A square and its label; people tick some boxes and cross others."""
    label, checked = FORM.checkboxes[index]
    side, top = 4.2, y - 3.6
    sheet.rect(x, top, side, side, stroke="#000000", line=0.25)
    sheet.mark(f"checkboxes[{index}].checked", x, top, side, side)
    if checked and index % 4 == 1:
        sheet.rule(x + 0.6, top + 0.6, x + 3.6, top + 3.6, 0.5, INK)
        sheet.rule(x + 0.6, top + 3.6, x + 3.6, top + 0.6, 0.5, INK)
    elif checked:
        sheet.rule(x + 0.7, top + 2.2, x + 1.7, top + 3.5, 0.5, INK)
        sheet.rule(x + 1.7, top + 3.5, x + 3.7, top + 0.5, 0.5, INK)
    sheet.text(x + 6.5, y, (label, f"checkboxes[{index}].label"), LABEL)


SAMPLE: Final = Sample(
    path="forms/gb-swimming-club.pdf",
    language="en",
    proves=(
        "A form that was filled in and flattened (no form fields left): typed answers in boxed "
        "lines, and tick boxes drawn as lines, five ticked or crossed and five empty."
    ),
    document=FORM,
    draw=draw,
)
