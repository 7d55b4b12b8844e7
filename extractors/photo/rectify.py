"""Make a scan of a photograph: flatten the sheet it shows, and even out the light on it.

For pictures only; a page drawn from a PDF has no camera to correct. Whatever is not plainly a
photograph of a sheet comes back as it was.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from docmill.extractors.photo import pixels
from docmill.extractors.photo.homography import Homography
from docmill.extractors.photo.illumination import evened
from docmill.extractors.photo.page_outline import page_outline
from docmill.extractors.photo.pixels import Floats, Picture
from docmill.schemas.geometry import Box

PERSPECTIVE = "perspective corrected"
LIGHT = "uneven light evened out"


@dataclass(frozen=True, eq=False)
class Rectified:
    """A picture made fit for reading, and the way back to the original.

    Attributes:
        picture: height x width x 3, RGB; the original array itself where nothing was done.
        to_original: from the picture's pixels to the original's, both continuous: the pixel in
            column 0 covers x from 0 to 1.
        original_width: of the original, in pixels.
        original_height: likewise.
        findings: what was done, in words.
    """

    picture: Picture
    to_original: Homography
    original_width: int
    original_height: int
    findings: tuple[str, ...] = ()

    def on_page(self, points: Floats) -> Floats:
        """Points (n x 2, pixels of `picture`) as fractions of the original displayed page.

        They may lie a little outside 0..1 where something stands outside the original.
        """
        scale = (self.original_width, self.original_height)
        return self.to_original.apply(np.asarray(points, np.float64)) / scale

    def box_on_page(self, quad: Floats) -> Box:
        """The box on the original page around a quadrilateral (4 x 2, pixels of `picture`)."""
        corners = self.on_page(quad)
        (x0, y0), (x1, y1) = corners.min(axis=0).tolist(), corners.max(axis=0).tolist()
        return Box.clipped(x0, y0, x1, y1)


def rectified(picture: Picture) -> Rectified:
    """Flatten the photographed sheet, if there is one, and even out uneven light.

    Args:
        picture: height x width x 3, RGB, as displayed (after rotation).
    """
    height, width = picture.shape[:2]
    findings: list[str] = []
    to_original = Homography.identity()
    result = picture
    corners = page_outline(picture)
    if corners is not None:
        result, to_original = _flattened(picture, corners)
        findings.append(PERSPECTIVE)
    evenly_lit = evened(result)
    if evenly_lit is not None:
        result = evenly_lit
        findings.append(LIGHT)
    return Rectified(result, to_original, width, height, tuple(findings))


def _flattened(picture: Picture, corners: Floats) -> tuple[Picture, Homography]:
    width, height = _sheet_size(corners)
    sheet = np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float64)
    to_original = Homography.between(sheet, corners)
    to_middle = np.array([(1, 0, 0.5), (0, 1, 0.5), (0, 0, 1)], np.float64)
    between_middles = np.linalg.inv(to_middle) @ to_original.matrix @ to_middle
    return pixels.warped(picture, between_middles, width, height), to_original


def _sheet_size(corners: Floats) -> tuple[int, int]:
    """Width and height that lose no detail: the longer of each pair of opposite sides."""
    lengths = np.hypot(*(np.roll(corners, -1, axis=0) - corners).T)
    width, height = max(lengths[0], lengths[2]), max(lengths[1], lengths[3])
    return max(1, round(float(width))), max(1, round(float(height)))
