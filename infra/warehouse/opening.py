"""Opening the live warehouse, and telling what can be mended by building it anew.

Automatic checkpoints are off where `checkpoints` is False: then only `CHECKPOINT` writes into the
file itself, everything else goes to the file beside it (`.wal`). A commit then never waits for a
checkpoint, a full disk fails the commit and nothing more, and the file may be copied at any time.
"""

from __future__ import annotations

import re
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from docmill.infra.warehouse import ddl, layout
from docmill.infra.warehouse.writing import transaction
from docmill.schemas.errors import RebuildNeeded, StoreError, WorkspaceBusy

NEVER = "1TB"  # so long a WAL comes about never
_ENVIRONMENT = re.compile(r"No space left|Permission denied|Read-only|Disk quota|Cannot open file")


@contextmanager
def opened(path: Path, *, checkpoints: bool = True) -> Generator[duckdb.DuckDBPyConnection]:
    """The warehouse in a file, laid out where the file is new; closed at the end of the block.

    Raises:
        WorkspaceBusy: another process has the file open.
        RebuildNeeded: it is damaged, or of another version of docmill.
        StoreError: disk or rights are in the way.
    """
    with translated(path):
        connection = _connected(path, checkpoints)
        try:
            _lay_out(connection, path)
            yield connection
        finally:
            connection.close()


def wal_of(path: Path) -> Path:
    """Where DuckDB keeps what is not yet in the file itself."""
    return path.with_name(f"{path.name}.wal")


def remove(path: Path) -> None:
    """Delete a warehouse that nobody has open."""
    path.unlink(missing_ok=True)
    wal_of(path).unlink(missing_ok=True)


@contextmanager
def translated(path: Path) -> Generator[None]:
    """Errors of DuckDB and of the system inside become typed ones that name the file."""
    try:
        yield
    except duckdb.Error as error:
        if pid := re.search(r"Conflicting lock is held .*\(PID (\d+)\)", str(error)):
            raise WorkspaceBusy(f"process {pid[1]} has {path} open") from error
        raise StoreError(f"{path}: {str(error).splitlines()[0]}") from error
    except OSError as error:
        raise StoreError(f"{path}: {error.strerror or error}") from error


def _connected(path: Path, checkpoints: bool) -> duckdb.DuckDBPyConnection:
    # the owner writes little at a time, which takes threads longer to share than to do
    config = {**layout.FILE_OPTIONS, "threads": 1}
    if not checkpoints:
        config["checkpoint_threshold"] = NEVER
    try:
        return duckdb.connect(path, config=config)
    except duckdb.Error as error:
        text = str(error)
        if "Conflicting lock" in text or _ENVIRONMENT.search(text):
            raise
        raise RebuildNeeded(f"{path}: {text.splitlines()[0]}") from error


def _lay_out(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    if not connection.execute("SELECT 1 FROM duckdb_tables() LIMIT 1").fetchall():
        with transaction(connection):
            for statement in layout.statements():
                connection.execute(statement)
    try:
        found = connection.execute("SELECT format FROM internal.state").fetchall()
    except duckdb.CatalogException as error:
        raise RebuildNeeded(f"{path} is no warehouse of docmill") from error
    if found != [(ddl.FORMAT,)]:  # fetched in full: an open result holds up checkpoints
        raise RebuildNeeded(f"{path} was made by another version of docmill")
