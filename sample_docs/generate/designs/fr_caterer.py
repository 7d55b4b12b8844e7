"""A French caterer: centred serif letterhead, client at the right, three VAT rates, deposit."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Final

from sample_docs.generate.document import Invoice, Line, Party
from sample_docs.generate.fictitious import iban
from sample_docs.generate.sample import Sample
from sample_docs.generate.sheet import Content, Face, Sheet
from sample_docs.generate.table import Column, as_iban, cells_of, draw_row, draw_titles
from sample_docs.generate.writing import NO_BREAK, Writing

FR: Final = Writing(NO_BREAK, ",", "dd/MM/yyyy", "fr")
WINE: Final = "#6d1f33"
SAND: Final = "#f3ece1"
BODY: Final = Face("Times-Roman", 10)
BOLD: Final = Face("Times-Bold", 10)
ITALIC: Final = Face("Times-Italic", 10)
FULL, MEALS, FOOD = Decimal(20), Decimal(10), Decimal("5.5")
LEFT, RIGHT, CENTRE = 18.0, 192.0, 105.0


def _line(description: str, quantity: str, unit: str, price: str, rate: Decimal) -> Line:
    return Line(description, Decimal(quantity), Decimal(price), rate, unit)


INVOICE: Final = Invoice(
    invoice_number="F2025-0312",
    invoice_date=date(2025, 3, 12),
    due_date=date(2025, 4, 11),
    seller=Party(
        "Maison Exemple Traiteur SARL", ("7, quai des Modèles", "44000 Nantes"), "FR26000900100"
    ),
    buyer=Party("Cabinet Dupont-Modèle & Associés", ("25, rue de la Fiction", "44100 Nantes")),
    currency="EUR",
    iban=iban("FR", "99999000010000004711Z87"),
    prepaid=Decimal("900.00"),
    lines=(
        _line(
            "Cocktail déjeunatoire, 12 pièces par personne, service compris",
            "65",
            "pers.",
            "28.50",
            MEALS,
        ),
        _line("Buffet de desserts maison", "65", "pers.", "7.80", MEALS),
        _line("Champagne brut, bouteille 75 cl", "18", "bout.", "24.90", FULL),
        _line("Muscadet Sèvre et Maine sur lie, bouteille 75 cl", "12", "bout.", "9.40", FULL),
        _line("Eaux minérales et jus de fruits (à emporter)", "48", "bout.", "2.15", FOOD),
        _line("Location nappage, verrerie et vaisselle", "1", "forfait", "310.00", FULL),
    ),
)
COLUMNS: Final = (
    Column("description", "Désignation", 20, width=82),
    Column("quantity", "Qté", 117, "right"),
    Column("unit", "Unité", 120),
    Column("unit_price", "P.U. HT", 150, "right"),
    Column("tax_rate", "TVA", 166, "right"),
    Column("line_total", "Montant HT", 190, "right"),
)


def _euros(value: Decimal) -> str:
    return f"{FR.amount(value)}{NO_BREAK}€"


def draw(sheet: Sheet) -> None:
    """The whole page."""
    _letterhead(sheet)
    _client(sheet)
    _reference(sheet)
    y = _table(sheet)
    _tax_table(sheet, y)
    _totals(sheet, y)
    _payment(sheet)
    _footer(sheet)


def _letterhead(sheet: Sheet) -> None:
    sheet.text(
        CENTRE,
        22,
        (INVOICE.seller.name, "seller_name"),
        Face("Times-BoldItalic", 20, WINE),
        "center",
    )
    for x, turn in ((CENTRE - 1, -1), (CENTRE + 1, 1)):
        sheet.curve(
            [(x, 27), (x + 12 * turn, 23.5), (x + 18 * turn, 30), (x + 34 * turn, 27)], 0.35, WINE
        )
    sheet.circle(CENTRE, 27, 0.9, fill=WINE)
    sheet.text(CENTRE, 33, "Réceptions · Cocktails · Plateaux-repas", ITALIC, "center")
    street, town = INVOICE.seller.address
    address: Content = [
        (street, "seller_address"),
        " – ",
        (town, "seller_address"),
        " – Tél. 02 99 00 47 11",
    ]
    sheet.text(CENTRE, 38, address, BODY.sized(9), "center")


def _client(sheet: Sheet) -> None:
    buyer = INVOICE.buyer
    sheet.rect(110, 50, 82, 30, fill=SAND, radius=2)
    sheet.text(114, 56, "Facturé à", ITALIC.sized(9).coloured(WINE))
    address: list[Content] = [(line, "buyer_address") for line in buyer.address]
    name: Content = (buyer.name, "buyer_name")
    sheet.lines(114, 62, [name, "Mme Hélène Roy", *address], BODY.sized(10.5), 4.9)


def _reference(sheet: Sheet) -> None:
    assert INVOICE.due_date is not None
    number = (INVOICE.invoice_number, "invoice_number")
    sheet.text(LEFT, 56, ["FACTURE N° ", number], Face("Times-Bold", 15, WINE))
    lines: list[Content] = [
        ["Nantes, le ", (FR.date(INVOICE.invoice_date), "invoice_date")],
        "Prestation du 07/03/2025 – devis D2025-0087",
        ["Échéance : ", (FR.date(INVOICE.due_date), "due_date"), " (30 jours)"],
        "Règlement par virement",
    ]
    sheet.lines(LEFT, 63.5, lines, BODY, 5)


def _table(sheet: Sheet) -> float:
    y = 94.0
    sheet.rect(LEFT, y - 5.5, RIGHT - LEFT, 8, fill=WINE)
    draw_titles(sheet, y, COLUMNS, BOLD.coloured("#ffffff"))
    top, y = y + 2.5, y + 8
    for index, line in enumerate(INVOICE.lines):
        height = draw_row(sheet, y, COLUMNS, cells_of(line, index, FR), index, BODY)
        y += height * 4.3 + 3.2
        sheet.rule(LEFT, y - 4.9, RIGHT, y - 4.9, 0.1, WINE)
    sheet.rect(LEFT, top, RIGHT - LEFT, y - 4.9 - top, stroke=WINE)
    return y + 6


def _tax_table(sheet: Sheet, y: float) -> None:
    columns = (36.0, 62.0, 88.0)
    sheet.rect(LEFT, y - 4.5, 72, 6.5, fill=SAND)
    for x, title in zip(columns, ("Taux TVA", "Base HT", "Montant TVA"), strict=True):
        sheet.text(x, y, title, BOLD.sized(9), "right")
    for index, tax in enumerate(INVOICE.taxes):
        y += 5.6
        path = f"taxes[{index}]"
        rate: Content = [(FR.amount(tax.rate), f"{path}.rate"), f"{NO_BREAK}%"]
        sheet.text(columns[0], y, rate, BODY.sized(9.5), "right")
        sheet.text(columns[1], y, (FR.amount(tax.base), f"{path}.base"), BODY.sized(9.5), "right")
        sheet.text(
            columns[2], y, (FR.amount(tax.amount), f"{path}.amount"), BODY.sized(9.5), "right"
        )
        sheet.rule(LEFT, y + 1.6, 90, y + 1.6, 0.1, WINE)


def _totals(sheet: Sheet, y: float) -> None:
    assert INVOICE.prepaid is not None and INVOICE.amount_due is not None
    rows: tuple[tuple[str, Decimal, str], ...] = (
        ("Total HT", INVOICE.subtotal, "subtotal"),
        ("Total TVA", INVOICE.tax, "tax"),
        ("Total TTC", INVOICE.total, "total"),
        ("Acompte versé le 14/02/2025", -INVOICE.prepaid, ""),
    )
    for label, value, path in rows:
        face = BOLD if path == "total" else BODY
        sheet.text(122, y, label, face)
        sheet.text(190, y, (_euros(value), path), face, "right")
        y += 5.6
    sheet.rect(120, y - 3.2, 72, 9, fill=WINE)
    sheet.text(122, y + 2.8, "Net à payer", BOLD.sized(12).coloured("#ffffff"))
    due: Content = [(FR.amount(INVOICE.amount_due), "amount_due"), NO_BREAK, ("€", "currency")]
    sheet.text(190, y + 2.8, due, BOLD.sized(12).coloured("#ffffff"), "right")


def _payment(sheet: Sheet) -> None:
    assert INVOICE.iban is not None
    sheet.text(LEFT, 232, "Coordonnées bancaires", BOLD.coloured(WINE))
    bank: Content = ["IBAN : ", (as_iban(INVOICE.iban), "iban"), "     BIC : EXEMFR99XXX"]
    sheet.text(LEFT, 237.5, bank, BODY)
    legal = (
        "Pas d'escompte pour paiement anticipé. En cas de retard de paiement : pénalités "
        "au taux annuel de 12 % et indemnité",
        "forfaitaire pour frais de recouvrement de 40 € (art. L441-10 du Code de "
        "commerce). TVA acquittée sur les encaissements.",
    )
    sheet.lines(LEFT, 246, legal, ITALIC.sized(8.5), 3.9)


def _footer(sheet: Sheet) -> None:
    assert INVOICE.seller.vat_id is not None
    sheet.rule(LEFT, 276, RIGHT, 276, 0.2, WINE)
    vat = (INVOICE.seller.vat_id, "seller_vat_id")
    lines: tuple[Content, ...] = (
        "SARL au capital de 8 000 € – SIRET 000 900 100 00017 – RCS Nantes 000 900 100 – APE 5621Z",
        ["N° TVA intracommunautaire : ", vat, " – contact@maison-exemple.example.com"],
    )
    sheet.lines(CENTRE, 280.5, lines, BODY.sized(8), 3.8, "center")


SAMPLE: Final = Sample(
    path="invoices/fr-caterer.pdf",
    language="fr",
    proves=(
        "Three VAT rates with a summary table, French number format (1 234,50), a deposit "
        "paid and the net amount due beside the total."
    ),
    document=INVOICE,
    draw=draw,
)
