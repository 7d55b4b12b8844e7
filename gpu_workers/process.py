"""A process that a GPU worker starts, keeps the log of, and ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from docmill.schemas.errors import UsageError

_SHOWN_BYTES = 64_000
# After its grace the keeper still has to kill and to reap.
_KEEPER_S = 10.0


class KeptProcess:
    """A command below a keeper of its own, so that it ends with this process, however that ends.

    To be started from the main thread: the kernel watches the thread that started a child.

    Args:
        command: what to run.
        environment: all of its variables.
        log: where its output goes, behind what is there; the folder is made.
        grace_s: how long it may take to end when it is told to.
    """

    def __init__(
        self,
        command: Sequence[str],
        environment: Mapping[str, str],
        log: Path,
        grace_s: float = 15.0,
    ) -> None:
        self.log = log
        self._command = tuple(command)
        self._environment = dict(environment)
        self._grace_s = grace_s
        self._process: subprocess.Popen[bytes] | None = None
        self._began = 0

    def start(self) -> None:
        """Starts it; what an earlier run of it said stays in the log.

        Raises:
            UsageError: the log cannot be written.
        """
        keeper = [sys.executable, "-m", "docmill.gpu_workers.keeper"]
        try:
            self.log.parent.mkdir(parents=True, exist_ok=True)
            with self.log.open("ab") as output:
                self._began = output.tell()
                self._process = subprocess.Popen(
                    [*keeper, str(os.getpid()), f"{self._grace_s:g}", *self._command],
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    env=self._environment,
                    start_new_session=True,  # Ctrl-C is for this process to handle
                )
        except OSError as error:
            raise UsageError(f"{self.log} cannot be written: {error.strerror}") from error

    @property
    def code(self) -> int | None:
        """Its exit status; None while it runs."""
        return None if self._process is None else self._process.poll()

    @property
    def runs(self) -> bool:
        """Whether it was started and has not ended."""
        return self._process is not None and self.code is None

    @property
    def pid(self) -> int | None:
        """The keeper's process id; None before the start."""
        return None if self._process is None else self._process.pid

    def stop(self) -> None:
        """Asks it to end, and waits until it and everything below it has."""
        self._end(signal.SIGTERM, self._grace_s + _KEEPER_S)

    def kill(self) -> None:
        """Ends it and everything below it at once."""
        self._end(signal.SIGINT, _KEEPER_S)

    def _end(self, how: signal.Signals, limit_s: float) -> None:
        if self._process is None:
            return
        self._process.send_signal(how)
        try:
            self._process.wait(limit_s)
        except subprocess.TimeoutExpired:  # with the keeper the kernel kills what it started
            self._process.kill()
            self._process.wait()

    def last_lines(self, count: int = 20) -> str:
        """The end of what it said since its last start."""
        try:
            with self.log.open("rb") as file:
                size = file.seek(0, os.SEEK_END)
                file.seek(max(self._began, size - _SHOWN_BYTES))
                said = file.read().decode("utf-8", "replace")
        except OSError as error:
            return f"(its log {self.log} cannot be read: {error.strerror})"
        return "\n".join(said.splitlines()[-count:])
