"""What an engine is: one method and a tag. Engines are chosen by name and passed in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from docmill.extractors.layout import Layout
from docmill.extractors.render import OpenedPage
from docmill.schemas.document_schema import DocumentSchema
from docmill.schemas.engine import EngineTag
from docmill.schemas.extraction import FieldValue
from docmill.schemas.geometry import Box
from docmill.schemas.page import PageText, Word


@dataclass(frozen=True)
class PictureWords:
    """What stands in parts of a page: words for each part, and the hash of the page's pixels."""

    parts: tuple[tuple[Word, ...], ...]
    image_hash: str


class OcrEngine(Protocol):
    """Reads one page. Called from one thread of one process at a time."""

    @property
    def tag(self) -> EngineTag:
        """Name and version, part of every key."""
        ...

    def read(self, page: OpenedPage) -> PageText:
        """All that stands on the page, in reading order.

        An engine that reads pixels puts their `picture_hash` into `image_hash`.

        Raises:
            EngineError: the engine itself failed; what is wrong with the *page* is its status.
        """
        ...


class PictureReader(Protocol):
    """Reads what stands in pictures, also where a page has a text layer."""

    def read_regions(self, page: OpenedPage, regions: Sequence[Box]) -> PictureWords:
        """The words in each part of a page, boxes on the whole page; blocks and lines from 0.

        Raises:
            EngineError: the engine failed.
        """
        ...

    def agreement(self, page: OpenedPage, words: Sequence[Word]) -> float | None:
        """How much the words, 0..1, say what stands at their places; None if nothing is to be read.

        Raises:
            EngineError: the engine failed.
        """
        ...


class Extractor(Protocol):
    """Fills a schema from the pages of one document part."""

    @property
    def tag(self) -> EngineTag:
        """Name and version, part of every key."""
        ...

    def extract(self, layout: Layout, schema: DocumentSchema) -> tuple[FieldValue, ...]:
        """One value per scalar field, and the rows found for each list.

        Evidence, where given, is the engine's own citation; `ground` checks it. Confidence is
        left at 0 for `score` to set; `signals` carries what the engine knows.

        Raises:
            EngineError: no usable answer.
        """
        ...
