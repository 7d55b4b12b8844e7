"""Text lines of a table, and the chunks of words that a reader takes as one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from statistics import median

from docmill.extractors.layout import Token, TokenRun, lines_of
from docmill.extractors.tables.rulings import Ruling

# A gap wider than this many line heights may part cells; a word space is about 0.25.
CHUNK_GAP = 0.6
# The same between two numbers: columns of numbers are set closely, and numbers have no spaces.
NUMBER_GAP = 0.4


@dataclass(frozen=True, eq=False)
class Chunk(TokenRun):
    """Words of one line without a wide gap or a ruling line between them; in line heights."""

    @property
    def width(self) -> float:
        """From edge to edge."""
        return self.x1 - self.x0

    @cached_property
    def numeric(self) -> bool:
        """Whether it is a number, a date or a dash."""
        return is_numeric(self.text)


@dataclass(frozen=True, eq=False)
class Line:
    """Chunks on one line of sight, left to right."""

    chunks: tuple[Chunk, ...]

    @cached_property
    def tokens(self) -> tuple[Token, ...]:
        """All words, left to right."""
        return tuple(token for chunk in self.chunks for token in chunk.tokens)

    @cached_property
    def x0(self) -> float:
        """Left edge."""
        return self.chunks[0].x0

    @cached_property
    def x1(self) -> float:
        """Right edge."""
        return max(chunk.x1 for chunk in self.chunks)

    @cached_property
    def y0(self) -> float:
        """Top of its typical word: one high symbol does not make a high line."""
        return median(token.y0 for token in self.tokens)

    @cached_property
    def y1(self) -> float:
        """Bottom of its typical word."""
        return median(token.y1 for token in self.tokens)

    @property
    def middle(self) -> float:
        """Vertical centre."""
        return (self.y0 + self.y1) / 2


def text_lines(tokens: Iterable[Token], walls: Sequence[Ruling], height: float) -> list[Line]:
    """Lines from top to bottom.

    Args:
        tokens: words of one region.
        walls: vertical ruling lines; words on either side of one are never in one chunk.
        height: the region's usual line height.
    """
    return [Line(tuple(_chunks(line, walls, height))) for line in lines_of(tokens)]


def is_numeric(text: str) -> bool:
    """Whether a text has at least as many digits as letters; dashes have none of either."""
    return sum(char.isalpha() for char in text) <= sum(char.isdigit() for char in text)


def line_height(tokens: Sequence[Token]) -> float:
    """The usual height of a word."""
    return median(token.height for token in tokens)


def _chunks(line: Sequence[Token], walls: Sequence[Ruling], height: float) -> Iterable[Chunk]:
    current = [line[0]]
    edge = line[0].x1
    for token in line[1:]:
        numbers = is_numeric(token.text) and is_numeric(current[-1].text)
        wide = (NUMBER_GAP if numbers else CHUNK_GAP) * height
        if token.x0 - edge > wide or _parted(edge, token, walls):
            yield Chunk(tuple(current))
            current = []
        current.append(token)
        edge = max(edge, token.x1)
    yield Chunk(tuple(current))


def _parted(edge: float, token: Token, walls: Sequence[Ruling]) -> bool:
    """Whether a wall stands between the text so far and the next word."""
    slack = 0.3 * token.height
    return any(
        min(edge - slack, token.x0) <= wall.at <= token.x0 + slack
        and wall.start <= token.middle <= wall.end
        and wall.at > edge - slack
        for wall in walls
    )
