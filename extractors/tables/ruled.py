"""Ruled grids: horizontal and vertical lines that cross each other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from docmill.extractors.tables.region import TOUCH, Corners
from docmill.extractors.tables.rulings import Ruling, Rulings


def frames_of(rulings: Rulings) -> list[tuple[Corners, Rulings]]:
    """Groups of crossing lines that make a grid of at least two cells, small ones first.

    Each comes as its x0, y0, x1, y1 and its lines.
    """
    frames: list[tuple[Corners, Rulings]] = []
    sound = [r for rules in _crossing(rulings) for r in rules.vertical if _belongs(r, rules)]
    for rules in _crossing(replace(rulings, vertical=tuple(sorted(sound)))):
        across, down = rules.horizontal, rules.vertical
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
    open_across, open_down = set(rulings.horizontal), set(rulings.vertical)
    while open_down:
        across: set[Ruling] = set()
        down = {min(open_down)}
        grew = True
        while grew:
            more = {h for h in open_across - across if any(_touch(h, v) for v in down)}
            across |= more
            found = {v for v in open_down - down if any(_touch(h, v) for h in more)}
            down |= found
            grew = bool(found)
        open_across -= across
        open_down -= down
        if across:
            yield Rulings(tuple(sorted(across)), tuple(sorted(down)))


def _touch(across: Ruling, down: Ruling) -> bool:
    return (
        across.start - TOUCH <= down.at <= across.end + TOUCH
        and down.start - TOUCH <= across.at <= down.end + TOUCH
    )
