"""Workspaces that were filled by real runs over small documents."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from shutil import copytree
from typing import Any

import pymupdf
import pytest

from docmill.infra.pipeline import run_batch
from docmill.infra.planning.plan import Planned
from docmill.infra.settings import Settings, load_settings
from docmill.infra.sources import find_sources
from docmill.infra.warehouse.owner import WarehouseOwner
from docmill.schemas.batch import BatchReport
from docmill.schemas.loading import load_schemas
from docmill.schemas.outcome import DocumentOutcome, SourceFailure
from docmill.schemas.source import SourceObject

INVOICE = ("Invoice no. {name}", "Date 2026-11-{day:02}", "Total 119.00 EUR")


class Silent:
    """A progress that nobody watches."""

    def found(self, objects: int) -> None: ...
    def skipped(self, source: SourceObject) -> None: ...
    def finished(self, outcome: DocumentOutcome) -> None: ...
    def unread(self, failure: SourceFailure) -> None: ...


def write_invoice(path: Path, pages: int, day: int = 1) -> None:
    with pymupdf.open() as document:
        for number in range(pages):
            lines = [line.format(name=f"{path.stem}-{number}", day=day) for line in INVOICE]
            document.new_page().insert_text((72, 72), "\n".join(lines))  # pyright: ignore
        document.save(path)  # pyright: ignore


class Mill:
    """A folder of documents and the workspace they went to."""

    def __init__(self, root: Path) -> None:
        self.inbox = root / "inbox"
        self.workspace = root / "workspace"

    def settings(self, **overrides: Any) -> Settings:
        given = {"ocr": "text_layer", "workers": 1, "schema": "invoice", **overrides}
        return load_settings(workspace=self.workspace, **given)

    def objects(self) -> tuple[SourceObject, ...]:
        return find_sources([str(self.inbox)]).objects

    def run(self, objects: tuple[SourceObject, ...], **overrides: Any) -> BatchReport:
        settings = self.settings(**overrides)
        schemas = load_schemas(settings.schema_)
        report = run_batch(objects, schemas, settings, Silent(), lambda: None)
        with WarehouseOwner(settings.open_workspace()) as owner:
            owner.load(settings.open_workspace().lake())
            owner.publish()
        return report

    def run_planned(self, planned: Planned, **overrides: Any) -> BatchReport:
        return self.run(planned.objects, **overrides)


@pytest.fixture(scope="session")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three invoices of 1, 2 and 3 pages, read and extracted."""
    root = tmp_path_factory.mktemp("planned")
    mill = Mill(root)
    mill.inbox.mkdir()
    for pages, name in enumerate(("a", "b", "c"), start=1):
        write_invoice(mill.inbox / f"{name}.pdf", pages)
    mill.run(mill.objects())
    return root


@pytest.fixture
def mill(original: Path, tmp_path: Path) -> Mill:
    """The same lake and warehouse; the documents stay where they are."""
    mill = Mill(tmp_path)
    copytree(original / "workspace", mill.workspace)
    mill.inbox = original / "inbox"
    return mill


@pytest.fixture
def own_mill(tmp_path: Path) -> Mill:
    """A mill of its own, whose documents a test may change: two invoices of 1 and 2 pages."""
    mill = Mill(tmp_path)
    mill.inbox.mkdir()
    write_invoice(mill.inbox / "x.pdf", 1)
    write_invoice(mill.inbox / "y.pdf", 2)
    mill.run(mill.objects())
    return mill


@pytest.fixture(scope="session")
def invoice() -> Callable[..., None]:
    """Writes an invoice: (path, pages, day=1)."""
    return write_invoice
