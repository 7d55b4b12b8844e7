"""Loops found in answers, and print taken for one: `python -m benchmarks.loops`.

An answer is made from the text of every page with a text layer in the evaluation set and in
sample_docs, once as running text and once as a table with one row per line. Printed is how many
of these are taken for loops, and how many are found once some words of the page are repeated in
the middle of it, with and without knowing which words are printed on the page.
"""

# PyMuPDF has no type annotations to speak of.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false

from __future__ import annotations

import html
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pymupdf

from docmill.extractors.ocr.vlm.loops import loop_in

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = (ROOT.parent / "shared" / "eval", ROOT / "sample_docs")
MIN_WORDS = 5
LOOPS = ((3, 25), (12, 8), (12, 20), (40, 6), (40, 10), (40, 20))
"""Words in the unit, and how often it is repeated."""


@dataclass(frozen=True)
class Page:
    """A page's text as it is printed."""

    words: tuple[str, ...]
    lines: tuple[str, ...]

    @property
    def as_text(self) -> str:
        """The page as one block per line."""
        blocks = (f'<div data-bbox="1 2 3 4"><p>{line}</p></div>' for line in self.lines)
        return "".join(blocks)

    @property
    def as_table(self) -> str:
        """The page as a table with one column."""
        return f"<table>{''.join(f'<tr><td>{line}</td></tr>' for line in self.lines)}</table>"

    def looping(self, chance: random.Random, words: int, count: int) -> str:
        """The page's text with some of its words repeated within it."""
        first = chance.randrange(max(1, len(self.words) - words))
        unit = html.escape(" ".join(self.words[first : first + words]) + " ")
        at = chance.randrange(len(self.lines))
        lines = [*self.lines[:at], unit * count, *self.lines[at:]]
        return "".join(f"<p>{line}</p>" for line in lines)


def pages() -> Iterator[Page]:
    """All pages with a text layer."""
    for file in sorted(file for folder in FOLDERS for file in folder.rglob("*.pdf")):
        try:
            document = pymupdf.open(file)
        except pymupdf.FileDataError:
            continue
        with document:
            yield from () if document.needs_pass else _pages_of(document)


def _pages_of(document: pymupdf.Document) -> Iterator[Page]:
    for page in document:
        words = tuple(str(word[4]) for word in page.get_text("words"))
        lines = tuple(html.escape(line) for line in str(page.get_text()).splitlines())
        if len(words) >= MIN_WORDS:
            yield Page(words, lines)


def found(answers: Sequence[str], printed: Sequence[Sequence[str]]) -> int:
    """In how many answers a loop is seen."""
    pairs = zip(answers, printed, strict=True)
    return sum(loop_in(answer, words) is not None for answer, words in pairs)


def main() -> None:
    """Print the table."""
    pymupdf.TOOLS.mupdf_display_errors(False)
    known = list(pages())
    if not known:
        raise SystemExit("There are no pages to look at.")
    words, nothing = [page.words for page in known], [()] * len(known)
    print(f"{len(known)} pages            words known   not known")
    for name, answers in (
        ("text as printed", [page.as_text for page in known]),
        ("as a table", [page.as_table for page in known]),
    ):
        print(f"{name:<22}{found(answers, words):>12}{found(answers, nothing):>12}")
    for length, count in LOOPS:
        chance = random.Random(1)
        answers = [page.looping(chance, length, count) for page in known]
        shares = [found(answers, printed) / len(known) for printed in (words, nothing)]
        print(f"{length:>2} words {count:>2} times   ", "".join(f"{one:>12.1%}" for one in shares))


if __name__ == "__main__":
    main()
