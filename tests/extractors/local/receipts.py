"""Till receipts as an engine reads them, made from lines of text."""

from __future__ import annotations

from collections.abc import Sequence

from docmill.schemas.engine import EngineTag
from docmill.schemas.geometry import Box
from docmill.schemas.page import BoxSource, PageStatus, PageText, Word

LETTER, LINE = 12, 30
WIDTH = 520


def receipt_of(lines: Sequence[str]) -> PageText:
    """A roll with these lines; two blanks or more set what follows flush right, `^` centres."""
    height = max(2 * WIDTH, LINE * (len(lines) + 2))
    words: list[Word] = []
    for number, line in enumerate(lines):
        left, _, right = line.lstrip("^").partition("  ")
        start = (WIDTH - LETTER * len(left)) / 2 if line.startswith("^") else 20
        placed = [(left, start)]
        if right.strip():
            placed.append((right.strip(), WIDTH - 20 - LETTER * len(right.strip())))
        for text, x in placed:
            for word in text.split():
                box = Box(
                    x0=x / WIDTH,
                    y0=(LINE * (number + 1)) / height,
                    x1=(x + LETTER * len(word) - 3) / WIDTH,
                    y1=(LINE * (number + 1) + 18) / height,
                )
                words.append(
                    Word(
                        text=word,
                        box=box,
                        block=0,
                        line=number,
                        confidence=0.99,
                        box_source=BoxSource.OCR,
                    )
                )
                x += LETTER * (len(word) + 1)
    return PageText(
        document_id="0" * 64,
        page=1,
        width_px=WIDTH,
        height_px=height,
        engine=EngineTag(name="made", version="1"),
        status=PageStatus.OK,
        words=tuple(words),
    )
