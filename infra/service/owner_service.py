"""The warehouse service as a whole: what it owns, its threads, and what can be asked of it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotYet
from contextlib import ExitStack
from functools import partial
from threading import Thread
from time import perf_counter
from types import TracebackType
from typing import Self

from docmill.infra.lake import utc_now
from docmill.infra.service.answering import Answering
from docmill.infra.service.answers import Answer, Verdict
from docmill.infra.service.following import Following
from docmill.infra.service.live import LiveWarehouse
from docmill.infra.service.measuring import show, timed_query
from docmill.infra.service.reports import WAIT_S, PublishReport, ServiceState
from docmill.infra.service.snapshots import Snapshots
from docmill.infra.service.sql import SqlRequest, SqlService
from docmill.infra.service.status import LOG, Status
from docmill.infra.settings import Serve
from docmill.infra.telemetry.metrics import Metrics
from docmill.infra.telemetry.store import measured_lake
from docmill.infra.warehouse.lock import exclusive
from docmill.infra.warehouse.opening import translated
from docmill.infra.workspace import Workspace
from docmill.schemas.errors import StoreError


class OwnerService:
    """Owns a workspace's warehouse from `with` to the end of the block; any thread may ask it.

    Args:
        workspace: what it owns.
        settings: how.
        token: what callers must show.
        metrics: count what it does.

    Raises:
        WorkspaceBusy: on entering, when another process owns it; the message names it.
    """

    def __init__(
        self, workspace: Workspace, settings: Serve, token: str, metrics: Metrics | None = None
    ) -> None:
        self.metrics = metrics or Metrics()
        lake = measured_lake(workspace.lake_root, self.metrics)
        self.token = token
        self._workspace = workspace
        self._status = Status(workspace.root)
        self._live = LiveWarehouse(workspace)
        self._following = Following(
            self._live,
            lake,
            settings.lock_ms / 1000,
            self._status,
            self.metrics,
            settings.staging_workers,
        )
        self._answering = Answering(self._live, lake.remembering(), self._status, self.metrics)
        self._snapshots = Snapshots(
            self._live, settings.publish_seconds, self._status, self.metrics
        )
        show(self.metrics, self._live)
        self._sql = SqlService(workspace.published, settings)
        self._stack = ExitStack()
        self._started_at = utc_now()

    def __enter__(self) -> Self:
        """Take ownership, and start to work."""
        self._workspace.create()
        with ExitStack() as stack, translated(self._workspace.lock):
            self._lock = stack.enter_context(exclusive(self._workspace.lock))
            stack.callback(self._live.close)
            stack.callback(self._sql.close)
            for part in (self._snapshots, self._answering, self._following):
                self._start(stack, part)
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop loading, answer what was accepted, publish, and give up ownership."""
        self._stack.close()

    def announce(self, url: str) -> None:
        """Tell other processes where the service answers."""
        self._lock.announce(url)

    def answer(self, answers: Sequence[Answer]) -> Future[list[Verdict]]:
        """See `Answering.submit`."""
        return self._answering.submit(answers)

    def ask(self, request: SqlRequest) -> Future[bytes]:
        """See `SqlService.ask`."""
        began = perf_counter()
        future = self._sql.ask(request)
        future.add_done_callback(partial(timed_query, self.metrics, began))
        return future

    def publish(self) -> PublishReport:
        """Load what is in the lake now, and publish it; this waits until it is done.

        Raises:
            StoreError: it failed, or takes longer than ten minutes.
        """
        try:
            report = self._following.look().result(WAIT_S)
            changed = self._snapshots.demand().result(WAIT_S)
        except NotYet as error:
            raise StoreError(
                f"there is more to load than fits into {WAIT_S:g} s",
                "It goes on, and is published on schedule.",
            ) from error
        return PublishReport(documents=report.documents, changed=changed)

    def rebuild(self) -> None:
        """Begin to build the warehouse anew from the lake; `state` tells when it is done."""
        self._following.ask_rebuild()

    def state(self) -> ServiceState:
        """How it is."""
        status = self._status
        return ServiceState(
            pid=os.getpid(),
            workspace=str(self._workspace.root.absolute()),
            started_at=self._started_at,
            doing=status.doing,
            unready=tuple(status.unready(self._live.usable)),
            problems=status.problems,
            seconds_since_look=status.seconds_since_look,
            rebuilt=self._following.rebuilt,
            published=self._workspace.published.exists(),
        )

    def _start(self, stack: ExitStack, part: Snapshots | Answering | Following) -> None:
        name = type(part).__name__.lower()
        thread = Thread(target=part.run, name=name)

        def stop() -> None:
            LOG.info("%s ends", name)
            part.stop()
            thread.join()

        thread.start()
        stack.callback(stop)
