"""Files that cannot be processed, each for its own reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from sample_docs.generate.copies import Copied, Copy
from sample_docs.generate.designs import SAMPLES, ru_packaging
from sample_docs.generate.look import Look, Turned, Wear
from sample_docs.generate.packing import pdf
from sample_docs.generate.sample import AUTHOR
from sample_docs.generate.sheet import Sheet


@dataclass(frozen=True)
class BrokenFile:
    """A file with the error class of `docmill.schemas.errors` that it must end in.

    `more` is whatever else its line of the manifest says.
    """

    name: str
    error: str
    proves: str
    content: bytes
    more: Mapping[str, object] = field(default_factory=dict[str, object])

    @property
    def entry(self) -> dict[str, object]:
        """Its line of the manifest."""
        return {"path": self.name, "error": self.error, "proves": self.proves, **self.more}


CYRILLIC: Final = Copy(
    path="ru-packaging.pdf",
    stratum="scan",
    difficulty="unsupported script",
    proves="a scan in Cyrillic script, which the embedded engine cannot read: no value is invented",
    originals=(ru_packaging.DRAWING,),
    looks=(Look(Turned(skew=0.4), Wear(paper=250, ink=25, blur=0.5, noise=2.5), seed=131),),
    pack=lambda leaves: pdf(leaves, quality=40),
)


def broken_files(cyrillic: Copied) -> tuple[BrokenFile, ...]:
    """All of them; the scan in another script is made before, as other scans are."""
    return (
        BrokenFile("encrypted.pdf", "EncryptedFile", "wants the password `sample`", _encrypted()),
        BrokenFile("truncated.pdf", "UnreadableFile", "an upload that broke off", _truncated()),
        BrokenFile("empty.pdf", "EmptyFile", "an upload that never began", b""),
        BrokenFile("not-a-pdf.pdf", "UnsupportedType", "the name lies about the content", TEXT),
        _unsupported(cyrillic),
    )


TEXT: Final = b"Dear all,\n\nthe invoice is in the other mail.\n\nKind regards\n"


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


def _unsupported(cyrillic: Copied) -> BrokenFile:
    made, status = cyrillic.made, {"page_status": "unsupported_script"}
    return BrokenFile(
        made.path, "UnsupportedScript", CYRILLIC.proves, made.content, {**status, **made.entry}
    )
