"""Plots as SVG text for use inside HTML: no fonts, scripts or files from outside."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from typing import Any, TypeAlias, cast

import matplotlib
import matplotlib.figure

from docmill.infra.evaluation.compare import Comparison
from docmill.infra.evaluation.statistics import Interval, Reliability, wilson
from docmill.infra.evaluation.summary import ALL, SCALARS, Group, Summary

# Matplotlib's own annotations leave keyword arguments unknown, which strict checking refuses.
Axes: TypeAlias = Any
Figure: Any = matplotlib.figure.Figure
_settings: Any = cast(Any, matplotlib).rc_context
# Colours that people who cannot tell red from green can tell apart (Okabe and Ito 2008).
BLUE, ORANGE, GREEN, VERMILION = "#0072B2", "#E69F00", "#009E73", "#D55E00"
_COLOURS = {"field": BLUE, ALL: "#000000", "stratum": GREEN, "language": ORANGE}
_STYLE: dict[Any, Any] = {
    "text.parse_math": False,  # a dollar sign in a name is no formula
    "svg.fonttype": "path",
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
}
_ROW_INCHES, _WIDTH_INCHES, _EDGE_INCHES = 0.24, 7.5, 0.9
_NO_METADATA: dict[str, Any] = dict.fromkeys(("Date", "Creator", "Format", "Type"))


def f1_plot(summary: Summary, dimensions: Sequence[str], salt: str) -> str | None:
    """F1 with its interval for every group of these dimensions; None where there is none."""
    groups = [
        group for group in summary.groups if group.dimension in dimensions and group.f1 is not None
    ]
    if not groups:
        return None
    labels = [_label(group) for group in groups]
    rows = [(group.f1 or 0.0, group.f1_interval) for group in groups]
    colours = [_COLOURS[group.dimension] for group in groups]
    with _drawing(salt):
        figure, axes = _rows_figure(labels)
        for number, ((value, interval), colour) in enumerate(zip(rows, colours, strict=True)):
            _dot(axes, number, value, interval, colour)
        axes.set_xlim(0, 1.02)
        axes.set_xlabel("F1, with 95 % interval")
        return _svg(figure)


def reliability_plot(measured: Reliability, salt: str) -> str | None:
    """Share right over confidence, with how many values each bin has; None without values."""
    bins = [bin_ for bin_ in measured.bins if bin_.mean_confidence is not None]
    if not bins:
        return None
    with _drawing(salt):
        figure = Figure(figsize=(4.6, 4.6), layout="constrained")
        upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=[3, 1])
        upper.plot([0, 1], [0, 1], color="#999999", linestyle="--", linewidth=1)
        for bin_ in bins:
            interval = wilson(bin_.right, bin_.values)
            x, y = bin_.mean_confidence or 0.0, bin_.right / bin_.values
            if interval:
                upper.plot([x, x], [interval.low, interval.high], color=BLUE, linewidth=1.5)
            upper.plot([x], [y], "o", color=BLUE, markersize=5)
        upper.set_xlim(0, 1)
        upper.set_ylim(0, 1.02)
        upper.set_ylabel("share right")
        lower.bar([(bin_.low + bin_.high) / 2 for bin_ in bins], [bin_.values for bin_ in bins],
                  width=0.09, color=BLUE)  # fmt: skip
        lower.set_xlabel("confidence")
        lower.set_ylabel("values")
        return _svg(figure)


def comparison_plot(comparison: Comparison, salt: str) -> str | None:
    """Differences of F1 to the first run, with intervals; None where there are none."""
    shown = [d for d in comparison.differences if d.difference is not None]
    if not shown:
        return None
    labels = [f"{d.run}: {d.doc_type} {d.scope if d.name == ALL else d.name}" for d in shown]
    with _drawing(salt):
        figure, axes = _rows_figure(labels)
        axes.axvline(0, color="#999999", linewidth=1)
        for number, difference in enumerate(shown):
            change = difference.difference or 0.0
            colour = "#777777" if not difference.significant else GREEN if change > 0 else VERMILION
            _dot(axes, number, change, difference.interval, colour)
        axes.set_xlabel(f"F1 less that of {_plain(comparison.runs[0])}, with 95 % interval")
        return _svg(figure)


def _label(group: Group) -> str:
    scope = "" if group.scope == SCALARS else " (lists)"
    name = group.name if group.dimension == "field" else f"{group.dimension} {group.name}"
    name = f"all {group.scope}" if group.dimension == ALL else name + scope
    return f"{group.doc_type}: {name}"


def _plain(text: str) -> str:
    """Without characters that no SVG may hold, and not so long that no room is left."""
    shown = "".join(sign if sign.isprintable() else " " for sign in text)
    return shown if len(shown) <= 60 else f"{shown[:59]}…"


def _rows_figure(labels: Sequence[str]) -> tuple[Any, Axes]:
    height = _EDGE_INCHES + _ROW_INCHES * len(labels)
    figure = Figure(figsize=(_WIDTH_INCHES, height), layout="constrained")
    axes = figure.subplots()
    axes.set_yticks(range(len(labels)), [_plain(label) for label in labels])
    axes.set_ylim(len(labels) - 0.4, -0.6)
    axes.grid(axis="x", color="#dddddd", linewidth=0.6)
    return figure, axes


def _dot(axes: Axes, row: int, value: float, interval: Interval | None, colour: str) -> None:
    if interval:
        axes.plot([interval.low, interval.high], [row, row], color=colour, linewidth=1.5)
    axes.plot([value], [row], "o", color=colour, markersize=4.5)


@contextmanager
def _drawing(salt: str) -> Generator[None]:
    """Matplotlib's settings for a plot; `salt` keeps ids of two plots in one page apart."""
    with _settings({**_STYLE, "svg.hashsalt": salt}), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        yield


def _svg(figure: Any) -> str:
    """The `<svg>` element alone, without the names of the texts in comments."""
    text = io.StringIO()
    figure.savefig(text, format="svg", metadata=_NO_METADATA, transparent=True)
    element = text.getvalue()
    element = element[element.index("<svg") :]
    element = re.sub(r"<!--.*?-->", "", element, flags=re.DOTALL)
    return re.sub(r"<metadata>.*?</metadata>", "", element, flags=re.DOTALL)
