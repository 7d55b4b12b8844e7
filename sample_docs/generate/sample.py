"""A document's drawing, and the sample that is the drawing itself: a born-digital PDF."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final

from sample_docs.generate.document import Document
from sample_docs.generate.sheet import A4, Sheet, Spot
from sample_docs.generate.truth import Truth, truth_of

AUTHOR: Final = "docmill sample documents"


@dataclass(frozen=True, kw_only=True)
class Drawing:
    """A document and how it is drawn; `size` in millimetres.

    `unprinted` names what the document does not show, like `line_items[].tax_rate`.
    """

    language: str
    document: Document
    draw: Callable[[Sheet], None]
    size: tuple[float, float] = A4
    unprinted: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True)
class Sample(Drawing):
    """A drawing that is a document of the set; `path` is relative to `sample_docs`."""

    path: str
    proves: str

    @property
    def id(self) -> str:
        """The file's name without its ending."""
        return PurePosixPath(self.path).stem


@dataclass(frozen=True)
class Drawn:
    """A drawing as a PDF, with its truth and where each value stands."""

    pdf: bytes
    truth: Truth
    spots: Mapping[str, Spot]
    pages: int


@dataclass(frozen=True)
class Made:
    """A document of the set: the file, and its line of the manifest."""

    path: str
    content: bytes
    entry: Mapping[str, object]


def drawn(drawing: Drawing, title: str) -> Drawn:
    """Draw a document under a title.

    Raises:
        ValueError: a value of its truth was not drawn, or one was drawn that is not its truth.
    """
    sheet = Sheet(drawing.size, title, AUTHOR)
    drawing.draw(sheet)
    truth = truth_of(drawing.document, drawing.unprinted)
    if odd := set(truth.paths()) ^ set(sheet.spots):
        raise ValueError(f"{title}: drawn and true values differ in {sorted(odd)}")
    spots = {path: sheet.spots[path] for path in truth.paths()}
    return Drawn(sheet.finished(), truth, spots, sheet.page)


def made(sample: Sample) -> Made:
    """Draw a born-digital sample.

    Raises:
        ValueError: as of `drawn`.
    """
    result = drawn(sample, sample.id)
    truth = result.truth.entry
    entry = {
        "id": sample.id,
        "path": sample.path,
        "doc_type": truth.pop("doc_type"),
        "language": sample.language,
        "stratum": "born_digital",
        "proves": sample.proves,
        "pages": result.pages,
        **truth,
        **places(result.spots),
    }
    return Made(sample.path, result.pdf, entry)


def places(spots: Mapping[str, Spot]) -> dict[str, object]:
    """What the manifest says about places; a place without text has nothing printed."""
    return {
        "boxes": {path: {"page": spot.page, "box": spot.box} for path, spot in spots.items()},
        "printed": {path: spot.text for path, spot in spots.items() if spot.text},
    }
