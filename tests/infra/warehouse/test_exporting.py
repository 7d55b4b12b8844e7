"""Exports for a lakehouse, read back as its users read them: by DuckDB, from the files alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from docmill.infra.storage.local import LocalFolder
from docmill.infra.storage.opening import open_store
from docmill.infra.storage.store import ObjectStore, Sink, StoredObject
from docmill.infra.warehouse import layout
from docmill.infra.warehouse.exporting import ExportReport, export, newest_manifest
from docmill.infra.warehouse.loader import Loader
from docmill.schemas.errors import StoreError, UsageError
from docmill.schemas.review import ReviewAction

TABLES = [each.name for each in layout.PUBLIC if each.name != "snapshot"]
# The query of docs/analysts.md.
CURRENT = """
WITH counting AS (
    SELECT export_id FROM read_json('{0}/manifests/*.json', columns = {{export_id: 'VARCHAR'}})
), newest AS (
    SELECT {2}, max(export_id) AS export_id FROM read_parquet('{0}/replaced/{1}/*.parquet')
    SEMI JOIN counting USING (export_id) GROUP BY {2}
)
SELECT {3} FROM read_parquet('{0}/tables/{1}/**/*.parquet', hive_partitioning = true,
    hive_types_autocast = false, union_by_name = true) AS rows
