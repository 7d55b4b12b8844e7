"""The thread that publishes a service's warehouse, and keeps the file beside it short."""

from __future__ import annotations

import time
from concurrent.futures import Future
from threading import Event, Lock

from docmill.infra.service.live import LiveWarehouse
from docmill.infra.service.measuring import measured
from docmill.infra.service.status import LOG, Status
from docmill.infra.telemetry.metrics import PUBLISH_FAILURES, PUBLISH_SECONDS, Metrics
from docmill.infra.telemetry.tracing import noted
from docmill.infra.warehouse.opening import wal_of
from docmill.infra.warehouse.publishing import checkpoint, publish
from docmill.schemas.errors import DocmillError, StoreError

LONG_WAL = 256 * 2**20  # bytes: a checkpoint costs more than its rows, so there are to be few
_LOOK_S = 0.5


class Snapshots:
    """Publishes on a schedule and on demand; `run` is the thread's work.

    Args:
        live: the warehouse.
        every_s: how often, if anything changed.
        status: where to tell how it goes.
        metrics: count it.
    """

    def __init__(
        self, live: LiveWarehouse, every_s: float, status: Status, metrics: Metrics
    ) -> None:
        self._live = live
        self._metrics = metrics
        self._turn = measured(live.turn.urgent, metrics, "publish")
        self._every_s = every_s
        self._status = status
        self._stopping = Event()
        self._wake = Event()
        self._asking = Lock()
        self._asked: list[Future[bool]] = []
        self._last: float | None = None

    def demand(self) -> Future[bool]:
        """Publish what is loaded now; the result is False where nothing had changed."""
        future: Future[bool] = Future()
        with self._asking:
            self._asked.append(future)
        self._wake.set()
        return future

    def stop(self) -> None:
        """End after a last snapshot."""
        self._stopping.set()
        self._wake.set()

    def run(self) -> None:
        """Publish until `stop`, and then once more."""
        while not self._stopping.is_set():
            self._wake.wait(_LOOK_S)
            self._wake.clear()
            self._once()
        self._last = None
        self._once()

    def _once(self) -> None:
        with self._asking:
            asked, self._asked = self._asked, []
        if not (asked or self._live.usable):
            return
        try:
            done = self._publish() if asked or self._is_due() else self._shorten()
            self._status.well("publishing")
            for future in asked:
                future.set_result(done)
        except DocmillError as error:
            self._fail(asked, error)
        except Exception as error:  # a defect; the thread must not end unheard
            LOG.exception("publishing broke")
            self._fail(asked, StoreError(f"publishing broke: {error!r}", "See the service's log."))

    def _fail(self, asked: list[Future[bool]], error: DocmillError) -> None:
        self._status.failed("publishing", error)
        self._metrics.count(PUBLISH_FAILURES, type(error).__name__)
        for future in asked:
            if not future.done():
                future.set_exception(error)

    def _is_due(self) -> bool:
        if not self._live.workspace.published.exists():
            return self._status.seconds_since_look is not None  # something was loaded
        return self._last is None or time.monotonic() - self._last >= self._every_s

    def _publish(self) -> bool:
        self._last = time.monotonic()
        began_ns = time.time_ns()
        with self._live.cursor() as connection:
            changed = publish(connection, self._live.workspace, self._turn)
        if changed:
            taken = time.monotonic() - self._last
            LOG.info("published in %.2f s", taken)
            self._metrics.observe(PUBLISH_SECONDS, taken)
            noted("docmill.publish", began_ns)
        return changed

    def _shorten(self) -> bool:
        """Move what is in the file beside the warehouse into the warehouse's own."""
        wal = wal_of(self._live.workspace.warehouse)
        if not wal.exists() or wal.stat().st_size < LONG_WAL:
            return False
        with self._live.cursor() as connection:
            checkpoint(connection, self._live.workspace.warehouse, self._turn)
        return True
