"""Whether a value's box is where the truth has it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from docmill.extractors.fold import folded
from docmill.infra.evaluation.truth import TrueLine
from docmill.schemas.evaluation import PlacedBox
from docmill.schemas.geometry import Box

# A line this short, in letters and digits, stands inside too many values to be a sign of one.
SHORTEST_PIECE = 2


def overlap(found: PlacedBox | None, truth: PlacedBox | None) -> float | None:
    """Intersection over union, 0 on different pages; None unless both are known."""
    if found is None or truth is None:
        return None
    return found.box.iou(truth.box) if found.page == truth.page else 0.0


def inside(found: PlacedBox | None, truth: str, lines: Sequence[TrueLine]) -> float | None:
    """The share of a box that lies in the printed line, or lines, that hold the true value.

    A value may be printed in several places; the one that fits best counts. None where there is
    no box, or no line holds the value.
    """
    places = list(_places(truth, lines))
    if found is None or not places:
        return None
    return max(_share(found, place) for place in places)


def _share(found: PlacedBox, truth: PlacedBox) -> float:
    if found.page != truth.page or found.box.area <= 0:
        return 0.0
    return found.box.intersection_area(truth.box) / found.box.area


def _places(truth: str, lines: Sequence[TrueLine]) -> Iterator[PlacedBox]:
    """Single lines that hold all of the value, else the runs of lines that it is made of."""
    value = folded(truth)
    whole = [line.place for line in lines if value and value in folded(line.text)]
    yield from whole or _runs(value, lines)


def _runs(value: str, lines: Sequence[TrueLine]) -> Iterator[PlacedBox]:
    run: list[TrueLine] = []
    for line in lines:
        text = folded(line.text)
        if len(text) >= SHORTEST_PIECE and text in value:
            run.append(line)
        elif run:
            yield _around(run)
            run = []
    if run:
        yield _around(run)


def _around(lines: Sequence[TrueLine]) -> PlacedBox:
    page = lines[0].place.page
    return PlacedBox(page=page, box=Box.around(line.place.box for line in lines))
