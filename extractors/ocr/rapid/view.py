"""How a page is turned and straightened for reading, and the way back to the displayed page."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from docmill.extractors.ocr.rapid.lines import Picture
from docmill.schemas.geometry import Box
from docmill.schemas.page import UprightView

Points = NDArray[np.float64]
Matrix = NDArray[np.float64]

LEVEL = 0.3
"""Degrees of slope up to which lines count as level: less than half a line over a page's width."""


@dataclass(frozen=True, eq=False)
class View:
    """A picture of a page, and the homography from its pixels back to displayed fractions.

    `changed` is False while the picture shows the page as it is displayed.
    """

    picture: Picture
    to_displayed: Matrix
    changed: bool = False

    @classmethod
    def of(cls, picture: Picture) -> Self:
        """The displayed page itself."""
        height, width = picture.shape[:2]
        return cls(picture, np.diag([1 / width, 1 / height, 1.0]))

    def turned(self, degrees: int) -> View:
        """The view turned clockwise by 90, 180 or 270 degrees."""
        height, width = self.picture.shape[:2]
        back = {
            90: [[0.0, 1.0, 0.0], [-1.0, 0.0, height], [0.0, 0.0, 1.0]],
            180: [[-1.0, 0.0, width], [0.0, -1.0, height], [0.0, 0.0, 1.0]],
            270: [[0.0, -1.0, width], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]],
        }[degrees]
        picture = np.ascontiguousarray(np.rot90(self.picture, -degrees // 90))
        return View(picture, self.to_displayed @ np.array(back), changed=True)

    def warped(self, picture: Picture, to_this: Matrix) -> View:
        """The view with another picture, whose pixels `to_this` takes to pixels of this one."""
        moved = self.changed or not np.array_equal(to_this, np.eye(3))
        return View(picture, self.to_displayed @ to_this, changed=moved)

    def displayed(self, quads: Points) -> list[Box]:
        """Boxes around quadrilaterals (shape (n, 4, 2), pixels) on the displayed page."""
        return _boxes(_mapped(quads, self.to_displayed))

    def level(self, slope: float) -> Level | None:
        """The view with lines that fall by `slope` degrees made level; None if nothing changes."""
        if abs(slope) <= LEVEL and not self.changed:
            return None
        return Level.of(self, slope if abs(slope) > LEVEL else 0.0)


@dataclass(frozen=True, eq=False)
class Level:
    """The upright page: a view turned by its lines' slope, on paper that holds all of it."""

    from_view: Matrix
    frame: UprightView

    @classmethod
    def of(cls, view: View, slope: float) -> Self:
        """The view turned back by `slope` degrees."""
        height, width = view.picture.shape[:2]
        angle = math.radians(slope)
        cos, sin = math.cos(angle), math.sin(angle)
        turn = np.array([[cos, sin, 0.0], [-sin, cos, 0.0], [0.0, 0.0, 1.0]])
        corners = _mapped(np.array([[[0, 0], [width, 0], [width, height], [0, height]]]), turn)
        low, high = corners.min(axis=(0, 1)), corners.max(axis=(0, 1))
        size = np.maximum(1, np.ceil(high - low - 1e-6)).astype(int)
        place = np.array(
            [[1 / size[0], 0, -low[0] / size[0]], [0, 1 / size[1], -low[1] / size[1]], [0, 0, 1]]
        )
        from_view = place @ turn
        whole = from_view @ np.linalg.inv(view.to_displayed)
        whole /= whole[2, 2]
        frame = UprightView(
            width_px=int(size[0]),
            height_px=int(size[1]),
            matrix=tuple(round(float(number), 9) for number in whole.ravel()),
        )
        return cls(from_view, frame)

    def boxes(self, quads: Points) -> list[Box]:
        """Boxes around quadrilaterals (shape (n, 4, 2), pixels of the view), fractions."""
        return _boxes(_mapped(quads, self.from_view))


def _mapped(points: Points, matrix: Matrix) -> Points:
    """Points of any shape (..., 2) through a homography."""
    flat = np.concatenate([points, np.ones((*points.shape[:-1], 1))], axis=-1) @ matrix.T
    return flat[..., :2] / flat[..., 2:]


def _boxes(quads: Points) -> list[Box]:
    low, high = quads.min(axis=1), quads.max(axis=1)
    return [
        Box.clipped(float(x0), float(y0), float(x1), float(y1))
        for (x0, y0), (x1, y1) in zip(low, high, strict=True)
    ]
