"""The documents of `benchmarks.feeding`, and how worker processes draw their pages."""

# PyMuPDF has no type annotations to speak of.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from random import Random

import pymupdf

from docmill.extractors.ocr.vlm.picture import PagePicture
from docmill.extractors.render import OpenedDocument, open_document
from docmill.infra.cage import Cage

DPI = 192
SAMPLES = Path(__file__).parents[1] / "sample_docs"
DIFFERENT_PICTURES = 40
# Shares of documents, and how many pages they have.
LENGTHS = ((0.60, 1, 1), (0.20, 2, 5), (0.12, 6, 30), (0.06, 31, 100), (0.02, 101, 300))


@dataclass(frozen=True)
class Place:
    """A page, from 1, of a PDF; `pictures` is where pages encoded beforehand lie, if they do."""

    document: str
    path: Path
    page: int
    pictures: tuple[Path, ...] = ()


def lengths(pages: int, seed: int = 1) -> Iterator[int]:
    """Pages of one document after the other: 1 to 300, mostly 1, together so many.

    The third has 300, so that a long one is there from the beginning.
    """
    random = Random(seed)
    number = 0
    while pages > 0:
        number += 1
        _, least, most = random.choices(LENGTHS, [share for share, _, _ in LENGTHS])[0]
        length = min(pages, 300 if number == 3 else random.randint(least, most))
        yield length
        pages -= length


def write_pdf(path: Path, pages: int) -> None:
    """A PDF of this many pages, which are those of the sample documents again and again."""
    with pymupdf.open() as document:
        sources = sorted(SAMPLES.glob("*/*.pdf"))
        while document.page_count < pages:
            for source in sources:
                if source.parent.name != "broken":
                    with pymupdf.open(source) as sample:
                        document.insert_pdf(sample)
        document.select(range(pages))
        document.save(path)


def documents(folder: Path, pages: int, *, encoded: bool) -> Iterator[Iterator[Place]]:
    """The places of all pages, document by document."""
    path = folder / "all.pdf"
    pictures = tuple(sorted(folder.glob("*.png"))) if encoded else ()
    for number, length in enumerate(lengths(pages)):
        name = f"document-{number}"
        yield (Place(name, path, page, pictures) for page in range(1, length + 1))


def encode_beforehand(folder: Path, cage: Cage, workers: int) -> None:
    """Draws some pages, which are used again and again; all workers are warm afterwards."""
    places = [Place("sample", folder / "all.pdf", n + 1) for n in range(DIFFERENT_PICTURES)]
    with ThreadPoolExecutor(workers) as pool:
        for picture in pool.map(partial(cage.call, drawn), places):
            (folder / f"{picture.page:03}.png").write_bytes(picture.image)


def drawn(place: Place) -> PagePicture:
    """The page as a model is given it: drawn and encoded now, or read from a file."""
    if place.pictures:
        content = place.pictures[place.page % len(place.pictures)].read_bytes()
        width, height = (int.from_bytes(content[at : at + 4], "big") for at in (16, 20))
    else:
        opened = _opened(place.path).page(place.page)
        image = opened.image(DPI)
        width, height = image.size
        encoded = io.BytesIO()
        image.save(encoded, "PNG", compress_level=1)
        content = encoded.getvalue()
    return PagePicture(
        document_id=place.document, page=place.page, width_px=width, height_px=height, rotation=0,
        image=content, image_width=width, image_height=height,
        image_hash=hashlib.sha256(content).hexdigest(), blank=False, words=(),
    )  # fmt: skip


@lru_cache(maxsize=2)
def _opened(path: Path) -> OpenedDocument:
    """The document stays open: its pages come one after the other."""
    return open_document(path.read_bytes())
