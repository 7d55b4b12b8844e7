"""Words grouped the way a reader sees them: rows, and segments between wide gaps.

Lengths here are pixels of the upright page at reading resolution, so that horizontal and
vertical distances compare; boxes in results stay fractions of the displayed page.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from statistics import median

from docmill.schemas.extraction import Evidence, Match
from docmill.schemas.geometry import Box
from docmill.schemas.page import BoxSource, PageText, Word

# A gap wider than this many line heights separates columns; a word space is about 0.3.
COLUMN_GAP = 1.0
# The same for words read from pictures, whose boxes have the height of the ink, not of the font.
INK_COLUMN_GAP = 1.25
# Words whose vertical overlap is at least this share of the smaller height share a row.
ROW_OVERLAP = 0.5


@dataclass(frozen=True, slots=True)
class Token:
    """One visible word. `index` is its place in the page's words.

    `from_ink`: its box is around ink, not of the font, and a letter may be misread.
    """

    text: str
    page: int
    index: int
    x0: float
    y0: float
    x1: float
    y1: float
    confidence: float | None
    from_ink: bool = False

    @property
    def height(self) -> float:
        """Pixels."""
        return self.y1 - self.y0

    @property
    def middle(self) -> float:
        """Vertical centre, pixels."""
        return (self.y0 + self.y1) / 2


@dataclass(frozen=True, eq=False)
class TokenRun:
    """Neighbouring words of one line, left to right."""

    tokens: tuple[Token, ...]

    @cached_property
    def text(self) -> str:
        """The words with single spaces."""
        return " ".join(token.text for token in self.tokens)

    @cached_property
    def x0(self) -> float:
        """Left edge."""
        return self.tokens[0].x0

    @cached_property
    def x1(self) -> float:
        """Right edge."""
        return max(token.x1 for token in self.tokens)

    @cached_property
    def y0(self) -> float:
        """Top."""
        return min(token.y0 for token in self.tokens)

    @cached_property
    def y1(self) -> float:
        """Bottom."""
        return max(token.y1 for token in self.tokens)

    @property
    def height(self) -> float:
        """From top to bottom."""
        return self.y1 - self.y0


@dataclass(frozen=True, eq=False)
class Segment(TokenRun):
    """Neighbouring words of one row without a column gap between them; edges in pixels."""

    page: int
    row: int


@dataclass(frozen=True, eq=False)
class Row:
    """All segments on one line of sight, left to right."""

    page: int
    number: int
    segments: tuple[Segment, ...]

    @cached_property
    def tokens(self) -> tuple[Token, ...]:
        """All words, left to right."""
        return tuple(token for segment in self.segments for token in segment.tokens)

    @cached_property
    def text(self) -> str:
        """The row's words with single spaces."""
        return " ".join(segment.text for segment in self.segments)

    @cached_property
    def y0(self) -> float:
        """Top, pixels."""
        return min(segment.y0 for segment in self.segments)

    @cached_property
    def y1(self) -> float:
        """Bottom, pixels."""
        return max(segment.y1 for segment in self.segments)


@dataclass(frozen=True, eq=False)
class LayoutPage:
    """One page as rows from top to bottom; `line_height` is the median word height, pixels."""

    text: PageText
    rows: tuple[Row, ...]
    line_height: float

    @property
    def width(self) -> float:
        """Pixels of the upright page."""
        return float((self.text.upright or self.text).width_px)

    @property
    def height(self) -> float:
        """Pixels of the upright page."""
        return float((self.text.upright or self.text).height_px)


@dataclass(frozen=True, eq=False)
class Layout:
    """All pages of a document part."""

    pages: tuple[LayoutPage, ...]
    _by_number: dict[int, LayoutPage] = field(default_factory=dict[int, LayoutPage])

    def __post_init__(self) -> None:
        self._by_number.update({page.text.page: page for page in self.pages})

    def page(self, number: int) -> LayoutPage:
        """The page with this number (from 1)."""
        return self._by_number[number]

    @cached_property
    def segments(self) -> tuple[Segment, ...]:
        """All segments in reading order."""
        return tuple(
            segment for page in self.pages for row in page.rows for segment in row.segments
        )

    @cached_property
    def text(self) -> str:
        """All rows, one per line."""
        return "\n".join(row.text for page in self.pages for row in page.rows)

    def evidence(self, tokens: Sequence[Token], match: Match = Match.EXACT) -> Evidence:
        """Where these words (all on one page) stand."""
        words = self.page(tokens[0].page).text.words
        return Evidence(
            page=tokens[0].page,
            box=Box.around(words[token.index].box for token in tokens),
            words=tuple(token.index for token in tokens),
            quote=" ".join(token.text for token in tokens),
            match=match,
        )


def layout_of(pages: Sequence[PageText]) -> Layout:
    """Groups the visible words of `pages` into rows and segments."""
    return Layout(tuple(_page_layout(page) for page in pages))


def _page_layout(page: PageText) -> LayoutPage:
    tokens = tokens_of(page)
    height = median(token.height for token in tokens) if tokens else 1.0
    rows = tuple(
        Row(page.page, number, tuple(_segments(line, page.page, number)))
        for number, line in enumerate(lines_of(tokens))
    )
    return LayoutPage(page, rows, height)


def tokens_of(page: PageText) -> list[Token]:
    """The visible words of a page that have any height, in reading order."""
    tokens = (_token(page, index, word) for index, word in enumerate(page.words) if word.visible)
    return [token for token in tokens if token.height > 0]


def _token(page: PageText, index: int, word: Word) -> Token:
    """The word where it stands on the upright page."""
    box, frame = word.upright or word.box, page.upright or page
    return Token(
        word.text,
        page.page,
        index,
        box.x0 * frame.width_px,
        box.y0 * frame.height_px,
        box.x1 * frame.width_px,
        box.y1 * frame.height_px,
        word.confidence,
        from_ink=word.box_source not in (BoxSource.TEXT_LAYER, BoxSource.FORM_FIELD),
    )


def lines_of(tokens: Iterable[Token]) -> list[list[Token]]:
    """Rows from top to bottom; words join the row whose latest word they overlap vertically."""
    rows: list[list[Token]] = []
    for token in sorted(tokens, key=lambda token: (token.middle, token.x0)):
        row = next((row for row in reversed(rows[-3:]) if _same_row(row, token)), None)
        if row is None:
            rows.append([token])
        else:
            row.append(token)
    rows.sort(key=lambda row: min(token.middle for token in row))
    return [sorted(row, key=lambda token: token.x0) for row in rows]


def _same_row(row: list[Token], token: Token) -> bool:
    """Whether `token` overlaps the nearest words of `row` vertically, and covers none of them."""
    top = median(other.y0 for other in row)
    bottom = median(other.y1 for other in row)
    shared = min(bottom, token.y1) - max(top, token.y0)
    return shared >= ROW_OVERLAP * min(bottom - top, token.height)


def _segments(line: list[Token], page: int, row: int) -> Iterable[Segment]:
    current = [line[0]]
    for token in line[1:]:
        previous = current[-1]
        gap = token.x0 - previous.x1
        widest = INK_COLUMN_GAP if token.from_ink else COLUMN_GAP
        if gap > widest * min(previous.height, token.height):
            yield Segment(tuple(current), page, row)
            current = []
        current.append(token)
    yield Segment(tuple(current), page, row)
