"""What a vision-language model is to docmill: how it is asked, and how its answer is read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final, Protocol

from docmill.extractors.ocr.vlm.chat import ChatRequest
from docmill.extractors.ocr.vlm.picture import PagePicture, PictureSpec
from docmill.extractors.ocr.vlm.regions import ParsedAnswer, Region
from docmill.schemas.engine import EngineTag
from docmill.schemas.geometry import Box

_BETWEEN: Final = "\n\n"


class VlmModel(Protocol):
    """A model. Everything here is pure; a `ChatClient` does the asking."""

    @property
    def tag(self) -> EngineTag:
        """Name and version, part of every key."""
        ...

    @property
    def picture(self) -> PictureSpec:
        """How pages are drawn for it."""
        ...

    def request(self, picture: PagePicture, region: Box | None = None) -> ChatRequest:
        """What to ask of a page, or of a part of it.

        Args:
            picture: the page.
            region: the part, in 0..1 of the page; all of it where None.

        Raises:
            EngineUnavailable: a package that the model's prompt comes from is not installed.
        """
        ...

    def parsed(self, raw: str, picture: PagePicture) -> ParsedAnswer:
        """What the model said. Boxes are in 0..1 of what was shown to it (see `placed`)."""
        ...


class PartedModel(VlmModel, Protocol):
    """A model that reads a page part by part."""

    def parts(self, picture: PagePicture) -> tuple[VlmModel, ...]:
        """One model for each part, in reading order: bound to its part, asked for the whole page.

        Raises:
            EngineUnavailable: what finds the parts is not installed.
        """
        ...


def placed(answer: ParsedAnswer, region: Box) -> ParsedAnswer:
    """An answer about a part of the page, with boxes in 0..1 of the whole page."""

    def moved(box: Box) -> Box:
        return Box.clipped(
            region.x0 + box.x0 * region.width,
            region.y0 + box.y0 * region.height,
            region.x0 + box.x1 * region.width,
            region.y0 + box.y1 * region.height,
        )

    return replace(
        answer,
        regions=tuple(
            replace(found, box=None if found.box is None else moved(found.box))
            for found in answer.regions
        ),
    )


def joined(answers: Sequence[tuple[str, ParsedAnswer]]) -> tuple[str, ParsedAnswer]:
    """Raw answers about parts of a page, and what they say, as one of each; spans are shifted."""
    regions: list[Region] = []
    start = 0
    for raw, answer in answers:
        regions.extend(_shifted(region, start) for region in answer.regions)
        start += len(raw) + len(_BETWEEN)
    return _BETWEEN.join(raw for raw, _ in answers), ParsedAnswer(
        regions=tuple(regions),
        complete=all(answer.complete for _, answer in answers),
        findings=tuple(finding for _, answer in answers for finding in answer.findings),
    )


def _shifted(region: Region, by: int) -> Region:
    cells = tuple(
        replace(cell, span=(cell.span[0] + by, cell.span[1] + by)) for cell in region.cells
    )
    return replace(region, span=(region.span[0] + by, region.span[1] + by), cells=cells)
