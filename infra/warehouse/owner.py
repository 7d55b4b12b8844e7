"""The one process that writes the warehouse.

DuckDB allows one process to have a file open for writing, and then nobody else may even read it.
So the owner works on `warehouse.duckdb` and publishes copies of it as `published.duckdb`, each
replaced as a whole: who has the old one open keeps reading the old one. See
`infra.warehouse.publishing` for what an owner must not do with its own file.
"""

from __future__ import annotations

from contextlib import ExitStack
from types import TracebackType
from typing import Self

import duckdb

from docmill.infra.lake import Lake
from docmill.infra.telemetry.tracing import describe, span
from docmill.infra.warehouse import publishing
from docmill.infra.warehouse.loader import Loader, LoadReport
from docmill.infra.warehouse.lock import exclusive
from docmill.infra.warehouse.opening import opened, remove, translated, wal_of
from docmill.infra.warehouse.stagers import staging_workers
from docmill.infra.workspace import Workspace

_STAGING_WORKERS = 2  # make as much ready as one process can write


class WarehouseOwner:
    """Owns a workspace's warehouse from `with` to the end of the block.

    Raises:
        WorkspaceBusy: on entering, when another process owns it; the message names its pid.
        RebuildNeeded: on entering, when the warehouse is damaged or of another docmill version.
    """

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._opened = ExitStack()
        self._connection: duckdb.DuckDBPyConnection | None = None

    def __enter__(self) -> Self:
        """Take ownership, and lay out the warehouse where there is none."""
        self._workspace.create()
        with ExitStack() as stack, translated(self._workspace.lock):
            stack.enter_context(exclusive(self._workspace.lock))
            self._connection = stack.enter_context(opened(self._workspace.warehouse))
            self._opened = stack.pop_all()
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
        with translated(self._workspace.warehouse), span("docmill.load") as opened_span:
            report = Loader(self.connection, lake).load()
            describe(opened_span, commits=report.commits, documents=report.documents)
            return report

    def publish(self) -> bool:
        """Replace `published.duckdb` by the warehouse as it is now.

        Returns:
            False when the published file shows this state already; nothing is written then.

        Raises:
            StoreError: the copy could not be made.
        """
        with translated(self._workspace.warehouse), span("docmill.publish"):
            return publishing.publish(self.connection, self._workspace)


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
    with exclusive(workspace.lock), translated(workspace.warehouse):
        remove(building)
        workers = staging_workers(workspace.lake_root, _STAGING_WORKERS)
        with opened(building) as connection, workers as stager:
            report = Loader(connection, workspace.lake(), stager=stager).load()
        wal_of(workspace.warehouse).unlink(missing_ok=True)  # before: it fits only the old file
        building.replace(workspace.warehouse)
    return report
