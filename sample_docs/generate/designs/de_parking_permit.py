"""A German town's application for a parking permit: labels above ruled cells, crosses."""

from __future__ import annotations

from typing import Final

from sample_docs.generate.document import Form
from sample_docs.generate.sample import Drawing
from sample_docs.generate.sheet import Face, Sheet

LABEL: Final = Face("Helvetica", 8)
BODY: Final = Face("Helvetica", 9.5)
BOLD: Final = Face("Helvetica-Bold", 10)
ANSWER: Final = Face("Courier-Bold", 11, "#1c2f7a")
LEFT, RIGHT = 20.0, 190.0
FORM: Final = Form(
    pairs=(
        ("Familienname", "Mustermann-Beispiel"),
        ("Vorname", "Friederike"),
        ("Straße und Hausnummer", "Phantasieweg 12 b"),
        ("PLZ und Ort", "99999 Niemandshausen"),
        ("Geburtsdatum", "23.11.1978"),
        ("Telefon", "03999 555 0142"),
        ("Amtliches Kennzeichen", "NX-FB 2025"),
        ("Fahrzeughersteller", "Nirgendwo Motoren"),
        ("Gültig ab", "01.07.2025"),
        ("Ort, Datum", "Niemandshausen, 02.06.2025"),
    ),
    checkboxes=(
        ("Erstantrag", False),
        ("Verlängerung", True),
        ("Kennzeichenwechsel", False),
        ("Fahrzeugschein liegt bei", True),
        ("Meldebestätigung liegt bei", True),
        ("Vollmacht liegt bei", False),
        ("Zahlung per Lastschrift", False),
        ("Zahlung bar", True),
    ),
)


def draw(sheet: Sheet) -> None:
    """The whole form."""
    sheet.text(LEFT, 20, "Stadt Niemandshausen", BOLD)
    sheet.text(LEFT, 25, "Ordnungsamt · Rathausplatz 1 · 99999 Niemandshausen", LABEL)
    sheet.text(LEFT, 42, "Antrag auf einen Bewohnerparkausweis", BOLD.sized(15))
    for index in range(len(FORM.pairs)):
        _cell(sheet, LEFT + index % 2 * 85, 52 + index // 2 * 16, index)
    sheet.text(LEFT, 146, "Zutreffendes bitte ankreuzen", BOLD)
    for index in range(len(FORM.checkboxes)):
        _tick_box(sheet, LEFT + index % 2 * 85, 156 + index // 2 * 10, index)
    note = (
        "Die Angaben werden nur für die Ausstellung des Ausweises verwendet.",
        "Der Ausweis gilt ein Jahr und nur für das genannte Fahrzeug.",
    )
    sheet.lines(LEFT, 206, note, BODY, 5)
    sheet.curve([(112, 236), (120, 222), (124, 246), (132, 231)], 0.5, "#1c2f7a")
    sheet.curve([(132, 231), (138, 222), (142, 242), (158, 230)], 0.5, "#1c2f7a")
    sheet.rule(105, 240, RIGHT, 240)
    sheet.text(105, 244, "Unterschrift", LABEL)
    sheet.text(LEFT, 285, "Vordruck OA 7-14 · Stand 01/2025", LABEL)


def _cell(sheet: Sheet, x: float, y: float, index: int) -> None:
    key, value = FORM.pairs[index]
    sheet.rect(x, y, 85, 16, stroke="#000000", line=0.2)
    sheet.text(x + 2, y + 4, (key, f"pairs[{index}].key"), LABEL)
    sheet.text(x + 4, y + 12, (value, f"pairs[{index}].value"), ANSWER)


def _tick_box(sheet: Sheet, x: float, y: float, index: int) -> None:
    label, checked = FORM.checkboxes[index]
    side, top = 4.5, y - 3.9
    sheet.rect(x, top, side, side, stroke="#000000", line=0.3)
    sheet.mark(f"checkboxes[{index}].checked", x, top, side, side)
    if checked:  # a pen does not stop at the edge
        sheet.curve(
            [(x - 0.5, top - 0.4), (x + 1.5, top + 2), (x + 3, top + 2.4), (x + 5, top + 5)],
            0.55,
            "#1c2f7a",
        )
        sheet.curve(
            [(x + 5, top - 0.6), (x + 3, top + 1.6), (x + 2, top + 3), (x - 0.4, top + 4.8)],
            0.55,
            "#1c2f7a",
        )
    sheet.text(x + 7.5, y, (label, f"checkboxes[{index}].label"), BODY)


DRAWING: Final = Drawing(language="de", document=FORM, draw=draw)
