"""A German wholesaler's list from a bookkeeping program: two pages, subtotal carried over."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Final

from sample_docs.generate.document import Invoice, Line, Party, total_of
from sample_docs.generate.fictitious import iban
from sample_docs.generate.sample import Sample
from sample_docs.generate.sheet import Content, Face, Sheet
from sample_docs.generate.table import Column, as_iban, cells_of, draw_row, draw_titles
from sample_docs.generate.writing import Writing

DE: Final = Writing(".", ",", "dd.MM.yy", "de", trailing_minus=True)
FULL, REDUCED = Decimal(19), Decimal(7)
CODES: Final = {FULL: "2", REDUCED: "1"}
BODY: Final = Face("Courier", 9)
BOLD: Final = Face("Courier-Bold", 9)
PRINT: Final = Face("Helvetica", 7.5, "#7a1f1f")
RED: Final = "#7a1f1f"
LEFT, RIGHT = 18.0, 195.0
ON_FIRST_PAGE: Final = 24
GOODS: Final = (
    "10045 Weizenmehl Type 405, 25 kg|6|Sack|18.95|7",
    "10061 Roggenmehl Type 1150, 25 kg|4|Sack|17.40|7",
    "10118 Zucker fein, 10 kg|8|Beut|9.85|7",
    "10240 Jodsalz, 5 kg|2|Beut|3.15|7",
    "11502 Sonnenblumenöl, Kanister 10 l|5|Kan|21.90|7",
    "11530 Olivenöl nativ extra, 5 l|3|Kan|46.75|7",
    "12007 Vollei pasteurisiert, 5 kg|4|Eimer|19.60|7",
    "12015 Butter ungesalzen, Block 10 kg|2|Kart|71.50|7",
    "12033 Schlagsahne 32 %, 5 l|6|Beut|17.25|7",
    "12110 Speisequark Magerstufe, 5 kg|3|Eimer|11.30|7",
    "12204 Emmentaler gerieben, 2 kg|5|Beut|16.85|7",
    "13301 Tomaten gehackt, Dose 2,5 kg|18|Dose|4.10|7",
    "13322 Maiskörner, Dose 2,1 kg|6|Dose|4.95|7",
    "13340 Gewürzgurken, Eimer 10 kg|2|Eimer|23.80|7",
    "13415 Kidneybohnen, Dose 2,5 kg|6|Dose|4.35|7",
    "14002 Spaghetti No. 5, 5 kg|8|Kart|8.70|7",
    "14019 Penne Rigate, 5 kg|8|Kart|8.70|7",
    "14107 Basmatireis, 20 kg|2|Sack|39.90|7",
    "14220 Rote Linsen, 5 kg|3|Beut|11.95|7",
    "15011 Kaffee Crema ganze Bohne, 1 kg|12|Pack|11.20|7",
    "15034 Schwarztee Assam, 100 Beutel|4|Pack|4.75|7",
    "15102 Kakaopulver stark entölt, 1 kg|3|Pack|12.40|7",
    "16001 Mineralwasser Medium 12x0,7 l|20|Kist|4.49|19",
    "16008 Apfelsaft naturtrüb 6x1,0 l|10|Kist|8.95|19",
    "16015 Cola 24x0,33 l Glas|8|Kist|14.80|19",
    "16040 Pils alkoholfrei 20x0,5 l|5|Kist|13.90|19",
    "16112 Weißburgunder QbA trocken 0,75 l|24|Fl|5.35|19",
    "16120 Spätburgunder QbA 0,75 l|12|Fl|6.10|19",
    "17003 Pfand Kiste 12er Glas|20|Kist|3.30|19",
    "17009 Pfand Kiste 24er Glas|8|Kist|3.42|19",
    "17051 Leergut Rücknahme Kiste 12er|-16|Kist|3.30|19",
    "17055 Leergut Rücknahme Kiste 24er|-9|Kist|3.42|19",
    "18200 Spülmaschinenreiniger, 10 l|2|Kan|34.60|19",
    "18214 Küchenrolle 2-lagig, 32 Rollen|3|Pack|15.75|19",
    "18230 Müllsack 120 l, 25 Stück|6|Rolle|3.85|19",
    "18255 Einweghandschuhe Nitril L, 100 St|5|Pack|7.20|19",
)


def _line(text: str) -> Line:
    name, quantity, unit, price, rate = text.split("|")
    code, _, description = name.partition(" ")
    return Line(description, Decimal(quantity), Decimal(price), Decimal(rate), unit, code=code)


INVOICE: Final = Invoice(
    invoice_number="0471829",
    invoice_date=date(2025, 3, 5),
    due_date=date(2025, 3, 19),
    seller=Party(
        "Gastro-Großhandel Phantasie GmbH & Co. KG",
        ("Hafenallee 200", "28217 Bremen"),
        "DE999900024",
    ),
    buyer=Party("Gasthof Zum Muster, Inh. E. Platzhalter", ("Deichstraße 1", "27472 Cuxhaven")),
    currency="EUR",
    iban=iban("DE", "999999990000815200"),
    lines=tuple(_line(text) for text in GOODS),
)
COLUMNS: Final = (
    Column("code", "ART.NR", 19),
    Column("description", "BEZEICHNUNG", 34),
    Column("quantity", "MENGE", 119, "right"),
    Column("unit", "EH", 122),
    Column("unit_price", "E-PREIS", 152, "right"),
    Column("line_total", "BETRAG EUR", 184, "right"),
    Column("tax_code", "ST", 194, "right"),
)


def draw(sheet: Sheet) -> None:
    """Both pages."""
    _letterhead(sheet)
    _address(sheet)
    y = _rows(sheet, 98, range(ON_FIRST_PAGE))
    carried = DE.amount(total_of(INVOICE.lines[:ON_FIRST_PAGE]))
    _carry(sheet, y, "Übertrag auf Seite 2", carried)
    _footer(sheet)
    sheet.next_page()
    _second_head(sheet)
    _carry(sheet, 38, "Übertrag von Seite 1", carried)
    y = _rows(sheet, 32, range(ON_FIRST_PAGE, len(INVOICE.lines)), start=45)
    y = _tax_table(sheet, _sum(sheet, y))
    _terms(sheet, y)
    _footer(sheet)


def _letterhead(sheet: Sheet) -> None:
    sheet.rect(LEFT, 12, 177, 1.2, fill=RED)
    sheet.circle(26, 22, 6, fill=RED)
    sheet.text(26, 24, "GP", Face("Helvetica-Bold", 13, "#ffffff"), "center")
    sheet.text(35, 21.5, (INVOICE.seller.name, "seller_name"), Face("Helvetica-Bold", 14, RED))
    sheet.text(35, 26.5, "Lebensmittel · Getränke · Gastronomiebedarf", PRINT.sized(9))
    sheet.rule(LEFT, 30, RIGHT, 30, 0.3, RED)


def _address(sheet: Sheet) -> None:
    buyer = INVOICE.buyer
    sheet.text(LEFT, 46, "Phantasie GmbH & Co. KG, Hafenallee 200, 28217 Bremen", PRINT.sized(6.5))
    address: list[Content] = [(line, "buyer_address") for line in buyer.address]
    sheet.lines(LEFT, 54, [(buyer.name, "buyer_name"), *address], BODY.sized(10), 4.8)
    rows: tuple[tuple[str, Content], ...] = (
        ("RECHNUNG", (INVOICE.invoice_number, "invoice_number")),
        ("DATUM", (DE.date(INVOICE.invoice_date), "invoice_date")),
        ("KUNDE", "27118"),
        ("LIEFERSCHEIN", "882340"),
        ("LIEFERTAG", "04.03.25"),
        ("TOUR / FAHRER", "14 / OL"),
        ("SEITE", "1 VON 2"),
    )
    for step, (label, value) in enumerate(rows):
        y = 48 + step * 4.6
        sheet.text(132, y, label.ljust(14, "."), BODY)
        sheet.text(162, y, [": ", value] if isinstance(value, tuple) else f": {value}", BODY)


def _second_head(sheet: Sheet) -> None:
    sheet.rect(LEFT, 12, 177, 1.2, fill=RED)
    sheet.text(LEFT, 19, "Gastro-Großhandel Phantasie", Face("Helvetica-Bold", 10, RED))
    number, day = INVOICE.invoice_number, DE.date(INVOICE.invoice_date)
    line = f"RECHNUNG {number} VOM {day}   KUNDE 27118   SEITE 2 VON 2"
    sheet.text(RIGHT, 25, line, BODY, "right")


def _rows(sheet: Sheet, y: float, rows: Sequence[int], start: float | None = None) -> float:
    """Column titles at `y`, rows from `start` on; the baseline after the last one."""
    sheet.rect(LEFT, y - 4.2, 177, 6, fill="#f0e4e0")
    draw_titles(sheet, y, COLUMNS, BOLD)
    y = start or y + 7
    for index in rows:
        line = INVOICE.lines[index]
        cells = cells_of(line, index, DE) | {"tax_code": CODES[line.tax_rate]}
        draw_row(sheet, y, COLUMNS, cells, index, BODY)
        y += 5.6
    return y


def _carry(sheet: Sheet, y: float, label: str, amount: str) -> None:
    sheet.text(152, y, label, BOLD, "right")
    sheet.text(184, y, amount, BOLD, "right")


def _sum(sheet: Sheet, y: float) -> float:
    sheet.text(184, y, "-" * 16, BODY, "right")
    sheet.text(152, y + 4.5, "WARENWERT NETTO", BODY, "right")
    sheet.text(184, y + 4.5, (DE.amount(INVOICE.subtotal), "subtotal"), BODY, "right")
    return y + 16


def _tax_table(sheet: Sheet, y: float) -> float:
    stops = (56.0, 92.0, 120.0, 184.0)
    titles = ("ST  SATZ", "NETTO", "MWST", "BRUTTO")
    for x, title in zip(stops, titles, strict=True):
        sheet.text(x, y, title, BOLD, "right")
    sheet.rule(LEFT, y + 1.6, RIGHT, y + 1.6, 0.2, RED)
    for index, tax in enumerate(INVOICE.taxes):
        y += 5.6
        path = f"taxes[{index}]"
        rate = (DE.amount(tax.rate), f"{path}.rate")
        sheet.text(stops[0], y, [f"{CODES[tax.rate]}  ", rate, "%"], BODY, "right")
        sheet.text(stops[1], y, (DE.amount(tax.base), f"{path}.base"), BODY, "right")
        sheet.text(stops[2], y, (DE.amount(tax.amount), f"{path}.amount"), BODY, "right")
        sheet.text(stops[3], y, DE.amount(tax.base + tax.amount), BODY, "right")
    y += 7
    sheet.rule(LEFT, y - 4, RIGHT, y - 4, 0.2, RED)
    sheet.text(LEFT, y + 1, ["RECHNUNGSENDBETRAG ", (INVOICE.currency, "currency")], BOLD.sized(10))
    sheet.text(stops[2], y + 1, (DE.amount(INVOICE.tax), "tax"), BOLD.sized(10), "right")
    sheet.text(stops[3], y + 1, (DE.amount(INVOICE.total), "total"), BOLD.sized(10), "right")
    sheet.text(stops[3], y + 4.5, "=" * 14, BODY, "right")
    return y + 18


def _terms(sheet: Sheet, y: float) -> None:
    assert INVOICE.due_date is not None
    lines: tuple[Content, ...] = (
        [
            "ZAHLBAR BIS ",
            (DE.date(INVOICE.due_date), "due_date"),
            " NETTO KASSE. KEIN SKONTO AUF PFAND.",
        ],
        "Steuerschlüssel: 1 = 7,00 % ermäßigt, 2 = 19,00 % Regelsatz.",
        "Leergut wird nach Zählung in unserem Lager gutgeschrieben. Beanstandungen bei",
        "Frischware bitte am Liefertag unter 0421 555-0173.",
    )
    sheet.lines(LEFT, y, lines, BODY, 4.8)


def _footer(sheet: Sheet) -> None:
    """The same on both pages; its values are remembered from the first."""
    seller = INVOICE.seller
    assert seller.vat_id and INVOICE.iban
    first = sheet.page == 1
    mark = {key: key if first else "" for key in ("seller_address", "iban", "seller_vat_id")}
    sheet.rule(LEFT, 274, RIGHT, 274, 0.3, RED)
    street, town = ((line, mark["seller_address"]) for line in seller.address)
    columns: tuple[tuple[float, tuple[Content, ...]], ...] = (
        (LEFT, ([street, ", ", town], "Telefon 0421 555-0170", "gastro-phantasie.example.com")),
        (
            74,
            (
                "Kreditbank Nirgendwo",
                ["IBAN ", (as_iban(INVOICE.iban), mark["iban"])],
                "BIC NIRGDE99",
            ),
        ),
        (
            135,
            (
                "Pers. haft. Ges.: Phantasie Verwaltungs GmbH",
                "AG Bremen HRA 99471 · Gf. Onno Luv",
                ["USt-ID ", (seller.vat_id, mark["seller_vat_id"]), " · DE-ÖKO-999"],
            ),
        ),
    )
    for x, lines in columns:
        sheet.lines(x, 278.5, lines, PRINT, 3.6)


SAMPLE: Final = Sample(
    path="invoices/de-wholesale-two-pages.pdf",
    language="de",
    proves=(
        "A table of 36 rows over a page break with the subtotal carried over (no row of its "
        "own), two-digit years, trailing minus, tax codes and a tax table on page 2."
    ),
    document=INVOICE,
    draw=draw,
    unprinted=frozenset(["line_items[].tax_rate"]),
)
