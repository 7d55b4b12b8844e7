"""Shares with their uncertainty, how honest confidences are, and whether two runs differ."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias, cast

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binomtest, rankdata  # pyright: ignore

from docmill.schemas.evaluation import Counts
from docmill.schemas.frozen import Frozen

Z_95 = 1.959963984540054
RESAMPLES = 2000
SEED = 20260101
BINS = 10
# Resamples are drawn so many at a time, to bound the memory of large sets.
_CHUNK = 200

Numbers: TypeAlias = NDArray[np.float64]
_binomial_test = cast(Callable[..., Any], binomtest)
_ranks = cast(Callable[..., Numbers], rankdata)


class Interval(Frozen):
    """A 95 % interval; `low` <= `high`."""

    low: float
    high: float


def wilson(right: int, total: int) -> Interval | None:
    """The 95 % score interval of a share (Wilson 1927); None where there is nothing to share.

    It stays inside 0..1 and is not empty at 0 % or 100 %, unlike the textbook interval.
    """
    if not total:
        return None
    share, z2 = right / total, Z_95**2
    centre = share + z2 / (2 * total)
    spread = Z_95 * math.sqrt(share * (1 - share) / total + z2 / (4 * total**2))
    scale = 1 + z2 / total
    low, high = (centre - spread) / scale, (centre + spread) / scale
    return Interval(low=min(max(0.0, low), share), high=max(min(1.0, high), share))


def f1_interval(documents: Sequence[Counts]) -> Interval | None:
    """The 95 % percentile interval of the pooled F1, by resampling documents (Efron 1979).

    Whole documents are drawn, since the values of one document go wrong together. Seeded: equal
    counts give equal intervals. None for fewer than two documents.
    """
    if len(documents) < 2:
        return None
    return _percentiles(_resampled_f1(_matrix(documents), _Weights(len(documents))))


def f1_difference_interval(first: Sequence[Counts], second: Sequence[Counts]) -> Interval | None:
    """The 95 % interval of `second`'s F1 less `first`'s, over the same documents in order.

    Both are resampled together (paired bootstrap; Koehn 2004), so that hard documents weigh on
    both sides alike.
    """
    if len(first) != len(second) or len(first) < 2:
        return None
    weights = _Weights(len(first))
    return _percentiles(
        _resampled_f1(_matrix(second), weights) - _resampled_f1(_matrix(first), weights)
    )


@dataclass(frozen=True)
class _Weights:
    """How often each document is drawn, in every resample; the same each time it is asked."""

    documents: int

    def chunks(self) -> Sequence[Numbers]:
        generator = np.random.default_rng(SEED)
        even = np.full(self.documents, 1 / self.documents)
        return [
            generator.multinomial(self.documents, even, size=_CHUNK).astype(np.float64)
            for _ in range(RESAMPLES // _CHUNK)
        ]


def _matrix(documents: Sequence[Counts]) -> Numbers:
    return np.array([(c.right, c.given + c.wanted) for c in documents], dtype=np.float64)


def _resampled_f1(counts: Numbers, weights: _Weights) -> Numbers:
    sums = np.concatenate([chunk @ counts for chunk in weights.chunks()])
    return np.divide(2 * sums[:, 0], sums[:, 1], out=np.zeros(len(sums)), where=sums[:, 1] > 0)


def _percentiles(values: Numbers) -> Interval:
    low, high = np.percentile(values, [2.5, 97.5])
    return Interval(low=float(low), high=float(high))


def mcnemar(only_first: int, only_second: int) -> float:
    """The exact two-sided p of McNemar's test (1947) for paired right-or-wrong outcomes.

    Args:
        only_first: pairs that only the first got right.
        only_second: pairs that only the second got right.
    """
    total = only_first + only_second
    return float(_binomial_test(only_first, total, 0.5).pvalue) if total else 1.0


class Bin(Frozen):
    """Values of like confidence: `low` < confidence <= `high` (the first bin holds 0, too)."""

    low: float
    high: float
    values: int
    right: int
    mean_confidence: float | None


class Reliability(Frozen):
    """How confidence and truth go together.

    `expected_calibration_error` is the mean distance of confidence and share right over the
    bins, weighted by their values (Naeini et al. 2015; Guo et al. 2017). `auroc` is the
    probability that a right value has a higher confidence than a wrong one, ties counting half;
    None where all are right or all wrong.
    """

    values: int
    right: int
    expected_calibration_error: float | None
    auroc: float | None
    bins: tuple[Bin, ...]


def reliability(confidences: Sequence[float], right: Sequence[bool]) -> Reliability:
    """Bins of equal width, calibration error and discrimination."""
    numbers, outcomes = np.array(confidences, dtype=np.float64), np.array(right, dtype=np.bool_)
    index = np.clip(np.ceil(numbers * BINS).astype(np.int64) - 1, 0, BINS - 1)
    bins = tuple(_bin(number, numbers[index == number], outcomes[index == number])
                 for number in range(BINS))  # fmt: skip
    gaps = [
        abs(bin_.right - bin_.mean_confidence * bin_.values)
        for bin_ in bins
        if bin_.mean_confidence is not None
    ]
    return Reliability(
        values=len(numbers),
        right=int(outcomes.sum()),
        expected_calibration_error=sum(gaps) / len(numbers) if len(numbers) else None,
        auroc=_auroc(numbers, outcomes),
        bins=bins,
    )


def _bin(number: int, confidences: Numbers, right: NDArray[np.bool_]) -> Bin:
    return Bin(
        low=number / BINS,
        high=(number + 1) / BINS,
        values=len(confidences),
        right=int(right.sum()),
        mean_confidence=float(confidences.mean()) if len(confidences) else None,
    )


def _auroc(confidences: Numbers, right: NDArray[np.bool_]) -> float | None:
    """By the rank sum (Mann and Whitney 1947)."""
    positives = int(right.sum())
    negatives = len(right) - positives
    if not positives or not negatives:
        return None
    rank_sum = float(_ranks(confidences)[right].sum())
    return (rank_sum - positives * (positives + 1) / 2) / (positives * negatives)
