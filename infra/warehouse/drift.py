"""Whether new documents differ from those before: tests, effect sizes, a guard against chance.

Pure functions over counts and confidences; `docmill.infra.warehouse.health` asks for those.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from statistics import fmean, pvariance
from typing import Any, cast

from scipy.stats import fisher_exact, mannwhitneyu, norm, t  # pyright: ignore

from docmill.schemas.frozen import Frozen

_fisher = cast(Callable[..., Any], fisher_exact)
_rank_test = cast(Callable[..., Any], mannwhitneyu)
_normal_tail = cast(Callable[..., float], cast(Any, norm).sf)
_t_tail = cast(Callable[..., float], cast(Any, t).sf)

# From this expected count in every cell on, the normal approximation serves (Cochran 1954).
_LARGE = 10
# Days of history from which their spread can be judged.
_DAYS = 3


class ShareChange(Frozen):
    """A share of documents: per day before, as (hits, total), and now in sum.

    A rise is what worries, unless `both_ways`.
    """

    group: str
    measure: str
    before: tuple[tuple[int, int], ...]
    hits: int
    total: int
    both_ways: bool = False


class MeanChange(Frozen):
    """A number 0..1 of every document, before and now; a fall is what worries."""

    group: str
    measure: str
    before: tuple[float, ...]
    after: tuple[float, ...]


class DriftLimits(Frozen):
    """What counts as a finding.

    `alpha`: the chance of any false finding in one whole check. `points`: least change of a share.
    `deviations`: least change of a mean, in standard deviations of the documents before.
    """

    documents_before: int = 50
    documents_after: int = 30
    alpha: float = 0.01
    points: float = 0.05
    deviations: float = 0.3


class Drift(Frozen):
    """A finding, with its figures; `text` says it in words. `p_value` is that of Holm's method."""

    group: str
    measure: str
    before: float
    after: float
    documents_before: int
    documents_after: int
    p_value: float
    text: str


def drift_of(
    changes: Sequence[ShareChange | MeanChange], since: datetime, limits: DriftLimits
) -> tuple[Drift, ...]:
    """The changes that are large, and too unlikely to be chance, all of them taken together.

    Args:
        changes: everything that is compared in this check.
        since: where the new documents begin; for the words only.
        limits: what counts.
    """
    large_enough = [change for change in changes if _documents_suffice(change, limits)]
    p_values = holm([_p_value(change) for change in large_enough])
    return tuple(
        _drift(change, p_value, since)
        for change, p_value in zip(large_enough, p_values, strict=True)
        if p_value <= limits.alpha and _matters(change, limits)
    )


def holm(p_values: Sequence[float]) -> list[float]:
    """p-values adjusted so that the chance of any false rejection stays below alpha (Holm 1979)."""
    order = sorted(range(len(p_values)), key=lambda index: p_values[index])
    adjusted, highest = [0.0] * len(p_values), 0.0
    for rank, index in enumerate(order):
        highest = max(highest, min(1.0, (len(p_values) - rank) * p_values[index]))
        adjusted[index] = highest
    return adjusted


def share_p_value(change: ShareChange) -> float:
    """The chance of such a rise (or, where both ways count, change) if nothing changed.

    Fisher's exact test (1922) where counts are small, else that of two proportions; never less
    than the test allows in which the share's own spread from day to day counts (quasi-binomial;
    McCullagh and Nelder 1989).
    """
    return max(_independent_p(change), _overdispersed_p(change))


def mean_p_value(change: MeanChange) -> float:
    """The chance of such a fall if nothing changed, by ranks (Mann and Whitney 1947)."""
    if len({*change.before, *change.after}) < 2:
        return 1.0
    test = _rank_test(change.after, change.before, alternative="less", method="asymptotic")
    return float(test.pvalue)


def _p_value(change: ShareChange | MeanChange) -> float:
    return share_p_value(change) if isinstance(change, ShareChange) else mean_p_value(change)


