"""What stands in a sample document. Sums are computed here, never typed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from functools import cached_property

CENT = Decimal("0.01")


def cents(value: Decimal) -> Decimal:
    """`value` rounded half up to two places, the way invoices are rounded."""
    return value.quantize(CENT, ROUND_HALF_UP)


@dataclass(frozen=True)
class Party:
    """A firm or person: `address` holds its printed lines, `vat_id` has no spaces."""

    name: str
    address: tuple[str, ...]
    vat_id: str | None = None


@dataclass(frozen=True)
class Line:
    """A row of an invoice; `tax_rate` and `discount` are percentages.

    `note` is small print below the description and not part of it.
    """

    description: str
    quantity: Decimal
    unit_price: Decimal
    tax_rate: Decimal
    unit: str | None = None
    discount: Decimal = Decimal(0)
    code: str = ""
    note: str = ""

    @property
    def line_total(self) -> Decimal:
        """Net amount after the row's own discount."""
        return cents(self.quantity * self.unit_price * (100 - self.discount) / 100)


@dataclass(frozen=True)
class Adjustment:
    """An amount between subtotal and total that is no row: freight, discount, withheld tax.

    `tax_rate` is the percentage it is taxed at, None where it is added after tax.
    """

    label: str
    amount: Decimal
    tax_rate: Decimal | None = None


@dataclass(frozen=True)
class Tax:
    """Tax at one rate (a percentage) on its net base."""

    rate: Decimal
    base: Decimal
    amount: Decimal


@dataclass(frozen=True)
class Invoice:
    """An invoice or credit note with net prices.

    `prepaid` is what was paid before; None where the document does not state an amount due of
    its own beside the total. `subtotal` is the sum of the rows.
    """

    invoice_number: str
    invoice_date: date
    seller: Party
    buyer: Party
    currency: str
    lines: tuple[Line, ...]
    due_date: date | None = None
    iban: str | None = None
    adjustments: tuple[Adjustment, ...] = ()
    prepaid: Decimal | None = None

    @cached_property
    def taxes(self) -> tuple[Tax, ...]:
        """One entry per rate, the highest rate first."""
        bases: defaultdict[Decimal, Decimal] = defaultdict(Decimal)
        for line in self.lines:
            bases[line.tax_rate] += line.line_total
        for adjustment in self.adjustments:
            if adjustment.tax_rate is not None:
                bases[adjustment.tax_rate] += adjustment.amount
        ordered = sorted(bases.items(), reverse=True)
        return tuple(Tax(rate, base, cents(base * rate / 100)) for rate, base in ordered)

    @property
    def subtotal(self) -> Decimal:
        """Sum of the rows."""
        return sum((line.line_total for line in self.lines), Decimal(0))

    @property
    def tax(self) -> Decimal:
        """Sum of all taxes."""
        return sum((tax.amount for tax in self.taxes), Decimal(0))

    @property
    def total(self) -> Decimal:
        """Rows, adjustments and taxes."""
        adjusted = sum((adjustment.amount for adjustment in self.adjustments), Decimal(0))
        return self.subtotal + adjusted + self.tax

    @property
    def amount_due(self) -> Decimal | None:
        """What is left to pay, where the document says so."""
        return None if self.prepaid is None else self.total - self.prepaid


@dataclass(frozen=True)
class Item:
    """A row of a receipt; one piece where no `quantity` is printed."""

    description: str
    price: Decimal
    tax_rate: Decimal
    quantity: Decimal | None = None
    unit: str = ""

    @property
    def line_total(self) -> Decimal:
        """Price times quantity."""
        return cents((self.quantity or 1) * self.price)


@dataclass(frozen=True)
class Receipt:
    """A till receipt. `tax_included` tells whether prices hold the tax already."""

    company: str
    address: tuple[str, ...]
    date: date
    time: str
    currency: str
    payment_method: str
    items: tuple[Item, ...]
    tax_included: bool = True

    @cached_property
    def taxes(self) -> tuple[Tax, ...]:
        """One entry per rate above zero, the highest rate first; bases are net."""
        rates = sorted({item.tax_rate for item in self.items if item.tax_rate}, reverse=True)
        return tuple(self._tax_at(rate) for rate in rates)

    def _tax_at(self, rate: Decimal) -> Tax:
        printed = total_of(item for item in self.items if item.tax_rate == rate)
        if not self.tax_included:
            return Tax(rate, printed, cents(printed * rate / 100))
        amount = cents(printed * rate / (100 + rate))
        return Tax(rate, printed - amount, amount)

    @property
    def subtotal(self) -> Decimal:
        """Sum of the rows."""
        return total_of(self.items)

    @property
    def tax(self) -> Decimal:
        """Sum of all taxes."""
        return sum((tax.amount for tax in self.taxes), Decimal(0))

    @property
    def total(self) -> Decimal:
        """What was paid."""
        return self.subtotal if self.tax_included else self.subtotal + self.tax


@dataclass(frozen=True)
class Form:
    """A filled-in form: keys with their values, and tick boxes with what was ticked."""

    pairs: tuple[tuple[str, str], ...]
    checkboxes: tuple[tuple[str, bool], ...]


@dataclass(frozen=True)
class Contract:
    """A contract; `term` is a number and a unit in English, `jurisdiction` a country or state."""

    parties: tuple[str, ...]
    effective_date: date
    term: str
    jurisdiction: str


Document = Invoice | Receipt | Form | Contract


def total_of(rows: Iterable[Line | Item]) -> Decimal:
    """Sum of the rows' totals."""
    return sum((row.line_total for row in rows), Decimal(0))
