"""Boxes of words by alignment: `python -m benchmarks.alignment [--limit N]`.

What a model would write of the evaluation set's receipts (SROIE) and forms (FUNSD) is made from
their truth: lines grouped into regions and tables as Chandra OCR gives them, boxes in whole
thousandths of the page and off by up to 5 of them, once as the truth has it and once with 5 % of
the characters wrong. It is aligned to the words that the embedded detector finds on the pictures;
printed is the share of words whose box is right: it covers half of the union with the true one,
or its middle lies in the true one. "In its line" needs no more than the middle in the true line.

The truth has boxes of lines (receipts) and of entries (forms), not of words. A word's true box is
its share of its line by characters, as wide as a typewriter would have it; of entries that run
over several lines all of the entry's box is taken, counted apart as "in a paragraph".
"""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import median
from time import process_time
from typing import Any

import click

from docmill.extractors.ocr.rapid.engine import RapidOcr
from docmill.extractors.ocr.vlm.alignment import align
from docmill.extractors.ocr.vlm.regions import Region, RegionCell
from docmill.extractors.render import open_document
from docmill.schemas.geometry import Box
from docmill.schemas.page import Word

EVALUATION_SET = Path(__file__).resolve().parents[2] / "shared" / "eval"
CORRUPTED = 0.05
OFF = 0.005
ALPHABET = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.,:;-/()#"


@dataclass(frozen=True)
class Entry:
    """What stands in one place of the truth; `box` in 0..1 of the page."""

    text: str
    box: Box
    lines: int = 1


@dataclass(frozen=True)
class TrueWord:
    """A word, its true box, that of its line or entry, and whether it is of a paragraph."""

    text: str
    box: Box
    line: Box
    loose: bool


@dataclass(frozen=True)
class Told:
    """A region as a model would tell it; `words` are lines of cells of words."""

    label: str
    box: Box
    lines: tuple[tuple[tuple[TrueWord, ...], ...], ...]


@dataclass(frozen=True)
class Page:
    """A page of the evaluation set: its truth, and the words that the detector finds."""

    entries: tuple[Entry, ...]
    found: tuple[Word, ...]


def receipt_entries(truth: dict[str, Any], size: tuple[int, int]) -> list[Entry]:
    """Lines of a receipt."""
    found: list[Entry] = []
    for line in truth["text_lines"]:
        quad = [float(n) for n in line["quad"]]
        corners = (min(quad[::2]), min(quad[1::2]), max(quad[::2]), max(quad[1::2]))
        found.append(Entry(str(line["text"]), _box(corners, size)))
    return [entry for entry in found if entry.text.strip()]


def form_entries(truth: dict[str, Any], size: tuple[int, int]) -> list[Entry]:
    """Entries of a form; how many lines they have follows from the usual height of one."""
    raw = [
        (str(one["text"]), tuple(float(n) for n in one["box"]))
        for one in truth["entities"]
        if str(one["text"]).strip()
    ]
    usual = median(corners[3] - corners[1] for _, corners in raw)
    return [
        Entry(text, _box(corners, size), max(1, round((corners[3] - corners[1]) / usual)))
        for text, corners in raw
    ]


def _box(corners: Sequence[float], size: tuple[int, int]) -> Box:
    x0, y0, x1, y1 = corners
    return Box.clipped(x0 / size[0], y0 / size[1], x1 / size[0], y1 / size[1])


def words_of(entry: Entry) -> tuple[TrueWord, ...]:
    """The entry's words with their true boxes."""
    words: list[TrueWord] = []
    at = 0
    for text in entry.text.split():
        at = entry.text.index(text, at)
        start, end = at / len(entry.text), (at + len(text)) / len(entry.text)
        box, at = entry.box, at + len(text)
        share = Box.clipped(box.x0 + start * box.width, box.y0, box.x0 + end * box.width, box.y1)
        words.append(TrueWord(text, box if entry.lines > 1 else share, box, entry.lines > 1))
    return tuple(words)


