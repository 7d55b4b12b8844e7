"""What a document costs the lake: `python -m benchmarks.lake_requests`.

The pipeline's own functions process one invoice of one, two and ten pages, in this process, over
a lake that counts its calls; then the warehouse is loaded from it. On S3 each call but a listing
is one request (a listing: one per 1,000 objects), and a create-only put that finds an object is
billed like one that makes it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from functools import wraps
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock
from typing import Any, cast

import duckdb
import pymupdf

from docmill.infra.cage import Cage
from docmill.infra.caged_pages import CagedPages
from docmill.infra.document import Processor
from docmill.infra.lake import Lake
from docmill.infra.reading import FileReader
from docmill.infra.settings import load_settings
from docmill.infra.sources import find_sources
from docmill.infra.storage.local import LocalFolder
from docmill.infra.warehouse import layout
from docmill.infra.warehouse.loader import Loader
from docmill.infra.work import Work
from docmill.schemas.loading import load_schema
from docmill.schemas.outcome import Stage

CALLS = ("put", "get", "find", "list")


class HereAndNow:
    """Stands in for the cage: the same calls, in this process, where they can be counted."""

    def call(self, function: Callable[..., Any], *args: Any, wall_s: float | None = None) -> Any:
        """The function's result."""
        del wall_s
        return function(*args)


@contextmanager
def counted(root: Path) -> Generator[Counter[str]]:
    """Counts calls of the store at `root` by name and prefix of the key."""
    counts: Counter[str] = Counter()
    originals = {name: getattr(LocalFolder, name) for name in CALLS}
    listing = Lock()  # a folder looks at each file that it lists; a bucket need not

    def counting(name: str, original: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(original)
        def call(store: LocalFolder, key: str, *args: Any) -> Any:
            if store.uri.rstrip("/").endswith(str(root)) and not listing.locked():
                counts[f"{name.upper():<4} {key.partition('/')[0]}"] += 1
            if name != "list":
                return original(store, key, *args)
            with listing:
                return iter(list(original(store, key, *args)))

        return call

    for name, original in originals.items():
        setattr(LocalFolder, name, counting(name, original))
    try:
        yield counts
    finally:
        for name, original in originals.items():
            setattr(LocalFolder, name, original)


def invoice(path: Path, pages: int) -> None:
    """A PDF with so many pages of text."""
    with pymupdf.open() as document:
        for page in range(1, pages + 1):
            text = f"Invoice no. {path.stem}\nDate 2026-11-01\nTotal 119.00 EUR\npage {page}"
            document.new_page().insert_text((72, 72), text)  # pyright: ignore
        document.save(path)  # pyright: ignore


def requests(pages: int, root: Path) -> tuple[Counter[str], Counter[str]]:
    """Calls of the lake for one document: by the pipeline, and by the loader."""
    invoice(root / f"{pages}.pdf", pages)
    (source,) = find_sources([str(root / f"{pages}.pdf")]).objects
    settings = load_settings(workspace=root / f"workspace-{pages}", ocr="text_layer")
    workspace = settings.open_workspace()
    workspace.create()
    lake: Lake = workspace.lake()
    work = Work(settings, (load_schema("invoice"),), "benchmark")
    cage = cast(Cage, HereAndNow())
    with counted(Path(workspace.lake_root)) as processing, ThreadPoolExecutor(1) as threads:
        reader = FileReader(work, CagedPages(work.settings, cage, threads))
        handled = Processor(work, lake, reader, cage, Stage.EXTRACT).process(source)
        if handled.sighting:
            lake.commit_sightings([handled.sighting])
    with closing(duckdb.connect()) as warehouse, counted(Path(workspace.lake_root)) as loading:
        for statement in layout.statements():
            warehouse.execute(statement)
        Loader(warehouse, lake).load()
    return processing, loading


def main() -> None:
    """Prints the calls for each number of pages."""
    for pages in (1, 2, 10):
        with TemporaryDirectory() as folder:
            for what, counts in zip(
                ("processed", "loaded"), requests(pages, Path(folder)), strict=True
            ):
                print(f"{pages} pages {what}: {counts.total()} calls")
                for name, count in sorted(counts.items()):
                    print(f"    {name:<18} {count}")


if __name__ == "__main__":
    main()
