"""The engine that reads what a PDF says about itself: its text layer and its form fields."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from itertools import count, groupby

import numpy as np

from docmill.extractors.ocr.blocks import blocks_of
from docmill.extractors.ocr.form_fields import field_words, form_fields_of
from docmill.extractors.pdf import PdfPage, RawWord
from docmill.extractors.render import OpenedPage, fitting_dpi
from docmill.extractors.text_checks import (
    INK_DPI,
    INK_MAX_PIXELS,
    Picture,
    doubt_of_stacks,
    has_ink,
    is_mostly_picture,
    stacked,
    unread_pictures,
    visible,
)
from docmill.extractors.text_encoding import doubt_of_characters
from docmill.schemas.engine import EngineTag
from docmill.schemas.geometry import Box
from docmill.schemas.page import PageStatus, PageText, Word

_OPTIONAL_HYPHEN = re.compile(r"(?<=[^\W\d_])\u00ad(?=[^\W\d_])")
_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200e\u200f\u2060\ufeff\u202a\u202b\u202c\u202d\u202e"))


class TextLayer:
    """Reads the text layer of PDF pages; pictures and scanned pages end as `NO_TEXT`."""

    @property
    def tag(self) -> EngineTag:
        """`text_layer@2`."""
        return EngineTag(name="text_layer", version="2")

    def read(self, page: OpenedPage) -> PageText:
        """Words, blocks and form fields of a PDF page, and what is wrong with its text layer.

        Raises:
            UnreadableFile: the page is too damaged to be interpreted or drawn.
        """
        if page.pdf is None:
            status = PageStatus.NO_TEXT if has_ink(_look(page)) else PageStatus.BLANK
            return page.reading(self.tag, status)
        return self._read_pdf(page, page.pdf)

    def _read_pdf(self, page: OpenedPage, pdf: PdfPage) -> PageText:
        raw = pdf.text()
        picture = _look(page)
        placed, outside = words_of(raw.words)
        printed, repeated, doubt = checked(placed, picture)
        fields = form_fields_of(pdf.widgets())
        words = printed + field_words(fields, printed)
        doubt = doubt or doubt_of_characters(raw.characters)
        pictures = [Box.clipped(*corners) for corners in raw.pictures]
        scan = is_mostly_picture([word.box for word in words if word.visible], pictures, picture)
        status = _status(words, picture, doubt, scan=scan)
        return page.reading(self.tag, status).model_copy(
            update={
                "words": words,
                "blocks": blocks_of(words),
                "form_fields": fields,
                "hidden_text": raw.unseen,
                "unread_pictures": () if scan else unread_pictures(pictures, words, picture),
                "findings": _findings(outside, repeated, words, doubt, scan=scan),
            }
        )


def _look(page: OpenedPage) -> Picture:
    dpi = fitting_dpi(page.info, INK_DPI, INK_MAX_PIXELS)
    return np.asarray(page.image(dpi, gray=True))


def words_of(raw: Sequence[RawWord]) -> tuple[tuple[Word, ...], int]:
    """Words in reading order, and how many were left out because they lie beyond the page."""
    words: list[Word] = []
    outside = 0
    blocks, lines = count(), count()
    for _, in_block in groupby(raw, key=lambda word: word.block):
        block = next(blocks)
        for _, in_line in groupby(in_block, key=lambda word: word.line):
            line = next(lines)
            for word in in_line:
                if not _on_page(word):
                    outside += 1
                elif text := clean(word.text):
                    box = Box.clipped(*word.corners)
                    words.append(Word(text=text, box=box, block=block, line=line))
    return tuple(words), outside


def _on_page(word: RawWord) -> bool:
    x0, y0, x1, y1 = word.corners
    return 0 <= (x0 + x1) / 2 <= 1 and 0 <= (y0 + y1) / 2 <= 1


def clean(text: str) -> str:
    """NFC, without characters that are never printed.

    A soft hyphen between letters marks where a word may be parted; anywhere else (at a line's
    end, between digits) it is how fonts call a printed hyphen.
    """
    if text.isascii():
        return text
    text = _OPTIONAL_HYPHEN.sub("", text.translate(_INVISIBLE))
    return unicodedata.normalize("NFC", text.replace("\u00ad", "-"))


def checked(words: tuple[Word, ...], picture: Picture) -> tuple[tuple[Word, ...], int, str | None]:
    """What the page shows of its words.

    Returns:
        The words, without repetitions on the same place, those that leave no ink marked as
        invisible; the number of repetitions; and why all of them are to be doubted, or None.
    """
    seen = visible([word.box for word in words], picture)
    marked = [
        word if ink else word.model_copy(update={"visible": False})
        for word, ink in zip(words, seen, strict=True)
    ]
    repeated, conflicting = stacked(words)
    kept = tuple(word for index, word in enumerate(marked) if index not in repeated)
    return kept, len(repeated), doubt_of_stacks(len(conflicting), len(kept))


def _status(
    words: Sequence[Word], picture: Picture, doubt: str | None, *, scan: bool
) -> PageStatus:
    if scan or not any(word.visible for word in words):
        return PageStatus.NO_TEXT if has_ink(picture) else PageStatus.BLANK
    return PageStatus.UNTRUSTED_TEXT if doubt else PageStatus.OK


def _findings(
    outside: int, repeated: int, words: Sequence[Word], doubt: str | None, *, scan: bool
) -> tuple[str, ...]:
    hidden = sum(not word.visible for word in words)
    findings = [
        _counted(outside, "beyond the page's edge"),
        _counted(repeated, "repeated on the same place, taken once"),
        _counted(hidden, "without ink on the page"),
        f"a picture fills the page; only {len(words) - hidden} words are text" if scan else None,
        doubt,
    ]
    return tuple(finding for finding in findings if finding)


def _counted(number: int, what: str) -> str | None:
    return f"{number} {'word' if number == 1 else 'words'} {what}" if number else None
