"""How fast the warehouse is loaded, and how large it grows: `python -m benchmarks.loader`.

A lake of 2,000 documents is made from the readings and extractions of the born-digital samples,
each copy a document of its own; then one owner loads and publishes it. The second load, of
nothing new, shows what looking costs; the third, into another warehouse, a lake that is far away.

    python -m benchmarks.loader 5000      as many documents instead
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
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
from docmill.infra.warehouse.ddl import PUBLIC
from docmill.infra.warehouse.owner import WarehouseOwner
from docmill.infra.wiring import extractor
from docmill.infra.workspace import Workspace
from docmill.schemas.document_schema import DocumentSchema
from docmill.schemas.engine import EngineTag
from docmill.schemas.extraction import Extraction
from docmill.schemas.keys import document_id_of, stable_key
from docmill.schemas.loading import builtin_schemas
from docmill.schemas.outcome import DocumentOutcome, DocumentStatus, PartOutcome
from docmill.schemas.page import PageText
from docmill.schemas.review import ReviewItem
from docmill.schemas.source import Sighting

DOCUMENTS = 2000
BLOCK_BYTES = 262_144  # of DuckDB's files
LATENCY_S = 0.015  # of a store in the same region


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


def fill(lake: Lake, documents: int) -> None:
    """A lake of so many documents."""
    originals = list(models())
    sightings = [copy(lake, originals[n % len(originals)], n) for n in range(documents)]
    for start in range(0, documents, 200):
        lake.commit_sightings(sightings[start : start + 200])


def print_sizes(workspace: Workspace, documents: int) -> int:
    """Prints rows and bytes per table; returns the number of all rows."""
    rows = 0
    with closing(duckdb.connect(workspace.published, read_only=True)) as connection:
        for table in PUBLIC:
            counted = connection.execute(f"SELECT count(*) FROM {table.qualified}").fetchone()
            blocks = connection.execute(
                f"SELECT count(DISTINCT block_id) FROM pragma_storage_info('{table.name}') "
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


def main(documents: int = DOCUMENTS) -> None:
    """Prints rates and sizes."""
    with TemporaryDirectory() as folder:
        workspace = Workspace(Path(folder) / "workspace")
        workspace.create()
        started = perf_counter()
        fill(workspace.lake(), documents)
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
