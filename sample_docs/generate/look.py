"""How a clean page comes to look scanned or photographed, and where its points go.

A page lies somewhere in its picture (`Turned`, `Snapped`), which one projective map from page to
picture describes; then light, lens and sensor wear it (`Wear`). Points of pages and pictures are
fractions of their width and height, origin top left.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from docmill.extractors.photo.homography import Homography

Point = tuple[float, float]
Size = tuple[int, int]
Box = tuple[float, float, float, float]
Matrix = NDArray[np.float64]
"""Nine numbers, three by three, for homogeneous points written as columns."""

PAGE: Final[tuple[Point, ...]] = ((0, 0), (1, 0), (1, 1), (0, 1))
"""A page's corners: top left, and on clockwise."""


@dataclass(frozen=True)
class Turned:
    """On a scanner's glass: `turns` quarter turns and `skew` degrees, both clockwise."""

    skew: float = 0.0
    turns: int = 0

    def frame(self, page: Size) -> Size:
        """The picture's size for a page's size, in pixels."""
        return page if self.turns % 2 == 0 else (page[1], page[0])

    def corners(self, page: Size) -> tuple[Point, ...]:
        """Where the page's corners come to lie."""
        (width, height), (across, down) = page, self.frame(page)
        angle = math.radians(90 * self.turns + self.skew)
        cos, sin = math.cos(angle), math.sin(angle)
        from_middle = [((x - 0.5) * width, (y - 0.5) * height) for x, y in PAGE]
        return tuple(
            (0.5 + (x * cos - y * sin) / across, 0.5 + (x * sin + y * cos) / down)
            for x, y in from_middle
        )


@dataclass(frozen=True)
class Snapped:
    """Before a camera: the picture's size, where the page's corners lie, the desk's colour."""

    size: Size
    at: tuple[Point, Point, Point, Point]
    desk: tuple[int, int, int]

    def frame(self, page: Size) -> Size:
        """The picture's size in pixels, whatever the page's."""
        return self.size

    def corners(self, page: Size) -> tuple[Point, ...]:
        """Where the page's corners come to lie."""
        return self.at


@dataclass(frozen=True)
class Wear:
    """What makes a picture worse than its page.

    `paper` is the grey level of white paper and `ink` of black print; `blur` is in pixels and
    `noise` in grey levels, as standard deviations; `shadow` is the share of light that the
    darkest corner lacks. `colour` False gives a grey picture.
    """

    paper: int = 255
    ink: int = 0
    blur: float = 0.0
    noise: float = 0.0
    shadow: float = 0.0
    colour: bool = False


@dataclass(frozen=True)
class Look:
    """One page's way into its picture. `seed` decides all chance; `bilevel` is a fax's black."""

    place: Turned | Snapped = Turned()
    wear: Wear = Wear()
    dpi: int = 200
    seed: int = 1
    bilevel: bool = False

    def move(self, page: Size) -> Matrix:
        """The map of points from the page to its picture, for the page's size in pixels."""
        return projection(PAGE, self.place.corners(page))

    def picture(self, page: Image.Image) -> Image.Image:
        """The picture of a clean page, mode `1`, `L` or `RGB`."""
        wear, chance = self.wear, np.random.default_rng(self.seed)
        if self.bilevel:
            lain = self._laid(page.convert("L"), Image.new("L", self.place.frame(page.size), 255))
            return lain.point([255 * (level > 140) for level in range(256)]).convert("1")
        table = [wear.ink + level * (wear.paper - wear.ink) // 255 for level in range(256)]
        paper = page.point(table * len(page.getbands()))
        lain = self._laid(paper, self._ground(page.size, chance))
        blurred = lain.filter(ImageFilter.GaussianBlur(wear.blur)) if wear.blur else lain
        levels = np.asarray(blurred if wear.colour else blurred.convert("L"), dtype=np.float32)
        lit = (levels.T * _light(blurred.size, wear.shadow).T).T
        grain = chance.normal(0, wear.noise, levels.shape[:2]).astype(np.float32)
        worn = (lit.T + grain.T).T
        return Image.fromarray(np.clip(np.rint(worn), 0, 255).astype(np.uint8))

    def _laid(self, page: Image.Image, ground: Image.Image) -> Image.Image:
        """The page on its ground; both have the same mode."""
        inverse = projection(self.place.corners(page.size), PAGE)
        back = _pixels(inverse, ground.size, page.size)
        way = (ground.size, Image.Transform.PERSPECTIVE, back, Image.Resampling.BICUBIC)
        mask = Image.new("L", page.size, 255).transform(*way)
        return Image.composite(page.transform(*way), ground, mask)

    def _ground(self, page: Size, chance: np.random.Generator) -> Image.Image:
        """What is seen around the page: a scanner's lid, or a desk with some grain."""
        size = self.place.frame(page)
        if isinstance(self.place, Turned):
            return Image.new("RGB", size, (self.wear.paper - 6,) * 3)
        stripes = chance.normal(0, 9, (size[1] // 6, 3)).repeat(size[0] // 90, axis=1)
        grain = Image.fromarray(np.clip(128 + stripes, 0, 255).astype(np.uint8))
        wide = np.asarray(grain.resize(size, Image.Resampling.BICUBIC), dtype=np.float32) - 128
        desk = np.asarray(self.place.desk, dtype=np.float32) + wide[:, :, None]
        return Image.fromarray(np.clip(desk, 0, 255).astype(np.uint8))


def projection(source: Sequence[Point], target: Sequence[Point]) -> Matrix:
    """The projective map that takes four points to four others."""
    return Homography.between(np.array(source, np.float64), np.array(target, np.float64)).matrix


def moved(matrix: Matrix, points: Sequence[Point]) -> list[Point]:
    """Points after the map."""
    columns = matrix @ np.array([(x, y, 1.0) for x, y in points]).T
    return [(float(x / w), float(y / w)) for x, y, w in columns.T]


def moved_box(matrix: Matrix, box: Box) -> Box:
    """The upright box around a box's corners after the map, cut at the picture's edges."""
    x0, y0, x1, y1 = box
    points = moved(matrix, [(x0, y0), (x1, y0), (x1, y1), (x0, y1)])
    across, down = ([min(max(point[axis], 0.0), 1.0) for point in points] for axis in (0, 1))
    corners = (min(across), min(down), max(across), max(down))
    a, b, c, d = (round(corner, 5) for corner in corners)
    return a, b, c, d


def _pixels(matrix: Matrix, source: Size, target: Size) -> tuple[float, ...]:
    """A map of fractions as Pillow's eight coefficients for pixels."""
    scaled: Any = np.diag([*target, 1.0]) @ matrix @ np.diag([1 / source[0], 1 / source[1], 1.0])
    return tuple(float(number) for number in (scaled / scaled[2, 2]).ravel()[:8])


def _light(size: Size, shadow: float) -> NDArray[np.float32]:
    """Share of light per pixel: full at the top left, least at the bottom right."""
    across = np.linspace(0, 1, size[0], dtype=np.float32)
    down = np.linspace(0, 1, size[1], dtype=np.float32)
    depth = (across[None, :] + down[:, None]) / 2
    return (1 - shadow * depth**2).astype(np.float32)
