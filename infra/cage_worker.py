"""A worker of the cage: ``python -m docmill.infra.cage_worker CHANNEL_FD PARENT_PID``.

It reads requests from the channel, runs them under limits, and writes one answer to each. The
channel is not standard output, so stray prints harm nothing. `docmill.infra.cage` is the
other side.
"""

from __future__ import annotations

import ctypes
import math
import os
import pickle
import resource
import signal
import socket
import sys
import traceback
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

from docmill.infra import frames
from docmill.schemas.errors import DocmillError, InternalError, MemoryExceeded

_PR_SET_PDEATHSIG = 1
_LOG_FD = 2
_MB = 1024 * 1024


def main() -> NoReturn:
    """Serves one parent until it closes the channel or dies."""
    channel = socket.socket(fileno=int(sys.argv[1]))
    _die_with(int(sys.argv[2]))
    _set_signals()
    try:
        memory_mb = _start(channel)
        _serve(channel, memory_mb)
    except EOFError:
        pass  # the parent wants nothing more
    os._exit(0)  # no exit handlers: nothing here is worth the wait


def _die_with(parent_pid: int) -> None:
    """Has the kernel kill this process with its parent, even in a loop that never reads."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent_pid:  # it died before the line above
        os._exit(0)


def _set_signals() -> None:
    """Undoes what was inherited; Ctrl-C is for the parent to handle."""
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    signal.signal(signal.SIGXCPU, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _start(channel: socket.socket) -> int:
    """Warms up, then sets the limits that hold for the worker's whole life.

    Returns:
        The memory limit in MB, on top of what the warm worker already maps.
    """
    memory_mb, warm_up = pickle.loads(frames.receive(channel))
    answer = _answered(warm_up or _nothing, (), math.inf, memory_mb)
    mapped_pages = int(Path("/proc/self/statm").read_text().split()[0])
    _limit(resource.RLIMIT_AS, mapped_pages * resource.getpagesize() + memory_mb * _MB)
    _limit(resource.RLIMIT_FSIZE, memory_mb * _MB)  # a bomb must not fill the disk either
    _limit(resource.RLIMIT_CORE, 0)
    frames.send(channel, answer)
    return memory_mb


def _nothing() -> None:
    pass


def _serve(channel: socket.socket, memory_mb: int) -> None:
    while True:
        try:
            request = frames.receive(channel)
        except MemoryError:  # the rest of the request cannot be read, so this was the last one
            frames.send(channel, _failed(_out_of_memory("The request", memory_mb)))
            return
        os.ftruncate(_LOG_FD, 0)  # the log is for the last words of one call
        os.lseek(_LOG_FD, 0, os.SEEK_SET)
        frames.send(channel, _answer(request, memory_mb))


def _answer(request: bytearray, memory_mb: int) -> bytes:
    try:
        cpu_s, function, args = pickle.loads(request)
    except MemoryError:
        return _failed(_out_of_memory("The request", memory_mb))
    except Exception as error:  # whatever a class's own unpickling raises
        return _failed(_defect(error))
    return _answered(function, args, cpu_s, memory_mb)


def _answered(
    function: Callable[..., object], args: tuple[object, ...], cpu_s: float, memory_mb: int
) -> bytes:
    """The pickled pair of success and value, or of failure and a `DocmillError`."""
    try:
        with _cpu_limited(cpu_s):
            return pickle.dumps((True, function(*args)), pickle.HIGHEST_PROTOCOL)
    except MemoryError:
        pass  # answered below, when the frames that hold the memory are let go
    except DocmillError as error:
        return _failed(error)
    except BaseException as error:  # SystemExit too: every request gets an answer
        return _failed(_defect(error))
    name = getattr(function, "__qualname__", repr(function))
    return _failed(_out_of_memory(f"`{name}`", memory_mb))


def _failed(error: DocmillError) -> bytes:
    try:
        answer = pickle.dumps((False, error), pickle.HIGHEST_PROTOCOL)
        pickle.loads(answer)  # classes with a constructor of their own may pickle one way only
    except Exception as problem:
        problem.__cause__ = error
        return pickle.dumps((False, _defect(problem)), pickle.HIGHEST_PROTOCOL)
    return answer


def _out_of_memory(what: str, memory_mb: int) -> MemoryExceeded:
    return MemoryExceeded(f"{what} needed more than {memory_mb} MB of memory.")


def _defect(error: BaseException) -> InternalError:
    """What no stage translated, with its place in the message and its traceback as a note."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    text = "".join(traceback.format_exception_only(error)).strip()
    place = f"{Path(frame.filename).name}:{frame.lineno}, {frame.name}"
    defect = InternalError(f"{text} ({place})")
    defect.add_note("".join(traceback.format_exception(error)))
    return defect


@contextmanager
def _cpu_limited(seconds: float) -> Generator[None, None, None]:
    """Lets the kernel end this process after so much more CPU time, in whole seconds."""
    if seconds < math.inf:
        used = resource.getrusage(resource.RUSAGE_SELF)
        _limit(resource.RLIMIT_CPU, math.ceil(used.ru_utime + used.ru_stime + seconds))
    try:
        yield
    finally:
        _limit(resource.RLIMIT_CPU, resource.RLIM_INFINITY)


def _limit(what: int, soft: int) -> None:
    hard = resource.getrlimit(what)[1]
    if resource.RLIM_INFINITY in (soft, hard):
        soft = hard if soft == resource.RLIM_INFINITY else soft
    else:
        soft = min(soft, hard)
    resource.setrlimit(what, (soft, hard))


if __name__ == "__main__":
    main()
