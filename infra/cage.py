"""The cage: whatever opens a stranger's file runs in warm worker processes with limits.

A worker that hangs, crashes or wants too much is killed and replaced; the call it served says
so by a typed error, and no other call notices. (A plain process pool breaks as a whole when
a child dies, and cannot stop one that hangs.) Linux only.
"""

from __future__ import annotations

import os
import pickle
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Generator
from concurrent.futures import CancelledError, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from queue import Empty, LifoQueue
from threading import Lock
from types import TracebackType
from typing import Self, TypeVar, TypeVarTuple, cast

from docmill.infra import frames
from docmill.schemas.errors import (
    CageError,
    DocmillError,
    InternalError,
    MemoryExceeded,
    WorkerDied,
    WorkerTimeout,
)

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

CUT_OFF = (CageError, InternalError)
"""What work on one page, or one document, can do to the worker that it runs in."""

_START_LIMIT_S = 120.0  # heavy imports on a loaded machine
_EXIT_LIMIT_S = 5.0
_LOG_TAIL_BYTES = 4000


@dataclass(frozen=True)
class CageLimits:
    """What one call may use.

    Args:
        memory_mb: address space in MB, on top of what a warm worker already maps; also the
            size of the largest file that a worker may write.
        wall_s: seconds by the clock on the wall, start of the worker not counted.
        cpu_s: seconds of CPU time, all threads together. A call with a `wall_s` of its own
            gets CPU time in the same proportion.
        recycle_after: calls after which a worker is replaced, against slow leaks.
    """

    memory_mb: int = 3000
    wall_s: float = 60.0
    cpu_s: float = 60.0
    recycle_after: int = 2000


class Cage:
    """A fixed number of worker processes, started when first needed.

    Args:
        workers: how many calls may run at the same time.
        limits: what each call may use.
        warm_up: a module-level function that each worker runs once at its start, outside the
            limits; it imports what is slow to import.

    Every method may be called from any thread.
    """

    def __init__(
        self,
        workers: int,
        limits: CageLimits = CageLimits(),
        warm_up: Callable[[], object] | None = None,
    ) -> None:
        self._limits = limits
        self._warm_up = warm_up
        self._slots: LifoQueue[_Worker | None] = LifoQueue()  # the warmest worker first
        for _ in range(workers):
            self._slots.put(None)
        self._started: set[_Worker] = set()
        # The kernel kills a worker with the *thread* that started it, and callers' threads end.
        self._starter = ThreadPoolExecutor(1, thread_name_prefix="cage")
        self._closing = Lock()
        self._closed = False

    def call(self, function: Callable[[*Ts], T], /, *args: *Ts, wall_s: float | None = None) -> T:
        """Runs a function in a worker, after waiting for an idle one.

        Args:
            function: a function of an importable module (not of the script being run), or
                a `functools.partial` of one.
            *args: its arguments; they and the result must pickle.
            wall_s: a time limit for this call instead of the cage's, in seconds.

        Raises:
            DocmillError: raised by the function; it arrives with its message and hint.
            WorkerDied: the worker crashed, exited or was killed.
            WorkerTimeout: the call took longer than `wall_s`, or used too much CPU time.
            MemoryExceeded: the call wanted more memory than allowed.
            InternalError: the function raised anything else (the note holds the worker's
                traceback), or something does not pickle.
            concurrent.futures.CancelledError: the cage was closed before the call was done.
        """
        limits = self._limits
        wall_s = limits.wall_s if wall_s is None else wall_s
        request = _pickled(function, args, cpu_s=limits.cpu_s * wall_s / limits.wall_s)
        with self._leased() as worker:
            succeeded, value = worker.ask(request, wall_s)
        if succeeded:
            return cast(T, value)
        assert isinstance(value, DocmillError)
        raise value

    def close(self) -> None:
        """Kills all workers at once; calls under way end with `CancelledError`."""
        with self._closing:
            self._closed = True
            self._starter.shutdown()
        for worker in tuple(self._started):
            worker.kill()
        self._empty_slots()

    def __enter__(self) -> Self:
        """The cage itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Closes the cage."""
        self.close()

    @contextmanager
    def _leased(self) -> Generator[_Worker, None, None]:
        """An idle worker, put back afterwards, or removed where it can serve no more."""
        worker = self._slots.get()
        try:
            worker = worker or self._start()
            yield worker
        except DocmillError as error:
            if self._closed:
                raise CancelledError("The cage was closed.") from error
            raise
        finally:
            if worker and not worker.reusable:
                self._remove(worker)
                worker = None
            self._slots.put(worker)

    def _start(self) -> _Worker:
        with self._closing:
            if self._closed:
                raise CancelledError("The cage is closed.")
            starting = self._starter.submit(self._launch)
        return starting.result()

    def _launch(self) -> _Worker:
        worker = _Worker(self._limits, self._warm_up)
        self._started.add(worker)
        return worker

    def _remove(self, worker: _Worker) -> None:
        worker.remove()
        self._started.discard(worker)

    def _empty_slots(self) -> None:
        """Waits for the calls under way, whose workers are dead by now."""
        taken = 0
        with suppress(Empty):  # a call interrupted at a bad moment may have kept its slot
            while self._started:
                worker = self._slots.get(timeout=_EXIT_LIMIT_S)
                taken += 1
                if worker:
                    self._remove(worker)
        for _ in range(taken):
            self._slots.put(None)  # wakes callers still waiting, to be told


