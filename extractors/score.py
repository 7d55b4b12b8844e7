"""Confidence: how likely each value is right, from all evidence at hand.

A logistic model over named signals, with hand-set weights: a *prior*, and marked as such, until
`docmill calibrate` has reviewed or labelled values to learn from. Every signal it used is stored
with the value.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from statistics import fmean

from docmill.schemas.extraction import Check, FieldValue, ValueStatus
from docmill.schemas.page import PageText, Word

_WEIGHTS: Mapping[str, float] = {
    "engine": 1.0,  # the engine's own log-odds, damped: engines are too sure of themselves
    "match_exact": 0.3,
    "match_normalised": 0.3,
    "match_fuzzy": -0.7,
    "match_none": -3.0,
    "margin": 1.2,  # distance to the second-best candidate, 0..1
    "checks_passed": 1.6,
    "checks_failed": -2.4,
    "text_doubt": -6.0,  # 1 - mean word confidence of an OCR reading
}
_BIAS = -0.9
_DAMPING = 0.75
# A failed check over this many values or fewer speaks fully against each of them.
SHARED_BLAME = 3
# Without any evidence of being right, nobody should read certainty into a number.
CEILING, FLOOR = 0.99, 0.01


def score(
    values: Sequence[FieldValue], checks: Sequence[Check], pages: Sequence[PageText]
) -> tuple[FieldValue, ...]:
    """The values with their confidence set and its signals stored."""
    words = {page.page: page.words for page in pages}
    return tuple(
        _scored(value, checks, words) if value.status is ValueStatus.PRESENT else value
        for value in values
    )


def _scored(
    value: FieldValue, checks: Sequence[Check], words: Mapping[int, Sequence[Word]]
) -> FieldValue:
    signals = _signals(value, checks, words)
    log_odds = _BIAS + sum(_WEIGHTS[name] * amount for name, amount in signals.items())
    confidence = min(CEILING, max(FLOOR, 1 / (1 + math.exp(-log_odds))))
    return value.model_copy(
        update={"confidence": round(confidence, 4), "signals": {**value.signals, **signals}}
    )


def _signals(
    value: FieldValue, checks: Sequence[Check], words: Mapping[int, Sequence[Word]]
) -> dict[str, float]:
    own = [check for check in checks if value.path in check.paths]
    return {
        "engine": _DAMPING * _log_odds(value.signals.get("engine_probability", 0.5)),
        f"match_{value.match}": 1.0,
        "margin": value.signals.get("engine_margin", 0.0),
        "checks_passed": float(any(check.passed for check in own)),
        "checks_failed": max((_blame(check) for check in own if not check.passed), default=0.0),
        "text_doubt": _text_doubt(value, words),
    }


def _blame(check: Check) -> float:
    """How much of a failed check falls on each value: little where one of many may be wrong."""
    return min(1.0, SHARED_BLAME / len(check.paths))


def _log_odds(probability: float) -> float:
    bounded = min(0.999, max(0.001, probability))
    return math.log(bounded / (1 - bounded))


def _text_doubt(value: FieldValue, words: Mapping[int, Sequence[Word]]) -> float:
    """How unsure the reading of the value's words was; 0 for a text layer."""
    if value.evidence is None:
        return 0.0
    page = words[value.evidence.page]
    confidences = [
        confidence
        for index in value.evidence.words
        if (confidence := page[index].confidence) is not None
    ]
    return 1 - fmean(confidences) if confidences else 0.0
