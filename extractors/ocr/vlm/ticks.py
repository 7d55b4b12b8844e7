"""Tick boxes that a model saw, as form fields."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from docmill.extractors.ocr.vlm.html_content import TICKED, UNTICKED
from docmill.extractors.ocr.vlm.page_scores import Aligned
from docmill.extractors.ocr.vlm.regions import Region
from docmill.schemas.page import BoxSource, FormField


def ticked(
    regions: Sequence[Region], aligned: Aligned, known: Sequence[FormField]
) -> Iterator[FormField]:
    """The tick boxes of an answer, in its order, where their place on the page is known.

    A page whose tick boxes were found without the model keeps those: their boxes are exact.
    The others stand in the text all the same, as ☒ and ☐.

    Args:
        regions: what the model said.
        aligned: its words, with boxes.
        known: form fields of the file, and those found in its pixels.
    """
    if any(field.kind in ("checkbox", "radio") for field in known):
        return
    said = {number: iter(region.ticked) for number, region in enumerate(regions)}
    for word, origin in zip(aligned.words, aligned.origins, strict=True):
        if word.text not in (TICKED, UNTICKED):
            continue
        label, checked = next(said[origin.region], ("", word.text == TICKED))
        if word.box_source is not BoxSource.REGION:  # too rough for a small square
            yield FormField(name=label, kind="checkbox", value=None, checked=checked, box=word.box)
