"""Rectangles on a page.

Coordinates are fractions of the displayed page (after rotation): 0..1, origin top left,
`x` to the right and `y` down.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Self

from pydantic import Field, model_validator

from docmill.schemas.frozen import Frozen


class Box(Frozen):
    """An axis-aligned rectangle; a corner order that is inverted is refused.

    Raises:
        pydantic.ValidationError: a coordinate lies outside 0..1, or x1 < x0, or y1 < y0.
    """

    x0: float = Field(ge=0, le=1)
    y0: float = Field(ge=0, le=1)
    x1: float = Field(ge=0, le=1)
    y1: float = Field(ge=0, le=1)

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.x1 < self.x0 or self.y1 < self.y0:
            raise ValueError(f"inverted box: {self.as_tuple()}")
        return self

    @classmethod
    def clipped(cls, x0: float, y0: float, x1: float, y1: float) -> Box:
        """A box from any two opposite corners, cut off at the page's edge."""
        left, right = (x0, x1) if x0 <= x1 else (x1, x0)
        top, bottom = (y0, y1) if y0 <= y1 else (y1, y0)
        return cls(x0=_on_page(left), y0=_on_page(top), x1=_on_page(right), y1=_on_page(bottom))

    @classmethod
    def around(cls, boxes: Iterable[Box]) -> Box:
        """The smallest box that holds all of `boxes`.

        Raises:
            ValueError: `boxes` is empty.
        """
        given = tuple(boxes)
        if not given:
            raise ValueError("no boxes to enclose")
        if len(given) == 1:
            return given[0]
        corners = [box.as_tuple() for box in given]
        x0s, y0s, x1s, y1s = zip(*corners, strict=True)
        return cls(x0=min(x0s), y0=min(y0s), x1=max(x1s), y1=max(y1s))

    def as_tuple(self) -> tuple[float, float, float, float]:
        """`(x0, y0, x1, y1)`."""
        return (self.x0, self.y0, self.x1, self.y1)

    @property
    def width(self) -> float:
        """Share of the page's width."""
        return self.x1 - self.x0

    @property
    def height(self) -> float:
        """Share of the page's height."""
        return self.y1 - self.y0

    @property
    def area(self) -> float:
        """Share of the page's area."""
        return self.width * self.height

    def intersection_area(self, other: Box) -> float:
        """Area that both boxes cover, as a share of the page."""
        width = min(self.x1, other.x1) - max(self.x0, other.x0)
        height = min(self.y1, other.y1) - max(self.y0, other.y0)
        return max(width, 0.0) * max(height, 0.0)

    def iou(self, other: Box) -> float:
        """Intersection over union, 0..1; 0 for two boxes without area."""
        shared = self.intersection_area(other)
        union = self.area + other.area - shared
        return shared / union if union > 0 else 0.0


def _on_page(coordinate: float) -> float:
    return 0.0 if coordinate < 0 else 1.0 if coordinate > 1 else coordinate
