"""A British credit note on a plain typeset letterhead; it names the invoice it corrects."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Final

from sample_docs.generate.document import Invoice, Line, Party
from sample_docs.generate.fictitious import iban
from sample_docs.generate.sample import Sample
from sample_docs.generate.sheet import Content, Face, Sheet
from sample_docs.generate.table import Column, as_iban, cells_of, draw_row, draw_titles
from sample_docs.generate.writing import Writing

GB: Final = Writing(",", ".", "d MMMM yyyy", "en_GB")
RATE: Final = Decimal(20)
SLATE: Final = "#37474f"
BODY: Final = Face("Times-Roman", 10.5)
BOLD: Final = Face("Times-Bold", 10.5)
LEFT, RIGHT = 22.0, 188.0


def _line(description: str, quantity: str, price: str, note: str) -> Line:
    return Line(description, Decimal(quantity), Decimal(price), RATE, note=note)


INVOICE: Final = Invoice(
    invoice_number="CN-00219",
    invoice_date=date(2025, 3, 14),
    seller=Party(
        "Hartley & Specimen Ltd",
        ("Unit 6, Placeholder Mill", "Sowerby Bridge HX6 2ZZ"),
        "GB999900002",
    ),
    buyer=Party("The Mockingbird Hotel Group Ltd", ("88 Nonesuch Parade", "Harrogate HG1 5ZZ")),
    currency="GBP",
    iban=iban("GB", "EXMP99990012345678"),
    lines=(
        _line(
            "King-size duvet cover, 400 TC sateen, white",
            "-12",
            "64.00",
            "Returned 6 March, stitching faults (RMA 5521)",
        ),
        _line("Oxford pillowcase, 400 TC sateen, white", "-24", "17.50", "Returned with the above"),
        _line("Carriage charged in error", "-1", "45.00", "Order qualified for free delivery"),
    ),
)
COLUMNS: Final = (
    Column("description", "Description", LEFT),
    Column("quantity", "Qty", 124, "right"),
    Column("unit_price", "Unit price", 146, "right"),
    Column("tax_rate", "VAT", 162, "right"),
    Column("line_total", "Amount GBP", RIGHT, "right"),
)


def draw(sheet: Sheet) -> None:
    """The whole page."""
    _head(sheet)
    _details(sheet)
    _totals(sheet, _table(sheet))
    _foot(sheet)


def _head(sheet: Sheet) -> None:
    for step in range(7):
        sheet.rule(LEFT + step * 2.2, 16, LEFT + 13.2 - step * 2.2, 29, 0.35, SLATE)
    sheet.rect(LEFT, 16, 13.2, 13, stroke=SLATE, line=0.5)
    sheet.text(40, 23, (INVOICE.seller.name, "seller_name"), Face("Times-Bold", 17, SLATE))
    sheet.text(40, 28.5, "Linen for hospitality since 1974", Face("Times-Italic", 10, SLATE))
    address: list[Content] = [(line, "seller_address") for line in INVOICE.seller.address]
    sheet.lines(RIGHT, 19, [*address, "01422 496 0471"], BODY.sized(9.5), 4.3, "right")
    sheet.rule(LEFT, 34, RIGHT, 34, 0.6, SLATE)


def _details(sheet: Sheet) -> None:
    buyer = INVOICE.buyer
    assert INVOICE.seller.vat_id is not None
    sheet.text(LEFT, 50, "CREDIT NOTE", Face("Times-Roman", 22, SLATE))
    address: list[Content] = [(line, "buyer_address") for line in buyer.address]
    name: Content = (buyer.name, "buyer_name")
    sheet.lines(LEFT, 63, [name, "Accounts Payable", *address], BODY, 5)
    digits = INVOICE.seller.vat_id.removeprefix("GB")
    vat = f"GB {digits[:3]} {digits[3:7]} {digits[7:]}"
    rows: tuple[tuple[str, Content], ...] = (
        ("Credit note number", (INVOICE.invoice_number, "invoice_number")),
        ("Date", (GB.date(INVOICE.invoice_date), "invoice_date")),
        ("Against invoice", "INV-04482 of 20 February 2025"),
        ("Account", "MOCK01"),
        ("VAT registration", (vat, "seller_vat_id")),
    )
    for step, (label, value) in enumerate(rows):
        sheet.text(132, 63 + step * 5.4, label, BODY.coloured("#666666"), "right")
        sheet.text(136, 63 + step * 5.4, value, BODY)


def _table(sheet: Sheet) -> float:
    sheet.rule(LEFT, 99, RIGHT, 99, 0.3, SLATE)
    draw_titles(sheet, 104, COLUMNS, BOLD)
    sheet.rule(LEFT, 106.5, RIGHT, 106.5, 0.3, SLATE)
    y = 113.5
    for index, line in enumerate(INVOICE.lines):
        cells = cells_of(line, index, GB) | {"tax_rate": f"{GB.number(line.tax_rate)}%"}
        draw_row(sheet, y, COLUMNS, cells, index, BODY)
        sheet.text(LEFT, y + 4.4, line.note, Face("Times-Italic", 9, "#555555"))
        y += 12
    sheet.rule(LEFT, y - 3.5, RIGHT, y - 3.5, 0.3, SLATE)
    return y + 4


def _totals(sheet: Sheet, y: float) -> None:
    tax = INVOICE.taxes[0]
    net: Content = (GB.amount(INVOICE.subtotal), "subtotal taxes[0].base")
    label: Content = ["VAT at ", (GB.number(tax.rate), "taxes[0].rate"), "%"]
    vat: Content = (GB.amount(INVOICE.tax), "tax taxes[0].amount")
    for title, value in (("Net", net), (label, vat)):
        sheet.text(150, y, title, BODY, "right")
        sheet.text(RIGHT, y, value, BODY, "right")
        y += 6
    sheet.rule(118, y - 3.6, RIGHT, y - 3.6, 0.3, SLATE)
    label = ["Total credit, ", (INVOICE.currency, "currency")]
    sheet.text(150, y + 2, label, BOLD.sized(12), "right")
    total = (f"-£{GB.amount(-INVOICE.total)}", "total")
    sheet.text(RIGHT, y + 2, total, BOLD.sized(12), "right")
    sheet.rule(118, y + 4.5, RIGHT, y + 4.5, 0.3, SLATE)
    sheet.rule(118, y + 5.2, RIGHT, y + 5.2, 0.3, SLATE)
    text = (
        "This credit has been set against your account and may be deducted from your next payment.",
        "Please treat the VAT shown as a reduction of your input tax for the period.",
    )
    sheet.lines(LEFT, y + 24, text, BODY, 5)


def _foot(sheet: Sheet) -> None:
    assert INVOICE.iban is not None
    sheet.rule(LEFT, 272, RIGHT, 272, 0.3, SLATE)
    bank: Content = [
        "Example Bank plc  ·  Sort code 99-99-00  ·  Account 12345678  ·  IBAN ",
        (as_iban(INVOICE.iban), "iban"),
    ]
    lines: tuple[Content, ...] = (
        bank,
        "Registered in England and Wales no. 00000471. Registered office as above. "
        "accounts@hartley-specimen.example.com",
    )
    sheet.lines((LEFT + RIGHT) / 2, 277, lines, BODY.sized(8.5), 4, "center")


SAMPLE: Final = Sample(
    path="invoices/gb-credit-note.pdf",
    language="en",
    proves=(
        "A credit note: all amounts negative, its own number beside that of the invoice it "
        "corrects, the pound sign inside a negative total."
    ),
    document=INVOICE,
    draw=draw,
)
