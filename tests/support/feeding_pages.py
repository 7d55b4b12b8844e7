"""Pages to feed, and how worker processes draw them in tests."""

from __future__ import annotations

import os
import struct
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from docmill.extractors.ocr.vlm.chat import ChatRequest
from docmill.extractors.ocr.vlm.picture import PagePicture
from docmill.schemas.errors import UnreadableFile


@dataclass(frozen=True)
class Place:
    """A page of a document, and what happens when it is drawn."""

    document: str
    page: int
    fate: Literal["fine", "broken", "crash", "slow"] = "fine"


def places(document: str, pages: int) -> Iterator[Place]:
    """All pages of a document."""
    return (Place(document, page) for page in range(1, pages + 1))


def drawn(place: Place) -> PagePicture:
    """A picture of which only the head is real."""
    if place.fate == "broken":
        raise UnreadableFile(f"Page {place.page} is damaged.")
    if place.fate == "crash":
        os.abort()
    if place.fate == "slow":
        time.sleep(0.5)
    head = b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII", 13, b"IHDR", 1596, 2240)
    return PagePicture(
        document_id=place.document, page=place.page, width_px=1654, height_px=2339, rotation=0,
        image=head + bytes(5_000), image_width=1596, image_height=2240, image_hash="0" * 64,
        blank=False, words=(),
    )  # fmt: skip


def question(picture: PagePicture, timeout_s: float = 60) -> ChatRequest:
    """What a model is asked about a page."""
    return ChatRequest(picture.image, "image/png", "read it", 12384, timeout_s=timeout_s)
