"""A GPU worker: one model server, and the process that takes work for it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Event
from time import monotonic, sleep

from docmill.gpu_workers.gpus import Gpu
from docmill.gpu_workers.health import Pulse, Restarts, is_up, warm_up
from docmill.gpu_workers.local import State, WorkerFolder
from docmill.gpu_workers.metrics import WorkerMetrics
from docmill.gpu_workers.process import KeptProcess
from docmill.gpu_workers.taking import Taking
from docmill.infra.model_endpoints.endpoint import ModelEndpoint
from docmill.infra.model_endpoints.figures import figures_of
from docmill.schemas.errors import BadOutput, EngineError, EngineUnavailable, UsageError

_log = logging.getLogger(__name__)
# A server that never was ready will hardly be: its flags or its weights are wrong.
_STARTS_AGAIN_UNREADY = 1


@dataclass(frozen=True)
class Times:
    """How long is waited for what, in seconds.

    Attributes:
        start: for the server to be ready; the first start downloads the weights.
        drain: for pages under way, when the worker is told to end.
        look: between two looks at everything.
        gpu: between two questions to the GPU's driver.
    """

    start: float = 1800.0
    drain: float = 120.0
    look: float = 2.0
    gpu: float = 15.0


class _Died(Exception):
    """The server ended, or had to be ended; the text says why."""


@dataclass
class GpuWorker:
    """Runs until it is told to end, or until its server cannot be kept running.

    Args:
        server: the model server's process.
        endpoint: where it will answer.
        model: its model's name in requests.
        folder: what its flow runs read and write.
        metrics: what is shown to Prometheus.
        pool: the process that takes work, if any; it begins none unless the state is `READY`,
            and ends its own when it is told to end.
        ask_gpu: what the driver says of the GPU; None where there is none to ask about.
    """

    server: KeptProcess
    endpoint: ModelEndpoint
    model: str
    folder: WorkerFolder
    metrics: WorkerMetrics
    pool: Taking | None = None
    ask_gpu: Callable[[], Gpu] | None = None
    times: Times = Times()
    restarts: Restarts = field(default_factory=Restarts)
    _ready_at: float | None = None  # in this start of the server
    _was_ready: bool = False  # in any
    _asked_gpu: float = 0.0

    def run(self, stop: Event) -> None:
        """Serves until `stop` is set; then drains.

        Raises:
            EngineUnavailable: the server, or the process that takes work, ended too often. The
                message holds its last lines.
            BadOutput: another server has the port.
        """
        try:
            while not stop.is_set():
                try:
                    self._bring_up(stop)
                    self._watch(stop)
                except _Died as death:
                    self._rest(str(death), stop)
            self._drain()
        except EngineError:
            self._tell(State.ENDED)  # flow runs end in order, and are tried again elsewhere
            if self.pool is not None:
                self.pool.process.stop()
            raise
        finally:
            self._end()

    def _bring_up(self, stop: Event) -> None:
        """Starts the server and waits until it has answered a first question."""
        began = monotonic()
        self._ready_at = None
        self.server.start()
        self.metrics.started()
        _log.info("starting %s; its log is %s", self.model, self.server.log)
        while not stop.wait(self.times.look):
            if not self.server.runs:
                raise _Died(f"it ended with exit status {self.server.code}")
            if monotonic() - began > self.times.start:
                raise _Died(f"it was not ready after {self.times.start:g} s")
            if is_up(self.endpoint, self.model):
                self._warm_up()
                self._ready_at, self._was_ready = monotonic(), True
                self._tell(State.READY)
                _log.info("%s is ready at %s", self.model, self.endpoint.url)
                return

    def _warm_up(self) -> None:
        try:
            took_s = warm_up(self.endpoint, self.model)
        except BadOutput:
            raise  # it refuses pictures: starting it again changes nothing
        except EngineError as error:
            raise _Died(f"its first answer failed: {error.message}") from error
        _log.info("the first answer took %.1f s", took_s)

    def _watch(self, stop: Event) -> None:
        pulse = Pulse(self.endpoint)
        while not stop.wait(self.times.look):
            if not self.server.runs:
                raise _Died(f"it ended with exit status {self.server.code}")
            if not pulse.beats():
                raise _Died(f"it did not answer {pulse.failures} times in a row")
            self._show()
            if self.pool is not None:
                self.pool.keep()

    def _rest(self, why: str, stop: Event) -> None:
        """Ends what is left of the server, and waits before its next start.

        Raises:
            EngineUnavailable: there were too many.
        """
        self._tell(State.DOWN)
        self.metrics.idle()
        last_lines = self.server.last_lines()
        self.server.stop()
        ran_s = 0.0 if self._ready_at is None else monotonic() - self._ready_at
        most = None if self._was_ready else _STARTS_AGAIN_UNREADY
        pause_s = self.restarts.pause_after(ran_s, most)
        if pause_s is None:
            raise EngineUnavailable(
                f"the server of {self.model} failed {self.restarts.number + 1} times, the last "
                f"time: {why}. Its last lines:\n{last_lines}",
                f"Its whole log is {self.server.log}.",
            )
        _log.warning("the server failed: %s. Its last lines:\n%s", why, last_lines)
        _log.warning("starting it again in %g s", pause_s)
        deadline = monotonic() + pause_s
        while monotonic() < deadline and not stop.wait(min(self.times.look, pause_s)):
            self._show_own()

    def _drain(self) -> None:
        """No new pages; those under way end, as long as `times.drain` allows."""
        self._tell(State.DRAINING)
        deadline = monotonic() + self.times.drain
        if self.pool is not None:
            self.pool.process.stop()
        while self.server.runs and self._at_work() and monotonic() < deadline:
            sleep(min(self.times.look, 1.0))
        self.server.stop()

    def _at_work(self) -> bool:
        self._show()
        try:
            now = figures_of(self.endpoint.metrics())
        except EngineError:
            return False
        return bool(now.running or now.waiting)

    def _end(self) -> None:
        """Nothing stays behind; in order, nothing is left to be killed here."""
        if self.pool is not None:
            self.pool.process.kill()
        self.server.kill()
        self.metrics.count(self.folder.new_counts())
        self._tell(State.ENDED)

    def _tell(self, state: State) -> None:
        self.folder.tell(state)
        self.metrics.state(state)

    def _show(self) -> None:
        try:
            self.metrics.show(figures_of(self.endpoint.metrics()))
        except EngineError as error:
            _log.info("no figures: %s", error.message)  # its pulse decides what that means
        self._show_own()

    def _show_own(self) -> None:
        self.metrics.count(self.folder.new_counts())
        now = monotonic()
        if self.ask_gpu is not None and now - self._asked_gpu >= self.times.gpu:
            self._asked_gpu = now
            try:
                self.metrics.gpu(self.ask_gpu())
            except UsageError as error:
                _log.warning("no figures of the GPU: %s", error.message)
