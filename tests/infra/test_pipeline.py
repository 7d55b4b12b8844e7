"""A batch as a whole: real worker processes, a real lake, a real warehouse."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pymupdf
import pytest

from docmill.infra.cage import Cage
from docmill.infra.caged_pages import CagedPages
from docmill.infra.pipeline import read_range, run_batch
from docmill.infra.reading import FileReader, PageRange, Spread
from docmill.infra.settings import load_settings
from docmill.infra.sources import find_sources
from docmill.infra.warehouse.owner import WarehouseOwner
from docmill.infra.work import Work
from docmill.infra.workspace import Workspace
from docmill.schemas.batch import BatchReport
from docmill.schemas.document_schema import DocumentSchema
from docmill.schemas.errors import WorkerTimeout
from docmill.schemas.loading import builtin_schemas, load_schema
from docmill.schemas.outcome import DocumentOutcome, DocumentStatus, SourceFailure, Stage
from docmill.schemas.review import ReviewReason
from docmill.schemas.source import SourceObject

CROWD = 400_000


class Collected:
    """Outcomes by file name."""

    def __init__(self) -> None:
        self.outcomes: dict[str, DocumentOutcome] = {}

        self.objects = 0
        self.skips: list[SourceObject] = []
        self.unreadable: list[SourceFailure] = []

    def found(self, objects: int) -> None:
        self.objects = objects

    def skipped(self, source: SourceObject) -> None:
        self.skips.append(source)

    def unread(self, failure: SourceFailure) -> None:
        self.unreadable.append(failure)

    def finished(self, outcome: DocumentOutcome) -> None:
        self.outcomes[Path(outcome.uri).name] = outcome


def run(
    folder: Path, workspace: Path, schemas: Sequence[DocumentSchema] = (), **limits: int
) -> tuple[Collected, BatchReport]:
    settings = load_settings(workspace=workspace, ocr="text_layer", limits=limits or None)
    collected = Collected()
    files = find_sources([str(folder)]).objects
    schemas = schemas or [load_schema("invoice")]
    report = run_batch(files, schemas, settings, collected, lambda: None)
    return collected, report


def pdf_of(*pages: str) -> pymupdf.Document:
    document = pymupdf.open()
    for text in pages:
        document.new_page().insert_text((72, 72), text)  # pyright: ignore
    return document


def crowded(words: int) -> pymupdf.Document:
    """A page with so many words that reading it takes a gigabyte."""
    document = pymupdf.open()
    page = document.new_page()
    page.insert_font(fontname="helv")  # pyright: ignore
    line = b" ".join(b"w%d" % number for number in range(100))
    lines = b"".join(b"BT /helv 1 Tf 1 0 0 1 9 %d Tm (%s) Tj ET\n" % (n % 800, line)
                     for n in range(words // 100))  # fmt: skip
    xref = document.get_new_xref()  # pyright: ignore
    document.update_object(xref, "<<>>")  # pyright: ignore
    document.update_stream(xref, lines)  # pyright: ignore
    page.set_contents(xref)  # pyright: ignore
    return document


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    folder = tmp_path / "inbox"
    folder.mkdir()
    return folder


def test_a_page_that_eats_memory_costs_that_page_only(inbox: Path, tmp_path: Path) -> None:
    document = pdf_of("Invoice no. 4711")
    document.insert_pdf(crowded(CROWD))  # pyright: ignore
    document.insert_pdf(pdf_of("Total EUR 12.00"))  # pyright: ignore
    document.save(inbox / "greedy.pdf")  # pyright: ignore
    pdf_of("Invoice no. 4712").save(inbox / "harmless.pdf")  # pyright: ignore
    collected, _ = run(inbox, tmp_path / "w", worker_memory_mb=300)
    greedy = collected.outcomes["greedy.pdf"]
    assert [(failure.page, failure.code) for failure in greedy.failures] == [(2, "MemoryExceeded")]
    assert greedy.status is DocumentStatus.PARTIAL
    assert [key is not None for key in greedy.page_keys] == [True, False, True]
    assert collected.outcomes["harmless.pdf"].failures == ()


def test_too_many_pages_are_refused_and_said(inbox: Path, tmp_path: Path) -> None:
    pdf_of(*["x"] * 12).save(inbox / "long.pdf")  # pyright: ignore
    collected, _ = run(inbox, tmp_path / "w", max_pages=10)
    (failure,) = collected.outcomes["long.pdf"].failures
    assert failure.code == "TooLarge"
    assert "max_pages" in failure.hint


def test_the_same_bytes_under_two_names_are_one_document(inbox: Path, tmp_path: Path) -> None:
    content = pdf_of("Invoice no. 4711").tobytes()  # pyright: ignore
    for name in ("a.pdf", "b.pdf"):
        (inbox / name).write_bytes(content)
    collected, report = run(inbox, tmp_path / "w")
    assert len(collected.outcomes) == 1
    assert len(report.document_ids) == 1
    records = [record for _, record in Workspace(tmp_path / "w").lake().commits()]
    (sightings,) = [record for record in records if record.kind == "sightings"]
    assert len(sightings.content.sightings) == 2


def test_changed_limits_do_the_work_again(inbox: Path, tmp_path: Path) -> None:
    pdf_of("Invoice no. 4711").save(inbox / "a.pdf")  # pyright: ignore
    assert run(inbox, tmp_path / "w")[1].outcomes == 1
    assert run(inbox, tmp_path / "w")[1].outcomes == 0
    assert run(inbox, tmp_path / "w", max_pages=5)[1].outcomes == 1


def test_a_source_that_cannot_be_read_is_counted(inbox: Path, tmp_path: Path) -> None:
    pdf_of("Invoice no. 4711").save(inbox / "a.pdf")  # pyright: ignore
    files = find_sources([str(inbox)]).objects
    (inbox / "a.pdf").unlink()
    settings = load_settings(workspace=tmp_path / "w")
    report = run_batch(files, [load_schema("invoice")], settings, Collected(), lambda: None)
    (lost,) = report.run.unread_sources
    assert lost.failure.code == "SourceGone"
    assert report.run.failed == 1
    workspace = Workspace(tmp_path / "w")
    with WarehouseOwner(workspace) as owner:
        owner.load(workspace.lake())
        rows = owner.connection.execute("SELECT document_id, uri, code FROM failures").fetchall()
    assert rows == [(None, files[0].uri, "SourceGone")]


SAMPLES = Path(__file__).resolve().parents[2] / "sample_docs" / "invoices"
JOINED = ("de-office-supplies.pdf", "de-wholesale-two-pages.pdf", "us-landscape-supply.pdf")


def test_a_file_of_several_documents_becomes_parts(inbox: Path, tmp_path: Path) -> None:
    """Three invoices of one, two and one pages, the second followed by a blank page."""
    joined = pymupdf.open()
    for name in JOINED:
        with pymupdf.open(SAMPLES / name) as document:
            joined.insert_pdf(document)  # pyright: ignore
        if name == JOINED[1]:
            joined.new_page()  # pyright: ignore
    joined.save(inbox / "scan.pdf")  # pyright: ignore
    for name in JOINED:
        (inbox / name).write_bytes((SAMPLES / name).read_bytes())
    collected, _ = run(inbox, tmp_path / "w", list(builtin_schemas().values()))
    parts = collected.outcomes["scan.pdf"].parts
    assert [(part.part, part.page_from, part.page_to) for part in parts] == [
        (1, 1, 1), (2, 2, 4), (3, 5, 5),
    ]  # fmt: skip
    assert {part.schema_name for part in parts} == {"invoice"}
    assert all(part.schema_confidence and part.schema_confidence > 0.5 for part in parts)
    assert len({part.extraction_key for part in parts}) == 3
    assert [len(collected.outcomes[name].parts) for name in JOINED] == [1, 1, 1]

    workspace = Workspace(tmp_path / "w")
    with WarehouseOwner(workspace) as owner:
        owner.load(workspace.lake())
        totals = owner.connection.execute(
            """SELECT part, total, invoice_number FROM invoice
            WHERE parse_filename(uri) = 'scan.pdf' ORDER BY part"""
        ).fetchall()
        alone = owner.connection.execute(
            "SELECT total, invoice_number FROM invoice WHERE parse_filename(uri) <> 'scan.pdf'"
        ).fetchall()
        confidences = owner.connection.execute(
            "SELECT schema_confidence FROM documents WHERE page_to > 1"
        ).fetchall()
    assert [part for part, *_ in totals] == [1, 2, 3]
    assert sorted(row[1:] for row in totals) == sorted(alone)
    assert all(0.5 < confidence <= 1 for (confidence,) in confidences)


def test_a_page_of_no_known_type_is_a_part_for_review(inbox: Path, tmp_path: Path) -> None:
    pdf_of("Dear Bob, the weather was fine. Yours, Ann").save(inbox / "a.pdf")  # pyright: ignore
    collected, _ = run(inbox, tmp_path / "w", list(builtin_schemas().values()))
    (part,) = collected.outcomes["a.pdf"].parts
    assert (part.schema_name, part.extraction_key) == (None, None)
    assert part.schema_confidence is not None
    assert [item.reason for item in part.review] == [ReviewReason.UNKNOWN_KIND]


def test_known_files_are_not_opened_again(inbox: Path, tmp_path: Path) -> None:
    pdf_of("Invoice no. 4711").save(inbox / "a.pdf")  # pyright: ignore
    settings = load_settings(workspace=tmp_path / "w", ocr="text_layer")
    objects = find_sources([str(inbox)]).objects
    schemas = [load_schema("invoice")]
    run_batch(objects, schemas, settings, Collected(), lambda: None)
    (inbox / "a.pdf").unlink()
    collected = Collected()
    report = run_batch(objects, schemas, settings, collected, lambda: None)
    assert collected.skips == list(objects)
    assert [result.settled is not None for result in report.results] == [True]


def test_another_schema_needs_no_file(inbox: Path, tmp_path: Path) -> None:
    pdf_of("Invoice no. 4711", "Total EUR 12.00").save(inbox / "a.pdf")  # pyright: ignore
    settings = load_settings(workspace=tmp_path / "w", ocr="text_layer")
    objects = find_sources([str(inbox)]).objects
    run_batch(objects, [load_schema("invoice")], settings, Collected(), lambda: None)
    (inbox / "a.pdf").unlink()
    collected = Collected()
    report = run_batch(objects, [load_schema("receipt")], settings, collected, lambda: None)
    (part,) = collected.outcomes["a.pdf"].parts
    assert part.schema_name == "receipt"
    assert (report.pages_read, report.pages_found) == (0, 2)


def test_reading_alone_leaves_the_rest_to_a_later_run(inbox: Path, tmp_path: Path) -> None:
    for number in range(3):
        pdf_of(f"Invoice no. {number}").save(inbox / f"{number}.pdf")  # pyright: ignore
    settings = load_settings(workspace=tmp_path / "w", ocr="text_layer")
    objects = find_sources([str(inbox)]).objects
    schemas = [load_schema("invoice")]
    first = run_batch(objects, schemas, settings, Collected(), lambda: None, until=Stage.READ)
    assert (first.outcomes, first.pages_read) == (0, 3)
    assert [result.settled for result in first.results] == [None] * 3
    second = run_batch(objects, schemas, settings, Collected(), lambda: None)
    assert (second.outcomes, second.pages_read, second.pages_found) == (3, 0, 3)


def test_a_long_file_is_spread_and_joined(inbox: Path, tmp_path: Path) -> None:
    pages = 45
    pdf_of(*[f"Page {number}" for number in range(pages)]).save(inbox / "a.pdf")  # pyright: ignore
    settings = load_settings(workspace=tmp_path / "w", ocr="text_layer")
    (source,) = find_sources([str(inbox)]).objects
    ranges: list[PageRange] = []

    def elsewhere(uri: str, asked: Sequence[PageRange]) -> None:
        """A second machine, which does not manage the last range."""
        ranges.extend(asked)
        for each in asked[:-1]:
            read_range(source, each, settings)

    collected = Collected()
    report = run_batch(
        [source], [], settings, collected, lambda: None, spread=Spread(20, elsewhere)
    )
    assert ranges == [(1, 20), (21, 40), (41, 45)]
    assert collected.outcomes["a.pdf"].status is DocumentStatus.DONE
    texts = [
        Workspace(tmp_path / "w").lake().page(key or "")
        for key in collected.outcomes["a.pdf"].page_keys
    ]
    assert [text and text.words[1].text for text in texts] == [str(n) for n in range(pages)]
    assert (report.pages_read, report.pages_found) == (16 + 5, 24)


def test_unreadable_objects_are_tried_again_next_time(inbox: Path, tmp_path: Path) -> None:
    pdf_of("Invoice no. 4711").save(inbox / "a.pdf")  # pyright: ignore
    settings = load_settings(workspace=tmp_path / "w", ocr="text_layer")
    objects = find_sources([str(inbox)]).objects
    content = (inbox / "a.pdf").read_bytes()
    (inbox / "a.pdf").unlink()
    collected = Collected()
    report = run_batch(objects, [], settings, collected, lambda: None)
    assert [failure.failure.code for failure in collected.unreadable] == ["SourceGone"]
    assert [(result.document_id, result.settled) for result in report.results] == [(None, None)]
    (inbox / "a.pdf").write_bytes(content)
    assert run_batch(objects, [], settings, Collected(), lambda: None).outcomes == 1


class Stopping(Cage):
    """Workers that are stopped while they wait for something."""

    def call(self, function: Any, /, *args: Any, wall_s: float | None = None) -> Any:
        raise WorkerTimeout("stopped")


def test_a_worker_that_waited_for_a_dead_lake_proves_nothing(
    inbox: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pdf_of("Invoice no. 4711").save(inbox / "a.pdf")  # pyright: ignore
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:1")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION"):
        monkeypatch.setenv(name, "x")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")

    def work(lake: str) -> Work:
        return Work(load_settings(ocr="text_layer", lake=lake), (), "run")

    with ThreadPoolExecutor(1) as pool, Stopping(1) as cage:
        works = [work(root) for root in (str(tmp_path), "s3://bucket/lake")]
        near, dead = (
            FileReader(each, CagedPages(each.settings, cage, pool)).read(
                "file:///a.pdf", inbox / "a.pdf", "0" * 64
            )
            for each in works
        )
    assert (near.failures[0].code, near.final) == ("WorkerTimeout", True)
    assert (dead.failures[0].code, dead.final) == ("StoreError", False)
