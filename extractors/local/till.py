"""The arithmetic of the till: what was handed over, less the change, is what was paid."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal

from docmill.extractors.fold import fold
from docmill.extractors.local.candidates import Candidate, Scene
from docmill.extractors.local.features import Features
from docmill.schemas.document_schema import FieldKind

_CHANGE = frozenset(
    [
        "change", "changedue", "ruckgeld", "wechselgeld", "zuruck", "rendu", "monnaie", "cambio",
        "resto", "wisselgeld", "terug", "troco", "reszta", "vaxel", "tillbaka", "byttepenge",
        "retur",
    ]
)  # fmt: skip
_ROUNDING = re.compile(
    r"round|rundung|gerundet|arrondi|redondeo|arrotond|afrond|avrund|afrunding|zaokr", re.IGNORECASE
)
# Cash is rounded to the smallest coin: 5 or 10 cents, whole crowns.
COINS = (Decimal("0.05"), Decimal("0.10"), Decimal(1))
ZERO = Decimal(0)


def till_features(scene: Scene) -> Mapping[Candidate, Features]:
    """For amounts, whether they are tendered less change, and sums rounded to a coin."""
    amounts = {
        candidate: Decimal(candidate.value)
        for candidate in scene.by_kind.get(FieldKind.AMOUNT, ())
        if candidate.traits["two_decimals"]
    }
    paid = _paid(scene, amounts)
    rounded = _rounded(scene, amounts)
    return {
        candidate: {"paid": float(value in paid), "rounded": float(value in rounded)}
        for candidate, value in amounts.items()
        if value in paid or value in rounded
    }


def _paid(scene: Scene, amounts: Mapping[Candidate, Decimal]) -> set[Decimal]:
    """Amounts that are the difference of a larger one and the change."""
    change = {
        value
        for candidate, value in amounts.items()
        if _CHANGE.intersection(_row_words(scene, candidate)) and value > 0
    }
    values = set(amounts.values())
    return {large - less for large in values for less in change if large - less in values} - change


def _row_words(scene: Scene, candidate: Candidate) -> tuple[str, ...]:
    page = scene.layout.page(candidate.segment.page)
    return fold(page.rows[candidate.segment.row].text)


def _rounded(scene: Scene, amounts: Mapping[Candidate, Decimal]) -> set[Decimal]:
    """Amounts to which another one was rounded, where the page speaks of rounding."""
    if not _ROUNDING.search(scene.layout.text):
        return set()
    values = {value for value in amounts.values() if value > 0}
    return {
        value
        for value in values
        for coin in COINS
        if value % coin == 0
        and any(ZERO < abs(value - other) <= coin / 2 and other % coin for other in values)
    }
