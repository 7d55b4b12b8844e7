"""A Russian supplier's bill: Cyrillic print, which not every engine reads."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Final

import matplotlib
from sample_docs.generate.document import Invoice, Line, Party
from sample_docs.generate.sample import Drawing
from sample_docs.generate.sheet import Content, Sheet, truetype
from sample_docs.generate.table import Column, cells_of, draw_row, draw_titles
from sample_docs.generate.writing import NO_BREAK, Writing

# ReportLab's own fonts have no Cyrillic letters; the DejaVu fonts come with matplotlib.
FONTS: Final = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
BODY: Final = truetype(FONTS / "DejaVuSans.ttf", 9)
BOLD: Final = truetype(FONTS / "DejaVuSans-Bold.ttf", 9)
RU: Final = Writing(NO_BREAK, ",", "dd.MM.yyyy", "ru")
LEFT, RIGHT = 20.0, 195.0
INVOICE: Final = Invoice(
    invoice_number="СФ-0418",
    invoice_date=date(2025, 4, 14),
    due_date=date(2025, 4, 28),
    seller=Party("ООО «Небывалая упаковка»", ("ул. Сказочная, д. 7", "199999 Вымысловск")),
    buyer=Party("ООО «Пример и Партнёры»", ("пр. Образцовый, д. 15", "199998 Нигдеград")),
    currency="RUB",
    lines=(
        Line("Коробка картонная 400×300×300", Decimal(250), Decimal("42.50"), Decimal(20), "шт."),
        Line(
            "Плёнка упаковочная, рулон 300 м", Decimal(12), Decimal("615.00"), Decimal(20), "рул."
        ),
        Line("Скотч прозрачный 48 мм", Decimal(72), Decimal("58.90"), Decimal(20), "шт."),
        Line("Пакет с воздушной подушкой А4", Decimal(500), Decimal("9.75"), Decimal(20), "шт."),
        Line("Доставка по городу", Decimal(1), Decimal("1800.00"), Decimal(20), "усл."),
    ),
)
COLUMNS: Final = (
    Column("position", "№", LEFT),
    Column("description", "Наименование товара", 28),
    Column("quantity", "Кол-во", 116, "right"),
    Column("unit", "Ед.", 120),
    Column("unit_price", "Цена", 160, "right"),
    Column("line_total", "Сумма", RIGHT, "right"),
)


def draw(sheet: Sheet) -> None:
    """The whole page."""
    assert INVOICE.due_date is not None
    number: Content = (INVOICE.invoice_number, "invoice_number")
    day: Content = (RU.date(INVOICE.invoice_date), "invoice_date")
    due: Content = (RU.date(INVOICE.due_date), "due_date")
    sheet.text(LEFT, 28, ["Счёт-фактура № ", number, " от ", day], BOLD.sized(14))
    sheet.rule(LEFT, 32, RIGHT, 32, 0.4)
    for y, title, party, role in (
        (44.0, "Продавец:", INVOICE.seller, "seller"),
        (64.0, "Покупатель:", INVOICE.buyer, "buyer"),
    ):
        address: list[Content] = [(line, f"{role}_address") for line in party.address]
        sheet.text(LEFT, y, title, BODY)
        sheet.lines(52, y, [(party.name, f"{role}_name"), *address], BODY, 4.8)
    sheet.text(LEFT, 86, ["Оплатить до ", due, ". Расчётный счёт сообщается по телефону."], BODY)
    _totals(sheet, _rows(sheet))


def _rows(sheet: Sheet) -> float:
    draw_titles(sheet, 100, COLUMNS, BOLD)
    sheet.rule(LEFT, 102, RIGHT, 102)
    y = 108.0
    for index, line in enumerate(INVOICE.lines):
        draw_row(sheet, y, COLUMNS, cells_of(line, index, RU), index, BODY)
        y += 7
    sheet.rule(LEFT, y - 3, RIGHT, y - 3)
    return y + 4


def _totals(sheet: Sheet, y: float) -> None:
    (tax,) = INVOICE.taxes
    rate = (RU.number(tax.rate), "taxes[0].rate")
    rows: tuple[tuple[Content, Content], ...] = (
        ("Итого без НДС:", (RU.amount(INVOICE.subtotal), "subtotal")),
        (["НДС ", rate, "%:"], (RU.amount(INVOICE.tax), "tax taxes[0].amount")),
        (
            "Всего к оплате:",
            [(RU.amount(INVOICE.total), "total"), NO_BREAK, ("₽", "currency")],
        ),
    )
    for label, value in rows:
        sheet.text(160, y, label, BOLD, "right")
        sheet.text(RIGHT, y, value, BOLD, "right")
        y += 6.5
    sheet.text(LEFT, y + 14, "Руководитель ____________________ / Выдумкина О. Н. /", BODY)
    sheet.text(LEFT, y + 22, "Бухгалтер ____________________ / Счетоводов П. П. /", BODY)


DRAWING: Final = Drawing(
    language="ru",
    document=INVOICE,
    draw=draw,
    unprinted=frozenset(["line_items[].tax_rate", "taxes[].base"]),
)
