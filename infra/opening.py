"""A file opened in the cage, sure to be the one that was meant."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from docmill.extractors.render import OpenedDocument, OpenLimits, open_document
from docmill.schemas.errors import SourceGone
from docmill.schemas.reading import DocumentReading


@dataclass(frozen=True)
class FileOrder:
    """A file, the document that it must be, the limits it must obey, and the lake to read it into.

    `document_id` is empty where any document will do.
    """

    lake_root: str
    path: Path
    document_id: str
    limits: OpenLimits


@contextmanager
def opened(order: FileOrder) -> Generator[OpenedDocument]:
    """The file, open.

    Raises:
        InputError: it cannot be opened.
        SourceGone: it vanished, or its bytes changed, since it was listed.
    """
    with open_document(_content(order.path), order.limits) as document:
        if order.document_id not in ("", document.document_id):
            raise SourceGone(f"{order.path} was changed while it was being read")
        yield document


def look_into(order: FileOrder) -> DocumentReading:
    """What the file is and how many pages it has; none of them is read.

    Raises:
        InputError: it cannot be opened.
        SourceGone: as of `opened`.
    """
    with opened(order) as document:
        return DocumentReading(media_type=document.media_type, page_count=document.page_count)


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise SourceGone(f"{path} cannot be read: {error.strerror}") from error
