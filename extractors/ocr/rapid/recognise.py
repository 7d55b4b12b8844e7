"""Reading lines of text: crops in batches through the recogniser, and CTC decoding.

The recogniser sees 48-pixel-high lines and answers one column for every 8 pixels (CTC: Graves
et al., Connectionist Temporal Classification, ICML 2006).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from docmill.extractors.ocr.rapid.lines import Picture, Quads, runs_vertically, sides_of
from docmill.extractors.ocr.rapid.models import Models, Posteriors

Ink = NDArray[np.bool_]

HEIGHT = 48
COLUMN = 8
"""Height of a crop and width of one column of the recogniser's answer, pixels."""

MIN_WIDTH, MAX_WIDTH = 96, 2400
BATCH_PIXELS = 2400 * HEIGHT
"""Widths of crops, and how much goes through at once; memory grows with it, speed hardly."""


@dataclass(frozen=True)
class Character:
    """One character: its place along the line, 0..1 of the crop's width, and its probability."""

    text: str
    place: float
    probability: float


@dataclass(frozen=True)
class ReadLine:
    """A line as it was read. `crop` is the gray picture that was read, 48 pixels high.

    `spaces` are places (0..1) where the recogniser saw a word space, with its probability.
    """

    characters: tuple[Character, ...]
    spaces: tuple[tuple[float, float], ...]
    crop: Picture

    @property
    def text(self) -> str:
        """The characters as the recogniser put them, spaces included."""
        return "".join(character.text for character in self.characters)

    @property
    def confidence(self) -> float:
        """Mean probability of the characters; 0 for none."""
        found = [c.probability for c in self.characters if c.text != " "]
        return sum(found) / len(found) if found else 0.0

    @cached_property
    def ink(self) -> Ink:
        """Where the crop's strokes are, shape (48, width)."""
        return _ink_of(self.crop)


def read_lines(picture: Picture, quads: Quads, models: Models, turn: int = 0) -> list[ReadLine]:
    """What stands in each quadrilateral.

    Args:
        picture: 8-bit RGB, shape (height, width, 3).
        quads: shape (lines, 4, 2), as `find_lines` gives them.
        models: the networks.
        turn: 180 to read every line upside down.

    Raises:
        EngineError: the recogniser failed.
    """
    crops = [_crop(picture, corners) for corners in along_the_text(quads, turn)]
    lines: list[ReadLine | None] = [None] * len(crops)
    for numbers in _batches([crop.shape[1] for crop in crops]):
        answer = models.recognition(_batch([crops[number] for number in numbers]))
        for row, number in enumerate(numbers):
            lines[number] = _decoded(answer, row, crops[number], models.alphabet)
    return [line for line in lines if line is not None]


def along_the_text(quads: Quads, turn: int = 0) -> Quads:
    """Corners in the order of the text: its top left first."""
    steps = np.where(runs_vertically(quads), 1, 0) + (2 if turn == 180 else 0)
    order = (np.arange(4)[None, :] + steps[:, None]) % 4
    return np.take_along_axis(quads, order[:, :, None], axis=1)


def _crop(picture: Picture, corners: NDArray[np.float32]) -> Picture:
    """The quadrilateral as an upright strip, 48 pixels high."""
    across, down = (float(side[0]) for side in sides_of(corners[None]))
    width = int(min(MAX_WIDTH, max(HEIGHT / 2, np.ceil(HEIGHT * across / max(down, 1)))))
    # Sampling a large line with a linear filter would skip pixels: it is first cut at full size.
    times = max(1, int(down / HEIGHT))
    size = (width * times, HEIGHT * times)
    target = np.array([[0, 0], [size[0], 0], [size[0], size[1]], [0, size[1]]], np.float32)
    matrix = cv2.getPerspectiveTransform(corners, target)
    strip = cv2.warpPerspective(
        picture, matrix, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    if times > 1:
        strip = cv2.resize(strip, (width, HEIGHT), interpolation=cv2.INTER_AREA)
    return strip.astype(np.uint8)


def _batches(widths: Sequence[int]) -> Iterator[list[int]]:
    """Numbers of lines that go through together, about equally wide."""
    batch: list[int] = []
    for number in sorted(range(len(widths)), key=lambda number: widths[number]):
        if batch and (len(batch) + 1) * widths[number] * HEIGHT > BATCH_PIXELS:
            yield batch
            batch = []
        batch.append(number)
    if batch:
        yield batch


def _batch(crops: Sequence[Picture]) -> NDArray[np.float32]:
    """Shape (lines, 3, 48, width), BGR, -1..1; what a crop leaves empty is 0."""
    widest = max(MIN_WIDTH, *(crop.shape[1] for crop in crops))
    batch = np.zeros((len(crops), 3, HEIGHT, -(-widest // COLUMN) * COLUMN), np.float32)
    for place, crop in zip(batch, crops, strict=True):
        place[:, :, : crop.shape[1]] = crop[:, :, ::-1].transpose(2, 0, 1)
        place[:, :, : crop.shape[1]] *= 1 / 127.5
        place[:, :, : crop.shape[1]] -= 1
    return batch


def _decoded(answer: Posteriors, row: int, crop: Picture, alphabet: Sequence[str]) -> ReadLine:
    columns = crop.shape[1] / COLUMN
    best, probability, space = answer.best[row], answer.probability[row], answer.space[row]
    changed = np.ones(len(best), np.bool_)
    changed[1:] = best[1:] != best[:-1]
    kept = np.nonzero(changed & (best != 0))[0]
    characters = tuple(
        Character(
            alphabet[int(best[column])],
            min(1.0, (column + 0.5) / columns),
            float(min(1.0, probability[column])),
        )
        for column in kept
    )
    spaces = tuple(
        (min(1.0, (column + 0.5) / columns), float(space[column]))
        for column in np.nonzero(space > 0.02)[0]
    )
    gray = cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY).astype(np.uint8)
    return ReadLine(characters, spaces, gray)


def _ink_of(crop: Picture) -> Ink:
    """Where the strokes are, dark on light or light on dark (Otsu's threshold)."""
    _, binary = cv2.threshold(crop, 0, 1, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    light = binary.astype(np.bool_)
    return light if light.mean() < 0.5 else ~light
