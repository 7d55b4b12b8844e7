"""What docmill itself costs per page: `python -m benchmarks.own_cost`.

CPU time of everything after a page's words are known: grouping, candidates, scoring, grounding,
checks, triage, writing to the lake. Opening and reading the file (rendering, decoding) is left
out. Runs over the born-digital sample documents, in one process, five times; the median is what
counts.
"""

from __future__ import annotations

import json
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import process_time

from docmill.extractors.ocr.text_layer import TextLayer
from docmill.extractors.read import PageReader, read_page
from docmill.extractors.render import OpenLimits, open_document
from docmill.extractors.triage import Thresholds
from docmill.infra.lake import Lake
from docmill.infra.storage.local import LocalFolder
from docmill.infra.tasks import ExtractOrder, extract_parts, page_key
from docmill.schemas.loading import builtin_schemas
from docmill.schemas.page import PageText

SAMPLES = Path(__file__).resolve().parents[1] / "sample_docs"
ROUNDS = 5


def born_digital() -> list[Path]:
    """The sample documents that have a text layer of their own."""
    lines = map(json.loads, (SAMPLES / "manifest.jsonl").read_text("utf-8").splitlines())
    return [SAMPLES / entry["path"] for entry in lines if entry["stratum"] == "born_digital"]


def read(path: Path) -> tuple[PageText, ...]:
    """All pages of one document."""
    with open_document(path.read_bytes(), OpenLimits()) as document:
        numbers = range(1, document.page_count + 1)
        return tuple(
            read_page(document.page(number), PageReader((TextLayer(),))) for number in numbers
        )


def cost(pages: tuple[PageText, ...], root: Path) -> float:
    """CPU seconds for one document."""
    lake = Lake(LocalFolder(root))
    started = process_time()
    keys = tuple(page_key(page.document_id, page.page, page.engine) for page in pages)
    for key, page in zip(keys, pages, strict=True):
        lake.put_page(key, page)
    schemas = tuple(builtin_schemas().values())
    extract_parts(ExtractOrder(str(root), keys, schemas, "local", Thresholds()))
    return process_time() - started


def main() -> None:
    """Prints the median per page."""
    documents = [read(path) for path in born_digital()]
    count = sum(len(pages) for pages in documents)
    rounds: list[float] = []
    for _ in range(ROUNDS + 1):
        with TemporaryDirectory() as folder:
            rounds.append(sum(cost(pages, Path(folder)) for pages in documents))
    print(f"{count} pages, {ROUNDS} rounds after a warm-up")
    print(f"own cost: {1000 * median(rounds[1:]) / count:.1f} ms CPU per page (target: 50)")


if __name__ == "__main__":
    main()
