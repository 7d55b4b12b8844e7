"""The one process that writes the warehouse.

DuckDB allows one process to have a file open for writing, and then nobody else may even read it.
So the owner works on `warehouse.duckdb` and publishes copies of it as `published.duckdb`, each
replaced as a whole: who has the old one open keeps reading the old one.

The owning process must never open the warehouse by ordinary file calls, not even to copy it:
closing any descriptor of a file drops the process's POSIX locks on it, and with them DuckDB's.
The copy is therefore made by a child process.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

import duckdb

from docmill.infra.lake import Lake, time_of, utc_now
from docmill.infra.warehouse import ddl
from docmill.infra.warehouse.loader import Loader, LoadReport
from docmill.infra.warehouse.lock import exclusive
from docmill.infra.warehouse.rows import timestamp
from docmill.infra.workspace import Workspace
from docmill.schemas.errors import StoreError, WorkspaceBusy

_REBUILD = "Build it anew from the lake with `docmill warehouse rebuild`."


class WarehouseOwner:
    """Owns a workspace's warehouse from `with` to the end of the block.

    Raises:
        WorkspaceBusy: on entering, when another process owns it; the message names its pid.
        StoreError: on entering, when the warehouse is damaged or of another docmill version.
    """

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._opened = ExitStack()
        self._connection: duckdb.DuckDBPyConnection | None = None

    def __enter__(self) -> Self:
        """Take ownership, and lay out the warehouse where there is none."""
        self._workspace.create()
        with ExitStack() as opened, _translated(self._workspace.lock):
            opened.enter_context(exclusive(self._workspace.lock))
            self._connection = opened.enter_context(_opened(self._workspace.warehouse))
            self._opened = opened.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Give up ownership."""
        self._connection = None
        self._opened.close()

    @property
    def connection(self) -> duckdb.DuckDBPyConnection:
        """The open warehouse."""
        if self._connection is None:
            raise RuntimeError("the warehouse is only open inside `with WarehouseOwner(...)`")
        return self._connection

    def load(self, lake: Lake) -> LoadReport:
        """Load all that was committed to the lake and is not loaded yet.

        Raises:
            StoreError: lake or warehouse failed; what was loaded before stays loaded.
        """
        with _translated(self._workspace.warehouse):
            return Loader(self.connection, lake).load()

    def publish(self) -> bool:
        """Replace `published.duckdb` by the warehouse as it is now.

        Returns:
            False when the published file shows this state already; nothing is written then.

        Raises:
            StoreError: the copy could not be made.
        """
        with _translated(self._workspace.warehouse):
            if self._is_published():
                return False
            _note_snapshot(self.connection)
            self.connection.execute("CHECKPOINT")
            _replace_by_copy(self._workspace.warehouse, self._workspace.published)
            self.connection.execute("UPDATE internal.state SET published = revision")
        return True

    def _is_published(self) -> bool:
        state = self.connection.execute("SELECT revision = published FROM internal.state")
        return state.fetchone() == (True,) and self._workspace.published.exists()


def rebuild(workspace: Workspace) -> LoadReport:
    """Build the warehouse anew from the lake, and put it in place of the old one.

    The old one, damaged or not, stays in use until the new one is complete. To be published, the
    new one needs an owner as usual.

    Raises:
        WorkspaceBusy: another process owns the warehouse.
        StoreError: the lake is damaged, or the new file cannot be written.
    """
    workspace.create()
    building = workspace.warehouse.with_suffix(".rebuild.duckdb")
    with exclusive(workspace.lock), _translated(workspace.warehouse):
        _remove(building)
        with _opened(building) as connection:
            report = Loader(connection, workspace.lake()).load()
        _wal(workspace.warehouse).unlink(missing_ok=True)  # before: it fits only the old file
        building.replace(workspace.warehouse)
    return report


@contextmanager
def _opened(path: Path) -> Generator[duckdb.DuckDBPyConnection]:
    with _translated(path):
        connection = duckdb.connect(path)
        try:
            _lay_out(connection, path)
            yield connection
        finally:
            connection.close()


def _lay_out(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    if connection.execute("SELECT 1 FROM duckdb_tables() LIMIT 1").fetchone() is None:
        connection.execute("BEGIN")
        for statement in ddl.statements():
            connection.execute(statement)
        connection.execute("COMMIT")
    found = connection.execute("SELECT format FROM internal.state").fetchone()
    if found != (ddl.FORMAT,):
        raise StoreError(f"{path} was made by another version of docmill", _REBUILD)


def _note_snapshot(connection: duckdb.DuckDBPyConnection) -> None:
    row = connection.execute("SELECT max(commit_key) FROM internal.commits").fetchone()
    newest: str | None = row[0] if row else None
    through = timestamp(time_of(newest)) if newest else None
    connection.execute("BEGIN")
    connection.execute("DELETE FROM main.snapshot")
    connection.execute("INSERT INTO main.snapshot VALUES (?, ?)", [timestamp(utc_now()), through])
    connection.execute("COMMIT")


def _replace_by_copy(source: Path, target: Path) -> None:
    """Copy in a child process (see the top of this module), then rename."""
    copy = target.with_suffix(".new.duckdb")
    done = subprocess.run(["cp", "--", source, copy], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise StoreError(f"cannot copy the warehouse to {copy}: {done.stderr.strip()}")
    _flush(copy)
    _wal(target).unlink(missing_ok=True)  # left by somebody who opened the old one for writing
    copy.replace(target)
    _flush(target.parent)


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _wal(path: Path) -> Path:
    """Where DuckDB keeps what is not yet in the file itself."""
    return path.with_name(f"{path.name}.wal")


def _remove(path: Path) -> None:
    path.unlink(missing_ok=True)
    _wal(path).unlink(missing_ok=True)


@contextmanager
def _translated(path: Path) -> Generator[None]:
    try:
        yield
    except duckdb.Error as error:
        if pid := re.search(r"Conflicting lock is held .*\(PID (\d+)\)", str(error)):
            raise WorkspaceBusy(f"process {pid[1]} has {path} open") from error
        raise StoreError(f"{path}: {str(error).splitlines()[0]}", _REBUILD) from error
    except OSError as error:
        raise StoreError(f"{path}: {error.strerror or error}") from error