def regions_of(entries: Sequence[Entry]) -> Iterator[Told]:
    """Entries in rows; rows of several entries that follow each other are a table.

    Rows of one entry belong together while no more than a line of white parts them.
    """
    group: list[list[Entry]] = []
    for row in _rows(entries):
        if group and not _together(group[-1], row):
            yield _told(group)
            group = []
        group.append(row)
    if group:
        yield _told(group)


def _rows(entries: Sequence[Entry]) -> list[list[Entry]]:
    rows: list[list[Entry]] = []
    for entry in sorted(entries, key=lambda entry: entry.box.y0 + entry.box.y1):
        if rows and (entry.box.y0 + entry.box.y1) / 2 < rows[-1][0].box.y1:
            rows[-1].append(entry)
        else:
            rows.append([entry])
    return [sorted(row, key=lambda entry: entry.box.x0) for row in rows]


def _together(one: Sequence[Entry], other: Sequence[Entry]) -> bool:
    above, below = Box.around(e.box for e in one), Box.around(e.box for e in other)
    same_kind = (len(one) > 1) == (len(other) > 1)
    return same_kind and below.y0 - above.y1 < min(above.height, below.height)


def _told(rows: Sequence[Sequence[Entry]]) -> Told:
    label = "table" if len(rows[0]) > 1 else "text"
    frame = Box.around(entry.box for row in rows for entry in row)
    return Told(label, frame, tuple(tuple(words_of(entry) for entry in row) for row in rows))


def as_written(
    number: int, told: Told, damaged: Callable[[str], str], chance: random.Random
) -> tuple[Region, dict[tuple[int, int | None, int], TrueWord]]:
    """A region in the model's words, and which true word each of these is."""
    truth: dict[tuple[int, int | None, int], TrueWord] = {}
    cells: list[RegionCell] = []
    text = ""
    for row, line in enumerate(told.lines):
        for column, words in enumerate(line):
            cell, start = "", len(text)
            for word in words:
                said = damaged(word.text)
                if said:
                    key = (number, len(cells) if told.label == "table" else None)
                    truth[(*key, len(cell) if told.label == "table" else start + len(cell))] = word
                    cell += said + " "
            cell = cell.rstrip()
            if cell:
                cells.append(RegionCell(row, column, 1, 1, cell, False, (0, 0)))
            text += cell + "\t"
        text = text[:-1] + "\n"
    box = _off(told.box, chance)
    written = Region(told.label, told.label, box, text, text, (0, len(text)))
    return replace(written, cells=tuple(cells)) if told.label == "table" else written, truth


def _off(box: Box, chance: random.Random) -> Box:
    x0, y0, x1, y1 = (round(c + chance.uniform(-OFF, OFF), 3) for c in box.as_tuple())
    return Box.clipped(x0, y0, x1, y1)


def corruption(chance: random.Random) -> Callable[[str], str]:
    """Changes, drops or doubles characters: 60, 20 and 20 of 100 mistakes."""

    def damaged(word: str) -> str:
        return "".join(_character(char, chance) for char in word)

    return damaged


def _character(char: str, chance: random.Random) -> str:
    if chance.random() >= CORRUPTED:
        return char
    kind = chance.random()
    if kind < 0.6:
        return chance.choice([other for other in ALPHABET if other != char])
    return "" if kind < 0.8 else char + chance.choice(ALPHABET)


def is_right(box: Box, true: Box) -> bool:
    """Half of the union in common, or the middle inside."""
    return has_middle(true, box) or box.iou(true) >= 0.5


