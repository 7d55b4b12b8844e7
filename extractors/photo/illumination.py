"""Even out the light on photographed paper.

The light on blank paper is estimated as the picture without its print (grayscale closing), and
divided out. Light is told from printed areas of the same darkness by changing slowly over the page:
a cubic surface, fitted to the brighter levels, must explain most of their logarithm; where the page
is far darker than the surface, something is printed, and the surface stands in.
"""

from __future__ import annotations

import numpy as np

from docmill.extractors.photo import pixels
from docmill.extractors.photo.pixels import Floats, Picture

MIN_RATIO = 1.3
"""Brightest to darkest paper below which light counts as even."""

_LONG_SIDE = 256
_PRINT = 15  # print narrower than this, on the shrunk copy, is taken for print
_SMOOTH = 21
_DARKEST = 20.0  # levels below are night, or black ink
_MIN_EXPLAINED = 0.7  # of the light's variance, by a cubic surface
_PRINTED = 0.75  # paper this much darker than the surface is printed on
_MIN_PAPER = 0.6  # of the page must not be printed over
_SPACING = 4  # pixels between those that the surface is fitted to
_TURNS = 6
_TOLERANCE = 0.05  # by which paper may be darker than the surface, in logarithms
_MAX_GAIN = 4.0


def evened(picture: Picture) -> Picture | None:
    """The picture as under even light; None where its light is even, or no light at all.

    Args:
        picture: height x width x 3, RGB, filled by the sheet of paper.
    """
    light = _light(picture)
    if light is None:
        return None
    height, width = picture.shape[:2]
    bright = float(np.percentile(light, 95))
    gain = np.clip(bright / light, 1.0, _MAX_GAIN).astype(np.float32)
    full = pixels.resized(gain, width, height)
    return np.minimum(picture * full[..., None], 255.0).astype(np.uint8)


def _light(picture: Picture) -> Floats | None:
    """The light on the paper, shrunk, 0..255; None where there is nothing to even out."""
    gray = pixels.gray(pixels.shrunk(picture, _LONG_SIDE))
    if min(gray.shape) < 2 * _SMOOTH:
        return None
    levels = pixels.median(pixels.closed(gray, _PRINT), _SMOOTH).astype(np.float64)
    darkest, brightest = (float(level) for level in np.percentile(levels, (4, 96)))
    if darkest < _DARKEST or brightest < MIN_RATIO * darkest:
        return None
    surface = _paper_surface(np.log(levels))
    smooth = np.exp(surface)
    paper = levels >= _PRINTED * smooth
    low, high = (float(level) for level in np.percentile(levels[paper], (4, 96)))
    if float(paper.mean()) < _MIN_PAPER or high < MIN_RATIO * low:
        return None
    logs = np.log(levels[paper])
    if float(np.var(logs - surface[paper])) > (1 - _MIN_EXPLAINED) * float(np.var(logs)):
        return None
    return np.where(paper, levels, np.clip(smooth, low, high))  # no trust beyond what was seen


def _paper_surface(levels: Floats) -> Floats:
    """The cubic polynomial in x and y nearest to the bright levels: print is left out by turns."""
    height, width = levels.shape
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    every = np.stack([x**i * y**j for i in range(4) for j in range(4 - i)], axis=2)
    design = every[::_SPACING, ::_SPACING].reshape(-1, every.shape[2])
    values = levels[::_SPACING, ::_SPACING].ravel()
    kept = np.ones(len(values), bool)
    weights = np.zeros(every.shape[2])
    for _ in range(_TURNS):
        weights = np.linalg.lstsq(design[kept], values[kept], rcond=None)[0]
        residual = values - design @ weights
        kept = residual > -max(float(np.std(residual[kept])), _TOLERANCE)
    return np.asarray(every @ weights, np.float64)
