"""The ruling lines of a page: from a PDF's drawings, or from the pixels of a picture."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from docmill.extractors.tables.level import Level

# All lengths in line heights. Lines nearer than this are one line.
SAME_LINE = 0.12
# Parts of one line may have so much paper between them.
BROKEN = 0.35
# Anything shorter is a dash, a serif or a tick.
MIN_LENGTH = 0.45

Segment = tuple[float, float, float, float]


@dataclass(frozen=True, order=True, slots=True)
class Ruling:
    """A line of a page: `at` is its y (horizontal) or x (vertical), from `start` to `end`."""

    at: float
    start: float
    end: float

    @property
    def length(self) -> float:
        """From end to end."""
        return self.end - self.start

    def covers(self, start: float, end: float) -> float:
        """Share of the stretch from `start` to `end` that the line runs along, 0..1."""
        shared = min(self.end, end) - max(self.start, start)
        return max(shared, 0.0) / max(end - start, 1e-9)


@dataclass(frozen=True)
class Rulings:
    """All lines of a page, each kind from the top or left."""

    horizontal: tuple[Ruling, ...] = ()
    vertical: tuple[Ruling, ...] = ()


def rulings_from(segments: Iterable[Segment], level: Level) -> Rulings:
    """Lines of the upright page, those that continue each other joined.

    Args:
        segments: ends of lines, x0, y0, x1, y1 in fractions of the displayed page.
        level: how places on the page are measured.
    """
    horizontal: list[Ruling] = []
    vertical: list[Ruling] = []
    for x0, y0, x1, y1 in segments:
        (ax, ay), (bx, by) = level.place(x0, y0), level.place(x1, y1)
        if abs(bx - ax) >= abs(by - ay):
            horizontal.append(Ruling((ay + by) / 2, *sorted((ax, bx))))
        else:
            vertical.append(Ruling((ax + bx) / 2, *sorted((ay, by))))
    return Rulings(joined(horizontal), joined(vertical))


def joined(lines: Iterable[Ruling]) -> tuple[Ruling, ...]:
    """Lines of one direction, pieces of one line as one, too short ones left out."""
    found: list[Ruling] = []
    for level in _levels(sorted(lines)):
        found.extend(_along(level))
    return tuple(sorted(line for line in found if line.length >= MIN_LENGTH))


def _levels(lines: Sequence[Ruling]) -> Iterable[list[Ruling]]:
    """Groups of lines at the same place."""
    level: list[Ruling] = []
    for line in lines:
        if level and line.at - level[0].at > SAME_LINE:
            yield level
            level = []
        level.append(line)
    if level:
        yield level


def _along(level: Sequence[Ruling]) -> Iterable[Ruling]:
    at = sum(line.at * line.length for line in level) / max(sum(x.length for x in level), 1e-9)
    start = end = None
    for line in sorted(level, key=lambda line: line.start):
        if start is None or end is None or line.start - end > BROKEN:
            if start is not None and end is not None:
                yield Ruling(at, start, end)
            start, end = line.start, line.end
        else:
            end = max(end, line.end)
    if start is not None and end is not None:
        yield Ruling(at, start, end)
