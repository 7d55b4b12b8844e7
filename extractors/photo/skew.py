"""How far the lines of a scanned page are turned.

Projection profiles (W. Postl, "Detection of linear oblique structures and skew scan in digitized
documents", ICPR 1986): turned upright, the rows of a page differ most from their neighbours.
"""

from __future__ import annotations

import numpy as np

from docmill.extractors.photo import pixels
from docmill.extractors.photo.pixels import Picture, Plane

MAX_DEGREES = 15.0

_LONG_SIDE = 800
_MARGIN = 0.03  # of the page's edges, where scanners leave their shadows
_MIN_GAIN = 1.15  # by which the best angle must beat the typical one


def skew_of(picture: Picture) -> float:
    """Degrees by which the page is turned clockwise, -15..15; 0 where lines tell nothing.

    Turned counter-clockwise by the result (`PIL.Image.rotate`), the page stands upright.

    Args:
        picture: height x width x 3, RGB.
    """
    ink = _ink(picture)
    coarse = np.arange(-MAX_DEGREES, MAX_DEGREES + 0.5)
    scores = np.array([_sharpness(ink, angle) for angle in coarse])
    if scores.max() <= _MIN_GAIN * float(np.median(scores)):
        return 0.0
    best = float(coarse[scores.argmax()])
    for step in (0.25, 0.05):
        fine = best + step * np.arange(-4, 5)
        best = float(fine[np.argmax([_sharpness(ink, angle) for angle in fine])])
    return float(np.clip(best, -MAX_DEGREES, MAX_DEGREES))


def _ink(picture: Picture) -> Plane:
    """Print as bright on black, whatever the paper's shade, the edges left out."""
    gray = pixels.gray(pixels.shrunk(picture, _LONG_SIDE))
    ink = pixels.closed(gray, 15) - gray
    height, width = ink.shape
    y, x = round(_MARGIN * height), round(_MARGIN * width)
    ink[:y], ink[height - y :], ink[:, :x], ink[:, width - x :] = 0, 0, 0, 0
    return ink


def _sharpness(ink: Plane, degrees: float) -> float:
    rows = pixels.turned(ink, degrees, background=0).sum(axis=1, dtype=np.float64)
    return float(np.square(np.diff(rows)).sum())
