"""The model's sureness of every word, cell and block of a page that its answer became."""

from __future__ import annotations

import html
import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from rapidfuzz.distance import LCSseq

from docmill.extractors.ocr.vlm.confidence import CharacterScores, Part
from docmill.extractors.ocr.vlm.html_content import TICKED, UNTICKED
from docmill.extractors.ocr.vlm.regions import Region
from docmill.schemas.page import Block, Table, TokenScore, Word

Span = tuple[int, int]

_INPUT, _CHECKED = re.compile(r"<input\b[^>]*>", re.I), re.compile(r"\schecked\b", re.I)
_ENTITY = re.compile(r"&(?:#\d+|#[xX][0-9a-fA-F]+|\w+);")


class Origin(Protocol):
    """Where a word was in the model's text.

    `region` is an index into the answer's regions, `cell` one into the region's cells, None for
    the region's own text; `start` and `end` are characters of that text.
    """

    @property
    def region(self) -> int: ...  # noqa: D102
    @property
    def cell(self) -> int | None: ...  # noqa: D102
    @property
    def start(self) -> int: ...  # noqa: D102
    @property
    def end(self) -> int: ...  # noqa: D102


class Aligned(Protocol):
    """An answer's text with boxes; `origins` has one entry per word."""

    @property
    def words(self) -> Sequence[Word]: ...  # noqa: D102
    @property
    def blocks(self) -> Sequence[Block]: ...  # noqa: D102
    @property
    def tables(self) -> Sequence[Table]: ...  # noqa: D102
    @property
    def findings(self) -> Sequence[str]: ...  # noqa: D102
    @property
    def origins(self) -> Sequence[Origin]: ...  # noqa: D102


@dataclass(frozen=True)
class PageScores:
    """One score per word, per block and per cell of every table, in their order on the page.

    `coordinates` are those of the blocks' boxes as the model wrote them. None stands wherever a
    character has no probability, or could not be traced back to what the model wrote. `mode` is
    the server's log-probability mode.
    """

    mode: str | None
    words: tuple[TokenScore | None, ...]
    blocks: tuple[TokenScore | None, ...]
    coordinates: tuple[TokenScore | None, ...]
    cells: tuple[tuple[TokenScore | None, ...], ...]


def page_scores(
    aligned: Aligned, regions: Sequence[Region], raw: str, scores: CharacterScores
) -> PageScores:
    """The scores of a page.

    Args:
        aligned: words, blocks and tables with boxes, made of `regions`.
        regions: what the answer said.
        raw: the answer; the spans of regions and cells are characters of it.
        scores: those of its characters.
    """
    traces = _Traces(regions, raw, scores.parts)
    spans = [traces.of(origin) for origin in aligned.origins]
    blocks = [sorted(found) for found in _regions_of_blocks(aligned)]
    opened = _from_the_last(regions)
    words = tuple(_scored(scores, found) for found in spans)
    return PageScores(
        mode=scores.mode,
        words=words,
        blocks=tuple(scores.over_all(regions[one].span for one in found) for found in blocks),
        coordinates=tuple(
            scores.over_all((opened[one] for one in found), Part.COORDINATES) for found in blocks
        ),
        cells=tuple(
            tuple(
                words[cell.words[0]]
                if len(cell.words) == 1
                else _scored(scores, _together(spans, cell.words))
                for cell in table.cells
            )
            for table in aligned.tables
        ),
    )


def _scored(scores: CharacterScores, spans: Sequence[Span] | None) -> TokenScore | None:
    return None if spans is None else scores.over_all(spans)


def _together(spans: Sequence[list[Span] | None], words: Iterable[int]) -> list[Span] | None:
    """Everything that the words came from; None where that is unknown of one of them."""
    together: list[Span] = []
    for word in words:
        found = spans[word]
        if found is None:
            return None
        together += found
    return together


def _regions_of_blocks(aligned: Aligned) -> list[set[int]]:
    found: list[set[int]] = [set() for _ in aligned.blocks]
    for word, origin in zip(aligned.words, aligned.origins, strict=True):
        if word.block < len(found):
            found[word.block].add(origin.region)
    return found


