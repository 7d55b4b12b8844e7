"""Parquet for a lakehouse: files that are only ever added, and what of them holds now.

    tables/<table>/schema_name=…/finished_month=…/<export_id>-<n>.parquet   rows
    replaced/<table>/<export_id>.parquet   keys whose rows of older exports hold no longer
    manifests/<export_id>.json             what makes an export count; written last

An export writes, for every table, all rows of the documents whose rows changed since the last one,
and a row in `replaced` for each of those documents. So the rows that hold are those whose
`export_id` is the newest one that `replaced` has for their document. An export that died has no
manifest: neither its rows nor what it replaced count, and the next one writes them again.

What changed is told by a fingerprint of each document's rows, whatever changed them: another
extraction, an answer, a rebuild. It is of DuckDB's own hash, so after an update of DuckDB all is
exported once more.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

from duckdb import DuckDBPyConnection
from pydantic import Field, ValidationError

from docmill.infra.storage.store import ObjectStore
from docmill.infra.warehouse.ddl import literal, quoted
from docmill.schemas.errors import StoreError, UsageError
from docmill.schemas.frozen import Frozen

MANIFESTS = "manifests/"
MONTH, EXPORT_ID = "finished_month", "export_id"
_STAMP = "%Y%m%dT%H%M%S.%fZ"


class ExportedFile(Frozen):
    """A Parquet file; `path` is relative to the target."""

    path: str
    rows: int = Field(ge=0)
    bytes: int = Field(ge=0)
    export_id: str


class ExportedTable(Frozen):
    """A table as it is after an export.

    `files` hold all rows that hold, beside some that do not. `replaced` are the files that tell
    which: of each value of `key`, rows of the newest export that they name hold.
    """

    key: str
    partitioned_by: tuple[str, ...]
    files: tuple[ExportedFile, ...] = ()
    replaced: tuple[str, ...] = ()


class Manifest(Frozen):
    """An export, and by it the state of the whole target; times are UTC."""

    format: int = 1
    export_id: str
    exported_at: datetime
    loaded_through: datetime | None
    previous: str | None
    tables: dict[str, ExportedTable]


@dataclass(frozen=True)
class TableReport:
    """What an export did for one table: keys changed, keys gone, rows and files written."""

    name: str
    changed: int
    gone: int
    rows: int
    files: int


@dataclass(frozen=True)
class ExportReport:
    """What an export did; `export_id` is None where nothing had changed, so nothing was written."""

    export_id: str | None
    tables: tuple[TableReport, ...]


def newest_manifest(store: ObjectStore) -> Manifest | None:
    """The manifest of the last export into a target; None where there was none.

    Raises:
        StoreError: the store fails, or the manifest is damaged.
    """
    key = max((found.key for found in store.list(MANIFESTS)), default=None)
    content = store.get(key) if key else None
    if content is None:
        return None
    try:
        return Manifest.model_validate_json(content)
    except ValidationError as error:
        reason = str(error).splitlines()[0]
        raise StoreError(f"{store.uri}{key} cannot be read: {reason}") from error


def export(
    connection: DuckDBPyConnection,
    store: ObjectStore,
    names: Sequence[str],
    *,
    incremental: bool,
    now: datetime,
) -> ExportReport:
    """Bring a target up to date with a warehouse.

    Args:
        connection: the warehouse; temporary tables are made in it.
        store: the target.
        names: tables and views to export; those of an earlier export that are not named stay.
        incremental: whether the target may hold an export already.
        now: the present time, in UTC.

    Raises:
        UsageError: the target holds an export, and `incremental` is False; or a table has a
            column of a name that the export needs.
        StoreError: the target cannot be read or written; what was written does not count then.
    """
    before = newest_manifest(store)
    if before is not None and not incremental:
        raise UsageError(
            f"{store.uri} holds an export already", "Add `--incremental`, or name another target."
        )
    export_id = _new_id(now, before)
    with TemporaryDirectory(prefix="docmill-export-") as folder:
        parts = [
            _Part(connection, Path(folder), store, name, export_id, now,
                  before.tables.get(name) if before else None)
            for name in names
        ]  # fmt: skip
        done = [(part, part.write()) for part in parts]
        reports = tuple(report for _, report in done)
        if not any(report.changed or report.gone for report in reports):
            return ExportReport(None, reports)
        tables = dict(before.tables) if before else {}
        for part, _ in done:
            tables[part.name] = part.upload()
        manifest = Manifest(
            export_id=export_id,
            exported_at=now,
            loaded_through=_loaded_through(connection),
            previous=before and before.export_id,
            tables=tables,
        )
        content = manifest.model_dump_json(indent=1).encode()
        _create(store, f"{MANIFESTS}{export_id}.json", content)
    return ExportReport(export_id, reports)


def _new_id(now: datetime, before: Manifest | None) -> str:
    """Ids sort by time, also where a clock went back."""
    if before is not None:
        stamp = datetime.strptime(before.export_id.partition("-")[0], _STAMP).replace(tzinfo=UTC)
        now = max(now, stamp + timedelta(microseconds=1))
    return f"{now.astimezone(UTC).strftime(_STAMP)}-{uuid4().hex[:8]}"


def _loaded_through(connection: DuckDBPyConnection) -> datetime | None:
    row = connection.execute("SELECT loaded_through FROM main.snapshot").fetchone()
    return row[0].replace(tzinfo=UTC) if row and row[0] else None


def _create(store: ObjectStore, key: str, content: bytes | Path) -> None:
    put = store.put_file(key, content) if isinstance(content, Path) else store.put(key, content)
    if not put:
        raise StoreError(f"{store.uri}{key} exists already", "Export once more.")


@dataclass(frozen=True)
class _Part:
    """One table's part in an export."""

    connection: DuckDBPyConnection
    folder: Path
    store: ObjectStore
    name: str
    export_id: str
    now: datetime
    before: ExportedTable | None

    @property
    def columns(self) -> list[str]:
        described = self.connection.execute(f"DESCRIBE FROM main.{quoted(self.name)}").fetchall()
        return [row[0] for row in described]

    @property
    def key(self) -> str:
        columns = self.columns
        return "document_id" if "document_id" in columns else columns[0]

    @property
    def partitions(self) -> tuple[str, ...]:
        """Month for what is of a document, and its schema, where the table has it."""
        columns = self.columns
        if "document_id" not in columns:
            return ()
        return ("schema_name", MONTH) if "schema_name" in columns else (MONTH,)

    def write(self) -> TableReport:
        """Find out what changed, and write it into the folder."""
        clashes = {MONTH, EXPORT_ID}.intersection(self.columns)
        if clashes:
            raise UsageError(
                f"{self.name} has a column {clashes.pop()}, a name that the export needs",
                "Name the tables to export, without this one.",
            )
        self._find_changes()
        counts = self.connection.execute(
            "SELECT count(*) FILTER (rows > 0), count(*) FILTER (rows = 0), "
            "coalesce(sum(rows), 0)::BIGINT FROM temp.changes"
        ).fetchone()
        changed, gone, rows = counts or (0, 0, 0)
        if changed:
            self._write_rows()
        if changed or gone:
            self._write_replaced()
        return TableReport(self.name, changed, gone, rows, len(list(self._files())))

    def upload(self) -> ExportedTable:
        """Put what was written into the target; the table as it is then."""
        before = self.before or ExportedTable(key=self.key, partitioned_by=self.partitions)
        files, replaced = list(before.files), list(before.replaced)
        for path in self._files():
            name = path.relative_to(self.folder).as_posix()
            _create(self.store, name, path)
            files.append(
                ExportedFile(
                    path=name,
                    rows=self._rows_in(path),
                    bytes=path.stat().st_size,
                    export_id=self.export_id,
                )
            )
        if self._replaced.exists():
            replaced.append(self._replaced.relative_to(self.folder).as_posix())
            _create(self.store, replaced[-1], self._replaced)
        needed = self._needed(replaced)
        return before.model_copy(
            update={
                "files": tuple(file for file in files if file.export_id in needed),
                "replaced": tuple(replaced),
            }
        )

    @property
    def _replaced(self) -> Path:
        return self.folder / "replaced" / self.name / f"{self.export_id}.parquet"

    @property
    def _data(self) -> Path:
        return self.folder / "tables" / self.name

    def _files(self) -> Iterator[Path]:
        return iter(sorted(self._data.rglob("*.parquet")))

    def _rows_in(self, path: Path) -> int:
        row = self.connection.execute(
            f"SELECT count(*) FROM read_parquet({literal(str(path))})"
        ).fetchone()
        return row[0] if row else 0

    def _find_changes(self) -> None:
        """Keys whose rows are others than at the last export; no rows: the key is gone."""
        key = quoted(self.key)
        self._fetch_replaced(self.before.replaced if self.before else ())
        self.connection.execute(
            f"""CREATE OR REPLACE TEMP TABLE changes AS
            WITH own AS (
                SELECT {key} AS key, count(*) AS rows, sum(hash(own))::VARCHAR AS fingerprint
                FROM main.{quoted(self.name)} AS own GROUP BY {key}
            )
            SELECT own.key, own.rows, own.fingerprint FROM own
            ANTI JOIN temp.known ON known.key IS NOT DISTINCT FROM own.key
                AND known.fingerprint = own.fingerprint AND known.rows = own.rows
            UNION ALL SELECT known.key, 0, '' FROM temp.known
            ANTI JOIN own ON own.key IS NOT DISTINCT FROM known.key WHERE known.rows > 0"""
        )

    def _fetch_replaced(self, names: Iterable[str]) -> None:
        """What is known of every key from its newest export, as a temporary table."""
        paths = ", ".join(literal(str(self._local(name))) for name in names)
        key = quoted(self.key)
        newest = f"""SELECT {key} AS key, rows, fingerprint, export_id FROM read_parquet([{paths}])
            QUALIFY row_number() OVER (PARTITION BY {key} ORDER BY export_id DESC) = 1"""
        nothing = (
            "SELECT NULL::VARCHAR AS key, 0 AS rows, '' AS fingerprint, '' AS export_id WHERE false"
        )
        self.connection.execute(
            f"CREATE OR REPLACE TEMP TABLE known AS {newest if paths else nothing}"
        )

    def _local(self, name: str) -> Path:
        """An object of the target as a local file: just written, or fetched once."""
        if (self.folder / name).exists():
            return self.folder / name
        path = self.folder / "known" / name
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("wb") as file:
                self.store.download(name, file)
        return path

    def _needed(self, replaced: Sequence[str]) -> set[str]:
        """Exports with rows that still hold."""
        self._fetch_replaced(replaced)
        rows = self.connection.execute(
            "SELECT DISTINCT export_id FROM temp.known WHERE rows > 0"
        ).fetchall()
        return {export_id for (export_id,) in rows}

    def _write_rows(self) -> None:
        self._data.mkdir(parents=True)
        source = f"""SELECT own.*, {literal(self.export_id)} AS {EXPORT_ID}
            FROM main.{quoted(self.name)} AS own
            SEMI JOIN temp.changes ON changes.key IS NOT DISTINCT FROM own.{quoted(self.key)}"""
        options = "FORMAT parquet, COMPRESSION zstd"
        if not self.partitions:
            target = self._data / f"{self.export_id}-0.parquet"
            self.connection.execute(f"COPY ({source}) TO {literal(str(target))} ({options})")
            return
        by = ", ".join(self.partitions)
        self.connection.execute(
            f"""COPY (
                SELECT changed.*, {MONTH} FROM ({source}) AS changed LEFT JOIN (
                    SELECT document_id, strftime(max(finished_at), '%Y-%m') AS {MONTH}
                    FROM main.documents GROUP BY document_id
                ) USING (document_id)
            ) TO {literal(str(self._data))} ({options}, PARTITION_BY ({by}),
                FILENAME_PATTERN {literal(f"{self.export_id}-{{i}}")}, OVERWRITE_OR_IGNORE)"""
        )

    def _write_replaced(self) -> None:
        self._replaced.parent.mkdir(parents=True)
        at = self.now.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
        self.connection.execute(
            f"""COPY (
                SELECT key AS {quoted(self.key)}, {literal(self.export_id)} AS {EXPORT_ID},
                    TIMESTAMP {literal(at)} AS exported_at, rows, fingerprint FROM temp.changes
            ) TO {literal(str(self._replaced))} (FORMAT parquet, COMPRESSION zstd)"""
        )
