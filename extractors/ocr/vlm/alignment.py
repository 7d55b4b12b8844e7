"""The model's text with boxes: its words aligned to those found on the page without a model.

Vision-language models give regions, not words, and their boxes are rough; a text layer or a
detector gives words with good boxes, and less good text. Every word that comes out says where
its box is from (`BoxSource`); a word that stands nowhere and whose region has no box has none,
and is told in `unplaced` instead. Found words that are in no region are told in `unclaimed`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from docmill.extractors.ocr.vlm.aligning.estimates import on_one_row
from docmill.extractors.ocr.vlm.aligning.matching import Matching
from docmill.extractors.ocr.vlm.aligning.placing import Place, places_in
from docmill.extractors.ocr.vlm.aligning.written import DESCRIBED, Origin, Written
from docmill.extractors.ocr.vlm.regions import Region, RegionCell
from docmill.schemas.geometry import Box
from docmill.schemas.page import Block, BoxSource, Table, TableCell, UprightView, Word

QUOTED = 12
"""So many words are quoted in a finding."""


@dataclass(frozen=True)
class Aligned:
    """A page's words, blocks and tables, in the model's reading order.

    `origins` says for every word where in the model's regions it stands. Words have no
    confidence: that is the model's to give. `unplaced` are words without a box, `unclaimed`
    words with a box that no region tells.
    """

    words: tuple[Word, ...]
    blocks: tuple[Block, ...]
    tables: tuple[Table, ...]
    findings: tuple[str, ...]
    origins: tuple[Origin, ...]
    unplaced: tuple[Written, ...]
    unclaimed: tuple[Word, ...]


def align(
    regions: Sequence[Region], words: Sequence[Word], upright: UprightView | None = None
) -> Aligned:
    """Gives the words of `regions` boxes.

    Args:
        regions: what the model wrote, in reading order; boxes of the displayed page.
        words: found on the page without the model, in any order; those without ink are left out.
        upright: the view that the words' `upright` boxes are of.

    Returns:
        Words and blocks of all regions that have a place. A table's cells are without those that
        have none.
    """
    seen = [word for word in words if word.visible]
    matching = Matching(regions, seen)
    matching.run()
    page = _Page(upright)
    for number, region in enumerate(regions):
        written, faced = matching.of_region(number)
        page.add(region, written, places_in(region, written, faced, seen))
    unclaimed = [word for n, word in enumerate(seen) if n not in matching.claimed]
    return page.aligned(unclaimed)


@dataclass
class _Page:
    """The page as it grows, region by region."""

    upright: UprightView | None
    words: list[Word] = field(default_factory=list[Word])
    blocks: list[Block] = field(default_factory=list[Block])
    tables: list[Table] = field(default_factory=list[Table])
    origins: list[Origin] = field(default_factory=list[Origin])
    unplaced: list[Written] = field(default_factory=list[Written])
    moved: int = 0
    homeless: list[str] = field(default_factory=list[str])

    def add(
        self, region: Region, written: Sequence[Written], places: Sequence[Place | None]
    ) -> None:
        """Takes up the region's words, and its block and table if it has a place."""
        told = [(word, place) for word, place in zip(written, places, strict=True) if place]
        if region.label not in DESCRIBED:
            self.unplaced += [w for w, place in zip(written, places, strict=True) if not place]
        box = self._box_of(region, [place for _, place in told])
        if box is None:
            self.homeless += [region.text] if region.text.strip() else []
            return
        first = len(self.words)
        line = self.words[-1].line + 1 if self.words else 0
        for (word, place), down in zip(told, _line_feeds(told), strict=True):
            line += down
            self.words.append(self._word(word, place, line))
            self.origins.append(word.origin)
        self.blocks.append(
            Block(
                label=region.label,
                text=region.text,
                box=box,
                detector_score=region.detector_score,
            )
        )
        if region.cells:
            self._add_table(region, box, first)

    def _word(self, word: Written, place: Place, line: int) -> Word:
        upright = place.upright
        if upright is None and self.upright is not None:
            upright = self.upright.box(place.box)
        return Word(
            text=word.text,
            box=place.box,
            block=len(self.blocks),
            line=line,
            box_source=place.source,
            upright=upright,
        )

    def _box_of(self, region: Region, places: Sequence[Place]) -> Box | None:
        """The region's own box, unless its words were found elsewhere."""
        found = [place.box for place in places if place.found]
        if region.box is None:
            return Box.around(found) if found else None
        near = sum(region.box.intersection_area(box) > 0 for box in found)
        if 2 * near < len(found):
            self.moved += 1
            return Box.around(found)
        return region.box

    def _add_table(self, region: Region, box: Box, first: int) -> None:
        by_cell: dict[int, list[int]] = {}
        for number in range(first, len(self.words)):
            cell = self.origins[number].cell
            if cell is not None:
                by_cell.setdefault(cell, []).append(number)
        cells = tuple(self._cell(region.cells[cell], numbers) for cell, numbers in by_cell.items())
        self.tables.append(
            Table(
                box=box,
                rows=max(cell.row + cell.row_span for cell in region.cells),
                columns=max(cell.column + cell.column_span for cell in region.cells),
                cells=cells,
            )
        )

    def _cell(self, cell: RegionCell, numbers: Sequence[int]) -> TableCell:
        return TableCell(
            row=cell.row,
            column=cell.column,
            row_span=cell.row_span,
            column_span=cell.column_span,
            text=cell.text,
            box=Box.around(self.words[number].box for number in numbers),
            words=tuple(numbers),
            header=cell.header,
        )

    def aligned(self, unclaimed: Sequence[Word]) -> Aligned:
        """All of it, with what is to be said of it."""
        return Aligned(
            words=tuple(self.words),
            blocks=tuple(self.blocks),
            tables=tuple(self.tables),
            findings=tuple(self._findings(unclaimed)),
            origins=tuple(self.origins),
            unplaced=tuple(self.unplaced),
            unclaimed=tuple(unclaimed),
        )

    def _findings(self, unclaimed: Sequence[Word]) -> Iterator[str]:
        if unclaimed:
            said = _quoted([word.text for word in unclaimed])
            yield f"{_count(unclaimed)} found on the page, but told by no region: {said}"
        estimated = [word for word in self.words if word.box_source is BoxSource.REGION]
        if estimated:
            said = _quoted([word.text for word in estimated])
            yield f"{_count(estimated)} told, but not found on the page: {said}"
        if self.unplaced:
            said = _quoted([word.text for word in self.unplaced])
            yield f"{_count(self.unplaced)} told without a place, and found nowhere: {said}"
        if self.homeless:
            what = "region has" if len(self.homeless) == 1 else "regions have"
            said = _quoted(" ".join(self.homeless).split())
            yield f"{len(self.homeless)} {what} no place on the page: {said}"
        if self.moved:
            what = "region stands" if self.moved == 1 else "regions stand"
            yield f"{self.moved} {what} elsewhere than the model says"


def _line_feeds(told: Sequence[tuple[Written, Place]]) -> Iterator[bool]:
    """For every word of a region, whether it begins a new line of the page.

    Boxes of found words decide; of estimated ones only the model's own lines are known.
    """
    last: Place | None = None
    line = told[0][0].line if told else 0
    for word, place in told:
        if not place.found or last is None:
            feeds = word.line != line
        else:
            one, other = last.upright or last.box, place.upright or place.box
            feeds = not on_one_row(one, other) or other.x0 < one.x0
        if feeds or place.found:
            last = place if place.found else None
        line = word.line
        yield feeds


def _count(words: Sequence[object]) -> str:
    return f"{len(words)} {'word' if len(words) == 1 else 'words'}"


def _quoted(texts: Sequence[str]) -> str:
    rest = " …" if len(texts) > QUOTED else ""
    return "‘" + " ".join(texts[:QUOTED]) + rest + "’"
