"""The process that takes work for a GPU worker, started again where it ends by itself."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from time import monotonic

from docmill.gpu_workers.health import Restarts
from docmill.gpu_workers.process import KeptProcess
from docmill.schemas.errors import EngineUnavailable

_log = logging.getLogger(__name__)


@dataclass
class Taking:
    """Keeps a process running; nobody waits for it, so pauses are times before which nothing is."""

    process: KeptProcess
    restarts: Restarts = field(default_factory=Restarts)
    _began: float = 0.0
    _due: float | None = None

    def keep(self) -> None:
        """Starts the process if it does not run and its pause is over.

        Raises:
            EngineUnavailable: it ended too often; the message holds its last lines.
        """
        if self.process.runs:
            return
        if self.process.code is not None and self._due is None:
            self._due = monotonic() + self._pause_s()
        if self._due is None or monotonic() >= self._due:
            self._due = None
            self._began = monotonic()
            self.process.start()

    def _pause_s(self) -> float:
        said = f"exit status {self.process.code}. Its last lines:\n{self.process.last_lines()}"
        pause_s = self.restarts.pause_after(monotonic() - self._began)
        if pause_s is None:
            raise EngineUnavailable(
                f"the process that takes work ended {self.restarts.number + 1} times, the last "
                f"time with {said}",
                f"Its whole log is {self.process.log}.",
            )
        _log.warning("starting it again in %g s: the process that takes work ended with %s",
                     pause_s, said)  # fmt: skip
        return pause_s
