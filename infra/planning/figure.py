"""A number that says how much of it is known."""

from __future__ import annotations

from collections.abc import Iterable

from pydantic import computed_field

from docmill.schemas.frozen import Frozen


class Figure(Frozen):
    """An amount in three parts that add up one by one.

    `known` was counted, `estimated` was reckoned from the workspace's own past; `unknown` is for
    how many documents (or steps) there is nothing to reckon from.
    """

    known: float = 0
    estimated: float = 0
    unknown: int = 0

    @computed_field
    @property
    def value(self) -> float | None:
        """The whole amount; None where a part is unknown."""
        return None if self.unknown else self.known + self.estimated

    @computed_field
    @property
    def certainty(self) -> str:
        """`known`, `estimated` or `unknown`: that of the least certain part."""
        return "unknown" if self.unknown else "estimated" if self.estimated else "known"

    def __add__(self, other: Figure) -> Figure:
        return Figure(
            known=self.known + other.known,
            estimated=self.estimated + other.estimated,
            unknown=self.unknown + other.unknown,
        )

    def times(self, factor: float | None, *, exact: bool = False) -> Figure:
        """The amount in another unit; unknown without a factor, estimated unless it is `exact`."""
        amount = self.known + self.estimated
        if factor is None:
            return Figure(unknown=self.unknown + (1 if amount else 0))
        if exact:
            return Figure(
                known=self.known * factor, estimated=self.estimated * factor, unknown=self.unknown
            )
        return Figure(estimated=amount * factor, unknown=self.unknown)

    def text(self, digits: int = 0) -> str:
        """For people: `120`, `about 150 (30 of it estimated)`, `at least 120, the rest unknown`."""
        amount = f"{self.known + self.estimated:,.{digits}f}"
        if self.unknown:
            return f"at least {amount}, the rest unknown" if self.known else "unknown"
        if not self.estimated:
            return amount
        if not self.known:
            return f"about {amount}"
        return f"about {amount} ({self.estimated:,.{digits}f} of it estimated)"


def total(figures: Iterable[Figure]) -> Figure:
    """The sum."""
    return sum(figures, Figure())
