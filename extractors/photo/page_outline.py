"""Find the sheet of paper in a photograph: a bright quadrilateral on something else.

Candidates come from two segmentations of a shrunk copy whose print has been closed: by
brightness, and by distance from the colours along the picture's rim. Their hulls' quadrilaterals
are moved onto the nearest edges, and one is believed only if *every* side is an edge nearly all
along, paper within and something darker or of another colour without. In doubt there is no
outline: flatbed scans, frames printed on a page and sheets cut off by the picture's edge have none.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from docmill.extractors.photo import pixels
from docmill.extractors.photo.pixels import Floats, Picture, Plane

_Level = TypeVar("_Level", np.uint8, np.float32)

LONG_SIDE = 512
"""Pixels of the shrunk copy on which everything is decided."""

MIN_AREA, MAX_AREA = 0.12, 0.95
"""What share of the picture a sheet may cover."""

_PRINT = 13  # strokes of print, and gaps between desk and paper, narrower than this are closed
_RIM = 0.02  # width of the rim, as a share of the long side
_RIM_COLOURS = 6
_RIM_SAMPLES = 300
_MIN_MARGIN = 3.0  # pixels between a corner and the picture's edge
_REACH = 9  # how far from a candidate side its edge may lie
_BAND = (2.0, 7.0)  # distances from a side between which paper and background are compared
_STEPS = 48  # places along a side
_MIN_STEP = 9.0  # least difference (of 255) in brightness or colour that is seen as an edge
_MIN_SUPPORT = 0.8  # share of places along each side that must show it
_MIN_LIGHT = 0.5  # share of all places where it is not darker within: paper is bright
_MIN_FILL = 0.93  # of the quadrilateral must be of the segment's hull, and the other way round
_ANGLES = (40.0, 140.0)  # corners of paper under a camera
_MAX_LEFT_OUT = 0.1  # of other foreground: more than a pen beside the sheet may be part of it
_UPRIGHT_DEGREES, _UPRIGHT_AREA = 2.0, 0.6


@dataclass(frozen=True)
class _Planes:
    """Brightness and the two colours of the shrunk copy, without print."""

    light: Plane
    green_red: Plane
    blue_yellow: Plane


def page_outline(picture: Picture) -> Floats | None:
    """The corners of the sheet of paper that a picture shows.

    Args:
        picture: height x width x 3, RGB.

    Returns:
        Four points (x, y) in the picture's pixels, from the top left clockwise; None without a
        sheet that lies wholly within, or where flattening it would change next to nothing.
    """
    small = pixels.shrunk(picture, LONG_SIDE)
    if min(small.shape[:2]) < LONG_SIDE // 8:
        return None
    planes = _planes(small)
    foreground = _foreground(planes)
    candidates = [_outline_in(mask, planes) for mask in (_bright(planes), foreground)]
    found = [quad for quad in candidates if quad is not None]
    if not found:
        return None
    best = max(found, key=_area)  # a printed band may end like a sheet, but within the sheet
    if _left_out(best, foreground) > _MAX_LEFT_OUT or _beside_strange_colour(best, planes):
        return None
    if _upright(best, foreground.shape):
        return None
    height, width = small.shape[:2]
    return best * (picture.shape[1] / width, picture.shape[0] / height)


def _planes(small: Picture) -> _Planes:
    colours = pixels.lab(small)
    light = pixels.median(pixels.closed(np.ascontiguousarray(colours[..., 0]), _PRINT), 5)
    return _Planes(
        light,
        pixels.median(np.ascontiguousarray(colours[..., 1]), 7),
        pixels.median(np.ascontiguousarray(colours[..., 2]), 7),
    )


def _bright(planes: _Planes) -> Plane:
    """A mask of what is bright."""
    return pixels.opened(pixels.otsu(planes.light), _PRINT)


def _foreground(planes: _Planes) -> Plane:
    """A mask of what is unlike the picture's rim."""
    return pixels.opened(pixels.otsu(_distance_from_rim(planes)), _PRINT)


def _left_out(quad: Floats, foreground: Plane) -> float:
    """How much of the foreground lies outside, as a share of the quadrilateral."""
    inside = pixels.filled(quad, foreground.shape)
    return float(np.count_nonzero(foreground & ~inside & 1)) / max(_area(quad), 1.0)


