"""Blocks from the words of a page."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from statistics import fmean

from docmill.schemas.geometry import Box
from docmill.schemas.page import Block, BoxSource, Word


def blocks_of(words: Sequence[Word]) -> tuple[Block, ...]:
    """One block per block number, its text one line per line of words."""
    return tuple(_block(list(group)) for _, group in groupby(words, key=lambda word: word.block))


def _block(words: Sequence[Word]) -> Block:
    lines = groupby(words, key=lambda word: word.line)
    confidences = [word.confidence for word in words if word.confidence is not None]
    return Block(
        label="form_field" if words[0].box_source is BoxSource.FORM_FIELD else "text",
        text="\n".join(" ".join(word.text for word in line) for _, line in lines),
        box=Box.around(word.box for word in words),
        confidence=fmean(confidences) if confidences else None,
    )
