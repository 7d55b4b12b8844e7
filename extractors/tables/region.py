"""A part of a page that may be a table: its words, its edges, its ruling lines.

All lengths are in line heights of the page, see `docmill.extractors.tables.level`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from docmill.extractors.layout import Token
from docmill.extractors.tables.lines import Line, line_height, text_lines
from docmill.extractors.tables.rulings import Rulings

# Lines within this many line heights of each other touch.
TOUCH = 0.27
# A region without drawn edges reaches this much beyond its words, line heights.
MARGIN = 0.08

Corners = tuple[float, float, float, float]


@dataclass(frozen=True, eq=False)
class Region:
    """Words that may form one table. `framed` says that drawn lines make its grid.

    `corners` are x0, y0, x1, y1; `rules` are the ruling lines inside them.
    """

    tokens: tuple[Token, ...]
    corners: Corners
    rules: Rulings
    framed: bool

    @cached_property
    def height(self) -> float:
        """The usual line height."""
        return line_height(self.tokens)

    @cached_property
    def lines(self) -> list[Line]:
        """Text lines from top to bottom."""
        return text_lines(self.tokens, self.rules.vertical, self.height)


def inside(token: Token, corners: Corners) -> bool:
    """Whether a word's middle lies within x0, y0, x1, y1."""
    x0, y0, x1, y1 = corners
    return x0 <= (token.x0 + token.x1) / 2 <= x1 and y0 <= token.middle <= y1


def region_around(lines: Sequence[Line], rulings: Rulings) -> Region:
    """The region of some lines, with the ruling lines inside it."""
    tokens = tuple(token for line in lines for token in line.tokens)
    x0, x1 = min(token.x0 for token in tokens), max(token.x1 for token in tokens)
    y0, y1 = min(token.y0 for token in tokens), max(token.y1 for token in tokens)
    corners = (x0 - MARGIN, y0 - MARGIN, x1 + MARGIN, y1 + MARGIN)
    across = tuple(
        r for r in rulings.horizontal if y0 <= r.at <= y1 and r.start < x1 and r.end > x0
    )
    down = tuple(r for r in rulings.vertical if x0 < r.at < x1 and r.start < y1 and r.end > y0)
    return Region(tokens, corners, Rulings(across, down), framed=False)
