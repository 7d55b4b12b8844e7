"""The worker side of the cage: reads calls from one pipe, writes answers to another.

Started as `python -m docmill.infra.cage_worker IN OUT MEMORY_MB WARM`. It speaks over pipes of its
own, so that stray prints harm nothing, and ends when its parent does.
"""

from __future__ import annotations

import ctypes
import importlib
import os
import pickle
import resource
import signal
import struct
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

from docmill.schemas.errors import DocmillError, InternalError, MemoryExceeded, WorkerTimeout

_HEADER = struct.Struct("<Q")
_DIE_WITH_PARENT = 1  # prctl's PR_SET_PDEATHSIG


def write_frame(stream: BinaryIO, value: object) -> None:
    """One pickled value with its length before it."""
    data = pickle.dumps(value, protocol=pickle.HIGHEST_PROTOCOL)
    stream.write(_HEADER.pack(len(data)))
    stream.write(data)
    stream.flush()


def read_frame(stream: BinaryIO) -> Any:
    """The next value.

    Raises:
        EOFError: the other side is gone.
    """
    (size,) = _HEADER.unpack(_exactly(stream, _HEADER.size))
    return pickle.loads(_exactly(stream, size))


def _exactly(stream: BinaryIO, size: int) -> bytes:
    data = stream.read(size)
    if len(data) < size:
        raise EOFError
    return data


class _CpuSpent(BaseException):
    """SIGXCPU; not an Exception, so that no library swallows it."""


def main() -> None:
    """Answers calls until the parent closes its pipe."""
    requests = os.fdopen(int(sys.argv[1]), "rb")
    answers = os.fdopen(int(sys.argv[2]), "wb")
    _prepare(int(sys.argv[3]), sys.argv[4])
    while True:
        try:
            function, arguments, cpu_s = read_frame(requests)
        except EOFError:
            return
        _answer(answers, _outcome(function, arguments, cpu_s))


def _prepare(memory_mb: int, warm: str) -> None:
    ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGKILL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides what Ctrl-C means
    signal.signal(signal.SIGXCPU, _cpu_spent)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    importlib.import_module(warm)
    mapped_kb = int(_status_line("VmSize").split()[0])
    limit = mapped_kb * 1024 + memory_mb * 2**20
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


def _status_line(name: str) -> str:
    lines = Path("/proc/self/status").read_text("ascii").splitlines()
    return next(line.partition(":")[2] for line in lines if line.startswith(name))


def _cpu_spent(_signal: int, _frame: object) -> None:
    raise _CpuSpent


def _outcome(
    function: Callable[..., object], arguments: tuple[object, ...], cpu_s: float
) -> tuple[bool, object]:
    """(True, result) or (False, error)."""
    _allow_cpu(cpu_s)
    try:
        return True, function(*arguments)
    except DocmillError as error:
        return False, error
    except MemoryError:
        return False, MemoryExceeded("the work wanted more memory than a worker may use")
    except _CpuSpent:
        return False, WorkerTimeout(f"the work took more than {cpu_s:.0f} s of processor time")
    except Exception as error:  # whatever is left is a defect of ours, and said so
        return False, InternalError(f"{type(error).__name__}: {error}\n{traceback.format_exc()}")


def _allow_cpu(seconds: float) -> None:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    soft = int(usage.ru_utime + usage.ru_stime + seconds) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (soft, resource.RLIM_INFINITY))


def _answer(answers: BinaryIO, outcome: tuple[bool, object]) -> None:
    try:
        write_frame(answers, outcome)
    except (pickle.PicklingError, TypeError, AttributeError) as error:
        write_frame(answers, (False, InternalError(f"the result cannot be sent back: {error}")))


if __name__ == "__main__":
    main()