SEMI JOIN newest ON rows.export_id = newest.export_id AND rows.{2} IS NOT DISTINCT FROM newest.{2}
ORDER BY ALL
"""


@dataclass
class Exporter:
    """A warehouse, its lake, and a folder that it is exported into."""

    warehouse: duckdb.DuckDBPyConnection
    mill: Any
    folder: Path

    def load(self) -> None:
        Loader(self.warehouse, self.mill.lake).load()

    def export(self, store: ObjectStore | None = None, names: list[str] = TABLES) -> ExportReport:
        self.mill.clock.forward(minutes=1)
        return export(
            self.warehouse, store or LocalFolder(self.folder), names, incremental=True,
            now=self.mill.clock(),
        )  # fmt: skip

    def differing(self) -> list[str]:
        """Tables whose files do not say what the warehouse says."""
        manifest = newest_manifest(LocalFolder(self.folder))
        assert manifest is not None
        return [name for name in TABLES if self._differs(name, manifest.tables[name].key)]

    def _differs(self, name: str, key: str) -> bool:
        described = self.warehouse.execute(f"DESCRIBE FROM main.{name}").fetchall()
        columns = ", ".join(f'"{row[0]}"' for row in described)
        held = self.warehouse.execute(f"SELECT {columns} FROM main.{name} ORDER BY ALL").fetchall()
        if not list((self.folder / "replaced" / name).glob("*")):
            return bool(held)
        query = CURRENT.format(self.folder, name, key, columns)
        return self.warehouse.execute(query).fetchall() != held


@pytest.fixture
def exporter(warehouse: duckdb.DuckDBPyConnection, mill: Any, tmp_path: Path) -> Exporter:
    return Exporter(warehouse, mill, tmp_path / "lakehouse")


def grow(exporter: Exporter, value: Any) -> Iterator[str]:
    """Changes of every kind, one at a time; what it was in words."""
    mill = exporter.mill
    mill.sight("a")
    first = mill.finish("a")
    mill.run()
    yield "a document"
    mill.sight("b")
    mill.finish("b", words=["it's", "Straße"])
    mill.fail("c", retryable=True)
    yield "more documents, one of them failed"
    mill.answer(mill.event(first, "total", ReviewAction.CORRECT, "13"))
    yield "an answer"
    mill.clock.forward(days=31)
    mill.finish("a", [value("total", "14"), value("notes[0]", "x")], work="second")
    yield "another extraction, a month later"
    mill.clock.forward(minutes=1)
    mill.finish("c")
    yield "a failure mended"
    exporter.mill.sight("d", "file:///in/a.pdf")
    yield "a source that holds another document"


def test_the_files_say_what_the_warehouse_says(exporter: Exporter, value: Any) -> None:
    for what in grow(exporter, value):
        exporter.load()
        assert exporter.export().export_id, what
        assert exporter.differing() == [], what


def test_what_did_not_change_is_not_written(exporter: Exporter, value: Any) -> None:
    steps = grow(exporter, value)
    next(steps)
    exporter.load()
    exporter.export()
    files = set(exporter.folder.rglob("*"))
    assert exporter.export().export_id is None
    assert set(exporter.folder.rglob("*")) == files
    next(steps)
    next(steps)
    exporter.load()
    exporter.export()
    next(steps)
    exporter.load()
    report = exporter.export()
    changed = {table.name: table.changed for table in report.tables if table.changed}
    assert changed["fields"] == changed["field_history"] == 1
    assert not {"words", "sources", "runs"}.intersection(changed)


def test_folders_are_as_other_tools_expect(exporter: Exporter, value: Any) -> None:
    for _ in grow(exporter, value):
        exporter.load()
        exporter.export()
    found = {path.parent.relative_to(exporter.folder).as_posix()
             for path in exporter.folder.rglob("*.parquet")}  # fmt: skip
    assert "tables/fields/schema_name=invoice/finished_month=2026-11" in found
    assert "tables/fields/schema_name=invoice/finished_month=2026-12" in found
    assert "tables/words/finished_month=2026-11" in found
    assert "tables/runs" in found


def test_the_manifest_names_the_files_that_are_needed(exporter: Exporter, value: Any) -> None:
    exporter.mill.finish("a")
    exporter.load()
    exporter.export()
    exporter.mill.clock.forward(minutes=1)
    exporter.mill.finish("a", [value("total", "14")], work="second")
    exporter.load()
    exporter.export()
    manifest = newest_manifest(LocalFolder(exporter.folder))
    assert manifest is not None
    fields = manifest.tables["fields"]
    assert [file.export_id for file in fields.files] == [manifest.export_id]
    assert len(fields.replaced) == 2
    for table in manifest.tables.values():
        for file in table.files:
            assert (exporter.folder / file.path).stat().st_size == file.bytes
            assert file.rows > 0


def test_documents_that_are_gone_are_gone(exporter: Exporter) -> None:
    exporter.mill.finish("a")
    exporter.mill.finish("b")
    exporter.load()
    exporter.export()
    exporter.warehouse.execute("DELETE FROM main.words WHERE document_id = "
                               "(SELECT min(document_id) FROM main.words)")  # fmt: skip
    (words,) = (table for table in exporter.export().tables if table.name == "words")
    assert (words.changed, words.gone, words.rows) == (0, 1, 0)
    assert exporter.differing() == []


class Failing:
    """A store whose connection breaks after so many objects were put."""

    def __init__(self, store: ObjectStore, puts: int) -> None:
        self._store = store
        self._left = puts

    @property
    def uri(self) -> str:
        return self._store.uri

    def _count(self) -> None:
        if not self._left:
            raise StoreError("gone away")
        self._left -= 1

    def put(self, key: str, content: bytes) -> bool:
        self._count()
        return self._store.put(key, content)

    def put_file(self, key: str, path: Path) -> bool:
        self._count()
        return self._store.put_file(key, path)

    def get(self, key: str) -> bytes | None:
        return self._store.get(key)

    def download(self, key: str, target: Sink, etag: str | None = None) -> None:
        self._store.download(key, target, etag)

    def find(self, key: str) -> StoredObject | None:
        return self._store.find(key)

    def list(self, prefix: str, start_after: str | None = None) -> Iterator[StoredObject]:
        return self._store.list(prefix, start_after)


def test_an_export_that_died_leaves_nothing_that_counts(exporter: Exporter, value: Any) -> None:
    """Killed after every single object; what counted before still counts, then all is there."""
    names = ["fields", "documents", "runs"]
    steps = grow(exporter, value)
    next(steps)
    exporter.load()
    exporter.export()
    before = newest_manifest(LocalFolder(exporter.folder))
    next(steps)
    next(steps)
    exporter.load()
    died = 0
    for puts in range(100):
        try:
            exporter.export(Failing(LocalFolder(exporter.folder), puts), names)
        except StoreError:
            died += 1
            assert newest_manifest(LocalFolder(exporter.folder)) == before
        else:
            break
    assert died >= 4
    exporter.export()
    assert exporter.differing() == []


def test_a_clock_that_went_back_changes_no_order(exporter: Exporter, value: Any) -> None:
    exporter.mill.finish("a")
    exporter.load()
    first = exporter.export().export_id
    exporter.mill.finish("a", [value("total", "99")], work="second")
    exporter.load()
    exporter.mill.clock.now -= timedelta(days=1)
    second = exporter.export().export_id
    assert first and second and second > first
    assert exporter.differing() == []


def test_a_full_export_wants_an_empty_target(exporter: Exporter) -> None:
    exporter.mill.finish("a")
    exporter.load()
    exporter.export()
    store = LocalFolder(exporter.folder)
    with pytest.raises(UsageError, match="holds an export already"):
        export(exporter.warehouse, store, TABLES, incremental=False, now=exporter.mill.clock())


def test_a_column_that_would_clash_is_named(exporter: Exporter) -> None:
    exporter.warehouse.execute("CREATE VIEW odd AS SELECT 1 AS document_id, 2 AS export_id")
    with pytest.raises(UsageError, match="odd has a column export_id"):
        exporter.export(names=["odd"])


def test_views_can_be_exported_too(exporter: Exporter) -> None:
    exporter.mill.finish("a")
    exporter.load()
    report = exporter.export(names=["invoice", "failure_causes"])
    assert [(it.name, it.changed) for it in report.tables] == [
        ("invoice", 1),
        ("failure_causes", 0),
    ]


def test_a_damaged_manifest_is_named(exporter: Exporter) -> None:
    exporter.mill.finish("a")
    exporter.load()
    exporter.export()
    (manifest,) = (exporter.folder / "manifests").iterdir()
    manifest.write_text("{}")
    with pytest.raises(StoreError, match=r"manifests/.*\.json cannot be read"):
        exporter.export()


def test_on_s3_the_same_is_written(exporter: Exporter, value: Any, s3_root: str) -> None:
    store = open_store(s3_root)
    steps = grow(exporter, value)
    for _ in range(2):
        next(steps)
        exporter.load()
        exporter.export(store)
    for found in store.list(""):
        path = exporter.folder / found.key
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            store.download(found.key, file)
    assert exporter.differing() == []
