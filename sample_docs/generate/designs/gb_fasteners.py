"""An English trade counter's monthly invoice: a plain grid, its titles printed on both pages."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Final

from sample_docs.generate.document import Invoice, Line, Party
from sample_docs.generate.fictitious import iban
from sample_docs.generate.sample import Sample
from sample_docs.generate.sheet import Content, Face, Sheet
from sample_docs.generate.table import Column, as_iban, cells_of, draw_row, draw_titles
from sample_docs.generate.writing import Writing

GB: Final = Writing(",", ".", "dd/MM/yyyy", "en_GB")
BODY: Final = Face("Helvetica", 9)
BOLD: Final = Face("Helvetica-Bold", 9)
LEFT, RIGHT = 18.0, 192.0
ON_FIRST_PAGE: Final = 24
GOODS: Final = (
    "Hex bolt M8 x 40 zinc, box of 100|4|12.85",
    "Hex bolt M10 x 60 zinc, box of 50|6|14.20",
    "Hex bolt M12 x 80 zinc, box of 25|3|16.95",
    "Hex nut M8 zinc, box of 200|5|7.40",
    "Hex nut M10 zinc, box of 200|5|9.15",
    "Hex nut M12 zinc, box of 100|2|8.60",
    "Penny washer M8 x 30, box of 100|8|5.25",
    "Penny washer M10 x 40, box of 100|4|6.90",
    "Spring washer M8, box of 500|2|9.80",
    "Threaded rod M10, 1 m, zinc|36|2.15",
    "Threaded rod M12, 1 m, zinc|24|3.05",
    "Coach screw M10 x 120, box of 25|7|11.30",
    "Coach bolt M8 x 100 with nut, box of 50|3|18.75",
    "Timber screw 6 x 120, box of 100|9|13.45",
    "Decking screw 4.5 x 65 green, tub of 1000|2|31.90",
    "Drywall screw 3.5 x 38 collated, box of 1000|10|12.60",
    "Chipboard screw 5 x 50, box of 200|12|4.85",
    "Self-drilling screw 5.5 x 32, box of 100|6|8.25",
    "Concrete screw 7.5 x 60, box of 100|5|15.10",
    "Sleeve anchor M10 x 75, box of 25|4|13.70",
    "Through bolt M12 x 110, box of 20|6|22.45",
    "Resin anchor polyester, 300 ml|18|6.35",
    "Mixing nozzle for resin, bag of 10|3|4.90",
    "Nylon plug 8 x 50, box of 250|5|8.05",
    "Nylon plug 10 x 80, box of 100|4|7.95",
    "Angle bracket 90 x 90 x 2.5, heavy|40|1.28",
    "Joist hanger 47 mm, long leg|32|1.72",
    "Restraint strap 1000 x 30 x 5|16|4.40",
    "Fixing band 20 mm, 10 m coil|6|5.65",
    "Nail plate 100 x 200|25|0.94",
    "Galvanised clout nail 30 mm, 5 kg|2|19.80",
    "Round wire nail 100 mm, 5 kg|2|16.20",
    "Blind rivet 4.8 x 12, box of 500|1|14.35",
    "Core drill hire, 2 days|1|68.00",
    "Delivery by van, per drop|3|15.00",
)


def _line(text: str) -> Line:
    description, quantity, price = text.split("|")
    return Line(description, Decimal(quantity), Decimal(price), Decimal(20))


INVOICE: Final = Invoice(
    invoice_number="FX-204418",
    invoice_date=date(2025, 4, 30),
    due_date=date(2025, 5, 30),
    seller=Party(
        "Anvil Lane Fasteners Ltd",
        ("Unit 4, Figment Trading Estate", "Walsall WS1 9ZZ"),
        "GB999004231",
    ),
    buyer=Party("Sketchley Joinery & Sons", ("Old Dairy, Invention Road", "Telford TF1 9ZZ")),
    currency="GBP",
    iban=iban("GB", "EXMP99990087654321"),
    lines=tuple(_line(text) for text in GOODS),
)
COLUMNS: Final = (
    Column("position", "Line", 26, "right"),
    Column("description", "Description", 32),
    Column("quantity", "Qty", 134, "right"),
    Column("unit_price", "Price each", 162, "right"),
    Column("line_total", "Net GBP", RIGHT - 2, "right"),
)


def draw(sheet: Sheet) -> None:
    """Both pages."""
    _head(sheet)
    _rows(sheet, 96, range(ON_FIRST_PAGE))
    sheet.text(RIGHT, 262, "Continued on page 2", BODY.sized(8), "right")
    _foot(sheet)
    sheet.next_page()
    sheet.text(LEFT, 20, INVOICE.seller.name, BOLD.sized(11))
    sheet.text(RIGHT, 20, f"Invoice {INVOICE.invoice_number}", BODY, "right")
    _totals(sheet, _rows(sheet, 34, range(ON_FIRST_PAGE, len(INVOICE.lines))) + 8)
    _foot(sheet)


def _head(sheet: Sheet) -> None:
    seller, buyer = INVOICE.seller, INVOICE.buyer
    assert INVOICE.due_date is not None
    sheet.text(LEFT, 22, (seller.name, "seller_name"), BOLD.sized(16))
    address: list[Content] = [(line, "seller_address") for line in seller.address]
    sheet.lines(LEFT, 28, [*address, "Trade counter 01922 555 0148"], BODY, 4.4)
    sheet.text(RIGHT, 22, "INVOICE", BOLD.sized(18), "right")
    sheet.text(LEFT, 54, "Invoice to", BOLD)
    address = [(line, "buyer_address") for line in buyer.address]
    sheet.lines(LEFT, 59, [(buyer.name, "buyer_name"), *address], BODY.sized(10), 4.8)
    rows: tuple[tuple[str, Content], ...] = (
        ("Invoice number", (INVOICE.invoice_number, "invoice_number")),
        ("Invoice date", (GB.date(INVOICE.invoice_date), "invoice_date")),
        ("Payment due", (GB.date(INVOICE.due_date), "due_date")),
        ("Account", "SKE014"),
        ("Our VAT no.", (seller.vat_id or "", "seller_vat_id")),
    )
    for step, (label, value) in enumerate(rows):
        sheet.text(130, 54 + step * 5, label, BOLD)
        sheet.text(RIGHT, 54 + step * 5, value, BODY, "right")


def _rows(sheet: Sheet, top: float, rows: Sequence[int]) -> float:
    """Titles and rows in a grid from `top` down; where it ends."""
    step = 6.4
    bottom = top + step * (len(rows) + 1)
    sheet.rect(LEFT, top, RIGHT - LEFT, step, fill="#d9dee3")
    draw_titles(sheet, top + 4.4, COLUMNS, BOLD)
    for row, index in enumerate(rows, 1):
        y = top + step * row
        sheet.rule(LEFT, y, RIGHT, y, 0.15)
        cells = cells_of(INVOICE.lines[index], index, GB)
        draw_row(sheet, y + 4.4, COLUMNS, cells, index, BODY)
    for x in (LEFT, 29.0, 120.0, 137.0, 165.0, RIGHT):
        sheet.rule(x, top, x, bottom, 0.15)
    sheet.rule(LEFT, top, RIGHT, top, 0.15)
    sheet.rule(LEFT, bottom, RIGHT, bottom, 0.15)
    return bottom


def _totals(sheet: Sheet, y: float) -> None:
    (tax,) = INVOICE.taxes
    rate = (GB.number(tax.rate), "taxes[0].rate")
    rows: tuple[tuple[Content, Content, Face], ...] = (
        ("Goods total", (GB.amount(INVOICE.subtotal), "subtotal"), BODY),
        (["VAT at ", rate, "%"], (GB.amount(INVOICE.tax), "tax taxes[0].amount"), BODY),
        (
            ["Total payable (", (INVOICE.currency, "currency"), ")"],
            (GB.amount(INVOICE.total), "total"),
            BOLD.sized(11),
        ),
    )
    for label, value, face in rows:
        sheet.text(137, y, label, face)
        sheet.text(RIGHT - 2, y, value, face, "right")
        y += 6.5
    assert INVOICE.iban is not None
    terms: tuple[Content, ...] = (
        "Please pay by bank transfer and quote the invoice number.",
        ["IBAN ", (as_iban(INVOICE.iban), "iban"), "   BIC EXMPGB99"],
        "Goods remain ours until paid for. Claims for short delivery within 3 working days.",
    )
    sheet.lines(LEFT, y + 8, terms, BODY, 5)


def _foot(sheet: Sheet) -> None:
    sheet.rule(LEFT, 276, RIGHT, 276, 0.15)
    line = "Anvil Lane Fasteners Ltd · Company no. 99914418 · anvil-lane.example.com"
    sheet.text(LEFT, 281, line, BODY.sized(7.5))
    sheet.text(RIGHT, 281, f"Page {sheet.page} of 2", BODY.sized(7.5), "right")


SAMPLE: Final = Sample(
    path="invoices/gb-fasteners-two-pages.pdf",
    language="en",
    proves=(
        "A ruled grid of 35 rows on two pages with its titles repeated: the titles on page 2 "
        "are no row, and totals, IBAN and tax stand on page 2 only."
    ),
    document=INVOICE,
    draw=draw,
    unprinted=frozenset(["line_items[].unit", "line_items[].tax_rate", "taxes[].base"]),
)
