"""The tables of an opened page: its words as they were read, its lines as they are drawn."""

from __future__ import annotations

import numpy as np

from docmill.extractors.render import OpenedPage
from docmill.extractors.tables.find import check_words, find_tables
from docmill.extractors.tables.pixels import segments_in
from docmill.extractors.tables.rulings import Segment
from docmill.schemas.errors import DocmillError
from docmill.schemas.page import BoxSource, PageText, Table

LINES_DPI = 150
"""Resolution for ruling lines in pixels: a hairline still leaves a mark."""

_FROM_PIXELS = frozenset({BoxSource.OCR, BoxSource.ALIGNED, BoxSource.REGION})


def with_tables(page: OpenedPage, text: PageText) -> PageText:
    """The reading with its tables; where they cannot be looked for, a finding says why.

    Only pages that were read in full are looked at. Nothing that goes wrong here costs a word
    of the reading.
    """
    if not text.status.has_text or not any(word.visible for word in text.words):
        return text
    try:
        tables = tables_of(page, text)
    except MemoryError:  # the cage's business: the page is read again in a fresh worker
        raise
    except Exception as error:  # a defect in finding tables must not cost the page's text
        said = error.message if isinstance(error, DocmillError) else str(error)
        finding = f"tables could not be looked for: {type(error).__name__}: {said}"
        return text.model_copy(update={"findings": (*text.findings, finding)})
    return text.model_copy(update={"tables": tables})


def tables_of(page: OpenedPage, text: PageText) -> tuple[Table, ...]:
    """The tables of a page with at least one visible word.

    Raises:
        TooLarge: there are too many words or lines to look through.
        UnreadableFile: the page's drawings or pixels are too damaged.
        InternalError: the search for lines in pixels fails.
    """
    check_words(text)  # before lines are looked for among that many
    return find_tables(text, _segments(page, text))


def _segments(page: OpenedPage, text: PageText) -> tuple[Segment, ...]:
    """Ends of the page's lines: from its drawings, or from pixels where the words are, too."""
    boxes = [word.box for word in text.words if word.visible]
    if page.pdf is not None and not any(word.box_source in _FROM_PIXELS for word in text.words):
        return page.pdf.segments
    return segments_in(np.asarray(page.image(LINES_DPI, gray=True)), boxes)
