"""The thread that opens a service's warehouse, keeps it up to date with the lake, and mends it."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import ExitStack
from datetime import timedelta
from functools import partial
from threading import Event, Lock

import duckdb

from docmill.infra.lake import Lake
from docmill.infra.service.live import LiveWarehouse
from docmill.infra.service.measuring import measured
from docmill.infra.service.status import LOG, Status
from docmill.infra.telemetry.counting import count_commit
from docmill.infra.telemetry.metrics import LOAD_FAILURES, LOAD_SECONDS, Metrics
from docmill.infra.telemetry.tracing import noted
from docmill.infra.warehouse.loader import OVERLAP, Loader, LoadReport
from docmill.infra.warehouse.opening import opened, remove, translated
from docmill.infra.warehouse.stagers import Stager, staging_workers
from docmill.schemas.errors import DocmillError, RebuildNeeded, StoreError

LOOK_EVERY_S = 0.5
SHORT_OVERLAP = timedelta(minutes=2)
LONG_OVERLAP_EVERY_S = 300.0
_RETRY_S = (0.5, 1.0, 2.0, 5.0)
_TELL_EVERY_S = 10.0
_FEW = 100  # commit records that may be loaded while everybody waits


class Following:
    """Looks at the lake twice a second, and loads what is new; `run` is the thread's work.

    Args:
        live: the warehouse; only this thread opens and replaces it.
        lake: what it shows.
        lock_s: how long a batch may keep others from writing.
        status: where to tell how it goes.
        metrics: count what is loaded; a warehouse that is built anew counts nothing.
        staging_workers: processes that make batches ready.
    """

    def __init__(
        self,
        live: LiveWarehouse,
        lake: Lake,
        lock_s: float,
        status: Status,
        metrics: Metrics,
        staging_workers: int = 1,
    ) -> None:
        self._live = live
        self._staging_workers = staging_workers
        self._metrics = metrics
        self._lake = lake
        self._lock_s = lock_s
        self._status = status
        self._stopping = Event()
        self._wake = Event()
        self._asking = Lock()
        self._asked: list[Future[LoadReport]] = []
        self._rebuild_asked = False
        self.rebuilt = 0
        self._failures = 0
        self._long_look_at: float | None = None
        self._using = ExitStack()  # the loader's connection
        self._loader: Loader | None = None
        self._stager: Stager | None = None

    def look(self) -> Future[LoadReport]:
        """Done when all that is in the lake now is loaded."""
        future: Future[LoadReport] = Future()
        with self._asking:
            self._asked.append(future)
        self._wake.set()
        return future

    def ask_rebuild(self) -> None:
        """Have the warehouse built anew from the lake; the old one is used until then."""
        self._rebuild_asked = True
        self._wake.set()

    def stop(self) -> None:
        """End between two batches."""
        self._stopping.set()
        self._wake.set()

    def run(self) -> None:
        """Follow the lake until `stop`."""
        root = self._live.workspace.lake_root
        try:
            with staging_workers(root, self._staging_workers) as self._stager:
                self._follow()
        finally:
            self._let_go()

    def _follow(self) -> None:
        while not self._stopping.is_set():
            self._wake.clear()
            asked = self._take_asked()
            try:
                self._once(asked)
                self._failures = 0
            except DocmillError as error:
                self._failed(error)
                _fail(asked, error)
            except Exception as error:  # a defect; the thread must not end unheard
                LOG.exception("loading broke")
                broken = StoreError(f"loading broke: {error!r}", "See the log of the service.")
                self._failed(broken)
                _fail(asked, broken)
            self._wake.wait(self._pause_s())
        _fail(self._take_asked(), StoreError("the service ends", "Ask again when it is back."))

    def _failed(self, error: DocmillError) -> None:
        self._status.failed("loading", error)
        self._metrics.count(LOAD_FAILURES, type(error).__name__)
        self._failures += 1

    def _once(self, asked: list[Future[LoadReport]]) -> None:
        self._open()
        if self._rebuild_asked:
            self._build_anew()
            self._rebuild_asked = False
        self._status.doing = "loading"
        report = self._load()
        self._status.looked()
        self._status.well("loading")
        self._status.doing = "waiting"
        for future in asked:
            if self._stopping.is_set():
                future.set_exception(StoreError("the service ends", "Ask again later."))
            else:
                future.set_result(report)

    def _open(self) -> None:
        if self._live.usable:
            return
        self._long_look_at = None
        self._let_go()
        try:
            self._live.open()
        except RebuildNeeded as error:
            LOG.warning("%s; building it anew from the lake", error.message)
            self._build_anew()

    def _load(self) -> LoadReport:
        now = time.monotonic()
        long = self._long_look_at is None or now - self._long_look_at > LONG_OVERLAP_EVERY_S
        began_ns = time.time_ns()
        with self._live.watched():
            report = self._kept_loader().load(
                OVERLAP if long else SHORT_OVERLAP, self._stop_between
            )
        if report.commits:
            self._metrics.observe(LOAD_SECONDS, time.monotonic() - now)
            noted("docmill.load", began_ns, commits=report.commits, documents=report.documents)
        if long:
            self._long_look_at = now
        for warning in report.warnings:
            LOG.warning("%s", warning)
        return report

    def _kept_loader(self) -> Loader:
        """The same from look to look: it has learnt how large its batches may be."""
        if self._loader is None:
            connection = self._using.enter_context(self._live.cursor())
            self._loader = Loader(
                connection,
                self._lake,
                turn=measured(self._live.turn.patient, self._metrics, "load"),
                lock_s=self._lock_s,
                stager=self._stager,
                loaded=partial(count_commit, self._metrics),
            )
        return self._loader

    def _let_go(self) -> None:
        self._loader = None
        self._using.close()

    def _stop_between(self) -> bool:
        """Asked between batches."""
        self._status.looked()
        return self._stopping.is_set()

    def _build_anew(self) -> None:
        """Build a warehouse beside the old one, and put it in its place when it is complete."""
        workspace = self._live.workspace
        building = workspace.warehouse.with_suffix(".rebuild.duckdb")
        self._status.doing = "rebuilding"
        LOG.info("rebuilding the warehouse from the lake")
        with translated(building):
            remove(building)
        with opened(building) as connection:
            loader = Loader(connection, self._lake, stager=self._stager)
            stop = self._telling(connection)
            while loader.load(OVERLAP, stop).commits > _FEW and not self._stopping.is_set():
                pass
        if self._stopping.is_set():
            return
        self._let_go()
        with self._live.alone():
            with opened(building) as connection:
                Loader(connection, self._lake).load()  # what was answered until this moment
            self._live.replace_by(building)
        self.rebuilt += 1
        LOG.info("the warehouse is rebuilt")

    def _telling(self, connection: duckdb.DuckDBPyConnection) -> Callable[[], bool]:
        """A stop function that tells how far the building is."""
        told = time.monotonic()

        def stop() -> bool:
            nonlocal told
            if time.monotonic() - told > _TELL_EVERY_S:
                told = time.monotonic()
                row = connection.execute("SELECT count(*) FROM internal.commits").fetchone()
                LOG.info("rebuilding: %s commit records loaded", f"{row[0] if row else 0:,}")
            return self._stopping.is_set()

        return stop

    def _take_asked(self) -> list[Future[LoadReport]]:
        with self._asking:
            asked, self._asked = self._asked, []
        return asked

    def _pause_s(self) -> float:
        if not self._failures:
            return LOOK_EVERY_S
        return _RETRY_S[min(self._failures, len(_RETRY_S)) - 1]


def _fail(asked: list[Future[LoadReport]], error: DocmillError) -> None:
    for future in asked:
        if not future.done():
            future.set_exception(error)