def _from_the_last(regions: Sequence[Region]) -> list[Span]:
    """Each region's span from the end of what came before: with the tag that its box is in."""
    ends = sorted(region.span[1] for region in regions)
    return [
        (ends[before - 1] if (before := bisect_right(ends, start)) else 0, end)
        for start, end in (region.span for region in regions)
    ]


@dataclass(frozen=True)
class _Traces:
    """Finds what words came from; every text is compared with the answer once."""

    regions: Sequence[Region]
    raw: str
    parts: bytes
    known: dict[tuple[int, int | None], list[Span | None]] = field(
        default_factory=dict[tuple[int, int | None], "list[Span | None]"]
    )

    def of(self, origin: Origin) -> list[Span] | None:
        """The characters of the answer that a word was made of; None if a letter has none."""
        region = self.regions[origin.region]
        source = region if origin.cell is None else region.cells[origin.cell]
        key = (origin.region, origin.cell)
        if key not in self.known:
            self.known[key] = traced(source.text, self.raw, source.span, self.parts)
        found = self.known[key][origin.start : origin.end]
        if None in found:
            letters = source.text[origin.start : origin.end]
            if any(
                letter.isalnum() and span is None
                for letter, span in zip(letters, found, strict=True)
            ):
                return None
        return _stretches(span for span in found if span is not None) or None


def _stretches(spans: Iterable[Span]) -> list[Span]:
    """The same characters in as few spans as can be, of such as are in order."""
    found: list[Span] = []
    start = end = -1
    for one in spans:
        if one[0] <= end:
            end = one[1]
            continue
        if end >= 0:
            found.append((start, end))
        start, end = one
    if end >= 0:
        found.append((start, end))
    return found


def traced(text: str, raw: str, span: Span, parts: bytes) -> list[Span | None]:
    """For every character of a text, the characters of the answer that it was made of.

    The text is what is left of `raw` within `span` without tags, with entities resolved; what
    else the reading of the format changed has no trace. White space has none either.

    Args:
        text: plain text.
        raw: the whole answer.
        span: where in it the text came from.
        parts: the `Part` of every character of the answer.
    """
    letters, places = _content(raw, span, parts)
    wanted = [place for place, letter in enumerate(text) if not letter.isspace()]
    found: list[Span | None] = [None] * len(text)
    compact = "".join(text[place] for place in wanted)
    if compact == letters:
        for place, span_of_letter in zip(wanted, places, strict=True):
            found[place] = span_of_letter
        return found
    for same in LCSseq.opcodes(compact, letters):
        if same.tag == "equal":
            for offset in range(same.src_end - same.src_start):
                found[wanted[same.src_start + offset]] = places[same.dest_start + offset]
    return found


def _content(raw: str, span: Span, parts: bytes) -> tuple[str, list[Span]]:
    """What the answer says within `span`, letter by letter, and where each letter stood."""
    if "&" not in (stretch := raw[slice(*span)]) and not _INPUT.search(stretch):
        content = [at for at in range(*span) if not parts[at]]
        return "".join([raw[at] for at in content]), [(at, at + 1) for at in content]
    letters: list[str] = []
    places: list[Span] = []
    at = span[0]
    while at < span[1]:
        end, meant = _letter(raw, at, span[1], parts)
        letters += meant
        places += [(at, end)] * len(meant)
        at = end
    return "".join(letters), places


def _letter(raw: str, at: int, limit: int, parts: bytes) -> tuple[int, str]:
    """What stands at a place of the answer, and where that ends; no text where it is markup."""
    if raw[at] == "<" and (box := _INPUT.match(raw, at, limit)):
        return box.end(), TICKED if _CHECKED.search(box.group()) else UNTICKED
    if parts[at] != Part.CONTENT:
        return at + 1, ""
    if raw[at] == "&" and (entity := _ENTITY.match(raw, at, limit)):
        return entity.end(), html.unescape(entity.group())
    return at + 1, raw[at]
