"""How fast the warehouse is loaded, and how large it grows: `python -m benchmarks.loader`.

Two lakes of 2,000 documents each are loaded: one of documents like the born-digital samples, and
one of documents with 200 values on a page of 200 words. Each is loaded several times into new
warehouses, with two processes that stage, in batches as large as is fastest (the file is
checkpointed on the way), and in turns that others wait for 25 ms at most; the medians are printed,
and how long others would have waited. Then the first is published. A load of nothing new shows what
looking costs, and another one a lake that is far away.

    python -m benchmarks.loader 5000      as many documents instead
"""

from __future__ import annotations

import sys
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter, sleep

import duckdb

from benchmarks.own_cost import born_digital, read
from docmill.extractors.classify import classify
from docmill.extractors.extract import extract
from docmill.extractors.layout import layout_of
from docmill.extractors.triage import Thresholds, triage
from docmill.infra.lake import Lake
from docmill.infra.storage.local import LocalFolder
from docmill.infra.warehouse.ddl import literal
from docmill.infra.warehouse.layout import TABLES
from docmill.infra.warehouse.loader import Loader
from docmill.infra.warehouse.opening import opened
from docmill.infra.warehouse.owner import WarehouseOwner
from docmill.infra.warehouse.stagers import staging_workers
from docmill.infra.wiring import extractor
from docmill.infra.workspace import Workspace
from docmill.schemas.document_schema import DocumentSchema
from docmill.schemas.engine import EngineTag
from docmill.schemas.extraction import Evidence, Extraction, FieldValue, Match, ValueStatus
from docmill.schemas.geometry import Box
from docmill.schemas.keys import document_id_of, stable_key
from docmill.schemas.loading import builtin_schemas
from docmill.schemas.outcome import DocumentOutcome, DocumentStatus, PartOutcome
from docmill.schemas.page import Block, PageStatus, PageText, Word
from docmill.schemas.review import ReviewItem
from docmill.schemas.source import Sighting

DOCUMENTS = 2000
BLOCK_BYTES = 262_144  # of DuckDB's files
LATENCY_S = 0.015  # of a store in the same region
RUNS = 5
WORKERS = 2  # that stage
LOCK_S = 0.025
LIST_ROWS, WORDS = 32, 200  # of a large document


@dataclass(frozen=True)
class Model:
    """A document to make copies of."""

    pages: tuple[PageText, ...]
    schema: DocumentSchema
    extraction: Extraction
    review: tuple[ReviewItem, ...]


def models() -> Iterator[Model]:
    """The born-digital samples, read and extracted."""
    schemas = tuple(builtin_schemas().values())
    for path in born_digital():
        pages = read(path)
        schema = classify(layout_of(pages), schemas).schema
        if schema is not None:
            extraction = extract(pages, schema, extractor("local"))
            yield Model(pages, schema, extraction, triage(extraction, schema, pages, Thresholds()))


