"""Scoring candidates: how likely each is the value of a field."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Protocol

from docmill.extractors.local.features import Features
from docmill.schemas.document_schema import FieldKind


class Scorer(Protocol):
    """Turns features into a score. A learned scorer replaces only this."""

    def score(self, kind: FieldKind, features: Features) -> float:
        """Log-odds that the candidate is the field's value."""
        ...


class LinearScorer:
    """Hand-set weights per kind of field, until there are reviewed values to learn from."""

    def score(self, kind: FieldKind, features: Features) -> float:
        """Log-odds: the kind's bias plus the weighted features."""
        weights = {**_COMMON, **_BY_KIND.get(kind, {})}
        bias = weights.pop("bias")
        return bias + sum(weights.get(name, 0.0) * value for name, value in features.items())


def probability(log_odds: float) -> float:
    """The logistic function."""
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, log_odds))))


_COMMON: Mapping[str, float] = {
    "bias": -3.5,
    "beside": 6.0,
    "below": 5.2,
    "cue": 6.0,
    "unlabelled": -0.5,
    "rival": -4.0,
    "sums": 4.0,
    "rows_sum": 1.5,
    "taken": -2.5,
}

_BY_KIND: Mapping[FieldKind, Mapping[str, float]] = {
    FieldKind.DATE: {
        "bias": -3.0, "top": 1.5, "first_page": 0.5, "range": 2.0, "in_title": 3.0,
        "first": 2.2, "only": 1.2, "repeated": 0.5, "footer": -1.0, "dateline": 2.5,
    },
    FieldKind.AMOUNT: {
        "bias": -4.3, "two_decimals": 1.2, "currency": 0.4, "largest": 1.0, "repeated": 0.4,
        "in_rows": -3.5, "zero": -0.3, "large": 0.4, "paid": 3.2, "rounded": 2.0,
    },
    FieldKind.IDENTIFIER: {
        "bias": -4.0, "identifier_shape": 1.2, "in_title": 4.0, "top": 0.6,
        "first_page": 0.3, "repeated": 0.4,
        "in_rows": -2.0, "footer": -1.0,
    },
    FieldKind.NAME: {
        "bias": -3.5, "legal_form": 1.8, "party": 0.9, "issuer_place": 1.6, "one_line": 1.5,
        "repeated": 1.2, "host": 1.2, "recipient_place": 2.2, "issuer_line": -5.0, "top": 0.4,
        "roll_head": 2.2, "large": 0.5, "unlabelled": 0.0, "uncued": -4.0,
    },
    FieldKind.ADDRESS: {
        "bias": -3.2, "party": 1.6, "issuer_place": 1.6, "one_line": 1.2, "legal_form": 0.6,
        "recipient_place": 2.2, "issuer_line": -5.0, "unlabelled": 0.0, "under_label": 0.2,
        "roll_head": 2.6,
    },
    FieldKind.VAT_ID: {
        "bias": -1.2, "valid": 0.8, "issuer_place": 0.8, "unlabelled": 0.3, "repeated": 0.3,
        "recipient_place": 0.0, "rival": -5.0,
    },
    FieldKind.IBAN: {"bias": -1.0, "valid": 2.2, "unlabelled": 1.0},
    FieldKind.CURRENCY: {
        "bias": -0.5, "repeated": 1.5, "currency_code": 0.6, "unlabelled": 0.3,
    },
    FieldKind.PERCENT: {"bias": -3.0, "in_rows": -1.0},
    FieldKind.TEXT: {"bias": -3.3},
}  # fmt: skip
