"""A German confidentiality agreement on one page, as it is signed and scanned."""

from __future__ import annotations

from datetime import date
from typing import Final

from sample_docs.generate.document import Contract
from sample_docs.generate.sample import Drawing
from sample_docs.generate.sheet import Content, Face, Sheet
from sample_docs.generate.writing import Writing

DE: Final = Writing(".", ",", "d. MMMM yyyy", "de")
BODY: Final = Face("Helvetica", 10)
BOLD: Final = Face("Helvetica-Bold", 10)
LEFT: Final = 25.0
CONTRACT: Final = Contract(
    parties=("Traumwerk Robotik GmbH", "Ines Wolkenstein"),
    effective_date=date(2025, 5, 12),
    term="5 years",
    jurisdiction="Deutschland",
)
FIRM, PERSON = ((name, f"parties[{i}]") for i, name in enumerate(CONTRACT.parties))
DAY: Final = (DE.date(CONTRACT.effective_date), "effective_date")
CLAUSES: Final[tuple[tuple[str, tuple[Content, ...]], ...]] = (
    (
        "1. Gegenstand",
        (
            "Die Parteien prüfen eine Zusammenarbeit bei Greifern für Lagerroboter. Dabei",
            "erhalten sie Einblick in Zeichnungen, Messreihen und Preise der anderen Seite.",
        ),
    ),
    (
        "2. Pflichten",
        (
            "Jede Partei behandelt diese Unterlagen vertraulich, gibt sie nicht weiter und",
            "sendet sie auf Verlangen binnen 14 Tagen zurück.",
        ),
    ),
    (
        "3. Beginn und Dauer",
        (
            ["Diese Vereinbarung tritt am ", DAY, " in Kraft."],
            ["Sie hat eine Laufzeit von ", ("5 Jahren", "term"), "."],
        ),
    ),
    (
        "4. Vertragsstrafe",
        (
            "Für jeden schuldhaften Verstoß zahlt die verletzende Partei 10.000 Euro.",
            "Weiterer Schadensersatz bleibt vorbehalten.",
        ),
    ),
    (
        "5. Schlussbestimmungen",
        (
            "Änderungen bedürfen der Schriftform. Ist eine Bestimmung unwirksam, bleiben die",
            [
                "übrigen gültig. Es gilt das Recht der Bundesrepublik ",
                (CONTRACT.jurisdiction, "jurisdiction"),
                ".",
            ],
        ),
    ),
)


def draw(sheet: Sheet) -> None:
    """The whole page."""
    sheet.text(105, 32, "Geheimhaltungsvereinbarung", BOLD.sized(16), "center")
    opening: tuple[Content, ...] = (
        "zwischen der",
        [FIRM, ", Schraubenweg 9, 99999 Nebelstadt,"],
        "– nachfolgend „Gesellschaft“ –",
        "und",
        ["Frau ", PERSON, ", Luftschlossallee 3, 99998 Dunsthausen,"],
        "– nachfolgend „Beraterin“ –",
    )
    y = sheet.lines(105, 48, opening, BODY, 6.4, "center") + 6
    for title, lines in CLAUSES:
        sheet.text(LEFT, y, title, BOLD)
        y = sheet.lines(LEFT, y + 6, lines, BODY, 5.4) + 4
    sheet.text(LEFT, y + 6, "Nebelstadt, den 9. Mai 2025", BODY)
    sheet.curve([(30, y + 28), (42, y + 12), (46, y + 36), (70, y + 22)], 0.5, "#1c2f7a")
    sheet.curve([(118, y + 30), (126, y + 14), (140, y + 34), (158, y + 20)], 0.5, "#1c2f7a")
    for x, name in ((LEFT, "Dr. Kuno Zahnrad, Geschäftsführer"), (112.0, CONTRACT.parties[1])):
        sheet.rule(x, y + 31, x + 65, y + 31)
        sheet.text(x, y + 36, name, BODY.sized(9))


DRAWING: Final = Drawing(language="de", document=CONTRACT, draw=draw)
