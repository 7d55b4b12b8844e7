"""All outputs of the settings, each at its own pace."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import partial

from docmill.infra.lake import Lake, utc_now
from docmill.infra.outputs.answer import Target
from docmill.infra.outputs.counting import count_pass
from docmill.infra.outputs.courier import Courier
from docmill.infra.outputs.files import Files
from docmill.infra.outputs.options import FilesOptions, OutputOptions, WebhookOptions
from docmill.infra.outputs.parcels import Output
from docmill.infra.outputs.report import OutputReport
from docmill.infra.outputs.routing import Sources
from docmill.infra.outputs.webhook import Webhook
from docmill.infra.settings import Settings
from docmill.infra.storage.opening import open_store
from docmill.infra.telemetry.metrics import Metrics
from docmill.schemas.errors import DocmillError, UsageError

LOOK_EVERY_S = 2.0
FULL_PASS_EVERY = timedelta(minutes=5)
_AFTER_TROUBLE_S = 30.0

_log = logging.getLogger(__name__)


def _to_log(report: OutputReport) -> None:
    if report.needs_attention:
        _log.warning("output %s: %s", report.output, report.text)
    elif report.did_something:
        _log.info("output %s: %s", report.output, report.text)


class Deliverer:
    """Delivers finished documents to every output; none waits for another.

    Args:
        settings: outputs, sources, the workspace.
        names: only these outputs; all by default.
        clock: the present time, in UTC.
        environment: holds the secrets.
        lake: the workspace's by default.
        metrics: count its passes.

    Raises:
        UsageError: there is no output of such a name.
    """

    def __init__(
        self,
        settings: Settings,
        names: Iterable[str] = (),
        *,
        clock: Callable[[], datetime] = utc_now,
        environment: Mapping[str, str] = os.environ,
        lake: Lake | None = None,
        metrics: Metrics | None = None,
    ) -> None:
        self._options = _chosen(settings, tuple(names))
        self._sources = settings.sources
        self._lake = lake or settings.open_workspace().lake()
        self._clock = clock
        self._environment = environment
        self._metrics = metrics

    def once(self, stop: Callable[[], bool] = lambda: False) -> tuple[OutputReport, ...]:
        """One pass over every output.

        Returns:
            A report for each, in the order of the settings; what broke a pass is in its report.
        """
        if not self._options:
            return ()
        with ThreadPoolExecutor(len(self._options), thread_name_prefix="output") as threads:
            return tuple(threads.map(partial(self._pass, stop=stop), self._options))

    def check(self, name: str) -> str:
        """Where an output sends to, after making sure of what its settings name; nothing is sent.

        Raises:
            UsageError: a variable that they name is missing or cannot be used.
            StoreRefused: boto3 cannot make a client of what is set in the environment.
        """
        options = self._options[name]
        self._target(options, Sources(self._sources)).close()
        if isinstance(options, WebhookOptions):
            return f"posts to {options.url}"
        assert isinstance(options, FilesOptions)
        if options.to:
            open_store(options.to)
        return f"writes files below {options.to}" if options.to else "writes files beside sources"

    def run(self, stop: threading.Event, tell: Callable[[OutputReport], None] = _to_log) -> None:
        """Deliver what gets finished, until `stop` is set; ends after the requests under way.

        Args:
            stop: ends it.
            tell: is called with every pass's report, by the outputs' threads.
        """
        threads = [
            threading.Thread(target=self._follow, args=(name, stop, tell), name=f"output {name}")
            for name in self._options
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _pass(self, name: str, stop: Callable[[], bool]) -> OutputReport:
        try:
            courier = self._open(name, stop)
            try:
                return self._counted(courier.full_pass())
            finally:
                courier.close()
        except DocmillError as error:
            return OutputReport(name, error=error.message, hint=error.hint)

    def _follow(
        self, name: str, stop: threading.Event, tell: Callable[[OutputReport], None]
    ) -> None:
        """Passes over one output; whatever breaks one is told, and it begins anew."""
        while not stop.is_set():
            try:
                self._passes(name, stop, tell)
            except DocmillError as error:
                tell(OutputReport(name, error=error.message, hint=error.hint))
            except Exception as error:  # a defect: must not end deliveries for good
                _log.exception("output %s", name)
                tell(OutputReport(name, error=f"{type(error).__name__}: {error}"))
            stop.wait(_AFTER_TROUBLE_S)

    def _passes(
        self, name: str, stop: threading.Event, tell: Callable[[OutputReport], None]
    ) -> None:
        courier = self._open(name, stop.is_set, lambda report: tell(self._counted(report)))
        try:
            next_full = self._clock()
            while not stop.is_set():
                now = self._clock()
                if now >= next_full:
                    tell(self._counted(courier.full_pass()))
                    next_full = now + FULL_PASS_EVERY
                else:
                    tell(self._counted(courier.quick_pass()))
                stop.wait(LOOK_EVERY_S)
        finally:
            courier.close()

    def _counted(self, report: OutputReport) -> OutputReport:
        if self._metrics is not None:
            count_pass(self._metrics, report)
        return report

    def _open(
        self,
        name: str,
        stop: Callable[[], bool],
        tell: Callable[[OutputReport], None] | None = None,
    ) -> Courier:
        options, sources = self._options[name], Sources(self._sources)
        output = Output(name, options, self._target(options, sources), sources)
        return Courier(output, self._lake, self._clock, stop, tell)

    def _target(self, options: OutputOptions, sources: Sources) -> Target:
        if isinstance(options, WebhookOptions):
            return Webhook(options, self._environment, self._clock)
        assert isinstance(options, FilesOptions)
        return Files(options, sources)


def _chosen(settings: Settings, names: tuple[str, ...]) -> dict[str, OutputOptions]:
    unknown = sorted(set(names) - set(settings.outputs))
    if unknown:
        known = ", ".join(settings.outputs) or "none"
        raise UsageError(f"there is no output `{unknown[0]}`", f"Outputs in docmill.toml: {known}.")
    return {
        name: options for name, options in settings.outputs.items() if not names or name in names
    }
