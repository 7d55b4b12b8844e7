"""An American form on Letter paper: boxes, a row of labels above values, a remittance slip."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Final

from sample_docs.generate.document import Adjustment, Invoice, Line, Party, cents, total_of
from sample_docs.generate.sample import Sample
from sample_docs.generate.sheet import LETTER, Content, Face, Sheet
from sample_docs.generate.table import Column, cells_of, draw_row, draw_titles
from sample_docs.generate.writing import Writing

US: Final = Writing(",", ".", "MM/dd/yyyy", "en_US")
RATE: Final = Decimal("7.25")
NAVY: Final = "#22304d"
BODY: Final = Face("Times-Roman", 10)
BOLD: Final = Face("Times-Bold", 10)
LABEL: Final = Face("Helvetica-Bold", 6.5, "#ffffff")
LEFT, RIGHT = 16.0, 199.9


def _line(code: str, description: str, quantity: str, unit: str, price: str) -> Line:
    return Line(description, Decimal(quantity), Decimal(price), RATE, unit, code=code)


LINES: Final = (
    _line("MUL-HW3", "Hardwood mulch, double-shredded, bulk", "14", "cu yd", "34.00"),
    _line("STN-FLG", "Pennsylvania flagstone, irregular, 1.5 in", "2.5", "ton", "389.00"),
    _line("EDG-STL", "Steel edging 4 in x 16 ft, green", "22", "ea", "28.75"),
    _line("PLT-HYD", "Hydrangea 'Limelight', #5 container", "9", "ea", "46.50"),
    _line("FAB-WB6", "Woven weed barrier 6 ft x 300 ft", "1", "roll", "119.95"),
)
INVOICE: Final = Invoice(
    invoice_number="84129",
    invoice_date=date(2025, 4, 7),
    due_date=date(2025, 5, 7),
    seller=Party(
        "Juniper Ridge Landscape Supply, LLC", ("4410 Quarry Road", "Springfield, OH 45505")
    ),
    buyer=Party("Maple Court Homeowners Association", ("PO Box 1180", "Springfield, OH 45501")),
    currency="USD",
    lines=LINES,
    adjustments=(
        Adjustment("Contractor discount 5%", -cents(total_of(LINES) / 20), RATE),
        Adjustment("Delivery (non-taxable)", Decimal("85.00")),
    ),
    prepaid=Decimal("500.00"),
)
COLUMNS: Final = (
    Column("quantity", "QTY", 30, "right"),
    Column("unit", "UNIT", 33),
    Column("code", "ITEM", 48),
    Column("description", "DESCRIPTION", 70),
    Column("unit_price", "UNIT PRICE", 168, "right"),
    Column("line_total", "AMOUNT", 197, "right"),
)
TABLE_TOP, TABLE_BOTTOM = 110.0, 172.0


def draw(sheet: Sheet) -> None:
    """The whole form."""
    _head(sheet)
    _parties(sheet)
    _terms(sheet)
    _grid(sheet)
    _rows(sheet)
    _totals(sheet)
    _remittance(sheet)


def _head(sheet: Sheet) -> None:
    sheet.circle(30, 21, 6, fill="#e0a83c")
    sheet.polygon([(16, 31), (26, 16), (36, 31)], "#3f6b4a")
    sheet.polygon([(27, 31), (35, 20), (43, 31)], "#2a4a35")
    seller = INVOICE.seller
    sheet.text(48, 22, (seller.name, "seller_name"), BOLD.sized(15).coloured(NAVY))
    address: list[Content] = [(line, "seller_address") for line in seller.address]
    sheet.lines(48, 27, [*address, "(937) 555-0162  |  juniperridge.example.com"], BODY.sized(9), 4)
    sheet.text(RIGHT, 24, "INVOICE", BOLD.sized(24).coloured(NAVY), "right")
    number = (INVOICE.invoice_number, "invoice_number")
    sheet.text(RIGHT, 30.5, ["No. ", number], BODY.sized(11), "right")
    day = (US.date(INVOICE.invoice_date), "invoice_date")
    sheet.text(RIGHT, 35.5, ["Date: ", day], BODY.sized(11), "right")


def _box(sheet: Sheet, x: float, y: float, width: float, height: float, title: str) -> None:
    sheet.rect(x, y, width, height, stroke=NAVY)
    sheet.rect(x, y, width, 4.6, fill=NAVY)
    sheet.text(x + 1.8, y + 3.2, title, LABEL)


def _parties(sheet: Sheet) -> None:
    _box(sheet, LEFT, 46, 88, 28, "BILL TO")
    _box(sheet, 111.9, 46, 88, 28, "SHIP TO")
    buyer = INVOICE.buyer
    address: list[Content] = [(line, "buyer_address") for line in buyer.address]
    name: Content = (buyer.name, "buyer_name")
    sheet.lines(18.5, 55.5, [name, "c/o Treasurer", *address], BODY.sized(10.5), 4.7)
    site = ("Maple Court – Phase II entrance", "200 Maple Court Blvd", "Springfield, OH 45504")
    sheet.lines(114.4, 55.5, (*site, "Attn: Dale Hutchins"), BODY.sized(10.5), 4.7)


def _terms(sheet: Sheet) -> None:
    assert INVOICE.due_date is not None
    cells: tuple[tuple[str, Content], ...] = (
        ("P.O. NUMBER", "MC-2025-018"),
        ("TERMS", "Net 30"),
        ("REP", "TJW"),
        ("SHIP DATE", "04/03/2025"),
        ("SHIP VIA", "Our truck"),
        ("DUE DATE", (US.date(INVOICE.due_date), "due_date")),
    )
    width = (RIGHT - LEFT) / len(cells)
    for step, (label, value) in enumerate(cells):
        x = LEFT + step * width
        _box(sheet, x, 81, width, 13, label)
        sheet.text(x + width / 2, 91, value, BODY, "center")


def _grid(sheet: Sheet) -> None:
    sheet.rect(LEFT, TABLE_TOP - 9, RIGHT - LEFT, 6, fill=NAVY)
    draw_titles(sheet, TABLE_TOP - 5, COLUMNS, LABEL)
    for x in (LEFT, 31.5, 46.5, 68.5, 144, 170, RIGHT):
        sheet.rule(x, TABLE_TOP - 3, x, TABLE_BOTTOM, 0.2, NAVY)
    sheet.rule(LEFT, TABLE_BOTTOM, RIGHT, TABLE_BOTTOM, 0.2, NAVY)


def _rows(sheet: Sheet) -> None:
    for index, line in enumerate(INVOICE.lines):
        y = TABLE_TOP + 3 + index * 6.5
        draw_row(sheet, y, COLUMNS, cells_of(line, index, US), index, BODY)
    sheet.text(
        70,
        TABLE_BOTTOM - 4,
        "Delivered curbside, driver R. Ortiz. Thank you!",
        Face("Times-Italic", 9),
    )


def _totals(sheet: Sheet) -> None:
    discount, delivery = INVOICE.adjustments
    tax = INVOICE.taxes[0]
    assert INVOICE.prepaid is not None and INVOICE.amount_due is not None
    rate: Content = ["Sales tax (", (US.number(tax.rate), "taxes[0].rate"), "%)"]
    rows: tuple[tuple[Content, Content], ...] = (
        ("Subtotal", (US.amount(INVOICE.subtotal), "subtotal")),
        (discount.label, US.amount(discount.amount)),
        (delivery.label, US.amount(delivery.amount)),
        (rate, (US.amount(INVOICE.tax), "tax taxes[0].amount")),
        ("Total", (US.amount(INVOICE.total), "total")),
        ("Less deposit received 03/24/2025", US.amount(-INVOICE.prepaid)),
    )
    for step, (label, value) in enumerate(rows):
        y = TABLE_BOTTOM + 5.5 + step * 5.3
        sheet.text(168, y, label, BODY, "right")
        sheet.text(197, y, value, BOLD if label == "Total" else BODY, "right")
    sheet.rect(131, 207, RIGHT - 131, 8, fill="#e8ebf2", stroke=NAVY)
    sheet.text(168, 212.5, "BALANCE DUE", BOLD.sized(11), "right")
    due: Content = [("$", "currency"), (US.amount(INVOICE.amount_due), "amount_due")]
    sheet.text(197, 212.5, due, BOLD.sized(11), "right")
    notes = (
        "Returns of stocked goods within 14 days with this invoice;",
        "20% restocking charge. Plants and bulk material are final sale.",
        "A finance charge of 1.5% per month applies to past-due balances.",
    )
    sheet.lines(LEFT, TABLE_BOTTOM + 6, notes, BODY.sized(8.5), 4)


def _remittance(sheet: Sheet) -> None:
    with sheet.dashed(2, 1.5):
        sheet.rule(0, 226, LETTER[0], 226, 0.2, "#666666")
    sheet.text(
        LETTER[0] / 2,
        230.5,
        "Please detach and return this portion with your payment",
        Face("Times-Italic", 8.5),
        "center",
    )
    assert INVOICE.amount_due is not None
    payable = (
        "Make checks payable to:",
        "Juniper Ridge Landscape Supply, LLC",
        "PO Box 77, Springfield, OH 45501",
    )
    sheet.lines(LEFT, 240, payable, BODY, 4.8)
    labels = ("Customer no.", "Invoice no.", "Balance due", "Amount enclosed")
    values = ("MAPLEC", INVOICE.invoice_number, f"${US.amount(INVOICE.amount_due)}", "")
    sheet.lines(160, 240, labels, BODY.sized(9.5), 6.2, "right")
    sheet.lines(RIGHT - 3, 240, values, BODY.sized(9.5), 6.2, "right")
    for step in range(4):
        sheet.rule(164, 241.2 + step * 6.2, RIGHT, 241.2 + step * 6.2, 0.15, "#666666")


SAMPLE: Final = Sample(
    path="invoices/us-landscape-supply.pdf",
    language="en",
    proves=(
        "American habits: MM/DD/YYYY, sales tax, discount and freight after the subtotal, a "
        "deposit that makes the balance due differ from the total."
    ),
    document=INVOICE,
    draw=draw,
    size=LETTER,
    unprinted=frozenset(["line_items[].tax_rate", "taxes[].base"]),
)
