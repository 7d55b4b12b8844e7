"""A followed folder, and somebody who processes batches in the blink of an eye."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from docmill.infra.ingestion.batches import file_report, open_batch
from docmill.infra.ingestion.followed import Followed, follow
from docmill.infra.ingestion.inventory import Entry
from docmill.infra.ingestion.scan import Scan, inventories_of
from docmill.infra.lake import Lake
from docmill.infra.settings import Settings, load_settings
from docmill.infra.storage.local import LocalFolder
from docmill.infra.storage.opening import locate
from docmill.schemas.batch import BatchReport, SourceResult
from docmill.schemas.errors import SourceGone
from docmill.schemas.keys import stable_key
from docmill.schemas.outcome import RunRecord
from docmill.schemas.source import Sighting, SourceObject

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


@dataclass
class Desk:
    """Follows one folder with a lake; `configuration` stands for engines and schemas.

    Processing only reads and hashes the objects: `unsettled` are contents whose outcome is never
    final, `read` collects the URIs whose bytes were fetched.
    """

    folder: Path
    lake_root: Path
    overrides: dict[str, Any] = field(default_factory=dict[str, Any])
    configuration: str = "first"
    unsettled: Collection[bytes] = ()
    read: list[str] = field(default_factory=list[str])
    now: datetime = NOON
    lake: Lake = field(init=False)

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.lake = Lake(LocalFolder(self.lake_root), self.clock)

    def clock(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now

    def write(self, name: str, content: bytes) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        path.write_bytes(content)
        os.utime(path, ns=(0, self.now.microsecond + 1000 * len(content)))
        return path

    @property
    def settings(self) -> Settings:
        source = {"uri": str(self.folder), "schema": "invoice", **self.overrides}
        return load_settings(workspace=self.lake_root.parent, sources={"inbox": source})

    @property
    def followed(self) -> Followed:
        return follow("inbox", self.settings)

    def key_of(self, document_id: str) -> str:
        return stable_key(self.configuration, {"document": document_id})

    def scan(self, more: Callable[[], bool] = lambda: True) -> Scan:
        return Scan(self.lake, self.followed, self.key_of, more, self.clock)

    def process(self, key: str) -> BatchReport:
        """What the pipeline does with a batch, but for the documents."""
        results = tuple(self._result(source) for source in open_batch(self.lake, key).objects)
        at = self.clock()
        run = RunRecord(
            run_id=f"run at {at:%H-%M-%S}",
            started_at=at,
            finished_at=at,
            sources=(),
            documents=0,
            already_done=0,
            pages=0,
            failed=0,
            version="0",
        )
        report = BatchReport(run=run, results=results)
        file_report(self.lake, key, report)
        return report

    def _result(self, source: SourceObject) -> SourceResult:
        document_id, settled = self.lake.known_document(source), True
        content = io.BytesIO()
        store, key = locate(source.uri)
        try:
            store.download(key, content, source.etag)
        except SourceGone:
            return SourceResult(object=source, document_id=None, settled=None)
        if document_id is None:
            self.read.append(source.uri)
            document_id = sha256(content.getvalue()).hexdigest()
            sighting = Sighting(
                uri=source.uri,
                document_id=document_id,
                size=source.size,
                etag=source.etag,
                seen_at=self.clock(),
            )
            self.lake.commit_sightings([sighting])
        settled = None if content.getvalue() in self.unsettled else self.key_of(document_id)
        return SourceResult(object=source, document_id=document_id, settled=settled)

    def run(self) -> Scan:
        """A whole run."""
        scan = self.scan()
        for key in scan:
            self.process(key)
        scan.finish()
        return scan

    def known(self) -> list[Entry]:
        """The inventory."""
        inventories = inventories_of(self.lake, self.followed)
        return list(inventories.entries(inventories.newest().chunks))


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path / "inbox", tmp_path / "ws/lake")


@pytest.fixture(scope="session")
def new_desk() -> Callable[[Path], Desk]:
    """Makes a desk in a folder."""
    return lambda root: Desk(root / "inbox", root / "ws/lake")
