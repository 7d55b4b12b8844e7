"""Samples that are pictures of drawn documents: scans and photographs."""

# PyMuPDF has no type annotations to speak of; everything that leaves this module has.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, Literal

import pymupdf
from sample_docs.generate.look import Box, Look, Matrix, moved_box
from sample_docs.generate.packing import Leaf
from sample_docs.generate.sample import Drawing, Drawn, Made, drawn, places
from sample_docs.generate.sheet import Spot

from docmill.extractors.render import open_document

Stratum = Literal["scan", "photo"]


@dataclass(frozen=True, kw_only=True)
class Copy:
    """A file with pictures of documents; `path` is relative to `sample_docs`.

    `originals` are the documents in it, one after the other; `looks` has one entry per page of
    the file. `difficulty` names in a few words what makes it hard. `misread`, where given, is
    what an earlier program made of each word: a text layer of it lies under the pictures.
    """

    path: str
    stratum: Stratum
    difficulty: str
    proves: str
    originals: tuple[Drawing, ...]
    looks: tuple[Look, ...]
    pack: Callable[[Sequence[Leaf]], bytes]
    misread: Callable[[str], str] | None = None

    @property
    def id(self) -> str:
        """The file's name without its ending."""
        return PurePosixPath(self.path).stem


@dataclass(frozen=True)
class Part:
    """One document of a copy: the clean drawing, its first page in the file, its pages' moves."""

    original: Drawn
    page_from: int
    moves: tuple[Matrix, ...]

    @property
    def page_to(self) -> int:
        """Its last page in the file."""
        return self.page_from + len(self.moves) - 1

    @property
    def spots(self) -> dict[str, Spot]:
        """Where its values stand in the file."""
        return {path: self._moved(spot) for path, spot in self.original.spots.items()}

    def _moved(self, spot: Spot) -> Spot:
        box = moved_box(self.moves[spot.page - 1], spot.box)
        return Spot(self.page_from + spot.page - 1, box, spot.text)


@dataclass(frozen=True)
class Copied:
    """A copy that was made, and the parts it was made from."""

    made: Made
    parts: tuple[Part, ...]


def copied(copy: Copy) -> Copied:
    """Draw the originals of a copy, and take their pictures.

    Raises:
        ValueError: as of `drawn`, and where `looks` and pages differ in number.
    """
    looks, page = iter(copy.looks), 1
    leaves: list[Leaf] = []
    parts: list[Part] = []
    for drawing in copy.originals:
        original = drawn(drawing, copy.id)
        chosen = [next(looks) for _ in range(original.pages)]
        taken = list(_pictures(original.pdf, chosen, copy.misread))
        leaves += [leaf for leaf, _ in taken]
        parts.append(Part(original, page, tuple(move for _, move in taken)))
        page += original.pages
    if len(leaves) != len(copy.looks):
        raise ValueError(f"{copy.id}: {len(copy.looks)} looks for {len(leaves)} pages")
    entry = {**_head(copy, parts), **_truth(parts)}
    return Copied(Made(copy.path, copy.pack(leaves), entry), tuple(parts))


def _pictures(
    pdf: bytes, looks: Sequence[Look], misread: Callable[[str], str] | None
) -> Iterator[tuple[Leaf, Matrix]]:
    with open_document(pdf) as document:
        for number, look in enumerate(looks, 1):
            page = document.page(number).image(look.dpi)
            move = look.move(page.size)
            words = _words(pdf, number) if misread else ()
            layer = tuple((misread(text), moved_box(move, box)) for text, box in words if misread)
            yield Leaf(look.picture(page), look.dpi, layer), move


def _words(pdf: bytes, number: int) -> Iterator[tuple[str, Box]]:
    with pymupdf.open(stream=pdf) as document:
        page: Any = document[number - 1]
        width, height = page.rect.width, page.rect.height
        for x0, y0, x1, y1, text, *_ in page.get_text("words"):
            yield text, (x0 / width, y0 / height, x1 / width, y1 / height)


def _head(copy: Copy, parts: Sequence[Part]) -> dict[str, object]:
    (doc_type,) = {part.original.truth.doc_type for part in parts}
    (language,) = {drawing.language for drawing in copy.originals}
    return {
        "id": copy.id,
        "path": copy.path,
        "doc_type": doc_type,
        "language": language,
        "stratum": copy.stratum,
        "difficulty": copy.difficulty,
        "proves": copy.proves,
        "pages": parts[-1].page_to,
    }


def _truth(parts: Sequence[Part]) -> Mapping[str, object]:
    """A single document's truth stands in the line itself, several stand under `parts`."""
    truths = [{**part.original.truth.entry, **places(part.spots)} for part in parts]
    if len(truths) == 1:
        return truths[0]
    numbered = [
        {"part": number, "page_from": part.page_from, "page_to": part.page_to, **truth}
        for number, (part, truth) in enumerate(zip(parts, truths, strict=True), 1)
    ]
    return {"fields": {}, "parts": numbered}
