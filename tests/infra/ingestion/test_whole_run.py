"""From a folder to published rows, with the pipeline that really runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pymupdf

from docmill.infra.ingestion.batches import file_report, open_batch, schemas_of
from docmill.infra.ingestion.followed import follow
from docmill.infra.ingestion.scan import Scan
from docmill.infra.pipeline import run_batch
from docmill.infra.settings import Settings, load_settings
from docmill.infra.warehouse.owner import WarehouseOwner
from docmill.infra.work import Work
from docmill.schemas.outcome import DocumentOutcome, SourceFailure
from docmill.schemas.source import SourceObject


class Silent:
    def found(self, objects: int) -> None: ...
    def skipped(self, source: SourceObject) -> None: ...
    def finished(self, outcome: DocumentOutcome) -> None: ...
    def unread(self, failure: SourceFailure) -> None: ...


def ingest(settings: Settings) -> Scan:
    """What the scheduled flow does, in one process."""
    followed = follow("inbox", settings)
    lake = settings.open_workspace().lake()
    scan = Scan(lake, followed, Work(followed.settings, followed.schemas, "").key)
    for key in scan:
        batch = open_batch(lake, key)
        schemas = schemas_of(lake, batch)
        own = batch.settings(settings)
        file_report(lake, key, run_batch(batch.objects, schemas, own, Silent(), lambda: None))
    scan.finish()
    return scan


def write(path: Path, text: str) -> None:
    document = pymupdf.open()
    document.new_page().insert_text((72, 72), text)  # pyright: ignore
    document.save(path)  # pyright: ignore


def rows(settings: Settings, sql: str) -> list[tuple[Any, ...]]:
    workspace = settings.open_workspace()
    with WarehouseOwner(workspace) as owner:
        owner.load(workspace.lake())
        return owner.connection.execute(sql).fetchall()


def test_a_folder_is_followed(tmp_path: Path) -> None:
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    source = {"uri": str(inbox), "schema": "invoice", "ocr": "text_layer", "batch_documents": 2}
    settings = load_settings(workspace=tmp_path / "ws", sources={"inbox": source})
    for number in range(3):
        write(inbox / f"{number}.pdf", f"Invoice no. {4711 + number}")
    (inbox / "broken.pdf").write_bytes(b"%PDF-1.7 no more")
    first = ingest(settings)
    assert (dict(first.counts), len(first.batches)) == ({"new": 4}, 2)
    numbers = "SELECT value FROM fields WHERE path = 'invoice_number' ORDER BY value"
    assert rows(settings, numbers) == [("4711",), ("4712",), ("4713",)]
    second = ingest(settings)  # what is broken for good is settled, too
    assert (dict(second.counts), second.batches) == ({"unchanged": 4}, ())
    (inbox / "0.pdf").rename(inbox / "moved.pdf")
    (inbox / "1.pdf").unlink()
    write(inbox / "2.pdf", "Invoice no. 9999")
    third = ingest(settings)
    assert dict(third.counts) == {"unchanged": 1, "changed": 1, "new": 1, "gone": 2}
    places = (
        "SELECT string_split(uri, '/')[-1], deleted_at IS NULL FROM sources "
        "WHERE uri NOT LIKE '%broken%' ORDER BY ALL"
    )
    assert rows(settings, places) == [
        ("0.pdf", False),
        ("1.pdf", False),
        ("2.pdf", False),
        ("2.pdf", True),
        ("moved.pdf", True),
    ]
    same = "SELECT count(DISTINCT document_id) FROM sources WHERE uri SIMILAR TO '.*(0|moved).pdf'"
    assert rows(settings, same) == [(1,)]
    assert len(rows(settings, "FROM documents")) == 5