class _Worker:
    """One worker process, as its parent sees it. Used by one thread at a time, but for `kill`."""

    def __init__(self, limits: CageLimits, warm_up: Callable[[], object] | None) -> None:
        self._limits = limits
        self._log = tempfile.TemporaryFile("a+b")  # noqa: SIM115 (closed by remove)
        self._channel, theirs = socket.socketpair()
        with theirs:
            self._process = _spawn(theirs.fileno(), self._log.fileno())
        self._greeting: bytes | None = pickle.dumps((limits.memory_mb, warm_up))
        self._calls = 0
        self._in_step = True

    @property
    def reusable(self) -> bool:
        """Whether it waits for a request, and has not yet served its share."""
        return self._in_step and self._calls < self._limits.recycle_after

    def ask(self, request: bytes, wall_s: float) -> tuple[bool, object]:
        """Has it work on a request; as `Cage.call` on limits and errors."""
        self._in_step = False
        self._wait_until_warm()
        self._calls += 1
        try:
            succeeded, value = self._exchange(request, time.monotonic() + wall_s)
        except TimeoutError:
            raise WorkerTimeout(f"The work was stopped after {wall_s:g} s.") from None
        except EOFError:
            raise self._death() from None
        self._in_step = not isinstance(value, MemoryExceeded)
        return succeeded, value

    def kill(self) -> None:
        """Ends the process, whatever it does; `ask` in another thread then sees it dead."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)

    def remove(self) -> None:
        """Kills the process and gives back all that belongs to it."""
        if self._process.returncode is None:
            self.kill()
        self._process.wait()
        self._channel.close()
        self._log.close()

    def _wait_until_warm(self) -> None:
        if self._greeting is None:
            return
        try:
            warm, error = self._exchange(self._greeting, time.monotonic() + _START_LIMIT_S)
        except (EOFError, TimeoutError):
            failure = InternalError(f"A worker process did not start: {self._last_words()}")
            raise failure from None
        if not warm:
            raise cast(DocmillError, error)
        self._greeting = None

    def _exchange(self, request: bytes, deadline: float) -> tuple[bool, object]:
        with suppress(ConnectionError):  # one that died early may have left an answer
            frames.send(self._channel, request, deadline)
        try:
            answer = frames.receive(self._channel, deadline)
        except ConnectionError as error:
            raise EOFError from error
        try:
            return pickle.loads(answer)
        except Exception as error:  # whatever a class's own unpickling raises
            raise InternalError(f"The result cannot be unpickled: {error!r}") from error

    def _death(self) -> DocmillError:
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(_EXIT_LIMIT_S)
        words = self._last_words()
        error = _error_of(self._process.returncode, words, self._limits.memory_mb)
        if words:
            error.add_note(f"The worker's last words:\n{words}")
        return error

    def _last_words(self) -> str:
        size = self._log.seek(0, os.SEEK_END)
        self._log.seek(max(0, size - _LOG_TAIL_BYTES))
        return self._log.read().decode(errors="replace").strip()


def _spawn(channel_fd: int, log_fd: int) -> subprocess.Popen[bytes]:
    """A fresh interpreter: forking a parent with threads is not safe.

    It finds the same modules as the parent, but never runs the parent's main script again. Its
    own process group keeps Ctrl-C away and lets its children be killed with it.
    """
    command = [sys.executable, "-P", "-X", "faulthandler", "-m", "docmill.infra.cage_worker"]
    return subprocess.Popen(
        [*command, str(channel_fd), str(os.getpid())],
        stdin=subprocess.DEVNULL,
        stdout=log_fd,
        stderr=log_fd,
        pass_fds=(channel_fd,),
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        process_group=0,
    )


def _pickled(function: Callable[..., object], args: tuple[object, ...], cpu_s: float) -> bytes:
    if getattr(function, "__module__", None) == "__main__":
        raise InternalError(
            f"A worker cannot import {function!r} from the script being run.",
            hint="Move it to a module.",
        )
    try:
        return pickle.dumps((cpu_s, function, args), pickle.HIGHEST_PROTOCOL)
    except Exception as error:  # whatever a class's own pickling raises
        raise InternalError(f"The work cannot be sent to a worker: {error!r}") from error


def _error_of(status: int | None, words: str, memory_mb: int) -> DocmillError:
    """What the end of a process means, from its exit status, negative for signals."""
    if status == -signal.SIGABRT and "std::bad_alloc" in words:  # C++ has no MemoryError
        return MemoryExceeded(f"The work needed more than {memory_mb} MB of memory.")
    if status is None:
        return WorkerDied("The worker closed its channel.")
    if status >= 0:
        return WorkerDied(f"The worker exited with status {status}.")
    if status == -signal.SIGXCPU:
        return WorkerTimeout("The work was stopped: it used more CPU time than allowed.")
    if status == -signal.SIGKILL:
        return WorkerDied(
            "The worker was killed from outside (SIGKILL), probably for want of memory.",
            hint="Run fewer workers, or lower `limits.worker_memory_mb` in docmill.toml.",
        )
    names = {number.value: number.name for number in signal.Signals}
    return WorkerDied(f"The worker crashed ({names.get(-status, f'signal {-status}')}).")
