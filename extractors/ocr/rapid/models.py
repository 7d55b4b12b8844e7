"""The two networks of PP-OCRv6 (text detection and recognition), on OpenVINO or onnxruntime.

Their files come inside the rapidocr package; nothing is fetched. One thread each: docmill runs
one process per core, which reads more pages per second than any number of threads.
"""

# The inference libraries have hardly any annotations; everything that leaves this module has.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportMissingTypeStubs=false
# pyright: reportAttributeAccessIssue=false, reportGeneralTypeIssues=false

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from docmill.schemas.errors import EngineError, EngineUnavailable

Batch = NDArray[np.float32]
Runtime = Literal["openvino", "onnxruntime"]
Network = Callable[[Batch], "Batch"]

MODEL_NAME = "PP-OCRv6_small"
_DETECTION = "PP-OCRv6_det_small.onnx"
_RECOGNITION = "PP-OCRv6_rec_small.onnx"

_OPENVINO = {
    "INFERENCE_NUM_THREADS": "1",
    "NUM_STREAMS": "1",
    # Pinning puts all processes on the same core.
    "ENABLE_CPU_PINNING": "NO",
    # Without this, memory grows with every new size of picture.
    "CPU_RUNTIME_CACHE_CAPACITY": "0",
}


@dataclass(frozen=True)
class Posteriors:
    """What the recogniser says about a batch of lines; all arrays are (lines, columns).

    `best` is the likeliest class of each column (0 is the blank of CTC), `probability` its
    probability, `space` the probability of a word space.
    """

    best: NDArray[np.int64]
    probability: NDArray[np.float32]
    space: NDArray[np.float32]


@dataclass(frozen=True)
class Models:
    """Both networks, ready to run.

    `detection` takes (1, 3, height, width) and gives (1, 1, height, width) probabilities of
    text. `recognition` takes (lines, 3, 48, width). `alphabet` names the classes; the first is
    the blank, the last a space. `runtime` says what they run on.
    """

    detection: Network
    recognition: Callable[[Batch], Posteriors]
    alphabet: tuple[str, ...]
    runtime: Runtime


def load_models(runtime: Runtime | None = None) -> Models:
    """The networks, on OpenVINO where it is installed, else on onnxruntime.

    Args:
        runtime: to insist on one of the two.

    Raises:
        EngineUnavailable: the rapidocr package is not installed as it should be.
    """
    if find_spec("rapidocr") is None:
        raise EngineUnavailable("The package rapidocr is not installed.", "pip install rapidocr")
    folder = Path(str(files("rapidocr"))) / "models"
    missing = [name for name in (_DETECTION, _RECOGNITION) if not (folder / name).exists()]
    if missing:
        raise EngineUnavailable(
            f"The package rapidocr comes without {', '.join(missing)}.",
            "Install the release that docmill asks for: pip install 'rapidocr>=3.10,<4'",
        )
    runtime = runtime or ("openvino" if find_spec("openvino") else "onnxruntime")
    return _on_openvino(folder) if runtime == "openvino" else _on_onnxruntime(folder)


def _on_openvino(folder: Path) -> Models:
    import openvino
    from openvino import opset15 as ops

    core = openvino.Core()
    core.set_property("CPU", _OPENVINO)

    def request(model: Any) -> Any:
        return core.compile_model(model, "CPU").create_infer_request()

    recogniser = core.read_model(folder / _RECOGNITION)
    alphabet = _alphabet(str(recogniser.get_rt_info()["framework"]["character"].value))
    # The choice among 18,000 classes is made inside the graph: copying them all out is slow.
    classes = recogniser.output(0).get_node().input_value(0)
    top = ops.topk(classes, ops.constant(1), 2, "max", "none", index_element_type="i64")
    space = ops.gather(classes, ops.constant([len(alphabet) - 1]), ops.constant(2))
    recogniser = openvino.Model(
        [top.output(1), top.output(0), space.output(0)], recogniser.get_parameters(), "lines"
    )
    detect, recognise = request(core.read_model(folder / _DETECTION)), request(recogniser)

    def detection(batch: Batch) -> Batch:
        with _Translated("detecting text"):
            detect.infer([batch])
            return np.array(detect.get_output_tensor(0).data)

    def recognition(batch: Batch) -> Posteriors:
        with _Translated("recognising text"):
            recognise.infer([batch])
            outputs = [np.array(recognise.get_output_tensor(n).data)[:, :, 0] for n in range(3)]
            return Posteriors(outputs[0], outputs[1], outputs[2])

    return Models(detection, recognition, alphabet, "openvino")


def _on_onnxruntime(folder: Path) -> Models:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.enable_cpu_mem_arena = False  # it would keep the largest page's memory for ever
    options.log_severity_level = 4

    def session(name: str) -> Any:
        return onnxruntime.InferenceSession(
            str(folder / name), options, providers=["CPUExecutionProvider"]
        )

    detector, recogniser = session(_DETECTION), session(_RECOGNITION)
    alphabet = _alphabet(recogniser.get_modelmeta().custom_metadata_map["character"])

    def run(network: Any, batch: Batch) -> Batch:
        return network.run(None, {network.get_inputs()[0].name: batch})[0]

    def detection(batch: Batch) -> Batch:
        with _Translated("detecting text"):
            return run(detector, batch)

    def recognition(batch: Batch) -> Posteriors:
        with _Translated("recognising text"):
            classes = run(recogniser, batch)
        best = classes.argmax(axis=2)
        probability = np.take_along_axis(classes, best[:, :, None], axis=2)[:, :, 0]
        return Posteriors(best, probability, classes[:, :, -1].copy())

    return Models(detection, recognition, alphabet, "onnxruntime")


def _alphabet(characters: str) -> tuple[str, ...]:
    return ("", *characters.splitlines(), " ")


class _Translated:
    """Turns whatever the inference libraries raise into an `EngineError`."""

    def __init__(self, doing: str) -> None:
        self._doing = doing

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: object) -> None:
        if isinstance(error, MemoryError) or not isinstance(error, Exception):
            return
        text = str(error)
        if "alloc" in text.lower() or "memory" in text.lower():
            raise MemoryError(text) from error
        raise EngineError(f"{self._doing} failed: {text}") from error
