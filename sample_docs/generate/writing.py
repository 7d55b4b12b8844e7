"""How a country writes numbers and dates."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from babel.dates import format_date

NO_BREAK = "\u00a0"


@dataclass(frozen=True)
class Writing:
    """Separators, and the date pattern of CLDR with its locale.

    `trailing_minus` writes `12,00-` as bookkeeping programs do.
    """

    thousands: str
    decimal: str
    date_pattern: str
    locale: str
    trailing_minus: bool = False

    def amount(self, value: Decimal, places: int = 2) -> str:
        """`value` with grouping and a fixed number of decimals."""
        digits = f"{abs(value):,.{places}f}"
        text = digits.translate({ord(","): self.thousands, ord("."): self.decimal})
        if value >= 0:
            return text
        return f"{text}-" if self.trailing_minus else f"-{text}"

    def number(self, value: Decimal) -> str:
        """`value` with as many decimals as it needs."""
        plain = f"{value.normalize():f}"
        places = len(plain.partition(".")[2])
        return self.amount(value, places)

    def date(self, day: date, pattern: str | None = None) -> str:
        """`day` in the country's pattern, or in another."""
        return format_date(day, pattern or self.date_pattern, locale=self.locale)


def grouped(text: str, size: int = 4) -> str:
    """`text` in groups, as IBANs are printed."""
    return " ".join(text[i : i + size] for i in range(0, len(text), size))
