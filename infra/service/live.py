"""The open warehouse of a service, which its threads share, and which may be replaced meanwhile.

DuckDB gives up a database whose checkpoint failed, for want of disk say: it must be opened anew,
and for that everybody has to let go of it. The same goes for one that is built anew.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import Condition

import duckdb
from duckdb import DuckDBPyConnection

from docmill.infra.service.status import LOG
from docmill.infra.service.turn import Turn
from docmill.infra.warehouse.opening import opened, translated, wal_of
from docmill.infra.warehouse.publishing import checkpoint
from docmill.infra.workspace import Workspace
from docmill.schemas.errors import StoreError

_PATIENCE_S = 10.0  # for one that is just being replaced


class LiveWarehouse:
    """A workspace's warehouse; `turn` says who may write to it.

    Opening and replacing it is for one thread; every thread may use it.
    """

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self.turn = Turn()
        self._changed = Condition()
        self._connection: DuckDBPyConnection | None = None
        self._stack = ExitStack()
        self._users = 0
        self._replacing = False
        self._broken = False

    @property
    def usable(self) -> bool:
        """Whether it is open, and DuckDB has not given it up."""
        return self._connection is not None and not self._broken

    @contextmanager
    def cursor(self) -> Generator[DuckDBPyConnection]:
        """A connection of its own; one that is just being replaced is waited for.

        Raises:
            StoreError: it is not open, or what was done with it failed.
        """
        connection = self._taken()
        try:
            with self.watched(), connection:
                yield connection
        finally:
            with self._changed:
                self._users -= 1
                self._changed.notify_all()

    @contextmanager
    def watched(self) -> Generator[None]:
        """Errors of the database inside become a StoreError; see whether it was given up."""
        try:
            with translated(self.workspace.warehouse):
                yield
        except StoreError as error:
            if isinstance(error.__cause__, duckdb.FatalException):
                self._broken = True
            raise

    def open(self) -> None:
        """Open it, anew where it was given up.

        Raises:
            RebuildNeeded: it is damaged, or of another version of docmill.
            StoreError: disk or rights are in the way, or somebody else has it open.
        """
        if self.usable:
            return
        with self.alone():
            self._reopen()

    def replace_by(self, path: Path) -> None:
        """Put another file, which nobody has open, in its place; only inside `alone`."""
        self._close()
        with translated(self.workspace.warehouse):
            wal_of(self.workspace.warehouse).unlink(missing_ok=True)  # it fits only the old file
            path.replace(self.workspace.warehouse)
        self._reopen()

    def close(self) -> None:
        """Close it, once nobody uses it; its own file then holds all of it, if there is room."""
        with self.alone():
            try:
                self._checkpoint()
            except StoreError as error:
                LOG.warning("%s; the next owner reads %s", error, wal_of(self.workspace.warehouse))
            self._close()

    @contextmanager
    def alone(self) -> Generator[None]:
        """Nobody else uses it inside; whoever wants to waits."""
        with self._changed:
            self._replacing = True
            self._changed.wait_for(lambda: self._users == 0)
        try:
            yield
        finally:
            with self._changed:
                self._replacing = False
                self._changed.notify_all()

    def _checkpoint(self) -> None:
        path = self.workspace.warehouse
        if self.usable:
            with translated(path), self._opened().cursor() as cursor:
                checkpoint(cursor, path)

    def _taken(self) -> DuckDBPyConnection:
        with self._changed:
            self._changed.wait_for(lambda: not self._replacing, _PATIENCE_S)
            if self._replacing or not self.usable:
                raise StoreError("the warehouse is not open yet", "Ask again in a moment.")
            cursor = self._opened().cursor()
            self._users += 1
            return cursor

    def _opened(self) -> DuckDBPyConnection:
        assert self._connection is not None
        return self._connection

    def _reopen(self) -> None:
        self._close()
        self._connection = self._stack.enter_context(
            opened(self.workspace.warehouse, checkpoints=False)
        )
        self._broken = False

    def _close(self) -> None:
        self._connection = None
        self._stack.close()
