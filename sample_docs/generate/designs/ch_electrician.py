"""A Swiss tradesman's invoice with the payment part of a QR-bill at the foot of the page."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Final

from sample_docs.generate.document import Invoice, Line, Party
from sample_docs.generate.fictitious import iban
from sample_docs.generate.sample import Sample
from sample_docs.generate.sheet import Content, Face, Sheet
from sample_docs.generate.table import Column, as_iban, cells_of, draw_row, draw_titles
from sample_docs.generate.writing import Writing, grouped
from stdnum.ch import esr

CH: Final = Writing("'", ".", "d. MMMM yyyy", "de_CH")
RATE: Final = Decimal("8.1")
RED: Final = "#b3261e"
BODY: Final = Face("Helvetica", 9.5)
BOLD: Final = Face("Helvetica-Bold", 9.5)
LEFT, RIGHT = 22.0, 190.0
SLIP_TOP: Final = 192.0
REFERENCE: Final = "00000000000202500318004711"


def _line(description: str, quantity: str, unit: str, price: str) -> Line:
    return Line(description, Decimal(quantity), Decimal(price), RATE, unit)


INVOICE: Final = Invoice(
    invoice_number="R-25-0318",
    invoice_date=date(2025, 3, 18),
    due_date=date(2025, 4, 17),
    seller=Party("Elektro Musterhans AG", ("Gewerbestrasse 5", "3007 Bern"), "CHE999900006MWST"),
    buyer=Party("Stockwerkeigentümer Beispielweg 9", ("Beispielweg 9", "3097 Liebefeld")),
    currency="CHF",
    iban=iban("CH", "31999000000471100"),
    lines=(
        _line("Elektroinstallateur EFZ, Ersatz Hauptverteilung", "11.5", "Std.", "118.00"),
        _line("Lernender 3. Lehrjahr", "11.5", "Std.", "62.00"),
        _line("Hauptverteilung 72 TE mit FI/LS, verdrahtet", "1", "Stk.", "1486.40"),
        _line("Steigleitung FE0 5×16 mm²", "18", "m", "24.85"),
        _line("Abnahmemessung mit Sicherheitsnachweis", "1", "psch.", "240.00"),
    ),
)
COLUMNS: Final = (
    Column("description", "Leistung", LEFT),
    Column("quantity", "Anzahl", 120, "right"),
    Column("unit", "", 122),
    Column("unit_price", "Ansatz", 158, "right"),
    Column("line_total", "Betrag", RIGHT, "right"),
)


def draw(sheet: Sheet) -> None:
    """The page above the perforation, and the slip below it."""
    _letterhead(sheet)
    _address(sheet)
    _totals(sheet, _table(sheet))
    _slip_frame(sheet)
    _receipt_part(sheet)
    _payment_part(sheet)


def _letterhead(sheet: Sheet) -> None:
    sheet.polygon([(26, 14), (34, 14), (30, 21), (35, 21), (23, 33), (27, 24), (22, 24)], RED)
    sheet.text(40, 22, (INVOICE.seller.name, "seller_name"), BOLD.sized(15))
    sheet.text(40, 27, "Installationen · Service · Kontrollen", BODY.sized(8.5))
    street, town = INVOICE.seller.address
    vat = (_printed_vat_id(), "seller_vat_id")
    lines: list[Content] = [
        (street, "seller_address"),
        (town, "seller_address"),
        "031 555 01 47",
        "buero@elektro-musterhans.example.com",
        [vat],
    ]
    sheet.lines(RIGHT, 18, lines, BODY.sized(8), 3.7, "right")


def _printed_vat_id() -> str:
    """`CHE-999.900.006 MWST`."""
    assert INVOICE.seller.vat_id is not None
    digits = INVOICE.seller.vat_id.removeprefix("CHE").removesuffix("MWST")
    return f"CHE-{digits[:3]}.{digits[3:6]}.{digits[6:]} MWST"


def _address(sheet: Sheet) -> None:
    buyer = INVOICE.buyer
    address: list[Content] = [(line, "buyer_address") for line in buyer.address]
    name: Content = (buyer.name, "buyer_name")
    sheet.lines(120, 52, [name, "p. Adr. Frau Regula Fiktiv", *address], BODY.sized(10.5), 4.8)
    day = (CH.date(INVOICE.invoice_date), "invoice_date")
    sheet.text(LEFT, 66.4, ["Bern, ", day], BODY)
    number = (INVOICE.invoice_number, "invoice_number")
    sheet.text(LEFT, 82, ["Rechnung ", number], BOLD.sized(13))
    sheet.text(
        LEFT,
        88,
        "Objekt: Beispielweg 9, Liebefeld – Auftrag A-1182, ausgeführt 10. bis 12. März 2025",
        BODY,
    )


def _table(sheet: Sheet) -> float:
    draw_titles(sheet, 99, COLUMNS, BODY.sized(8).coloured("#666666"))
    sheet.rule(LEFT, 101, RIGHT, 101, 0.5)
    y = 107.0
    for index, line in enumerate(INVOICE.lines):
        draw_row(sheet, y, COLUMNS, cells_of(line, index, CH), index, BODY)
        sheet.rule(LEFT, y + 2, RIGHT, y + 2, 0.1, "#999999")
        y += 6.4
    return y + 2


def _totals(sheet: Sheet, y: float) -> None:
    assert INVOICE.due_date is not None
    tax = INVOICE.taxes[0]
    net: Content = (CH.amount(INVOICE.subtotal), "subtotal taxes[0].base")
    vat_on: Content = [
        "MWST ",
        (CH.number(tax.rate), "taxes[0].rate"),
        f" % von {CH.amount(tax.base)}",
    ]
    vat: Content = (CH.amount(INVOICE.tax), "tax taxes[0].amount")
    for label, value in (("Zwischentotal", net), (vat_on, vat)):
        sheet.text(112, y, label, BODY)
        sheet.text(RIGHT, y, value, BODY, "right")
        y += 5.4
    sheet.rule(112, y - 3.2, RIGHT, y - 3.2, 0.5)
    sheet.text(112, y + 2, "Total", BOLD.sized(11))
    total: Content = ["CHF ", (CH.amount(INVOICE.total), "total")]
    sheet.text(RIGHT, y + 2, total, BOLD.sized(11), "right")
    due = (CH.date(INVOICE.due_date), "due_date")
    sheet.text(
        LEFT, y + 14, ["Zahlbar rein netto bis ", due, ". Besten Dank für Ihren Auftrag."], BODY
    )


def _slip_frame(sheet: Sheet) -> None:
    with sheet.dashed(1.2, 1):
        sheet.rule(0, SLIP_TOP, 210, SLIP_TOP, 0.15)
        sheet.rule(62, SLIP_TOP, 62, 297, 0.15)
    notice = "Vor der Einzahlung abzutrennen"
    sheet.text(105, SLIP_TOP - 1.5, notice, BODY.sized(6.5), "center")


def _block(
    sheet: Sheet, x: float, y: float, content: tuple[str, tuple[Content, ...]], size: float
) -> float:
    """A heading with its lines; `size` is theirs, the heading's two points less."""
    heading, lines = content
    leading = size * 0.4
    sheet.text(x, y, heading, BOLD.sized(size - 2))
    return sheet.lines(x, y + leading, lines, BODY.sized(size), leading) + leading * 0.8


