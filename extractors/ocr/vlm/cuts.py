"""Smaller pictures of a page, and its tiles: bands from edge to edge, cut between lines of print.

Pictures are PNG; arrays are 8-bit gray, shape (height, width).
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from docmill.extractors.ocr.vlm.picture import PagePicture
from docmill.extractors.ocr.vlm.png import png_of
from docmill.extractors.picture_hash import picture_hash
from docmill.extractors.text_checks import INK_LEVELS, has_ink
from docmill.schemas.geometry import Box
from docmill.schemas.page import Word

REACH = 0.2
"""How far from equal heights a cut may lie, as a share of a tile's height."""

CLEAN_ROWS, CLEAN_PX, RULES_SHARE = 3, 2, 0.02
"""A cut is clean in so many rows of pixels whose ink differs by so few pixels: there, nothing
but the upright rules of a table crosses it, which are at most this share of the width."""

MIN_TILE_PX = 100
"""Lower tiles would hold a line or two."""


@dataclass(frozen=True)
class Tile:
    """A part of a picture as a picture of its own; `box` is where it lies on the whole, 0..1."""

    picture: PagePicture
    box: Box


def smaller(picture: PagePicture, scale: float) -> PagePicture:
    """The same page in fewer pixels; `scale` is of its sides, 0..1."""
    with Image.open(io.BytesIO(picture.image)) as image:
        size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
        return _drawn(picture, image.convert("RGB").resize(size, Image.Resampling.LANCZOS))


def tiles_of(picture: PagePicture, count: int, overlap: float) -> tuple[Tile, ...]:
    """A page in bands, from above; fewer than `count`, or one, where they would be too low.

    Neighbours touch where a cut runs between lines. Where none is found, both reach beyond it,
    so that every line is whole in one of them.

    Args:
        picture: the page, or a tile of it.
        count: how many bands.
        overlap: height that both of two neighbours show, as a share of the picture's.
    """
    with Image.open(io.BytesIO(picture.image)) as image:
        drawn = image.convert("RGB")
    count = min(count, drawn.height // MIN_TILE_PX)
    if count < 2:
        return (Tile(picture, Box(x0=0, y0=0, x1=1, y1=1)),)
    gray = np.asarray(drawn.convert("L"))
    cuts = [cut_near(gray, index / count, REACH / count) for index in range(1, count)]
    half = round(overlap * drawn.height / 2)
    tops = [0, *(row if clean else max(0, row - half) for row, clean in cuts)]
    ends = [*(row if clean else row + half for row, clean in cuts), drawn.height]
    return tuple(
        _tile(picture, drawn, gray, rows)
        for rows in zip(tops, [min(end, drawn.height) for end in ends], strict=True)
    )


def cut_near(gray: NDArray[np.uint8], at: float, reach: float) -> tuple[int, bool]:
    """The row of pixels to cut at, and whether nothing but upright rules crosses it.

    The widest gap between lines of print counts, or the row with least ink where there is none.

    Args:
        gray: the picture.
        at: where to cut if there were a choice, as a share of the height.
        reach: how far off it may be.
    """
    height, width = gray.shape
    first, last = int((at - reach) * height), int((at + reach) * height) + 1
    band = gray[first:last].astype(np.int16)
    ink = (np.abs(band - np.median(gray)) > INK_LEVELS).sum(axis=1)
    least = int(ink.min())
    middle = at * height - first
    start, end = max(
        _runs(ink <= least + CLEAN_PX),
        key=lambda run: (run[1] - run[0], -abs(sum(run) / 2 - middle)),
    )
    clean = end - start >= CLEAN_ROWS and least <= RULES_SHARE * width
    return first + (start + end) // 2, clean


def _runs(flags: NDArray[np.bool_]) -> Iterator[tuple[int, int]]:
    """Start and end (exclusive) of every stretch that is true."""
    steps = np.flatnonzero(np.diff(np.concatenate(([0], flags.view(np.int8), [0]))))
    yield from zip(steps[::2].tolist(), steps[1::2].tolist(), strict=True)


def _tile(
    picture: PagePicture, drawn: Image.Image, gray: NDArray[np.uint8], rows: tuple[int, int]
) -> Tile:
    top, end = rows
    box = Box(x0=0, y0=top / drawn.height, x1=1, y1=end / drawn.height)
    words = tuple(_words_within(picture.words, box))
    part = replace(
        _drawn(picture, drawn.crop((0, top, drawn.width, end))),
        height_px=max(1, round(picture.height_px * box.height)),
        blank=not words and not has_ink(gray[top:end]),
        words=words,
        upright=None,
    )
    return Tile(part, box)


def _words_within(words: Sequence[Word], box: Box) -> Iterator[Word]:
    """Words whose middle lies in a band, with boxes in 0..1 of it."""
    for word in words:
        if box.y0 <= (word.box.y0 + word.box.y1) / 2 < box.y1:
            y0, y1 = ((y - box.y0) / box.height for y in (word.box.y0, word.box.y1))
            own = Box.clipped(word.box.x0, y0, word.box.x1, y1)
            yield word.model_copy(update={"box": own, "upright": None})


def _drawn(picture: PagePicture, image: Image.Image) -> PagePicture:
    return replace(
        picture,
        image=png_of(np.asarray(image)),
        image_width=image.width,
        image_height=image.height,
        image_hash=picture_hash(image),
    )