def has_middle(outer: Box, box: Box) -> bool:
    """Whether the middle of a box lies in another."""
    x, y = (box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2
    return outer.x0 <= x <= outer.x1 and outer.y0 <= y <= outer.y1


@dataclass
class Tally:
    """Words counted: `of[kind]` and, of these, those whose box is right."""

    of: Counter[str] = field(default_factory=Counter[str])
    right: Counter[str] = field(default_factory=Counter[str])
    seconds: float = 0.0

    def line(self, kind: str, whole: str = "words") -> str:
        """How many of a kind there are, and how many of them are right."""
        return f"{_share(self.of[kind], self.of[whole])}, {self.of_right(kind)} of them right"

    def of_right(self, kind: str) -> str:
        """Share of right ones."""
        return _share(self.right[kind], self.of[kind])


def count(tally: Tally, page: Page, seed: int, *, corrupt: bool, boxes: bool) -> None:
    """Aligns one page and counts its words by kind and by where their boxes are from."""
    chance = random.Random(seed)
    damaged = corruption(chance) if corrupt else str
    told = regions_of(page.entries)
    made = [as_written(number, region, damaged, chance) for number, region in enumerate(told)]
    regions = [region if boxes else replace(region, box=None) for region, _ in made]
    truth = {key: word for _, words in made for key, word in words.items()}
    started = process_time()
    aligned = align(regions, page.found)
    tally.seconds += process_time() - started
    tally.of.update("loose" if word.loose else "words" for word in truth.values())
    tally.of.update(unclaimed=len(aligned.unclaimed), found=len(page.found))
    for word, origin in zip(aligned.words, aligned.origins, strict=True):
        true = truth[origin.region, origin.cell, origin.start]
        kinds = ["loose"] if true.loose else ["words", str(word.box_source)]
        tally.of.update(kinds[1:])
        if is_right(word.box, true.box):
            tally.right.update(kinds)
        tally.right["in line"] += not true.loose and has_middle(true.line, word.box)


def pages(doc_type: str, limit: int) -> Iterator[Page]:
    """Every document of a kind."""
    engine = RapidOcr()
    lines = (EVALUATION_SET / "manifest.jsonl").read_text().splitlines()
    chosen = [one for line in lines if (one := json.loads(line))["doc_type"] == doc_type]
    entries_of = receipt_entries if doc_type == "receipt" else form_entries
    for one in chosen[:limit]:
        truth = json.loads((EVALUATION_SET / one["gt_path"]).read_text())
        with open_document((EVALUATION_SET / one["path"]).read_bytes()) as document:
            page = document.page(1)
            size = (page.width_px, page.height_px)
            yield Page(tuple(entries_of(truth, size)), engine.read(page).words)


def report(name: str, read: Sequence[Page]) -> None:
    """Prints the shares for one kind of document."""
    print(f"{name}, {len(read)} pages")
    true = [(word, page) for page in read for entry in page.entries for word in words_of(entry)]
    strict = [(word, page) for word, page in true if not word.loose]
    within = sum(any(is_right(f.box, word.box) for f in page.found) for word, page in strict)
    print(f"  a found word stands where {_share(within, len(strict))} of the true words do")
    for boxes in (True, False):
        for corrupt in (False, True):
            tally = Tally()
            for seed, page in enumerate(read):
                count(tally, page, seed, corrupt=corrupt, boxes=boxes)
            where = "regions with boxes" if boxes else "regions without boxes"
            print(f"  {'5 % corrupted' if corrupt else 'clean'}, {where}:")
            print_tally(tally, len(read))


def print_tally(tally: Tally, pages: int) -> None:
    """Prints one condition."""
    in_line = _share(tally.right["in line"], tally.of["words"])
    print(f"    right: {tally.of_right('words')} of {tally.of['words']} words; in line: {in_line}")
    for source in ("ocr", "aligned", "region"):
        print(f"    box_source {source}: {tally.line(source)}")
    if tally.of["loose"]:
        print(f"    in a paragraph, right: {tally.of_right('loose')} of {tally.of['loose']} words")
    print(f"    found words in no region: {_share(tally.of['unclaimed'], tally.of['found'])}")
    print(f"    CPU: {1000 * tally.seconds / pages:.1f} ms a page")


def _share(part: float, whole: float) -> str:
    return f"{part / whole:.1%}" if whole else "–"


@click.command()
@click.option("--limit", default=1000, show_default=True, help="Documents of a kind at most.")
def main(limit: int) -> None:
    """Share of words with a right box, on receipts and on forms."""
    if not EVALUATION_SET.exists():
        print("skipped: no evaluation set in ../shared/eval")
        return
    for name, doc_type in (("receipts (SROIE)", "receipt"), ("forms (FUNSD)", "form")):
        report(name, list(pages(doc_type, limit)))


if __name__ == "__main__":
    main()
