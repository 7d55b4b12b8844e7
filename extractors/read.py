"""The reading stage: one page, one engine, one `PageText`."""

from __future__ import annotations

from docmill.extractors.engines import OcrEngine
from docmill.extractors.render import OpenedPage
from docmill.schemas.errors import BadOutput, DocmillError, NoText, UntrustedText
from docmill.schemas.page import PageStatus, PageText

READ_VERSION = 1
"""Part of every reading's key; raised by hand whenever this stage's results change."""


def read_page(page: OpenedPage, engine: OcrEngine) -> PageText:
    """Read one page, and make sure that what came back belongs to it.

    A page that could not be read in full is no exception: its `status` says so, and
    `read_failure_of` gives the error that stands for it.

    Raises:
        EngineError: the engine failed; `BadOutput` if it answered for another page, under
            another name, or called a page without words read.
        UnreadableFile: the page is too damaged to be drawn.
    """
    text = engine.read(page)
    _refuse_strangers(page, engine, text)
    findings = (*page.findings, *_losses(page), *text.findings)
    # Nothing is to be seen because something could not be drawn: that is no blank page.
    lost = text.status is PageStatus.BLANK and page.complaints
    status = PageStatus.FAILED if lost else text.status
    return text.model_copy(update={"findings": findings, "status": status})


def _losses(page: OpenedPage) -> tuple[str, ...]:
    if not page.complaints:
        return ()
    return (f"parts of the page are damaged ({page.complaints[0]})",)


def _refuse_strangers(page: OpenedPage, engine: OcrEngine, text: PageText) -> None:
    if (text.document_id, text.page) != (page.document_id, page.number):
        raise BadOutput(f"{engine.tag} answered for another page than {page.number}.")
    if text.engine != engine.tag:
        raise BadOutput(f"{engine.tag} answered under the name of {text.engine}.")
    if text.status is PageStatus.OK and not text.words:
        raise BadOutput(f"{engine.tag} calls page {page.number} read, but found no word on it.")


def read_failure_of(text: PageText) -> DocmillError | None:
    """The error that an incomplete reading stands for; None for a complete one."""
    where = f"Page {text.page}"
    why = f" ({'; '.join(text.findings)})" if text.findings else ""
    match text.status:
        case PageStatus.OK | PageStatus.BLANK:
            return None
        case PageStatus.NO_TEXT:
            return NoText(f"{where} is a picture without a text layer{why}.")
        case PageStatus.UNTRUSTED_TEXT:
            return UntrustedText(f"The text layer of page {text.page} cannot be believed{why}.")
        case PageStatus.UNSUPPORTED_SCRIPT:
            return BadOutput(
                f"{where} is in a script that {text.engine} cannot read{why}.",
                "Choose an engine that reads it with `--ocr`.",
            )
        case PageStatus.TRUNCATED:
            return BadOutput(f"{text.engine} stopped in the middle of page {text.page}{why}.")
        case PageStatus.LOOPING:
            return BadOutput(f"{text.engine} repeats itself on page {text.page}{why}.")
        case PageStatus.FAILED:
            return BadOutput(f"{text.engine} could not read page {text.page}{why}.")
