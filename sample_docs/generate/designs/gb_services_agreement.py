"""An English services agreement of two pages: parties in the first sentence, law at the end."""

from __future__ import annotations

from datetime import date
from typing import Final

from sample_docs.generate.document import Contract
from sample_docs.generate.sample import Sample
from sample_docs.generate.sheet import Content, Face, Sheet
from sample_docs.generate.writing import Writing

GB: Final = Writing(",", ".", "d MMMM yyyy", "en_GB")
BODY: Final = Face("Times-Roman", 11)
BOLD: Final = Face("Times-Bold", 11)
LEFT, RIGHT = 25.0, 185.0
CONTRACT: Final = Contract(
    parties=("Quillmark Archives Limited", "Tessera Scanning LLP"),
    effective_date=date(2025, 4, 1),
    term="3 years",
    jurisdiction="Scotland",
)
CLIENT, PROVIDER = ((name, f"parties[{i}]") for i, name in enumerate(CONTRACT.parties))
START: Final = (GB.date(CONTRACT.effective_date), "effective_date")
OPENING: Final[tuple[Content, ...]] = (
    ["This agreement is made with effect from ", START, " (the “Effective Date”)"],
    ["between ", CLIENT, ", whose office is at 3 Parchment Wynd,"],
    ["Perth PH1 9ZZ (the “Client”), and ", PROVIDER, ", of 60 Pixel Quay,"],
    "Dundee DD1 9ZZ (the “Provider”).",
)
FIRST: Final[tuple[tuple[str, tuple[Content, ...]], ...]] = (
    (
        "1. Services",
        (
            "1.1 The Provider shall collect the Client’s paper records, scan them at 300 dpi in",
            "colour and return them in the order in which they were received.",
            "1.2 Boxes are fetched on the first Tuesday of each month. The Client shall have no",
            "more than forty boxes ready at a time.",
            "1.3 Files are handed over on encrypted media within ten working days of collection.",
        ),
    ),
    (
        "2. Charges",
        (
            "2.1 The Client shall pay 6 pence for each page scanned, plus value added tax.",
            "2.2 The Provider shall invoice monthly in arrears. Invoices fall due 30 days after",
            "the date of the invoice.",
            "2.3 Pages that must be scanned again through no fault of the Client are free.",
        ),
    ),
    (
        "3. Term",
        (
            ["3.1 This agreement shall continue for a term of ", ("three (3) years", "term")],
            "from the Effective Date unless it is ended earlier under clause 4.",
            "3.2 It does not renew by itself; the parties may extend it in writing.",
        ),
    ),
    (
        "4. Ending the agreement",
        (
            "4.1 Either party may end this agreement by giving ninety days’ written notice.",
            "4.2 A party may end it at once if the other is in serious breach and does not put",
            "matters right within 14 days of being asked to.",
        ),
    ),
)
SECOND: Final[tuple[tuple[str, tuple[Content, ...]], ...]] = (
    (
        "5. Care of the records",
        (
            "5.1 The Provider shall keep the records in a locked and dry store and shall let",
            "nobody see them who does not need to for the work.",
            "5.2 No record may be destroyed without the Client’s written consent.",
        ),
    ),
    (
        "6. Liability",
        (
            "6.1 Each party’s liability in any year is limited to the charges paid in that year.",
            "6.2 Nothing here limits liability that cannot be limited by law.",
        ),
    ),
    (
        "7. Law",
        (
            [
                "7.1 This agreement is governed by the laws of ",
                (CONTRACT.jurisdiction, "jurisdiction"),
                ", whose courts alone",
            ],
            "shall decide any dispute arising from it.",
        ),
    ),
)


def draw(sheet: Sheet) -> None:
    """Both pages."""
    sheet.text(105, 30, "SERVICES AGREEMENT", BOLD.sized(15), "center")
    sheet.text(105, 37, "Scanning of paper records", BODY, "center")
    y = sheet.lines(LEFT, 54, OPENING, BODY, 5.4)
    _clauses(sheet, y + 6, FIRST)
    sheet.text(105, 282, "Page 1 of 2", BODY.sized(9), "center")
    sheet.next_page()
    _signatures(sheet, _clauses(sheet, 30, SECOND) + 14)
    sheet.text(105, 282, "Page 2 of 2", BODY.sized(9), "center")


def _clauses(sheet: Sheet, y: float, clauses: tuple[tuple[str, tuple[Content, ...]], ...]) -> float:
    for title, lines in clauses:
        sheet.text(LEFT, y, title, BOLD)
        y = sheet.lines(LEFT, y + 6, lines, BODY, 5.4) + 4
    return y


def _signatures(sheet: Sheet, y: float) -> None:
    sheet.text(LEFT, y, "Signed for the parties:", BODY)
    signers = ("Morag Inkster, Director", "Callum Tiles, Partner")
    for x, party, signer in zip((LEFT, 110.0), CONTRACT.parties, signers, strict=True):
        sheet.rule(x, y + 24, x + 65, y + 24)
        sheet.lines(x, y + 29, (signer, f"for {party}"), BODY.sized(10), 5)
    sheet.curve([(30, y + 22), (38, y + 8), (44, y + 30), (66, y + 16)], 0.4, "#1c2f7a")
    sheet.curve([(115, y + 20), (128, y + 30), (130, y + 6), (152, y + 18)], 0.4, "#1c2f7a")


SAMPLE: Final = Sample(
    path="contracts/gb-services-agreement.pdf",
    language="en",
    proves=(
        "A contract of two pages: parties and effective date within the first sentence, the "
        "term in words and digits among other periods of time, the law on page 2."
    ),
    document=CONTRACT,
    draw=draw,
)
