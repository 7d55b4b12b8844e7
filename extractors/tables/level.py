"""Places on the upright page, measured in line heights."""

from __future__ import annotations

from dataclasses import dataclass, replace
from statistics import median

from docmill.extractors.layout import Token, tokens_of
from docmill.schemas.page import PageText, UprightView


@dataclass(frozen=True)
class Level:
    """How places on a page are measured in this package: upright, in line heights of the page.

    A picture of few pixels and a large scan of the same page then look the same. `width_px`,
    `height_px` and `line_px` are of the upright page, to which `view` leads from the displayed
    one; None where they are the same.
    """

    width_px: float
    height_px: float
    line_px: float
    view: UprightView | None = None

    @classmethod
    def of(cls, page: PageText) -> Level:
        """The level of a page that has words."""
        usual = median(token.height for token in tokens_of(page))
        frame = page.upright or page
        return cls(frame.width_px, frame.height_px, usual, page.upright)

    def place(self, x: float, y: float) -> tuple[float, float]:
        """A place in fractions of the displayed page, upright, in line heights."""
        if self.view is not None:
            x, y = self.view.point(x, y)
        return x * self.width_px / self.line_px, y * self.height_px / self.line_px

    def token(self, token: Token) -> Token:
        """A word (pixels of the upright page) in line heights."""
        line = self.line_px
        return replace(
            token, x0=token.x0 / line, y0=token.y0 / line, x1=token.x1 / line, y1=token.y1 / line
        )
