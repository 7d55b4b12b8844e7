"""Keeps a child process: ``python -m docmill.gpu_workers.keeper PARENT_PID GRACE_S COMMAND…``.

A model server is several processes, and so is a Prefect worker. Whatever becomes of the worker
that started them, none may stay behind: a forgotten one holds the GPU's memory. So they run
below a process of their own, this one. The kernel tells it when its parent dies, and gives it
all orphans below it.

SIGTERM: the command is asked to end, and after the grace everything below is killed. SIGINT, or
death of the parent: everything below is killed at once. End of the command: so is what it left
behind; the exit status is the command's.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
_LOOK_S = 0.5
_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD)


def main() -> None:
    """Runs the command and ends with its exit status."""
    parent, grace_s, command = int(sys.argv[1]), float(sys.argv[2]), sys.argv[3:]
    signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)  # they are waited for
    libc = ctypes.CDLL(None)
    libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    libc.prctl(_PR_SET_CHILD_SUBREAPER, 1)
    if os.getppid() != parent:  # it died before the line above
        sys.exit(1)
    try:
        child = subprocess.Popen(command, start_new_session=True, preexec_fn=_dies_with(libc))
    except OSError as error:
        sys.exit(f"{command[0]} cannot be started: {error.strerror or error}")
    code = _kept(child, parent, grace_s)
    _kill_all()
    sys.exit(code if code >= 0 else 128 - code)


def _dies_with(libc: ctypes.CDLL) -> Callable[[], None]:
    """What the child does before it becomes the command; this process has a single thread."""

    def prepare() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        signal.pthread_sigmask(signal.SIG_SETMASK, ())

    return prepare


def _kept(child: subprocess.Popen[bytes], parent: int, grace_s: float) -> int:
    """Waits for the child's end, or for the order to end it; its exit status, as Popen has it."""
    while child.poll() is None:
        told = signal.sigtimedwait(_SIGNALS, _LOOK_S)
        signo = told.si_signo if told else None
        if os.getppid() != parent or signo == signal.SIGINT:
            child.kill()
            return child.wait()
        if signo == signal.SIGTERM:
            child.terminate()
            return _ended(child, grace_s)
    return child.wait()


def _ended(child: subprocess.Popen[bytes], grace_s: float) -> int:
    try:
        return child.wait(grace_s)
    except subprocess.TimeoutExpired:
        child.kill()
        return child.wait()


def _kill_all() -> None:
    """Kills whatever is below, until nothing is; orphans come here, so they are seen."""
    while pids := list(_below(os.getpid())):
        for pid in pids:
            _kill(pid)
        _reap()
        time.sleep(0.01)


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def _reap() -> None:
    try:
        while os.waitpid(-1, os.WNOHANG) != (0, 0):
            pass
    except ChildProcessError:
        return


def _below(pid: int) -> Iterator[int]:
    """The processes below one, near ones first."""
    children = _children()
    found: Sequence[int] = children.get(pid, ())
    while found:
        yield from found
        found = [child for parent in found for child in children.get(parent, ())]


def _children() -> dict[int, list[int]]:
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parent = (entry / "stat").read_text().rpartition(") ")[2].split()[1]
            except OSError:  # it ended while we looked
                continue
            children.setdefault(int(parent), []).append(int(entry.name))
    return children


if __name__ == "__main__":
    main()