def large() -> Model:
    """A document with 8 values and 32 rows of 6: 200 in all, on a page of 200 words."""
    schema = builtin_schemas()["invoice"]
    box = Box(x0=0.1, y0=0.2, x1=0.3, y1=0.22)
    evidence = Evidence(page=1, box=box, words=(1, 2), quote="12.00", match=Match.EXACT)
    scalars = ("invoice_number", "invoice_date", "seller_name", "buyer_name", "total", "subtotal",
               "tax", "currency")  # fmt: skip
    columns = ("description", "quantity", "unit", "unit_price", "tax_rate", "line_total")
    paths = [*scalars, *(f"line_items[{row}].{name}" for row in range(LIST_ROWS)
                         for name in columns)]  # fmt: skip
    values = (
        FieldValue(
            path=path, value=f"{number}.00", raw=f"{number},00", status=ValueStatus.PRESENT,
            confidence=0.9, evidence=evidence,
            signals={"beside": 0.5, "below": 0.3, "margin": 0.2, "repeated": 1.0},
        )
        for number, path in enumerate(paths)
    )  # fmt: skip
    engine = EngineTag(name="local", version="1")
    extraction = Extraction(
        document_id="", part=1, page_from=1, page_to=1, schema_name=schema.name,
        schema_hash=schema.hash, engine=engine, fields=tuple(values),
    )  # fmt: skip
    words = (Word(text=f"word{n}", box=box, block=0, line=n // 10) for n in range(WORDS))
    page = PageText(
        document_id="", page=1, width_px=1654, height_px=2339, engine=engine,
        status=PageStatus.OK, words=tuple(words), blocks=(Block(label="text", text="x", box=box),),
    )  # fmt: skip
    return Model((page,), schema, extraction, ())


def copy(lake: Lake, model: Model, number: int) -> Sighting:
    """One more document like `model` in the lake."""
    document_id = document_id_of(str(number).encode())
    key = stable_key("copy", {"document": document_id})
    pages = [page.model_copy(update={"document_id": document_id}) for page in model.pages]
    keys = tuple(stable_key("copy", {"document": document_id, "page": p.page}) for p in pages)
    for page_key, page in zip(keys, pages, strict=True):
        lake.put_page(page_key, page)
    lake.put_schema(model.schema)
    extraction = model.extraction.model_copy(update={"document_id": document_id})
    lake.put_extraction(key, extraction)
    uri, now = f"file:///inbox/{number:06}.pdf", datetime.now(UTC)
    part = PartOutcome(
        part=1,
        page_from=1,
        page_to=len(pages),
        status=DocumentStatus.NEEDS_REVIEW if model.review else DocumentStatus.DONE,
        schema_name=model.schema.name,
        schema_confidence=0.9,
        extraction_key=key,
        review=tuple(i.model_copy(update={"document_id": document_id}) for i in model.review),
    )
    lake.commit_document(
        DocumentOutcome(
            work_key=key,
            document_id=document_id,
            uri=uri,
            media_type="application/pdf",
            bytes=50_000,
            page_count=len(pages),
            status=part.status,
            ocr_engine=EngineTag(name="text_layer", version="1"),
            extractor=model.extraction.engine,
            page_keys=keys,
            parts=(part,),
            run_id="benchmark",
            started_at=now,
            finished_at=now,
        )
    )
    return Sighting(uri=uri, document_id=document_id, size=50_000, etag="e", seen_at=now)


def fill(lake: Lake, documents: int, originals: Sequence[Model]) -> None:
    """A lake of so many documents like these."""
    sightings = [copy(lake, originals[n % len(originals)], n) for n in range(documents)]
    for start in range(0, documents, 200):
        lake.commit_sightings(sightings[start : start + 200])


def print_sizes(workspace: Workspace, documents: int) -> int:
    """Prints rows and bytes per table; returns the number of all rows."""
    rows = 0
    with closing(duckdb.connect(workspace.published, read_only=True)) as connection:
        for table in TABLES:
            counted = connection.execute(f"SELECT count(*) FROM {table.qualified}").fetchone()
            name = literal(table.qualified)
            blocks = connection.execute(
                f"SELECT count(DISTINCT block_id) FROM pragma_storage_info({name}) "
                "WHERE block_id >= 0"
            ).fetchone()
            assert counted and blocks
            rows += int(counted[0])
            if counted[0] >= documents:
                size = blocks[0] * BLOCK_BYTES / documents
                per = counted[0] / documents
                print(f"  {table.name:<14} {per:8.1f} rows and {size:8.0f} bytes per document")
    return rows


def print_lake(workspace: Workspace, documents: int, pages: int) -> None:
    """Prints objects and bytes of the lake."""
    found: dict[str, list[int]] = {}
    root = Path(workspace.lake_root)
    for path in root.rglob("*"):
        if path.is_file():
            found.setdefault(path.relative_to(root).parts[0], []).append(path.stat().st_size)
    for name, sizes in sorted(found.items()):
        print(f"  {name:<14} {len(sizes) / documents:6.2f} objects, "
              f"{sum(sizes) / documents:8.0f} bytes per document")  # fmt: skip
    print(f"  together {sum(map(sum, found.values())) / pages:.0f} bytes per page")


class Far(LocalFolder):
    """A folder whose objects take a while to come."""

    def get(self, key: str) -> bytes | None:
        """See `ObjectStore.get`."""
        sleep(LATENCY_S)
        return super().get(key)


def seconds_from_afar(near: Workspace) -> float:
    """The seconds that loading takes when every object of the lake comes late."""
    with WarehouseOwner(Workspace(near.root / "far")) as owner:
        started = perf_counter()
        owner.load(Lake(Far(Path(near.lake_root))))
        return perf_counter() - started


@dataclass
class Stopwatch:
    """Turns to write, and for how many seconds each was held."""

    held: list[float] = field(default_factory=list[float])

    @contextmanager
    def turn(self) -> Generator[None]:
        """A turn."""
        started = perf_counter()
        yield
        self.held.append(perf_counter() - started)


def print_rates(workspace: Workspace, folder: Path, name: str, lock_s: float | None) -> None:
    """Prints how fast a lake is loaded into new warehouses, and how long turns were held."""
    rates: list[float] = []
    watch = Stopwatch()
    lake = workspace.lake()
    with staging_workers(workspace.lake_root, WORKERS) as stager:
        for run in range(RUNS):
            path = folder / f"{name} {lock_s} {run}.duckdb"
            with opened(path, checkpoints=lock_s is None) as connection:
                started = perf_counter()
                loader = Loader(connection, lake, turn=watch.turn, lock_s=lock_s, stager=stager)
                report = loader.load()
                rates.append(report.documents / (perf_counter() - started))
    held = sorted(watch.held)
    how = "as large batches as is fastest" if lock_s is None else f"turns of {lock_s * 1000:.0f} ms"
    print(
        f"{name}, {how}: median {median(rates):.0f} documents/s of {RUNS} runs "
        f"({min(rates):.0f} to {max(rates):.0f}); turns held 95th percentile "
        f"{1000 * held[int(0.95 * len(held))]:.1f} ms, longest {1000 * held[-1]:.1f} ms"
    )


def main(documents: int = DOCUMENTS) -> None:
    """Prints rates and sizes."""
    with TemporaryDirectory() as folder:
        workspace = Workspace(Path(folder) / "workspace")
        workspace.create()
        started = perf_counter()
        fill(workspace.lake(), documents, list(models()))
        print(f"{documents} documents put into the lake in {perf_counter() - started:.1f} s")
        with WarehouseOwner(workspace) as owner:
            started = perf_counter()
            report = owner.load(workspace.lake())
            loading = perf_counter() - started
            owner.publish()
            publishing = perf_counter() - started - loading
            counted = owner.connection.execute("SELECT count(*) FROM pages").fetchone()
            started = perf_counter()
            owner.load(workspace.lake())
            again = perf_counter() - started
        pages = int(counted[0]) if counted else 0
        far = seconds_from_afar(workspace)
        rows = print_sizes(workspace, documents)
        size = workspace.published.stat().st_size
        print(f"  whole file     {size / documents:8.0f} bytes per document, {pages} pages")
        print_lake(workspace, documents, pages)
        large_ones = Workspace(Path(folder) / "large")
        large_ones.create()
        fill(large_ones.lake(), documents, [large()])
        for lock_s in (None, LOCK_S):
            print_rates(workspace, Path(folder), "like the samples", lock_s)
            print_rates(large_ones, Path(folder), "200 values each", lock_s)
    print(f"loaded {report.documents} documents in {loading:.1f} s: "
          f"{documents / loading:.0f} documents/s, {pages / loading:.0f} pages/s, "
          f"{rows / loading:.0f} rows/s")  # fmt: skip
    print(
        f"with {LATENCY_S * 1000:.0f} ms for every object: {documents / far:.0f} documents/s, "
        f"{pages / far:.0f} pages/s"
    )
    print(
        f"published {size / 1e6:.0f} MB in {publishing:.2f} s; nothing new to load: {again:.2f} s"
    )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else DOCUMENTS)
