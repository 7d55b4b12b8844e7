"""The reading stage: one page, the engines that may read it, one `PageText` with its tables."""

from __future__ import annotations

from dataclasses import dataclass

from docmill.extractors.engines import OcrEngine, PictureReader
from docmill.extractors.ocr.blocks import blocks_of
from docmill.extractors.render import OpenedPage
from docmill.extractors.tables.page_tables import with_tables
from docmill.extractors.tick_boxes import with_tick_boxes
from docmill.schemas.engine import EngineTag
from docmill.schemas.errors import (
    BadOutput,
    DocmillError,
    NoText,
    UnsupportedScript,
    UntrustedText,
)
from docmill.schemas.page import PageStatus, PageText

READ_VERSION = 3
"""Part of every reading's key; raised by hand whenever this stage's results change."""

AGREEMENT = 0.85
"""Share of letters that an invisible text layer must have in common with what is printed."""


@dataclass(frozen=True)
class PageReader:
    """Which engines read a page, in this order, until one of them reads it in full.

    `pictures` reads the pictures on pages that otherwise have a text layer, and tells whether an
    invisible text layer is true to the scan under it; without it, such layers are believed.
    There is at least one engine.
    """

    engines: tuple[OcrEngine, ...]
    pictures: PictureReader | None = None

    @property
    def tag(self) -> EngineTag:
        """The only engine's tag, or `by_page` with the tags of all.

        Raises:
            EngineUnavailable: an engine is not installed.
        """
        tags = [engine.tag for engine in self.engines]
        if len(tags) == 1:
            return tags[0]
        return EngineTag(name="by_page", version="1", model=", ".join(map(str, tags)))


def read_page(page: OpenedPage, reader: PageReader) -> PageText:
    """Read one page, make sure that what came back belongs to it, find tables and tick boxes.

    A page that could not be read in full is no exception: its `status` says so, and
    `read_failure_of` gives the error that stands for it. `engine` is the one that read it.

    Raises:
        EngineError: the last engine failed; `BadOutput` if one answered for another page, under
            another name, or called a page without words read.
        UnreadableFile: the page is too damaged to be drawn.
    """
    text = with_tables(page, read_words(page, reader))
    findings = (*page.findings, *_losses(page), *text.findings)
    # Nothing is to be seen because something could not be drawn: that is no blank page.
    lost = text.status is PageStatus.BLANK and page.complaints
    status = PageStatus.FAILED if lost else text.status
    read = text.model_copy(update={"findings": findings, "status": status})
    return with_tick_boxes(page, read) if status.has_text else read


def read_words(page: OpenedPage, reader: PageReader) -> PageText:
    """The first complete reading with the words in the page's pictures, else the last one.

    Raises:
        EngineError: as of `read_page`.
        UnreadableFile: the page is too damaged to be drawn.
    """
    text = _first_complete(page, reader)
    if text.status.has_text and text.unread_pictures and reader.pictures:
        text = _with_pictures(page, text, reader.pictures)
    return text


def _first_complete(page: OpenedPage, reader: PageReader) -> PageText:
    """The first complete reading, else the last one; earlier engines' findings are kept."""
    readings: list[PageText] = []
    for engine in reader.engines:
        text = _checked(page, engine.read(page), engine)
        if text.hidden_text and reader.pictures:
            text = _compared(page, text, reader.pictures)
        readings.append(text)
        if text.status.complete:
            break
    *earlier, last = readings
    found = [f"{text.engine.name}: {finding}" for text in earlier for finding in text.findings]
    fields = next((text.form_fields for text in readings if text.form_fields), ())
    return last.model_copy(update={"findings": (*found, *last.findings), "form_fields": fields})


def _compared(page: OpenedPage, text: PageText, pictures: PictureReader) -> PageText:
    """The reading, untrusted where its invisible words are not what the scan shows."""
    agreement = pictures.agreement(page, text.words)
    if agreement is None or agreement >= AGREEMENT:
        return text
    doubt = f"the invisible text agrees with the picture by {agreement:.0%} only"
    return text.model_copy(
        update={"status": PageStatus.UNTRUSTED_TEXT, "findings": (*text.findings, doubt)}
    )


def _with_pictures(page: OpenedPage, text: PageText, pictures: PictureReader) -> PageText:
    """The reading with the words that stand in pictures after it."""
    words = list(text.words)
    read = pictures.read_regions(page, text.unread_pictures)
    for found in read.parts:
        block, line = words[-1].block + 1, words[-1].line + 1
        words += [
            word.model_copy(update={"block": block + word.block, "line": line + word.line})
            for word in found
        ]
    added = len(words) - len(text.words)
    if not added:
        return text
    finding = f"{added} {'word' if added == 1 else 'words'} read in pictures on the page"
    return text.model_copy(
        update={
            "words": tuple(words),
            "blocks": (*text.blocks, *blocks_of(words[-added:])),
            "image_hash": read.image_hash,
            "findings": (*text.findings, finding),
        }
    )


def _checked(page: OpenedPage, text: PageText, engine: OcrEngine) -> PageText:
    if (text.document_id, text.page) != (page.document_id, page.number):
        raise BadOutput(f"{engine.tag} answered for another page than {page.number}.")
    if text.engine != engine.tag:
        raise BadOutput(f"{engine.tag} answered under the name of {text.engine}.")
    if text.status.has_text and not text.words:
        raise BadOutput(f"{engine.tag} calls page {page.number} read, but found no word on it.")
    return text


def _losses(page: OpenedPage) -> tuple[str, ...]:
    if not page.complaints:
        return ()
    return (f"parts of the page are damaged ({page.complaints[0]})",)


def read_failure_of(text: PageText) -> DocmillError | None:
    """The error that an incomplete reading stands for; None for a complete one."""
    where = f"Page {text.page}"
    why = f" ({'; '.join(text.findings)})" if text.findings else ""
    match text.status:
        case PageStatus.OK | PageStatus.FALLBACK | PageStatus.BLANK:
            return None
        case PageStatus.NO_TEXT:
            return NoText(
                f"{text.engine} found no text on page {text.page}, though it is not blank{why}."
            )
        case PageStatus.UNTRUSTED_TEXT:
            return UntrustedText(f"The text layer of page {text.page} cannot be believed{why}.")
        case PageStatus.UNSUPPORTED_SCRIPT:
            return UnsupportedScript(f"{where} is in a script that {text.engine} cannot read{why}.")
        case PageStatus.TRUNCATED:
            return BadOutput(f"{text.engine} stopped in the middle of page {text.page}{why}.")
        case PageStatus.LOOPING:
            return BadOutput(f"{text.engine} repeats itself on page {text.page}{why}.")
        case PageStatus.FAILED:
            return BadOutput(f"{text.engine} could not read page {text.page}{why}.")
