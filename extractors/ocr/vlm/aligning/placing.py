"""Boxes for the words of a region: those of the words opposite, shares of them, or an estimate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from docmill.extractors.ocr.vlm.aligning.estimates import in_lines, in_table, on_one_row
from docmill.extractors.ocr.vlm.aligning.opposite import Piece, Pieces
from docmill.extractors.ocr.vlm.aligning.written import DESCRIBED, Written, same
from docmill.extractors.ocr.vlm.regions import Region
from docmill.schemas.geometry import Box
from docmill.schemas.page import BoxSource, Word

UP_OR_DOWN = 2.0
"""Height over width, in shares of the page, from which print is taken to run up or down."""


class Place(NamedTuple):
    """Where a word stands; `upright` on the page's upright view, None where that is not known."""

    box: Box
    source: BoxSource
    upright: Box | None = None

    @property
    def found(self) -> bool:
        """Whether the box is that of a word on the page, not an estimate."""
        return self.source is not BoxSource.REGION


def places_in(
    region: Region, written: Sequence[Written], faced: Mapping[int, Pieces], found: Sequence[Word]
) -> list[Place | None]:
    """A place for every word of a region; None where it has none and the region has no box.

    What a model says about a picture stands nowhere, unless it was found.
    """
    places: list[Place | None] = [None] * len(written)
    for number, pieces in faced.items():
        places[number] = _from_found(written[number], pieces, found, region.label == "formula")
    missing = any(place is None for place in places)
    if missing and region.box is not None and region.label not in DESCRIBED:
        known = [None if place is None else place.box for place in places]
        estimate = in_table if region.cells else in_lines
        for number, box in estimate(region, region.box, written, known):
            places[number] = Place(box, BoxSource.REGION)
    return places


def _from_found(word: Written, pieces: Pieces, found: Sequence[Word], over_rows: bool) -> Place:
    """The box of the pieces; of a word that is parted at a line's end, that of the longer part."""
    anchor = found[pieces[0].found]
    if len(pieces) == 1 and pieces[0].whole and same(word.text, anchor.text):
        return Place(anchor.box, anchor.box_source, anchor.upright)
    main = max(pieces, key=lambda piece: (piece.end - piece.start) * len(found[piece.found].text))
    anchor = found[main.found]
    here = [
        p for p in pieces if over_rows or on_one_row(_standing(found[p.found]), _standing(anchor))
    ]
    box = Box.around(_part(found[p.found].box, p) for p in here)
    uprights = [_part(u, p) for p in here if (u := found[p.found].upright) is not None]
    upright = Box.around(uprights) if len(uprights) == len(here) else None
    return Place(box, BoxSource.ALIGNED, upright)


def _part(box: Box, piece: Piece) -> Box:
    """The part of a box, by characters; all of it where its print runs up or down."""
    if piece.whole or box.height > UP_OR_DOWN * box.width:
        return box
    return Box.clipped(
        box.x0 + piece.start * box.width, box.y0, box.x0 + piece.end * box.width, box.y1
    )


def _standing(word: Word) -> Box:
    return word.upright or word.box
