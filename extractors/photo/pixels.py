"""The few OpenCV calls that photographs need, with types.

Pictures are 8-bit arrays, height x width x 3 (RGB); planes are height x width.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

cv2.setNumThreads(1)  # one process per core is how work is spread

Picture = npt.NDArray[np.uint8]
Plane = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float64]


def _bytes(array: Any) -> npt.NDArray[np.uint8]:
    return np.asarray(array, dtype=np.uint8)


def shrunk(picture: Picture, long_side: int) -> Picture:
    """The picture with its long side at most `long_side` pixels."""
    height, width = picture.shape[:2]
    scale = long_side / max(height, width)
    if scale >= 1:
        return picture
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    # Averaging every pixel of a large picture costs more than all the rest: skip some first.
    step = max(1, int(0.5 / scale))
    return _bytes(cv2.resize(picture[::step, ::step], size, interpolation=cv2.INTER_AREA))


def resized(plane: npt.NDArray[np.float32], width: int, height: int) -> npt.NDArray[np.float32]:
    """A smooth plane at another size."""
    larger = cv2.resize(plane, (width, height), interpolation=cv2.INTER_LINEAR)
    return np.asarray(larger, dtype=np.float32)


def lab(picture: Picture) -> Picture:
    """CIE L*a*b*, each channel on 0..255."""
    return _bytes(cv2.cvtColor(picture, cv2.COLOR_RGB2LAB))


def gray(picture: Picture) -> Plane:
    """Luma, 0..255."""
    return _bytes(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY))


def closed(plane: Plane, size: int) -> Plane:
    """The plane without dark things narrower than `size` pixels: paper without its print."""
    return _bytes(cv2.morphologyEx(plane, cv2.MORPH_CLOSE, np.ones((size, size), np.uint8)))


def opened(plane: Plane, size: int) -> Plane:
    """The plane without bright things narrower than `size` pixels."""
    return _bytes(cv2.morphologyEx(plane, cv2.MORPH_OPEN, np.ones((size, size), np.uint8)))


def median(plane: Plane, size: int) -> Plane:
    """Each pixel the median of its neighbourhood; `size` is odd."""
    return _bytes(cv2.medianBlur(plane, size))


def otsu(plane: Plane) -> Plane:
    """1 above the threshold that divides the levels best (Otsu 1979), else 0."""
    return _bytes(cv2.threshold(plane, 0, 1, cv2.THRESH_BINARY + cv2.THRESH_OTSU)[1])


def largest_hull(mask: Plane) -> Floats | None:
    """The convex hull of the largest connected area of ones, as points (x, y); None without."""
    contours, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    if not contours:
        return None
    hull = cv2.convexHull(max(contours, key=cv2.contourArea))
    return np.asarray(hull, dtype=np.float64).reshape(-1, 2)


def quad_around(hull: Floats) -> Floats | None:
    """The quadrilateral closest around a convex polygon; None where there is none."""
    if len(hull) < 4:
        return None
    points = hull.astype(np.float32).reshape(-1, 1, 2)
    quad = np.asarray(cv2.approxPolyN(points, 4, epsilon_percentage=-1.0, ensure_convex=True))
    return quad.astype(np.float64).reshape(-1, 2) if quad.size == 8 else None


def filled(polygon: Floats, shape: tuple[int, ...]) -> Plane:
    """Ones within a convex polygon, zeros elsewhere."""
    mask = np.zeros(shape, np.uint8)
    cv2.fillConvexPoly(mask, np.round(polygon).astype(np.int32), (1,))
    return mask


def line_through(points: Floats) -> tuple[float, float, float, float]:
    """A line fitted with Huber's loss: direction (x, y) and a point (x, y) on it."""
    fitted = cv2.fitLine(points.astype(np.float32), cv2.DIST_HUBER, 0, 0.01, 0.01)
    dx, dy, x, y = np.asarray(fitted, dtype=np.float64).ravel().tolist()
    return dx, dy, x, y


def sampled(plane: Plane, xs: Floats, ys: Floats) -> npt.NDArray[np.float32]:
    """The plane's values at points, between pixels by interpolation, beyond it the nearest's."""
    return np.asarray(
        cv2.remap(
            plane,
            xs.astype(np.float32),
            ys.astype(np.float32),
            cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REPLICATE,
        ),
        dtype=np.float32,
    )


def warped(picture: Picture, to_source: Floats, width: int, height: int) -> Picture:
    """The picture seen through a homography.

    Args:
        picture: the source.
        to_source: 3 x 3, from the result's pixel centres to the source's.
        width: of the result.
        height: of the result.
    """
    flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    return _bytes(
        cv2.warpPerspective(
            picture, to_source, (width, height), flags=flags, borderMode=cv2.BORDER_REPLICATE
        )
    )


def turned(plane: Plane, degrees: float, background: int) -> Plane:
    """The plane turned counter-clockwise about its middle, at the same size."""
    height, width = plane.shape
    matrix = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), degrees, 1.0)
    return _bytes(
        cv2.warpAffine(
            plane, matrix, (width, height), flags=cv2.INTER_LINEAR, borderValue=(background,)
        )
    )
