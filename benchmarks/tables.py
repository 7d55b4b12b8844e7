"""What finding tables costs per page: `python -m benchmarks.tables [FOLDER]`.

CPU time of the table stage alone (ruling lines from the drawings, regions, grid, cells), for
every page of the PDFs in a folder (the sample documents by default), after one round to warm up.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from statistics import median, quantiles
from time import process_time

from docmill.extractors.ocr.text_layer import TextLayer
from docmill.extractors.render import open_document
from docmill.extractors.tables.page_tables import tables_of
from docmill.schemas.errors import DocmillError

SAMPLES = Path(__file__).resolve().parents[1] / "sample_docs"
ROUNDS = 3


def costs(path: Path) -> Iterator[tuple[float, int]]:
    """CPU seconds and number of tables of every page that can be read."""
    with open_document(path.read_bytes()) as document:
        for number in range(1, document.page_count + 1):
            page = document.page(number)
            text = TextLayer().read(page)
            if not any(word.visible for word in text.words):
                continue
            seconds: list[float] = []
            found = 0
            for _ in range(ROUNDS + 1):
                started = process_time()
                found = len(tables_of(page, text))
                seconds.append(process_time() - started)
            yield median(seconds[1:]), found


def main() -> None:
    """Prints median, mean, 95th percentile and maximum in milliseconds."""
    root = Path(sys.argv[1]) if len(sys.argv) > 1 else SAMPLES
    measured: list[tuple[float, int]] = []
    for path in sorted(root.rglob("*.pdf")):
        try:
            measured.extend(costs(path))
        except DocmillError as error:
            print(f"left out {path.name}: {error}")
    times = [1000 * seconds for seconds, _ in measured]
    tables = sum(found for _, found in measured)
    print(f"{len(times)} pages with {tables} tables, {ROUNDS} rounds after a warm-up")
    print(
        f"CPU per page: median {median(times):.1f} ms, mean {sum(times) / len(times):.1f} ms, "
        f"95th percentile {quantiles(times, n=20)[-1]:.1f} ms, most {max(times):.1f} ms"
    )


if __name__ == "__main__":
    main()
