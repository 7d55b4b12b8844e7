"""A Spanish freelancer: airy, a coloured margin, labels above values, income tax withheld."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Final

from sample_docs.generate.document import Adjustment, Invoice, Line, Party, cents, total_of
from sample_docs.generate.fictitious import iban
from sample_docs.generate.sample import Sample
from sample_docs.generate.sheet import Content, Face, Sheet
from sample_docs.generate.table import Column, as_iban, cells_of, draw_row, draw_titles
from sample_docs.generate.writing import NO_BREAK, Writing

ES: Final = Writing(".", ",", "d 'de' MMMM 'de' yyyy", "es")
CORAL: Final = "#d9583b"
GREY: Final = "#8a8a8a"
BODY: Final = Face("Helvetica", 10, "#222222")
BOLD: Final = Face("Helvetica-Bold", 10, "#222222")
LABEL: Final = Face("Helvetica", 7.5, GREY)
VAT: Final = Decimal(21)
LEFT, RIGHT = 34.0, 192.0


def _line(description: str, quantity: str, unit: str, price: str) -> Line:
    return Line(description, Decimal(quantity), Decimal(price), VAT, unit)


LINES: Final = (
    _line(
        "Traducción técnica alemán–español: manual de instalación, rev. 4",
        "8420",
        "palabras",
        "0.095",
    ),
    _line("Traducción jurada del certificado de conformidad", "3", "páginas", "42.00"),
    _line("Revisión y maquetación del catálogo de primavera", "6.5", "horas", "38.00"),
)
INVOICE: Final = Invoice(
    invoice_number="2025/017",
    invoice_date=date(2025, 3, 14),
    due_date=date(2025, 4, 13),
    seller=Party(
        "Lucía Ejemplo Modelo",
        ("Calle del Prado Inventado, 12, 3.º B", "46006 Valencia"),
        "99999012A",
    ),
    buyer=Party(
        "Instalaciones Ficticias del Turia, S.L.",
        ("Polígono Industrial Norte, nave 7", "46980 Paterna (Valencia)"),
        "B99000101",
    ),
    currency="EUR",
    iban=iban("ES", "99990000140000471100"),
    lines=LINES,
    adjustments=(Adjustment("Retención IRPF 15 %", -cents(total_of(LINES) * 15 / 100)),),
)
COLUMNS: Final = (
    Column("description", "Concepto", LEFT, width=76),
    Column("quantity", "Cantidad", 130, "right"),
    Column("unit", "", 132),
    Column("unit_price", "Precio", 166, "right"),
    Column("line_total", "Importe", RIGHT, "right"),
)


def draw(sheet: Sheet) -> None:
    """The whole page."""
    sheet.rect(0, 0, 14, 297, fill=CORAL)
    _head(sheet)
    _parties(sheet)
    _totals(sheet, _table(sheet))
    _payment(sheet)


def _labelled(sheet: Sheet, x: float, y: float, label: str, value: Content) -> None:
    sheet.text(x, y, label, LABEL)
    sheet.text(x, y + 5.4, value, BODY.sized(11))


def _head(sheet: Sheet) -> None:
    assert INVOICE.due_date is not None
    sheet.text(LEFT, 36, "Factura", Face("Helvetica", 34, CORAL))
    sheet.circle(183, 27, 9, stroke=CORAL, line=0.8)
    sheet.text(183, 30, "LE", Face("Times-BoldItalic", 20, CORAL), "center")
    _labelled(sheet, LEFT, 52, "Número", (INVOICE.invoice_number, "invoice_number"))
    _labelled(sheet, 75, 52, "Fecha de expedición", (ES.date(INVOICE.invoice_date), "invoice_date"))
    _labelled(sheet, 135, 52, "Vencimiento", (ES.date(INVOICE.due_date), "due_date"))


def _parties(sheet: Sheet) -> None:
    people = (
        (LEFT, "Emisor", INVOICE.seller, "seller"),
        (113.0, "Cliente", INVOICE.buyer, "buyer"),
    )
    for x, label, party, role in people:
        sheet.text(x, 72, label, LABEL)
        sheet.text(x, 78, (party.name, f"{role}_name"), BOLD)
        address: list[Content] = [(line, f"{role}_address") for line in party.address]
        nif: Content = ["NIF ", (party.vat_id or "", f"{role}_vat_id")]
        sheet.lines(x, 83.2, [nif, *address], BODY, 5.2)
    sheet.text(LEFT, 100.5, "hola@lucia-ejemplo.example.com  ·  +34 600 000 471", LABEL.sized(8.5))


def _table(sheet: Sheet) -> float:
    draw_titles(sheet, 120, COLUMNS, LABEL)
    sheet.rule(LEFT, 122.5, RIGHT, 122.5, 0.5, CORAL)
    y = 130.0
    for index, line in enumerate(INVOICE.lines):
        cells = cells_of(line, index, ES)
        cells["unit_price"] = (
            ES.number(line.unit_price) if index == 0 else ES.amount(line.unit_price)
        )
        y += draw_row(sheet, y, COLUMNS, cells, index, BODY) * 4.4 + 5
    return y + 6


def _totals(sheet: Sheet, y: float) -> None:
    tax, withheld = INVOICE.taxes[0], INVOICE.adjustments[0]
    vat: Content = ["IVA ", (ES.number(tax.rate), "taxes[0].rate"), " %"]
    rows: tuple[tuple[Content, Content], ...] = (
        ("Base imponible", (ES.amount(INVOICE.subtotal), "subtotal taxes[0].base")),
        (vat, (ES.amount(INVOICE.tax), "tax taxes[0].amount")),
        (withheld.label, ES.amount(withheld.amount)),
    )
    for label, value in rows:
        sheet.text(132, y, label, BODY)
        sheet.text(RIGHT, y, value, BODY, "right")
        y += 6.4
    sheet.rule(132, y - 3.4, RIGHT, y - 3.4, 0.5, CORAL)
    sheet.text(132, y + 4.5, "Total a pagar", BOLD.sized(12))
    total: Content = [(ES.amount(INVOICE.total), "total"), NO_BREAK, ("€", "currency")]
    sheet.text(RIGHT, y + 4.5, total, BOLD.sized(15).coloured(CORAL), "right")


def _payment(sheet: Sheet) -> None:
    assert INVOICE.iban is not None
    sheet.text(LEFT, 236, "Forma de pago", LABEL)
    sheet.text(LEFT, 241.5, "Transferencia bancaria a la cuenta", BODY)
    sheet.text(LEFT, 247, (as_iban(INVOICE.iban), "iban"), Face("Courier", 11, "#222222"))
    note = (
        "Rogamos indique el número de factura en el concepto de la transferencia. Gracias por"
        " su confianza."
    )
    sheet.text(LEFT, 262, note, LABEL.sized(8))
    legal = (
        "Responsable del tratamiento de datos: Lucía Ejemplo Modelo. Sus datos se conservan "
        "durante los plazos que exige la ley."
    )
    sheet.text(LEFT, 284, legal, LABEL.sized(7))


SAMPLE: Final = Sample(
    path="invoices/es-translator.pdf",
    language="es",
    proves=(
        "Labels above values, dates in words, unit prices with three decimals, and income tax"
        " withheld: the total is less than subtotal and VAT together."
    ),
    document=INVOICE,
    draw=draw,
    unprinted=frozenset(["line_items[].tax_rate"]),
)