def _independent_p(change: ShareChange) -> float:
    hits, total = _sums(change)
    n, k = total + change.total, hits + change.hits
    if min(k, n - k) * min(total, change.total) / n < _LARGE:
        table = [[change.hits, change.total - change.hits], [hits, total - hits]]
        side = "two-sided" if change.both_ways else "greater"
        return float(_fisher(table, alternative=side).pvalue)
    return _tail(_z(change, 1.0), change.both_ways, _normal_tail)


def _overdispersed_p(change: ShareChange) -> float:
    days = [(hits, total) for hits, total in change.before if total]
    if len(days) < _DAYS:
        return 0.0
    hits, total = _sums(change)
    share = (hits + change.hits) / (total + change.total)
    if share in (0, 1):
        return 1.0
    own = hits / total
    variance = own * (1 - own)
    chi2 = sum((h - n * own) ** 2 / (n * variance) for h, n in days) if variance else 0.0
    dispersion = max(1.0, chi2 / (len(days) - 1))
    if dispersion == 1.0:
        return 0.0
    freedom = len(days) - 1
    return _tail(_z(change, dispersion), change.both_ways, lambda z: _t_tail(z, freedom))


def _z(change: ShareChange, dispersion: float) -> float:
    """The difference of the shares in standard errors, the pooled share's variance inflated.

    The new documents are as many draws from days as there are; `dispersion` is the days' own.
    """
    hits, total = _sums(change)
    share = (hits + change.hits) / (total + change.total)
    variance = dispersion * share * (1 - share) * (1 / total + 1 / change.total)
    return (change.hits / change.total - hits / total) / math.sqrt(variance)


def _tail(z: float, both_ways: bool, tail: Callable[[float], float]) -> float:
    return min(1.0, 2 * float(tail(abs(z)))) if both_ways else float(tail(z))


def _sums(change: ShareChange) -> tuple[int, int]:
    return sum(hits for hits, _ in change.before), sum(total for _, total in change.before)


def _documents(change: ShareChange | MeanChange) -> tuple[int, int]:
    if isinstance(change, ShareChange):
        return _sums(change)[1], change.total
    return len(change.before), len(change.after)


def _documents_suffice(change: ShareChange | MeanChange, limits: DriftLimits) -> bool:
    before, after = _documents(change)
    return before >= limits.documents_before and after >= limits.documents_after


def _levels(change: ShareChange | MeanChange) -> tuple[float, float]:
    """The share or mean, before and after."""
    if isinstance(change, MeanChange):
        return fmean(change.before), fmean(change.after)
    hits, total = _sums(change)
    return hits / total, change.hits / change.total


def _matters(change: ShareChange | MeanChange, limits: DriftLimits) -> bool:
    before, after = _levels(change)
    if isinstance(change, ShareChange):
        return abs(after - before) >= limits.points
    spread = math.sqrt(pvariance(change.before))
    return before - after >= limits.deviations * spread and before > after


def _drift(change: ShareChange | MeanChange, p_value: float, since: datetime) -> Drift:
    before, after = _levels(change)
    documents_before, documents_after = _documents(change)
    what = " ".join(_words(change, before, after))
    return Drift(
        group=change.group,
        measure=change.measure,
        before=before,
        after=after,
        documents_before=documents_before,
        documents_after=documents_after,
        p_value=p_value,
        text=f"{change.group}: {what} of {documents_after:,} documents since "
        f"{since:%Y-%m-%d %H:%M} UTC ({documents_before:,} before; p = {p_value:.1g})",
    )


def _words(change: ShareChange | MeanChange, before: float, after: float) -> Iterator[str]:
    if isinstance(change, ShareChange):
        yield f"share {change.measure} {100 * before:.0f} % → {100 * after:.0f} %"
    else:
        yield f"mean {change.measure} {before:.2f} → {after:.2f}"
