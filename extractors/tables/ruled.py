"""Ruled grids: horizontal and vertical lines that cross each other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from docmill.extractors.tables.region import TOUCH, Corners
from docmill.extractors.tables.rulings import Ruling, Rulings

# A grid of more places is a drawing, not a table.
MAX_PLACES = 20_000


def frames_of(rulings: Rulings) -> list[tuple[Corners, Rulings]]:
    """Groups of crossing lines that make a grid of at least two cells, small ones first.

    Each comes as its x0, y0, x1, y1 and its lines.
    """
    frames: list[tuple[Corners, Rulings]] = []
    sound = [r for rules in _crossing(rulings) for r in rules.vertical if _belongs(r, rules)]
    for rules in _crossing(replace(rulings, vertical=tuple(sorted(sound)))):
        across, down = rules.horizontal, rules.vertical
        if len(across) * len(down) > MAX_PLACES:
            continue
        x0 = min(min(line.start for line in across), down[0].at)
        x1 = max(max(line.end for line in across), down[-1].at)
        y0 = min(min(line.start for line in down), across[0].at)
        y1 = max(max(line.end for line in down), across[-1].at)
        if _divides(across, y0, y1) or _divides(down, x0, x1):
            frames.append(((x0, y0, x1, y1), rules))
    return sorted(frames, key=lambda frame: _area(frame[0]))


def _belongs(down: Ruling, rules: Rulings) -> bool:
    """Whether a vertical line keeps to the height of the horizontal ones; margin lines do not."""
    inside = Ruling(down.at, rules.horizontal[0].at - TOUCH, rules.horizontal[-1].at + TOUCH)
    return inside.covers(down.start, down.end) > 0.7


def _divides(lines: Sequence[Ruling], start: float, end: float) -> bool:
    return any(start + TOUCH < line.at < end - TOUCH for line in lines)


def _area(corners: Corners) -> float:
    return (corners[2] - corners[0]) * (corners[3] - corners[1])


def _crossing(rulings: Rulings) -> Iterator[Rulings]:
    """Connected groups of horizontal and vertical lines that touch each other."""
    touching = _touching(rulings)
    open_down = np.ones(len(rulings.vertical), np.bool_)
    while open_down.any():
        down = np.zeros_like(open_down)
        down[int(np.argmax(open_down))] = True
        across = np.zeros(len(rulings.horizontal), np.bool_)
        while True:
            across = np.asarray(touching[:, down].any(axis=1))
            grown = down | np.asarray(touching[across].any(axis=0))
            if (grown == down).all():
                break
            down = grown
        open_down &= ~down
        if across.any():
            yield Rulings(_picked(rulings.horizontal, across), _picked(rulings.vertical, down))


def _touching(rulings: Rulings) -> NDArray[np.bool_]:
    """Which horizontal line (first axis) touches which vertical one."""
    across = np.array([(r.at, r.start, r.end) for r in rulings.horizontal]).reshape(-1, 3, 1)
    down = np.array([(r.at, r.start, r.end) for r in rulings.vertical]).reshape(-1, 3).T
    return (
        (across[:, 1] - TOUCH <= down[0])
        & (down[0] <= across[:, 2] + TOUCH)
        & (down[1] - TOUCH <= across[:, 0])
        & (across[:, 0] <= down[2] + TOUCH)
    )


def _picked(lines: Sequence[Ruling], chosen: NDArray[np.bool_]) -> tuple[Ruling, ...]:
    return tuple(line for line, taken in zip(lines, chosen, strict=True) if taken)
