"""An Irish software subscription billed to Germany: card-style page, reverse charge, no tax."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Final

from sample_docs.generate.document import Invoice, Line, Party
from sample_docs.generate.fictitious import iban
from sample_docs.generate.sample import Sample
from sample_docs.generate.sheet import Content, Face, Part, Sheet
from sample_docs.generate.table import Column, as_iban, cells_of, draw_row, draw_titles
from sample_docs.generate.writing import Writing

IE: Final = Writing(",", ".", "MMM d, yyyy", "en_US")
INK: Final = "#1a1f36"
GREY: Final = "#697386"
BODY: Final = Face("Helvetica", 9.5, INK)
BOLD: Final = Face("Helvetica-Bold", 9.5, INK)
FAINT: Final = Face("Helvetica", 9, GREY)
LEFT, RIGHT = 20.0, 190.0


def _line(description: str, quantity: str, price: str, note: str) -> Line:
    return Line(description, Decimal(quantity), Decimal(price), Decimal(0), note=note)


INVOICE: Final = Invoice(
    invoice_number="7C1F04-0012",
    invoice_date=date(2025, 3, 1),
    due_date=date(2025, 3, 31),
    seller=Party(
        "Testcloud Systems Limited", ("12 Sample Quay", "Dublin D02 X000", "Ireland"), "IE9999123T"
    ),
    buyer=Party(
        "Muster Logistik SE", ("Am Musterhafen 7", "20457 Hamburg", "Germany"), "DE999900032"
    ),
    currency="EUR",
    iban=iban("IE", "EXMP99990012345678"),
    lines=(
        _line("Team plan – seats", "34", "18.00", "Mar 1 – Mar 31, 2025"),
        _line("Additional storage, 100 GB blocks", "5", "9.50", "Mar 1 – Mar 31, 2025"),
        _line("Unused time on 4 seats after Feb 18, 2025", "4", "-7.07", "Credit from plan change"),
        _line("API calls above quota (per 1,000)", "212", "0.40", "Feb 1 – Feb 28, 2025"),
    ),
    prepaid=Decimal("0.00"),
)
COLUMNS: Final = (
    Column("description", "Description", LEFT),
    Column("quantity", "Qty", 130, "right"),
    Column("unit_price", "Unit price", 160, "right"),
    Column("line_total", "Amount", RIGHT, "right"),
)


def draw(sheet: Sheet) -> None:
    """The whole page."""
    sheet.rect(0, 0, 210, 3, fill="#5b5bd6")
    _head(sheet)
    _parties(sheet)
    _headline(sheet)
    _totals(sheet, _table(sheet))
    _foot(sheet)


def _money(value: Decimal, path: str = "") -> list[Part]:
    """The sign before the currency, as in -€7.07."""
    return [(f"-€{IE.amount(-value)}", path)] if value < 0 else ["€", (IE.amount(value), path)]


def _head(sheet: Sheet) -> None:
    assert INVOICE.due_date is not None
    sheet.text(LEFT, 24, "Invoice", BOLD.sized(20))
    for dx, dy, radius in ((0, 0, 3.6), (4.6, -2, 4.6), (9.6, 0, 3.6)):
        sheet.circle(154 + dx, 21 + dy, radius, fill="#5b5bd6")
    sheet.rect(154, 20.5, 9.6, 4.1, fill="#5b5bd6")
    sheet.text(RIGHT, 23, "testcloud", BOLD.sized(12), "right")
    rows: tuple[tuple[str, Content], ...] = (
        ("Invoice number", (INVOICE.invoice_number, "invoice_number")),
        ("Date of issue", (IE.date(INVOICE.invoice_date), "invoice_date")),
        ("Date due", (IE.date(INVOICE.due_date, "MMMM d, yyyy"), "due_date")),
    )
    for step, (label, value) in enumerate(rows):
        sheet.text(LEFT, 34 + step * 5, label, BOLD)
        sheet.text(50, 34 + step * 5, value, BODY)


def _parties(sheet: Sheet) -> None:
    for x, party, role in ((LEFT, INVOICE.seller, "seller"), (105.0, INVOICE.buyer, "buyer")):
        address: list[Content] = [(line, f"{role}_address") for line in party.address]
        vat: Content = [
            f"{party.vat_id[:2] if party.vat_id else ''} VAT ",
            (party.vat_id or "", f"{role}_vat_id"),
        ]
        name: Content = (party.name, f"{role}_name")
        sheet.text(x, 58, "Bill to" if role == "buyer" else "From", FAINT)
        sheet.text(x, 63.5, name, BOLD)
        sheet.lines(x, 68.3, [*address, vat], BODY, 4.8)


def _headline(sheet: Sheet) -> None:
    assert INVOICE.amount_due is not None and INVOICE.due_date is not None
    due = IE.date(INVOICE.due_date, "MMMM d, yyyy")
    headline = f"€{IE.amount(INVOICE.amount_due)} due {due}"
    sheet.text(LEFT, 100, headline, BOLD.sized(17))
    sheet.text(
        LEFT,
        107,
        "Pay online at pay.testcloud.example.com/i/7C1F04-0012",
        FAINT.coloured("#5b5bd6"),
    )


def _table(sheet: Sheet) -> float:
    draw_titles(sheet, 121, COLUMNS, FAINT.sized(8))
    sheet.rule(LEFT, 123.5, RIGHT, 123.5, 0.25, INK)
    y = 130.5
    for index, line in enumerate(INVOICE.lines):
        cells = cells_of(line, index, IE)
        for key, value in (("unit_price", line.unit_price), ("line_total", line.line_total)):
            cells[key] = _money(value, f"line_items[{index}].{key}")
        draw_row(sheet, y, COLUMNS, cells, index, BODY)
        sheet.text(LEFT, y + 4.4, line.note, FAINT.sized(8))
        y += 12.5
    return y + 2


def _totals(sheet: Sheet, y: float) -> None:
    assert INVOICE.amount_due is not None
    rate = (IE.number(INVOICE.taxes[0].rate), "taxes[0].rate")
    vat: Content = ["VAT (", rate, "% – reverse charge)"]
    rows: tuple[tuple[Content, Content, Face], ...] = (
        ("Subtotal", _money(INVOICE.subtotal, "subtotal"), BODY),
        (vat, _money(INVOICE.tax, "tax taxes[0].amount"), BODY),
        ("Total", _money(INVOICE.total, "total"), BODY),
        (
            "Amount due",
            [*_money(INVOICE.amount_due, "amount_due"), " ", (INVOICE.currency, "currency")],
            BOLD,
        ),
    )
    for label, value, face in rows:
        sheet.rule(105, y - 4.6, RIGHT, y - 4.6, 0.1, "#c1c9d2")
        sheet.text(105, y, label, face)
        sheet.text(RIGHT, y, value, face, "right")
        y += 6.8


def _foot(sheet: Sheet) -> None:
    assert INVOICE.iban is not None
    sheet.text(LEFT, 238, "Pay by bank transfer", BOLD)
    bank: tuple[Content, ...] = (
        ["IBAN  ", (as_iban(INVOICE.iban), "iban")],
        "BIC  EXMPIE99XXX",
        f"Reference  {INVOICE.invoice_number}",
    )
    sheet.lines(LEFT, 243, bank, BODY.sized(9), 4.6)
    note = (
        "Reverse charge: VAT to be accounted for by the recipient, Article 196 of Council "
        "Directive 2006/112/EC."
    )
    sheet.text(LEFT, 264, note, FAINT.sized(8))
    sheet.rule(LEFT, 280, RIGHT, 280, 0.1, "#c1c9d2")
    sheet.text(
        LEFT,
        284.5,
        f"{INVOICE.invoice_number} · Testcloud Systems Limited, company no. 999471",
        FAINT.sized(7.5),
    )
    sheet.text(RIGHT, 284.5, "Page 1 of 1", FAINT.sized(7.5), "right")


SAMPLE: Final = Sample(
    path="invoices/ie-software-reverse-charge.pdf",
    language="en",
    proves=(
        "Reverse charge: tax of 0.00 that is printed, VAT ids of both sides, currency sign "
        "before the amount, dates like Mar 1, 2025, a credit row."
    ),
    document=INVOICE,
    draw=draw,
    unprinted=frozenset(["line_items[].tax_rate", "taxes[].base"]),
)
