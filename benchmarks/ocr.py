"""Reading scans: `python -m benchmarks.ocr [--pages 500]`.

Throughput: docmill's whole reading stage (cage, decoding, OCR, words, lake) against the bare
OCR library in its best configuration, both from the same file bytes, on two processes, in turn,
several rounds; the median ratio is what counts. Memory: resident size of one worker while it
reads many pages, each of another size.
"""

from __future__ import annotations

import io
import random
import sys
import time
from collections.abc import Callable, Sequence, Sized
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import click
import numpy as np
from PIL import Image

from docmill.extractors.read import read_page
from docmill.extractors.render import OpenLimits, open_document
from docmill.infra.cage import Cage, CageLimits
from docmill.infra.opening import FileOrder
from docmill.infra.tasks import ReadOrder, read_pages, warm_up
from docmill.infra.wiring import page_reader
from docmill.schemas.keys import document_id_of

REPOSITORY = Path(__file__).resolve().parents[1]
EVALUATION_SET = REPOSITORY.parent / "shared" / "eval" / "docs"
SUFFIXES = (".png", ".jpg", ".jpeg")
PROCESSES = 2


def pictures(limit: int) -> list[Path]:
    """Scans of the evaluation set, else of the samples, every kind about equally often."""
    root = EVALUATION_SET if EVALUATION_SET.exists() else REPOSITORY / "sample_docs"
    found = sorted(path for path in root.rglob("*") if path.suffix in SUFFIXES)
    return random.Random(1).sample(found, min(limit, len(found)))


_bare: list[Callable[[Any], Sized]] = []


def start_bare() -> None:
    """One engine per process, configured as measured to be best."""
    from rapidocr import EngineType, RapidOCR

    _bare.append(
        RapidOCR(
            params={
                "Global.use_cls": False,
                "Global.log_level": "error",
                "Global.max_side_len": 3000,
                "Det.limit_side_len": 1280,
                "Det.limit_type": "max",
                "Det.engine_type": EngineType.OPENVINO,
                "Rec.engine_type": EngineType.OPENVINO,
                "EngineConfig.openvino.inference_num_threads": 1,
                "EngineConfig.openvino.enable_cpu_pinning": False,
            }
        )
    )


def read_bare(content: bytes) -> int:
    """Lines read by the bare library."""
    picture = np.asarray(Image.open(io.BytesIO(content)).convert("RGB"))
    return len(_bare[0](picture[:, :, ::-1]))


def seconds_bare(pool: ProcessPoolExecutor, contents: Sequence[bytes]) -> float:
    """Wall seconds for all files."""
    started = time.perf_counter()
    list(pool.map(read_bare, contents))
    return time.perf_counter() - started


def seconds_docmill(cage: Cage, files: Sequence[Path]) -> float:
    """Wall seconds for all files, into an empty lake."""
    with TemporaryDirectory() as folder:
        started = time.perf_counter()

        def read(path: Path) -> object:
            name = document_id_of(path.read_bytes())
            order = ReadOrder(FileOrder(folder, path, name, OpenLimits()), "rapidocr")
            return cage.call(read_pages, order, wall_s=120)

        with ThreadPoolExecutor(PROCESSES) as threads:
            list(threads.map(read, files))
        return time.perf_counter() - started


def throughput(rounds: int, files: Sequence[Path]) -> None:
    """Prints pages per second of both, and their ratio."""
    contents = [path.read_bytes() for path in files]
    ratios: list[float] = []
    context = get_context("spawn")
    with (
        ProcessPoolExecutor(PROCESSES, context, start_bare) as pool,
        Cage(PROCESSES, CageLimits(memory_mb=4000, wall_s=120, cpu_s=120), warm_up) as cage,
    ):
        seconds_bare(pool, contents[:4])
        seconds_docmill(cage, files[:4])
        for number in range(rounds):
            bare, ours = seconds_bare(pool, contents), seconds_docmill(cage, files)
            ratios.append(bare / ours)
            print(
                f"round {number + 1}: bare {len(files) / bare:.2f} pages/s, "
                f"docmill {len(files) / ours:.2f} pages/s, ratio {ratios[-1]:.2f}"
            )
    print(f"median ratio {median(ratios):.2f} (target 0.85), {PROCESSES} processes")


def resident_mb() -> float:
    """Memory of this process."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 2**20


def memory(count: int, files: Sequence[Path]) -> None:
    """Prints the resident size while reading `count` pages of different sizes."""
    reader = page_reader("rapidocr")
    chance = random.Random(2)
    sizes: list[float] = []
    for number in range(1, count + 1):
        picture = Image.open(chance.choice(files)).convert("RGB")
        scale = chance.uniform(0.6, 1.1)
        picture = picture.resize((int(picture.width * scale), int(picture.height * scale)))
        buffer = io.BytesIO()
        picture.save(buffer, "JPEG", quality=90)
        with open_document(buffer.getvalue()) as document:
            read_page(document.page(1), reader)
        sizes.append(resident_mb())
        if number % max(1, count // 10) == 0:
            print(f"{number:5d} pages: {sizes[-1]:.0f} MB")
    first, last = sizes[count // 5 : 2 * count // 5], sizes[-count // 5 :]
    print(f"median of the second fifth {median(first):.0f} MB, of the last {median(last):.0f} MB")


@click.command()
@click.option("--pages", default=500, show_default=True, help="Pages of the memory run; 0: none.")
@click.option("--files", "limit", default=40, show_default=True, help="Scans of a speed round.")
@click.option("--rounds", default=3, show_default=True)
def main(pages: int, limit: int, rounds: int) -> None:
    """Speed against the bare library, and memory over many pages."""
    files = pictures(limit)
    if not files:
        sys.exit("skipped: no scans here")
    if rounds:
        throughput(rounds, files)
    if pages:
        memory(pages, files)


if __name__ == "__main__":
    main()