def _beside_strange_colour(quad: Floats, planes: _Planes) -> bool:
    """Whether beyond a side lies a colour that the rim does not show: a printed band, perhaps."""
    rim = np.stack([_rim(planes.green_red), _rim(planes.blue_yellow)], axis=1).astype(float)
    rim = rim[:: max(1, len(rim) // _RIM_SAMPLES)]
    offsets = -np.arange(*_BAND)
    for start, end in _sides(quad):
        places, inward = _places(start, end)
        channels = (planes.green_red, planes.blue_yellow)
        profiles = [_profiles(places, inward, offsets, channel) for channel in channels]
        beyond = np.stack([np.median(profile, axis=1) for profile in profiles], axis=1)
        nearest = np.hypot(*(beyond[:, None] - rim[None]).transpose(2, 0, 1)).min(axis=1)
        if float(np.median(nearest)) > _MIN_STEP:
            return True
    return False


def _distance_from_rim(planes: _Planes) -> Plane:
    """How unlike each pixel is to everything along the picture's rim, 0..255."""
    channels = [planes.light.astype(np.float32)]
    # Light varies on one thing more than colour does, so colour counts double.
    channels += [plane.astype(np.float32) * 2 for plane in (planes.green_red, planes.blue_yellow)]
    rim = np.stack([_rim(channel) for channel in channels], axis=1)
    by_light = rim[np.argsort(rim[:, 0], kind="stable")]
    nearest = np.full(planes.light.shape, np.inf, np.float32)
    for part in np.array_split(by_light, _RIM_COLOURS):
        typical = np.median(part, axis=0)
        squares = sum(
            (np.square(channel - level) for channel, level in zip(channels, typical, strict=True)),
            start=np.zeros_like(nearest),
        )
        np.minimum(nearest, squares, out=nearest)
    return np.minimum(np.sqrt(nearest), 255).astype(np.uint8)


def _rim(channel: npt.NDArray[_Level]) -> npt.NDArray[_Level]:
    width = max(2, round(_RIM * max(channel.shape)))
    sides = (channel[:width], channel[-width:], channel[:, :width], channel[:, -width:])
    return np.concatenate([side.ravel() for side in sides])


def _outline_in(mask: Plane, planes: _Planes) -> Floats | None:
    """The segment's quadrilateral, moved onto the edges; None where it is not to be believed."""
    hull = pixels.largest_hull(mask)
    share = 0.0 if hull is None else _area(hull) / mask.size
    if hull is None or not MIN_AREA * 0.9 <= share <= 1:
        return None
    quad = pixels.quad_around(hull)
    if quad is None or _area(hull) < _MIN_FILL * _area(quad):
        return None
    for _ in range(2):
        quad = _on_edges(_clockwise(quad), planes)
        if quad is None or not _possible(quad, mask.shape):
            return None
    if not _MIN_FILL <= _area(quad) / _area(hull) <= 1 / _MIN_FILL:
        return None
    edges = [_edge(start, end, planes) for start, end in _sides(quad)]
    if min(seen for seen, _ in edges) < _MIN_SUPPORT:
        return None
    return quad if float(np.mean([light for _, light in edges])) >= _MIN_LIGHT else None


def _area(polygon: Floats) -> float:
    x, y = polygon[:, 0], polygon[:, 1]
    return abs(float(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1)))) / 2


def _clockwise(quad: Floats) -> Floats:
    """From the corner nearest the top left, in the direction of a clock's hands."""
    middle = quad.mean(axis=0)
    angles = np.arctan2(quad[:, 1] - middle[1], quad[:, 0] - middle[0])  # y is downwards
    ordered = quad[np.argsort(angles)]
    return np.roll(ordered, -int(np.argmin(ordered.sum(axis=1))), axis=0)


def _sides(quad: Floats) -> list[tuple[Floats, Floats]]:
    return list(pairwise([*quad, quad[0]]))


def _possible(quad: Floats, shape: tuple[int, ...]) -> bool:
    """Whether a sheet of paper wholly within the picture may look like this."""
    height, width = shape[:2]
    limits = np.array([width, height]) - _MIN_MARGIN
    if (quad < _MIN_MARGIN).any() or (quad > limits).any():
        return False
    ways = np.roll(quad, -1, axis=0) - quad
    turns = np.degrees(np.arctan2(ways[:, 1], ways[:, 0]))
    corners = (180 - np.diff(np.append(turns, turns[0]))) % 360
    if (corners < _ANGLES[0]).any() or (corners > _ANGLES[1]).any():
        return False
    return MIN_AREA <= _area(quad) / (width * height) <= MAX_AREA


