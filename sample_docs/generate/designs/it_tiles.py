"""An Italian invoice on a printed form: every value in a ruled cell below its small label."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Final

from sample_docs.generate.document import Invoice, Line, Party
from sample_docs.generate.fictitious import iban
from sample_docs.generate.sample import Sample
from sample_docs.generate.sheet import Content, Face, Sheet
from sample_docs.generate.table import Column, cells_of, draw_row, draw_titles
from sample_docs.generate.writing import Writing

IT: Final = Writing(".", ",", "dd/MM/yyyy", "it")
FULL, REDUCED = Decimal(22), Decimal(10)
BLUE: Final = "#2b4c8c"
LABEL: Final = Face("Helvetica", 5.8, BLUE)
BODY: Final = Face("Courier", 9)
BOLD: Final = Face("Courier-Bold", 9)
LEFT, RIGHT = 12.0, 198.0
TABLE_TOP, TABLE_BOTTOM = 108.0, 214.0


def _line(
    code: str,
    description: str,
    quantity: tuple[str, str],
    price: str,
    rate: Decimal,
    discount: str = "0",
) -> Line:
    count, unit = quantity
    return Line(
        description, Decimal(count), Decimal(price), rate, unit, Decimal(discount), code=code
    )


INVOICE: Final = Invoice(
    invoice_number="318/A",
    invoice_date=date(2025, 2, 28),
    due_date=date(2025, 4, 30),
    seller=Party(
        "Ceramiche Esempio S.r.l.", ("Via delle Fornaci 21", "41049 Sassuolo (MO)"), "IT99990001002"
    ),
    buyer=Party(
        "Edilizia Campione di Bianchi & C. S.n.c.",
        ("Viale Inventato 104", "40139 Bologna (BO)"),
        "IT99990001200",
    ),
    currency="EUR",
    iban=iban("IT", "P9999999999000000471100"),
    lines=(
        _line(
            "GR6060-AV",
            "Gres porcellanato 60x60 avorio rett.",
            ("86.40", "MQ"),
            "18.90",
            FULL,
            "12",
        ),
        _line(
            "GR3060-AN", "Gres porcellanato 30x60 antracite", ("42.12", "MQ"), "16.50", FULL, "12"
        ),
        _line("BAT0860", "Battiscopa 8x60 avorio", ("140", "PZ"), "2.35", FULL),
        _line("COLLA-C2", "Adesivo cementizio C2TE sacco 25 kg", ("38", "SC"), "14.80", FULL, "5"),
        _line("STUCCO-04", "Stucco cementizio grigio perla 5 kg", ("12", "SC"), "9.60", FULL),
        _line(
            "POSA", "Posa in opera bagni (manutenzione ordinaria)", ("16", "H"), "34.00", REDUCED
        ),
        _line("TRASP", "Trasporto con sponda idraulica", ("1", "NR"), "75.00", FULL),
        _line("ABBUONO", "Abbuono 2 scatole rotte DDT 188", ("2", "NR"), "-24.50", FULL),
    ),
)
COLUMNS: Final = (
    Column("code", "CODICE", 13.5),
    Column("description", "DESCRIZIONE DEI BENI E SERVIZI", 33.5, width=70),
    Column("unit", "U.M.", 107),
    Column("quantity", "QUANTITÀ", 131, "right"),
    Column("unit_price", "PREZZO UNIT.", 150, "right"),
    Column("discount", "SCONTO", 163, "right"),
    Column("line_total", "IMPORTO", 186, "right"),
    Column("rate_code", "IVA", 196.5, "right"),
)


def draw(sheet: Sheet) -> None:
    """The whole form."""
    _head(sheet)
    _buyer(sheet)
    _references(sheet)
    _table(sheet)
    _tax_table(sheet)
    _totals(sheet)
    _stamp(sheet)


def _cell(sheet: Sheet, x: float, y: float, width: float, label: str, value: Content = "") -> None:
    """A ruled cell 10 mm high: the label in its corner, the value below."""
    sheet.rect(x, y, width, 10, stroke=BLUE, line=0.15)
    sheet.text(x + 1.2, y + 2.7, label, LABEL)
    sheet.text(x + 1.6, y + 7.6, value, BODY)


def _head(sheet: Sheet) -> None:
    for row in range(3):
        for column in range(3):
            shade = ("#2b4c8c", "#7d95c4", "#c9d4ea")[(row + column) % 3]
            sheet.rect(12 + column * 6.2, 12 + row * 6.2, 5.6, 5.6, fill=shade)
    seller = INVOICE.seller
    assert seller.vat_id is not None
    sheet.text(35, 17.5, (seller.name, "seller_name"), Face("Helvetica-Bold", 15, BLUE))
    vat: Content = [
        "P.IVA ",
        (seller.vat_id, "seller_vat_id"),
        " - C.F. 99990001002 - REA MO-999471",
    ]
    address: Content = [
        (seller.address[0], "seller_address"),
        " - ",
        (seller.address[1], "seller_address"),
    ]
    small = Face("Helvetica", 8, "#222222")
    lines: list[Content] = [
        address,
        vat,
        "Cap. soc. € 50.000,00 i.v. - Tel. 0536 555014 - amministrazione@ceramiche-"
        "esempio.example.com",
    ]
    sheet.lines(35, 22.5, lines, small, 3.8)
    sheet.text(RIGHT, 17.5, "FATTURA", Face("Helvetica-Bold", 17, BLUE), "right")


def _buyer(sheet: Sheet) -> None:
    buyer = INVOICE.buyer
    for x, label in ((LEFT, "DESTINAZIONE MERCE"), (106.0, "SPETT.LE CLIENTE")):
        sheet.rect(x, 37, 92, 30, stroke=BLUE, line=0.15)
        sheet.text(x + 1.2, 39.7, label, LABEL)
    site = (
        "Cantiere Condominio Aurora",
        "Via dei Mille Esempi 3",
        "40033 Casalecchio di Reno (BO)",
    )
    sheet.lines(15, 47, site, BODY, 4.8)
    address: list[Content] = [(line, "buyer_address") for line in buyer.address]
    name: Content = (buyer.name, "buyer_name")
    sheet.lines(109, 47, [name, *address], BODY, 4.8)


def _references(sheet: Sheet) -> None:
    assert INVOICE.buyer.vat_id is not None and INVOICE.iban is not None
    _cell(sheet, LEFT, 70, 34, "NUMERO DOCUMENTO", (INVOICE.invoice_number, "invoice_number"))
    _cell(sheet, 46, 70, 30, "DATA DOCUMENTO", (IT.date(INVOICE.invoice_date), "invoice_date"))
    _cell(sheet, 76, 70, 24, "COD. CLIENTE", "C00871")
    _cell(sheet, 100, 70, 44, "PARTITA IVA CLIENTE", (INVOICE.buyer.vat_id, "buyer_vat_id"))
    _cell(sheet, 144, 70, 26, "CODICE SDI", "0000000")
    _cell(sheet, 170, 70, 20, "VALUTA", (INVOICE.currency, "currency"))
    _cell(sheet, 190, 70, 8, "PAG.", "1")
    _cell(
        sheet, LEFT, 80, 88, "CONDIZIONI DI PAGAMENTO", "Bonifico bancario 60 gg data fattura F.M."
    )
    _cell(sheet, 100, 80, 98, "IBAN", (INVOICE.iban, "iban"))
    _cell(sheet, LEFT, 90, 88, "RIFERIMENTI", "DDT 188 del 11/02/25, DDT 203 del 20/02/25")
    _cell(sheet, 100, 90, 70, "BANCA D'APPOGGIO", "Cassa di Prova, fil. Sassuolo")
    _cell(sheet, 170, 90, 28, "AGENTE", "07 Ferri")


def _table(sheet: Sheet) -> None:
    sheet.rect(LEFT, TABLE_TOP - 5, RIGHT - LEFT, 5, fill="#dde5f4", stroke=BLUE, line=0.15)
    draw_titles(sheet, TABLE_TOP - 1.6, COLUMNS, LABEL)
    for x in (LEFT, 32.5, 106, 116.5, 132.5, 151.5, 164.5, 187.5, RIGHT):
        sheet.rule(x, TABLE_TOP, x, TABLE_BOTTOM, 0.15, BLUE)
    sheet.rule(LEFT, TABLE_BOTTOM, RIGHT, TABLE_BOTTOM, 0.15, BLUE)
    y = TABLE_TOP + 5
    for index, line in enumerate(INVOICE.lines):
        rate: Content = [(IT.number(line.tax_rate), f"line_items[{index}].tax_rate")]
        cells = cells_of(line, index, IT) | {"rate_code": rate}
        cells["discount"] = IT.number(line.discount) + "%" if line.discount else ""
        y += draw_row(sheet, y, COLUMNS, cells, index, BODY.sized(8.2)) * 3.6 + 2.4


def _tax_table(sheet: Sheet) -> None:
    widths = (22.0, 38.0, 32.0)
    titles = ("ALIQUOTA IVA %", "IMPONIBILE", "IMPOSTA")
    for index, tax in enumerate(INVOICE.taxes):
        path, x = f"taxes[{index}]", LEFT
        values = (
            (IT.number(tax.rate), "rate"),
            (IT.amount(tax.base), "base"),
            (IT.amount(tax.amount), "amount"),
        )
        for width, title, (value, key) in zip(widths, titles, values, strict=True):
            _cell(
                sheet,
                x,
                218 + index * 10,
                width,
                title if index == 0 else "",
                (value, f"{path}.{key}"),
            )
            x += width
    sheet.rect(LEFT, 238, 92, 10, stroke=BLUE, line=0.15)
    assert INVOICE.due_date is not None
    sheet.text(LEFT + 1.2, 240.7, "SCADENZE", LABEL)
    due = (IT.date(INVOICE.due_date), "due_date")
    sheet.text(LEFT + 1.6, 245.6, [due, f"   {IT.amount(INVOICE.total)}"], BODY)


def _totals(sheet: Sheet) -> None:
    _cell(sheet, 108, 218, 45, "TOTALE IMPONIBILE", (IT.amount(INVOICE.subtotal), "subtotal"))
    _cell(sheet, 153, 218, 45, "TOTALE IMPOSTA", (IT.amount(INVOICE.tax), "tax"))
    sheet.rect(108, 228, 90, 20, fill="#dde5f4", stroke=BLUE, line=0.4)
    sheet.text(109.2, 231, "TOTALE DOCUMENTO", LABEL)
    sheet.text(194, 242, ["EUR ", (IT.amount(INVOICE.total), "total")], BOLD.sized(15), "right")
    notes = (
        "Contributo CONAI assolto ove dovuto. La merce viaggia a rischio e pericolo del "
        "committente. Reclami entro 8 giorni dal ricevimento.",
        "Copia di cortesia della fattura elettronica, priva di valore fiscale ai sensi "
        "dell'art. 21 DPR 633/72. Foro competente: Modena.",
    )
    sheet.lines(LEFT, 254, notes, Face("Helvetica", 6.5, "#333333"), 3.2)


def _stamp(sheet: Sheet) -> None:
    """The recipient's mail room has been at it."""
    ink = "#a3262a"
    with sheet.turned(150, 196, 8):
        sheet.rect(124, 186, 52, 20, stroke=ink, line=0.6, radius=2)
        face = Face("Helvetica-Bold", 11, ink)
        sheet.text(150, 192, "RICEVUTO", face, "center")
        sheet.text(150, 197.5, "05 MAR 2025", face.sized(10), "center")
        sheet.text(150, 202.5, "Prot. 0471   Sigla ______", face.sized(7), "center")


SAMPLE: Final = Sample(
    path="invoices/it-tiles.pdf",
    language="it",
    proves=(
        "A ruled form with labels in the cells' corners, discounts within rows, a negative "
        "row, two VAT rates, VAT ids of both sides, and a turned date stamp that is no value."
    ),
    document=INVOICE,
    draw=draw,
)