def _reference() -> str:
    digits = REFERENCE + esr.calc_check_digit(REFERENCE)
    return f"{digits[:2]} {grouped(digits[2:], 5)}"


def _account(marked: bool) -> tuple[str, tuple[Content, ...]]:
    assert INVOICE.iban is not None
    seller = INVOICE.seller
    printed = as_iban(INVOICE.iban)
    number: Content = (printed, "iban") if marked else printed
    return ("Konto / Zahlbar an", (number, seller.name, *seller.address))


def _receipt_part(sheet: Sheet) -> None:
    x, buyer = 5.0, INVOICE.buyer
    sheet.text(x, SLIP_TOP + 8, "Empfangsschein", BOLD.sized(11))
    y = _block(sheet, x, SLIP_TOP + 14, _account(False), 8)
    y = _block(sheet, x, y, ("Referenz", (_reference(),)), 8)
    _block(sheet, x, y, ("Zahlbar durch", (buyer.name, *buyer.address)), 8)
    _block(sheet, x, 262, ("Währung", (INVOICE.currency,)), 8)
    _block(sheet, 17, 262, ("Betrag", (CH.amount(INVOICE.total).replace("'", " "),)), 8)
    sheet.text(57, 279, "Annahmestelle", BOLD.sized(6), "right")


def _payment_part(sheet: Sheet) -> None:
    buyer = INVOICE.buyer
    sheet.text(67, SLIP_TOP + 8, "Zahlteil", BOLD.sized(11))
    sheet.qr_code(67, SLIP_TOP + 17, 46, _qr_content())
    sheet.rect(86.5, SLIP_TOP + 36.5, 7, 7, fill="#000000", stroke="#ffffff", line=0.5)
    sheet.rect(89.4, SLIP_TOP + 37.9, 1.2, 4.2, fill="#ffffff")
    sheet.rect(87.9, SLIP_TOP + 39.4, 4.2, 1.2, fill="#ffffff")
    _block(sheet, 67, 263, ("Währung", ((INVOICE.currency, "currency"),)), 10)
    _block(sheet, 83, 263, ("Betrag", (CH.amount(INVOICE.total).replace("'", " "),)), 10)
    y = _block(sheet, 118, SLIP_TOP + 8, _account(True), 10)
    y = _block(sheet, 118, y, ("Referenz", (_reference(),)), 10)
    y = _block(
        sheet, 118, y, ("Zusätzliche Informationen", (f"Rechnung {INVOICE.invoice_number}",)), 10
    )
    _block(sheet, 118, y, ("Zahlbar durch", (buyer.name, *buyer.address)), 10)


def _qr_content() -> str:
    """The Swiss QR Code's lines (version 2, structured addresses)."""
    assert INVOICE.iban is not None
    return "\n".join(
        (
            *("SPC", "0200", "1", INVOICE.iban),
            *_structured(INVOICE.seller),
            *[""] * 7,
            *(f"{INVOICE.total:f}", INVOICE.currency),
            *_structured(INVOICE.buyer),
            *("QRR", _reference().replace(" ", "")),
            *(f"Rechnung {INVOICE.invoice_number}", "EPD"),
        )
    )


def _structured(party: Party) -> tuple[str, ...]:
    street, town = party.address
    road, _, number = street.rpartition(" ")
    code, _, place = town.partition(" ")
    return ("S", party.name, road, number, code, place, "CH")


SAMPLE: Final = Sample(
    path="invoices/ch-electrician.pdf",
    language="de",
    proves=(
        "Swiss number format (1'234.50), a QR-bill that repeats account and amount, values in"
        " two blocks of the slip, and an address at the right."
    ),
    document=INVOICE,
    draw=draw,
    unprinted=frozenset(["line_items[].tax_rate"]),
)
