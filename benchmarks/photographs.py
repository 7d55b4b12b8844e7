"""What rectifying photographs gains in reading: `python -m benchmarks.photographs`.

Pages of the sample documents are photographed by a simulated camera, mildly and strongly, and
read by the embedded OCR as they are and rectified. Word recall is the share of the page's words,
as its text layer has them, that are among the words read.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from statistics import mean

import numpy as np
from rapidocr import EngineType, RapidOCR
from sample_docs.generate.photograph import Camera, photographed

from docmill.extractors.ocr.text_layer import TextLayer
from docmill.extractors.photo.pixels import Picture
from docmill.extractors.photo.rectify import rectified
from docmill.extractors.render import OpenedPage, open_document

SAMPLES = Path(__file__).resolve().parents[1] / "sample_docs"
DOCUMENTS = (
    "invoices/de-office-supplies.pdf",
    "invoices/gb-credit-note.pdf",
    "invoices/us-landscape-supply.pdf",
    "invoices/nl-broadband.pdf",
    "receipts/us-hardware-store.pdf",
)
CAMERAS = {
    "mild": Camera(lean=8, sway=-6, turn=4, shadow=0.3, blur=0.5, noise=4, seed=3),
    "strong": Camera(
        lean=24, sway=18, turn=-16, distance=1.7, shadow=0.6, blur=0.8, noise=8, quality=70, seed=7
    ),
}
WORD = re.compile(r"\w+")

Reader = Callable[[Picture], "Counter[str]"]


def words_of(text: str) -> Counter[str]:
    """The words of two letters or more, and how often each occurs."""
    return Counter(word.lower() for word in WORD.findall(text) if len(word) > 1)


def embedded_reader() -> Reader:
    """RapidOCR as it serves best: no line classifier, a large detector, one thread."""
    engine = RapidOCR(
        params={
            "Global.use_cls": False,
            "Global.log_level": "error",
            "Det.engine_type": EngineType.OPENVINO,
            "Rec.engine_type": EngineType.OPENVINO,
            "Det.limit_side_len": 1280,
            "Det.limit_type": "max",
            "EngineConfig.openvino.inference_num_threads": 1,
        }
    )

    def read(picture: Picture) -> Counter[str]:
        texts = getattr(engine(np.ascontiguousarray(picture[..., ::-1])), "txts", None)
        return words_of(" ".join(texts or ()))

    return read


def recall(read: Counter[str], truth: Counter[str]) -> float:
    """Share of the true words that were read."""
    return (read & truth).total() / truth.total()


def truth_of(page: OpenedPage) -> Counter[str]:
    """The words of the page's text layer."""
    return words_of(" ".join(word.text for word in TextLayer().read(page).words))


def main() -> None:
    """Prints recall before and after for every photograph."""
    reader = embedded_reader()
    for kind, camera in CAMERAS.items():
        rows: list[tuple[float, float]] = []
        for name in DOCUMENTS:
            with open_document((SAMPLES / name).read_bytes()) as document:
                page = document.page(1)
                picture = np.asarray(photographed(page.image(), camera).picture)
                truth = truth_of(page)
            after = rectified(picture)
            rows.append((recall(reader(picture), truth), recall(reader(after.picture), truth)))
            print(f"{kind:7} {name:36} {rows[-1][0]:.3f} -> {rows[-1][1]:.3f}  {after.findings}")
        before, behind = (mean(column) for column in zip(*rows, strict=True))
        print(f"{kind:7} {'mean':36} {before:.3f} -> {behind:.3f}")


if __name__ == "__main__":
    main()
