"""Which way up a page is, from its own lines: no further model is needed.

The recogniser reads upside-down text with mean probabilities of 0.6 and upright text with 0.99,
so a sample of the longest lines, read both ways, decides; upright pages pay nothing.
"""

from __future__ import annotations

import numpy as np

from docmill.extractors.ocr.rapid.lines import Picture, Quads, runs_vertically, sides_of
from docmill.extractors.ocr.rapid.models import Models
from docmill.extractors.ocr.rapid.recognise import ReadLine, read_lines

SAMPLE = 12
"""Lines that are read both ways."""

DOUBT = 0.85
"""Mean confidence of a page from which it is taken for upright without a second look."""

MARGIN = 0.08
"""How much better another turn must read: hardly legible print reads badly both ways."""


def sideways(picture: Picture, quads: Quads, models: Models) -> int:
    """Clockwise turn, 90 or 270, that sets lines level which mostly run up or down; else 0."""
    vertical = runs_vertically(quads)
    lengths = np.maximum(*sides_of(quads))
    if not len(quads) or lengths[vertical].sum() <= lengths[~vertical].sum():
        return 0
    sample = longest(quads[vertical])
    down = confidence_of(read_lines(picture, sample, models))
    up = confidence_of(read_lines(picture, sample, models, turn=180))
    return 270 if down >= up else 90


def upside_down(picture: Picture, quads: Quads, lines: list[ReadLine], models: Models) -> bool:
    """Whether a page whose lines were read as `lines` reads better turned by 180 degrees."""
    if not lines or confidence_of(lines) >= DOUBT:
        return False
    sample = longest(quads)
    here = confidence_of(read_lines(picture, sample, models))
    there = confidence_of(read_lines(picture, sample, models, turn=180))
    return there > here + MARGIN


def confidence_of(lines: list[ReadLine]) -> float:
    """Mean probability of all characters, 0 for none."""
    found = [c.probability for line in lines for c in line.characters if c.text != " "]
    return sum(found) / len(found) if found else 0.0


def longest(quads: Quads) -> Quads:
    """The longest lines, at most `SAMPLE`."""
    lengths = np.maximum(*sides_of(quads))
    return quads[np.argsort(-lengths, kind="stable")[:SAMPLE]]