def _upright(quad: Floats, shape: tuple[int, ...]) -> bool:
    """Whether the sheet fills most of the picture and lies straight: nothing to be gained."""
    ways = np.roll(quad, -1, axis=0) - quad
    turns = np.degrees(np.arctan2(ways[:, 1], ways[:, 0]))
    off_axis = np.abs((turns + 45) % 90 - 45)
    large = _area(quad) > _UPRIGHT_AREA * shape[0] * shape[1]
    return large and float(off_axis.max()) < _UPRIGHT_DEGREES


def _places(start: Floats, end: Floats) -> tuple[Floats, Floats]:
    """Points along a side, its ends left out, and the unit vector towards the inside."""
    shares = np.linspace(0.04, 0.96, _STEPS)[:, None]
    way = end - start
    inward = np.array([-way[1], way[0]]) / max(float(np.hypot(*way)), 1e-9)
    return start + shares * way, inward


def _profiles(places: Floats, inward: Floats, offsets: Floats, plane: Plane) -> Floats:
    """Values at each place (rows) and at each offset along the normal (columns)."""
    points = places[:, None, :] + offsets[None, :, None] * inward
    values = pixels.sampled(plane, points[..., 0], points[..., 1])
    return values.astype(np.float64)


def _on_edges(quad: Floats, planes: _Planes) -> Floats | None:
    """The quadrilateral with each side moved to the strongest edge nearby."""
    lines: list[tuple[float, float, float, float]] = []
    offsets = np.arange(-_REACH, _REACH + 0.5, 0.5)
    for start, end in _sides(quad):
        places, inward = _places(start, end)
        rise = _steps(places, inward, offsets, planes)
        at = offsets[2:-2][rise.argmax(axis=1)]
        points = (places + at[:, None] * inward)[rise.max(axis=1) >= _MIN_STEP / 2]
        if len(points) < _STEPS // 3:
            return None
        lines.append(pixels.line_through(points))
    corners = [_crossing(lines[index - 1], lines[index]) for index in range(4)]
    found = [corner for corner in corners if corner is not None]
    return np.array(found) if len(found) == 4 else None


def _steps(places: Floats, inward: Floats, offsets: Floats, planes: _Planes) -> Floats:
    """How much brighter, or otherwise coloured, it gets towards the inside at each offset."""
    light = _profiles(places, inward, offsets, planes.light)
    green_red = _profiles(places, inward, offsets, planes.green_red)
    blue_yellow = _profiles(places, inward, offsets, planes.blue_yellow)
    rise = light[:, 4:] - light[:, :-4]
    colour = np.hypot(
        green_red[:, 4:] - green_red[:, :-4], blue_yellow[:, 4:] - blue_yellow[:, :-4]
    )
    return np.maximum(rise, 0) + colour


def _crossing(
    first: tuple[float, float, float, float], second: tuple[float, float, float, float]
) -> Floats | None:
    """Where two lines (direction, point) meet; None for parallels."""
    a, b = np.array(first[:2]), np.array(second[:2])
    determinant = b[0] * a[1] - a[0] * b[1]
    if abs(determinant) < 1e-6:
        return None
    gap = np.array(second[2:]) - np.array(first[2:])
    return np.array(first[2:]) + a * (b[0] * gap[1] - b[1] * gap[0]) / determinant


def _edge(start: Floats, end: Floats, planes: _Planes) -> tuple[float, float]:
    """Shares of places along a side: with something else without; and no brighter without."""
    places, inward = _places(start, end)
    offsets = np.arange(_BAND[0], _BAND[1])
    differences = [
        np.median(_profiles(places, inward, offsets, plane), axis=1)
        - np.median(_profiles(places, inward, -offsets, plane), axis=1)
        for plane in (planes.light, planes.green_red, planes.blue_yellow)
    ]
    colour = np.hypot(differences[1], differences[2])
    brighter = differences[0] >= _MIN_STEP
    not_darker = differences[0] > -_MIN_STEP
    coloured = (colour >= _MIN_STEP) & not_darker
    printed = colour >= 2 * _MIN_STEP  # a dark band along the sheet's edge
    return float(np.mean(brighter | coloured | printed)), float(np.mean(not_darker))
