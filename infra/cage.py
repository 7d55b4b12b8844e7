"""The cage: whatever opens a stranger's file runs in warm worker processes with limits.

A worker that hangs, crashes or eats too much is killed and replaced; the others never notice.
A plain process pool breaks as a whole when a child dies, and cannot stop a hang.
"""

from __future__ import annotations

import contextlib
import os
import queue
import select
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic
from types import TracebackType
from typing import Any, Self, TypeVar, TypeVarTuple, cast

from docmill.infra.cage_worker import read_frame, write_frame
from docmill.schemas.errors import InternalError, MemoryExceeded, WorkerDied, WorkerTimeout

T = TypeVar("T")
Args = TypeVarTuple("Args")
# How long a worker that closed its pipe may take to end: its exit status says why.
LAST_BREATH_S = 2.0


@dataclass(frozen=True)
class CageLimits:
    """What one call may use.

    `memory_mb` comes on top of what an idle worker maps; `recycle_after` calls a worker is
    replaced by a fresh one, against slow leaks in libraries.
    """

    memory_mb: int = 3000
    wall_s: float = 60.0
    cpu_s: float = 60.0
    recycle_after: int = 2000


class _Worker:
    """One child process and the two pipes to it."""

    def __init__(self, limits: CageLimits, warm: str) -> None:
        to_child, requests = os.pipe()
        answers, from_child = os.pipe()
        command = [
            *(sys.executable, "-m", "docmill.infra.cage_worker"),
            *(str(to_child), str(from_child), str(limits.memory_mb), warm),
        ]
        # A group of its own: Ctrl-C in the terminal reaches the parent alone.
        self._process = subprocess.Popen(
            command, pass_fds=(to_child, from_child), process_group=0, stdin=subprocess.DEVNULL
        )
        os.close(to_child)
        os.close(from_child)
        self._requests = os.fdopen(requests, "wb")
        self._answers = os.fdopen(answers, "rb")
        self.calls = 0

    def call(
        self, function: Callable[..., object], args: tuple[Any, ...], wall_s: float, cpu_s: float
    ) -> object:
        """The function's result, or its error raised; see `Cage.call`."""
        self.calls += 1
        deadline = monotonic() + wall_s
        try:
            write_frame(self._requests, (function, args, cpu_s))
            readable, _, _ = select.select(
                [self._answers], [], [], max(0.0, deadline - monotonic())
            )
            if not readable:
                raise TimeoutError
            done, value = read_frame(self._answers)
        except TimeoutError:
            self.kill()
            raise WorkerTimeout(f"the work took longer than {wall_s:.0f} s") from None
        except (EOFError, BrokenPipeError, ConnectionResetError):
            raise WorkerDied(f"the worker process {self._how_it_ended()}") from None
        if done:
            return value
        raise value

    def _how_it_ended(self) -> str:
        try:
            code = self._process.wait(timeout=LAST_BREATH_S)
        except subprocess.TimeoutExpired:
            return "closed its pipe"
        if code >= 0:
            return f"ended by itself with status {code}"
        return f"was killed by {signal.Signals(-code).name}"

    def kill(self) -> None:
        """Ends the process and closes the pipes."""
        self._process.kill()
        self._process.wait()
        for stream in (self._requests, self._answers):
            # What was not written yet has no reader any more.
            with contextlib.suppress(OSError):
                stream.close()


class Cage:
    """Runs functions in worker processes. Many threads may call it at the same time.

    Workers start when they are first needed, and end with the `with` block or the parent.

    Args:
        workers: how many processes.
        limits: what each call may use.
        warm: a module that workers import at their start; what it maps is not counted as memory
            of a call.
    """

    def __init__(self, workers: int, limits: CageLimits, warm: str = "docmill.infra.tasks") -> None:
        self._limits = limits
        self._warm = warm
        self._idle: queue.LifoQueue[_Worker | None] = queue.LifoQueue()
        for _ in range(workers):
            self._idle.put(None)
        self._workers = workers

    def call(
        self, function: Callable[[*Args], T], /, *args: *Args, wall_s: float | None = None
    ) -> T:
        """The result of `function(*args)`, computed in a worker; waits until one is free.

        Args:
            function: importable by name from a module; arguments and result must pickle.
            args: its arguments.
            wall_s: longest time for this call, seconds; the cage's own limit when None.

        Raises:
            DocmillError: what the function raised.
            InternalError: the function raised anything else; the message holds the traceback.
            WorkerTimeout, MemoryExceeded, WorkerDied: the work was cut off. Nothing is tried
                again here: that is the caller's to decide.
        """
        worker = self._idle.get()
        try:
            if worker is None:
                worker = _Worker(self._limits, self._warm)
            seconds = self._limits.wall_s if wall_s is None else wall_s
            cpu_s = max(self._limits.cpu_s, seconds)
            return cast(T, worker.call(function, args, seconds, cpu_s))
        except (WorkerDied, WorkerTimeout, MemoryExceeded, InternalError):
            if worker is not None:
                worker.kill()
                worker = None
            raise
        finally:
            if worker is not None and worker.calls >= self._limits.recycle_after:
                worker.kill()
                worker = None
            self._idle.put(worker)

    def close(self) -> None:
        """Ends all workers; calls under way must have returned."""
        for _ in range(self._workers):
            worker = self._idle.get()
            if worker is not None:
                worker.kill()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
