"""Finding lines of text: the detector's map of a picture turned into quadrilaterals.

The detector is DB (Liao et al., Real-time Scene Text Detection with Differentiable
Binarization, AAAI 2020); its pre- and post-processing are rapidocr's.
"""

# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false

from __future__ import annotations

from functools import lru_cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from docmill.extractors.ocr.rapid.models import Network

Picture = NDArray[np.uint8]
Quads = NDArray[np.float32]

SIDE = 1280
"""The detector sees the picture with its longer side at most so long; measured as best."""

MIN_SIDE = 64
"""Pictures with a shorter side get a white border up to it: the detector wants multiples of 32,
and misses text that touches the edge."""

# A crop this much taller than wide holds a line that runs up or down.
UPRIGHT_LINE = 1.5


MAX_ASPECT = 3.0
"""Pictures longer than this many times their width (till rolls) are looked at in pieces."""

OVERLAP = 0.2
"""Share of the shorter side by which pieces overlap: several lines, so none is cut twice."""


def find_lines(picture: Picture, detection: Network) -> Quads:
    """Quadrilaterals around lines of text.

    Args:
        picture: 8-bit RGB, shape (height, width, 3).
        detection: the detector.

    Returns:
        Shape (lines, 4, 2): corners as x, y in pixels; top left, top right, bottom right,
        bottom left of the picture as it lies; rows from top to bottom.

    Raises:
        EngineError: the detector failed.
    """
    pieces = [
        _in_piece(picture, detection, start, end, core)
        for start, end, core in _pieces(*picture.shape[:2])
    ]
    quads = np.concatenate(pieces)
    return quads[np.argsort(quads[:, :, 1].mean(axis=1), kind="stable")]


def _pieces(height: int, width: int) -> list[tuple[int, int, tuple[float, float]]]:
    """(start, end, core) of pieces along the longer side; lines belong to the core they lie in."""
    long, short = max(height, width), min(height, width)
    if long <= MAX_ASPECT * short or long <= SIDE:
        return [(0, long, (-np.inf, np.inf))]
    overlap = OVERLAP * short
    count = int(np.ceil((long - overlap) / (MAX_ASPECT * short - overlap)))
    step = (long - overlap) / count
    starts = [round(index * step) for index in range(count)]
    ends = [min(long, round(start + step + overlap)) for start in starts]
    cuts = [-np.inf, *((starts[n + 1] + ends[n]) / 2 for n in range(count - 1)), np.inf]
    return [(starts[n], ends[n], (cuts[n], cuts[n + 1])) for n in range(count)]


def _in_piece(
    picture: Picture, detection: Network, start: int, end: int, core: tuple[float, float]
) -> Quads:
    """The lines of one piece, in pixels of the whole picture."""
    axis = 1 if picture.shape[0] >= picture.shape[1] else 0
    piece = picture[start:end] if axis == 1 else picture[:, start:end]
    quads = _detected(piece, detection)
    quads[:, :, axis] += start
    middles = quads[:, :, axis].mean(axis=1)
    return quads[(middles >= core[0]) & (middles < core[1])]


def _detected(picture: Picture, detection: Network) -> Quads:
    height, width = picture.shape[:2]
    below, right = max(0, MIN_SIDE - height), max(0, MIN_SIDE - width)
    if below or right:
        picture = cv2.copyMakeBorder(
            picture, 0, below, 0, right, cv2.BORDER_CONSTANT, value=(255, 255, 255)
        ).astype(np.uint8)
    scores = detection(_normalised(_shrunk(picture)))
    quads, _ = _postprocess()(scores, picture.shape[:2])
    if len(quads) == 0:
        return np.zeros((0, 4, 2), np.float32)
    return np.clip(np.asarray(quads, np.float32), 0, [width - 1, height - 1]).astype(np.float32)


def _shrunk(picture: Picture) -> Picture:
    """The picture at the size that the detector sees: sides are multiples of 32."""
    height, width = picture.shape[:2]
    scale = min(1.0, SIDE / max(height, width))
    sides = [max(32, round(side * scale / 32) * 32) for side in (width, height)]
    way = cv2.INTER_AREA if scale < 0.5 else cv2.INTER_LINEAR
    return cv2.resize(picture, sides, interpolation=way).astype(np.uint8)


def _normalised(picture: Picture) -> NDArray[np.float32]:
    """Shape (1, 3, height, width), -1..1; the networks were trained on BGR."""
    values = picture[:, :, ::-1].astype(np.float32)
    values *= 1 / 127.5
    values -= 1
    return np.ascontiguousarray(values.transpose(2, 0, 1)[None])


@lru_cache(maxsize=1)
def _postprocess() -> Any:
    from rapidocr.ch_ppocr_det.utils import DBPostProcess

    return DBPostProcess(
        thresh=0.3, box_thresh=0.5, max_candidates=3000, unclip_ratio=1.6, use_dilation=True
    )


def runs_vertically(quads: Quads) -> NDArray[np.bool_]:
    """For every quadrilateral, whether its text runs up or down the picture."""
    across, down = sides_of(quads)
    return down >= UPRIGHT_LINE * across


def sides_of(quads: Quads) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Lengths across and down of every quadrilateral, pixels."""
    across = np.linalg.norm(quads[:, 1] - quads[:, 0], axis=1)
    down = np.linalg.norm(quads[:, 3] - quads[:, 0], axis=1)
    return across.astype(np.float32), down.astype(np.float32)


def slope_of(quads: Quads) -> float:
    """Degrees by which long lines fall to the right, longer ones counting more; 0 without any."""
    across, down = sides_of(quads)
    long = across > 5 * down
    if long.sum() < 3:
        return 0.0
    along = quads[long, 1] - quads[long, 0] + quads[long, 2] - quads[long, 3]
    falls = np.degrees(np.arctan2(along[:, 1], along[:, 0]))
    total = along[np.abs(falls - np.median(falls)) < 3].sum(axis=0)
    return float(np.degrees(np.arctan2(total[1], total[0])))
