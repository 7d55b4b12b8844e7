"""`published.duckdb`: a copy of the warehouse for everybody, replaced as a whole.

After a checkpoint all rows are in the file itself, and while there is no further one the parts of
the file that they are in stay as they are: what is loaded meanwhile goes to the file beside it.
So only the checkpoint needs the writer's turn, not the copying.

The owning process must never open the warehouse by ordinary file calls, not even to copy it:
closing any descriptor of a file drops the process's POSIX locks on it, and with them DuckDB's.
The copy is therefore made by a child process.
"""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TypeVar

from duckdb import DuckDBPyConnection, TransactionException

from docmill.infra.lake import time_of, utc_now
from docmill.infra.storage.local import flush
from docmill.infra.warehouse.opening import NEVER, translated, wal_of
from docmill.infra.warehouse.rows import timestamp
from docmill.infra.warehouse.turns import Turns
from docmill.infra.warehouse.writing import transaction
from docmill.infra.workspace import Workspace
from docmill.schemas.errors import StoreError

_Result = TypeVar("_Result")

_ROOM = 4 * 2**20  # bytes: blocks of DuckDB's that a checkpoint may begin beyond what it moves
_READERS_S = 10.0
_AGAIN_S = 0.01


def publish(
    connection: DuckDBPyConnection,
    workspace: Workspace,
    turn: Turns = nullcontext,
) -> bool:
    """Replace `published.duckdb` by the warehouse as it is now; others may go on writing.

    Args:
        connection: the live warehouse; a cursor of its own where others write at the same time.
        workspace: where it is.
        turn: the right to write; taken for the checkpoint, let go for the copying.

    Returns:
        False when the published file shows this state already; nothing is written then.

    Raises:
        StoreError: the copy could not be made.
        duckdb.Error: the warehouse could not be written.
    """

    def settled() -> int | None:
        revision, published = _revisions(connection)
        if revision == published and workspace.published.exists():
            return None
        _note_snapshot(connection)
        _checkpoint(connection, workspace.warehouse)
        return revision

    with _no_checkpoints(connection):
        revision = _between_readers(settled, turn)
        if revision is None:
            return False
        with translated(workspace.published):
            _replace_by_copy(workspace.warehouse, workspace.published)
        with turn():
            connection.execute("UPDATE internal.state SET published = ?", [revision])
    return True


def checkpoint(connection: DuckDBPyConnection, path: Path, turn: Turns = nullcontext) -> None:
    """Write what is in the file beside the warehouse into the warehouse's own.

    DuckDB gives up a database whose checkpoint fails for want of disk, so this looks before.

    Raises:
        StoreError: there is too little room, or others read all the time.
        duckdb.Error: it could not be written.
    """
    _between_readers(lambda: _checkpoint(connection, path), turn)


def _checkpoint(connection: DuckDBPyConnection, path: Path) -> None:
    wal = wal_of(path)
    needed = wal.stat().st_size + _ROOM if wal.exists() else 0
    free = shutil.disk_usage(path.parent).free
    if free < needed:
        raise StoreError(
            f"the disk is full: {free / 1e6:.0f} MB are free, {needed / 1e6:.0f} are needed",
            "Free some space; it goes on by itself then.",
        )
    connection.execute("CHECKPOINT")


def _between_readers(work: Callable[[], _Result], turn: Turns) -> _Result:
    """Does what DuckDB refuses while somebody in this process reads what has changed since."""
    deadline = time.monotonic() + _READERS_S
    while True:
        try:
            with turn():
                return work()
        except TransactionException as error:
            if time.monotonic() > deadline:
                raise StoreError("cannot checkpoint: others read all the time") from error
        time.sleep(_AGAIN_S)


@contextmanager
def _no_checkpoints(connection: DuckDBPyConnection) -> Generator[None]:
    row = connection.execute("SELECT current_setting('checkpoint_threshold')").fetchall()
    before = row[0][0]
    connection.execute(f"SET GLOBAL checkpoint_threshold = '{NEVER}'")
    try:
        yield
    finally:
        connection.execute(f"SET GLOBAL checkpoint_threshold = '{before}'")


def _revisions(connection: DuckDBPyConnection) -> tuple[int, int | None]:
    rows = connection.execute("SELECT revision, published FROM internal.state").fetchall()
    return rows[0]


def _note_snapshot(connection: DuckDBPyConnection) -> None:
    rows = connection.execute("SELECT max(commit_key) FROM internal.commits").fetchall()
    newest: str | None = rows[0][0]
    through = timestamp(time_of(newest)) if newest else None
    with transaction(connection):
        connection.execute("DELETE FROM main.snapshot")
        row = [timestamp(utc_now()), through]
        connection.execute("INSERT INTO main.snapshot VALUES (?, ?)", row)


def _replace_by_copy(source: Path, target: Path) -> None:
    """Copy in a child process (see the top of this module), then rename."""
    copy = target.with_suffix(".new.duckdb")
    command = ["cp", "--reflink=auto", "--", source, copy]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        copy.unlink(missing_ok=True)  # a full disk has better uses for the room
        raise StoreError(f"cannot copy the warehouse to {copy}: {done.stderr.strip()}")
    flush(copy)
    wal_of(target).unlink(missing_ok=True)  # left by somebody who opened the old one for writing
    copy.replace(target)
    flush(target.parent)
