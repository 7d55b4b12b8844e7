"""The words that a model wrote: regions and cells of tables cut at white space.

Chinese and Japanese set none: there every character is compared by itself, and those that stand
in one found word are a word again in the end (`joined`).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from docmill.extractors.ocr.vlm.regions import Region

DESCRIBED = frozenset({"picture", "diagram", "chemistry"})
"""Labels of regions whose text is mostly what the model says about them, not what is printed."""

# Sums of money also stand between dollar signs: LaTeX has a command, a power or an index in it.
_UNSPACED = "\u2e80-\u9fff\uf900-\ufaff\uff01-\uff60\U00020000-\U0003ffff"
_MATH = r"\$[^$\n]{0,400}?[\\^_{][^$\n]{0,400}?\$(?!\d)|\\\([^\n]{0,400}?\\\)"
_WORD = re.compile(rf"{_MATH}|[{_UNSPACED}]|[^\s{_UNSPACED}]+")
_IS_UNSPACED = re.compile(f"[{_UNSPACED}]")
_COMMAND = re.compile(r"\\[a-zA-Z]+\*?")
_ALIKE = str.maketrans({
    "‘": "'", "’": "'", "‚": "'", "´": "'", "`": "'", "“": '"', "”": '"', "„": '"', "«": '"',
    "»": '"', "‐": "-", "‑": "-", "–": "-", "—": "-", "−": "-", "×": "x", "·": ".", "•": ".",
})  # fmt: skip


class Origin(NamedTuple):
    """Where in the model's answer a word stands.

    `region` counts from 0; `start` and `end` are characters of the region's `text`, or of the
    `text` of its cell number `cell`.
    """

    region: int
    cell: int | None
    start: int
    end: int


class Written(NamedTuple):
    """A word that the model wrote. `line` counts the lines of the region, or rows of the table.

    `key` is what is compared: without case, accents, commands and the shapes of quotation marks.
    """

    text: str
    key: str
    line: int
    origin: Origin


def written_in(number: int, region: Region) -> tuple[Written, ...]:
    """The words of region `number` in its own order.

    The text of a table is that of its cells, row by row; a formula is one word.
    """
    if region.cells:
        return tuple(_of_cells(number, region))
    if region.label == "formula":
        text = region.text.strip()
        start = region.text.find(text)
        origin = Origin(number, None, start, start + len(text))
        return (Written(text, key_of(text), 0, origin),) if text else ()
    return tuple(_of_text(number, None, region.text, 0))


def _of_cells(number: int, region: Region) -> Iterator[Written]:
    order = sorted(range(len(region.cells)), key=lambda n: _place(region, n))
    for cell in order:
        text, row = region.cells[cell].text, region.cells[cell].row
        yield from _of_text(number, cell, text, row, one_line=True)


def _place(region: Region, cell: int) -> tuple[int, int]:
    return region.cells[cell].row, region.cells[cell].column


def _of_text(
    number: int, cell: int | None, text: str, line: int, *, one_line: bool = False
) -> Iterator[Written]:
    last = 0
    for match in _WORD.finditer(text):
        word, (start, end) = match[0], match.span()
        if not one_line:
            line += text.count("\n", last, start)
            last = start
        yield Written(word, key_of(word), line, Origin(number, cell, start, end))


@lru_cache(maxsize=65536)
def key_of(text: str) -> str:
    """What of a word is compared; never empty for a word that is not.

    `Größe,` and `grosse` come out alike but for the comma; rows of dots or lines count as one.
    """
    if "\\" in text or text.startswith("$"):
        text = _COMMAND.sub("", text).translate({ord(c): None for c in "\\{}$^_ "}) or text
    folded = unicodedata.normalize("NFKD", text.translate(_ALIKE).casefold())
    bare = "".join(char for char in folded if not unicodedata.combining(char)) or folded
    return re.sub(r"([^\w\s])\1{2,}|_{3,}", r"\1", bare) or bare


def same(one: str, other: str) -> bool:
    """Whether two readings of a word agree, but for the shapes of dashes and quotation marks."""
    return one == other or _plain(one) == _plain(other)


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text.translate(_ALIKE))


def is_unspaced(text: str) -> bool:
    """Whether a text begins with a letter of a script that sets no spaces between words."""
    return not text.isascii() and _IS_UNSPACED.match(text) is not None


def follows(one: Written, other: Written) -> bool:
    """Whether `other` comes right after `one` in a script without spaces."""
    here, there = one.origin, other.origin
    together = (here.region, here.cell, here.end) == (there.region, there.cell, there.start)
    return together and is_unspaced(one.text[-1]) and is_unspaced(other.text)


def joined(one: Written, other: Written) -> Written:
    """Two that follow each other as one word."""
    origin = one.origin._replace(end=other.origin.end)
    return Written(one.text + other.text, one.key + other.key, one.line, origin)
