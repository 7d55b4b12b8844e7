"""Files that cannot be processed, each for its own reason."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from sample_docs.generate.designs import SAMPLES
from sample_docs.generate.sample import AUTHOR
from sample_docs.generate.sheet import Sheet


@dataclass(frozen=True)
class BrokenFile:
    """A file with the error class of `docmill.schemas.errors` that it must end in."""

    name: str
    error: str
    proves: str
    content: Callable[[], bytes]

    @property
    def entry(self) -> dict[str, object]:
        """Its line of the manifest."""
        return {"path": self.name, "error": self.error, "proves": self.proves}


def _encrypted() -> bytes:
    sample = SAMPLES[0]
    sheet = Sheet(sample.size, sample.id, AUTHOR, password="sample")
    sample.draw(sheet)
    return sheet.finished()


def _truncated() -> bytes:
    """All of a document's content, cut off before the catalog that leads to its page."""
    sample = SAMPLES[0]
    sheet = Sheet(sample.size, sample.id, AUTHOR, as_form=True)
    sample.draw(sheet)
    whole = sheet.finished()
    return whole[: len(whole) // 2]


def _text() -> bytes:
    return b"Dear all,\n\nthe invoice is in the other mail.\n\nKind regards\n"


BROKEN: Final = (
    BrokenFile("encrypted.pdf", "EncryptedFile", "wants the password `sample`", _encrypted),
    BrokenFile("truncated.pdf", "UnreadableFile", "an upload that broke off", _truncated),
    BrokenFile("empty.pdf", "EmptyFile", "an upload that never began", bytes),
    BrokenFile("not-a-pdf.pdf", "UnsupportedType", "the name lies about the content", _text),
)
