"""How long analysts wait: `python -m benchmarks.analysts`.

A warehouse of a million field rows is made through the lake and the loader: 5,000 invoices of one
page, 200 fields and 250 words each, of 40 suppliers over two years; a tenth was extracted twice, a
fifth of the doubtful values has a reviewer's answer, every document has two requests to models,
every fiftieth failed. Then every query of docs/analysts.md and docs/warehouse.md runs five times on
the published file; the median counts, and should be at most a second.

    python -m benchmarks.analysts 500     as many documents instead
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

import duckdb

from docmill.infra.lake import Lake
from docmill.infra.storage.local import LocalFolder
from docmill.infra.warehouse.exporting import export
from docmill.infra.warehouse.owner import WarehouseOwner
from docmill.infra.workspace import Workspace
from docmill.schemas.engine import EngineTag
from docmill.schemas.extraction import Check, Evidence, Extraction, FieldValue, Match, ValueStatus
from docmill.schemas.geometry import Box
from docmill.schemas.keys import document_id_of, stable_key
from docmill.schemas.loading import builtin_schemas
from docmill.schemas.outcome import (
    DocumentOutcome,
    DocumentStatus,
    Failure,
    ModelCall,
    PartOutcome,
    Stage,
)
from docmill.schemas.page import PageStatus, PageText, Word
from docmill.schemas.review import ReviewAction, ReviewEvent, ReviewItem, ReviewReason
from docmill.schemas.source import Sighting

DOCUMENTS = 5000
ROWS = 32  # of line items, six fields each
WORDS = 250
ROUNDS = 5
BEGIN = datetime(2025, 1, 1, tzinfo=UTC)
INVOICE = builtin_schemas()["invoice"]
OCR = EngineTag(name="vision", version="1", model="page-reader")
FILLER = EngineTag(name="openai", version="1", model="small")
HEAD = ("invoice_number", "invoice_date", "seller_name", "buyer_name", "currency", "subtotal",
        "tax", "total")  # fmt: skip
ITEM = ("description", "quantity", "unit", "unit_price", "tax_rate", "line_total")
DOCS = Path(__file__).resolve().parents[1] / "docs"


def box_of(number: int) -> Box:
    """A place on the page, one for each of some 250 numbers."""
    x, y = 0.05 + 0.09 * (number % 10), 0.03 + 0.038 * (number // 10 % 25)
    return Box(x0=x, y0=y, x1=x + 0.08, y1=y + 0.02)


def values_of(number: int, again: bool) -> Iterator[FieldValue]:
    """The 200 fields of an invoice; a second extraction reads some totals otherwise."""
    day = BEGIN + timedelta(days=number % 730)
    given = {
        "invoice_date": f"{day:%Y-%m-%d}",
        "seller_name": f"Supplier {number % 40} Ltd",
        "currency": ("EUR", "USD", "CHF")[number % 3],
        "total": f"{number % 977 + again}.50",
    }
    paths = [*HEAD, *(f"line_items[{row}].{name}" for row in range(ROWS) for name in ITEM)]
    for place, path in enumerate(paths):
        value = given.get(path, str(place))
        yield FieldValue(
            path=path,
            value=value,
            raw=value,
            status=ValueStatus.PRESENT,
            confidence=(number * 31 + place * 17) % 101 / 101,
            evidence=Evidence(
                page=1, box=box_of(place), words=(place,), quote=value, match=Match.EXACT
            ),
        )


def put_document(lake: Lake, number: int, again: bool) -> DocumentOutcome:
    """An invoice in the lake, with its outcome committed."""
    document_id = document_id_of(str(number).encode())
    read_key = stable_key("page", {"document": document_id})
    fill_key = stable_key("fill", {"document": document_id, "again": again})
    words = tuple(
        Word(text=f"w{place}", box=box_of(place), block=0, line=place // 10, confidence=0.9)
        for place in range(WORDS)
    )
    lake.put_page(
        read_key,
        PageText(
            document_id=document_id, page=1, width_px=1654, height_px=2339, engine=OCR,
            status=PageStatus.OK, words=words, image_hash=document_id,
        ),
    )  # fmt: skip
    fields = tuple(values_of(number, again))
    checks = (Check(name="sum", passed=True, paths=("total", "subtotal"), detail="adds up"),)
    lake.put_extraction(
        fill_key,
        Extraction(
            document_id=document_id, part=1, page_from=1, page_to=1, schema_name=INVOICE.name,
            schema_hash=INVOICE.hash, engine=FILLER, fields=fields, checks=checks,
        ),
    )  # fmt: skip
    review = tuple(
        ReviewItem(
            document_id=document_id, part=1, schema_name=INVOICE.name, path=field.path,
            reason=ReviewReason.LOW_CONFIDENCE, explanation="doubtful",
            confidence=field.confidence,
        )
        for field in fields if field.confidence < 0.03
    )  # fmt: skip
    part = PartOutcome(
        part=1, page_from=1, page_to=1, status=DocumentStatus.NEEDS_REVIEW,
        schema_name=INVOICE.name, extraction_key=fill_key, review=review,
    )  # fmt: skip
    finished_at = BEGIN + timedelta(days=number % 700, hours=again)
    outcome = DocumentOutcome(
        work_key=fill_key, document_id=document_id, uri=f"file:///inbox/{number:06}.pdf",
        media_type="application/pdf", bytes=50_000, page_count=1, status=part.status,
        ocr_engine=OCR, extractor=FILLER, page_keys=(read_key,), parts=(part,),
        calls=tuple(calls_of(number, finished_at, read_key, fill_key)), run_id="benchmark",
        started_at=finished_at, finished_at=finished_at,
    )  # fmt: skip
    lake.commit_document(outcome)
    return outcome


def calls_of(number: int, at: datetime, read_key: str, fill_key: str) -> Iterator[ModelCall]:
    """Two requests, one of which has no known price in a fifth of the documents."""
    shared: dict[str, Any] = {"prompt_hash": "p", "input_tokens": 2000, "output_tokens": 300,
                              "seconds": 1.5, "called_at": at}  # fmt: skip
    yield ModelCall(
        call_id=f"{read_key}-read", stage=Stage.READ, engine=OCR, page=1, output_key=read_key,
        price_usd=0.0, **shared,
    )  # fmt: skip
    yield ModelCall(
        call_id=f"{fill_key}-fill", stage=Stage.EXTRACT, engine=FILLER, part=1,
        output_key=fill_key, cached_tokens=number % 2000,
        price_usd=None if number % 5 == 0 else 0.002, **shared,
    )  # fmt: skip


def answers_of(outcome: DocumentOutcome) -> Iterator[ReviewEvent]:
    """An answer to every fifth question about a document, every third of them a correction."""
    part = outcome.parts[0]
    for number, item in enumerate(part.review):
        chance = int(outcome.document_id[:6], 16) + number
        if chance % 5 or "[" in item.path:
            continue
        corrected = chance % 3 == 0
        yield ReviewEvent(
            document_id=outcome.document_id, part=1, schema_name=INVOICE.name, path=item.path,
            revision=1, answer_id=f"{outcome.document_id}-{item.path}",
            extraction_key=part.extraction_key or "", page_from=1, page_to=1, row=None,
            action=ReviewAction.CORRECT if corrected else ReviewAction.ACCEPT, old_value="1",
            value="2" if corrected else "1", reviewer="ann", seconds_spent=4.0,
            answered_at=outcome.finished_at + timedelta(hours=2),
        )  # fmt: skip


def put_failure(lake: Lake, number: int) -> None:
    """A document that could not be opened."""
    at = BEGIN + timedelta(days=number % 700)
    failure = Failure(stage=Stage.OPEN, code="UnreadableFile", message="cut off", hint="fetch it",
                      retryable=False)  # fmt: skip
    lake.commit_document(
        DocumentOutcome(
            work_key=stable_key("failed", {"number": number}),
            document_id=document_id_of(f"failed {number}".encode()),
            uri=f"file:///inbox/failed-{number}.pdf", media_type=None, bytes=1, page_count=0,
            status=DocumentStatus.FAILED, ocr_engine=OCR, extractor=FILLER, failures=(failure,),
            run_id="benchmark", started_at=at, finished_at=at,
        )
    )  # fmt: skip


def fill(lake: Lake, documents: int) -> None:
    """The lake that the top of this file tells of."""
    lake.put_schema(INVOICE)
    sightings: list[Sighting] = []
    for number in range(documents):
        outcome = put_document(lake, number, again=False)
        answers = list(answers_of(outcome))
        for answer in answers:
            lake.put_review(answer)
        if answers:
            lake.commit_reviews(answers)
        if number % 10 == 0:
            put_document(lake, number, again=True)
        if number % 50 == 0:
            put_failure(lake, number)
        sightings.append(
            Sighting(uri=outcome.uri, document_id=outcome.document_id, size=50_000, etag="e",
                     seen_at=outcome.started_at)
        )  # fmt: skip
    lake.commit_sightings(sightings)


def queries() -> Iterator[tuple[str, str]]:
    """Every query of the documents, with the first line of what stands above it."""
    for name in ("analysts.md", "warehouse.md"):
        text = (DOCS / name).read_text(encoding="utf-8")
        pieces = re.split(r"```sql\n(.*?)```", text, flags=re.DOTALL)
        for above, sql in zip(pieces[::2], pieces[1::2], strict=False):
            question = above.strip().rpartition("\n\n")[2].splitlines()[0]
            yield f"{name}: {question}", sql


def main(documents: int = DOCUMENTS) -> None:
    """Prints the median of each query."""
    with TemporaryDirectory() as folder:
        workspace = Workspace(Path(folder) / "workspace")
        workspace.create()
        started = perf_counter()
        fill(Lake(LocalFolder(Path(workspace.lake_root))), documents)
        filled = perf_counter()
        with WarehouseOwner(workspace) as owner:
            owner.load(workspace.lake())
            owner.publish()
        print(f"lake made in {filled - started:.0f} s, loaded in {perf_counter() - filled:.0f} s")
        with closing(duckdb.connect(workspace.published, read_only=True)) as connection:
            for table in ("fields", "words", "field_history", "model_calls", "review_events"):
                counted = connection.execute(f"SELECT count(*) FROM {table}").fetchone()
                print(f"  {table:<14} {counted[0] if counted else 0:>10,} rows")
            slow = sum(timed(connection, *each) > 1 for each in queries())
            print(f"{slow} of {len(list(queries()))} queries take more than a second")
            for what in ("first export", "nothing new to export"):
                started = perf_counter()
                export(
                    connection, LocalFolder(Path(folder) / "lakehouse"), ["fields", "words"],
                    incremental=True, now=datetime.now(UTC),
                )  # fmt: skip
                print(f"{what} of fields and words: {perf_counter() - started:.1f} s")


def timed(connection: duckdb.DuckDBPyConnection, question: str, sql: str) -> float:
    """Prints and returns the median seconds of a query."""
    seconds: list[float] = []
    rows = 0
    for _ in range(ROUNDS):
        started = perf_counter()
        rows = len(connection.execute(sql).fetchall())
        seconds.append(perf_counter() - started)
    print(f"  {median(seconds):6.3f} s {rows:>7} rows  {question[:90]}")
    return median(seconds)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else DOCUMENTS)
