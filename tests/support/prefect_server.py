"""A real Prefect server on loopback for tests and benchmarks, and processes that talk to it."""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self, cast
from urllib.error import URLError
from urllib.request import urlopen

_LOOPBACK = "127.0.0.1"
_START_LIMIT_S = 90.0
_STOP_LIMIT_S = 15.0
_PR_SET_PDEATHSIG = 1


class PrefectServer:
    """A server with its data in a folder.

    Raises:
        RuntimeError: it does not start; the message holds the end of its log.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        port = _free_port()
        self.url = f"http://{_LOOPBACK}:{port}/api"
        command = [*_PREFECT, "server", "start", "--host", _LOOPBACK, "--port", str(port)]
        own = {"PREFECT_SERVER_UI_API_URL": self.url, "PREFECT_SERVER_ANALYTICS_ENABLED": "false"}
        environment = {**self.environment(), **own}
        del environment["PREFECT_API_URL"]
        self._process = Process(command, environment, folder / "server.log")
        self._wait()

    def environment(self) -> dict[str, str]:
        """The environment of a process that uses this server and none of its user's settings."""
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("PREFECT_", "DOCMILL_"))
        }
        return kept | self.settings()

    def settings(self) -> dict[str, str]:
        """The variables by which Prefect's client finds this server."""
        return {
            "PREFECT_API_URL": self.url,
            "PREFECT_HOME": str(self._folder / "home"),
            "DO_NOT_TRACK": "1",
            "PREFECT_WORKER_QUERY_SECONDS": "1",
            "PREFECT_RUNNER_POLL_FREQUENCY": "1",
        }

    def close(self) -> None:
        """Ends it."""
        self._process.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _wait(self) -> None:
        deadline = time.monotonic() + _START_LIMIT_S
        while not self._answers():
            if self._process.ended or time.monotonic() > deadline:
                self.close()
                raise RuntimeError(f"the Prefect server did not start:\n{self._process.tail()}")
            time.sleep(0.2)

    def _answers(self) -> bool:
        try:
            with urlopen(f"{self.url}/health", timeout=2) as answer:
                return answer.status == 200
        except (URLError, OSError):
            return False


class Process:
    """A process in a session of its own, with its output in a file; it dies with the tests."""

    def __init__(self, command: list[str], environment: Mapping[str, str], log: Path) -> None:
        self._log = log
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                command,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=dict(environment),
                cwd=log.parent,
                start_new_session=True,
                preexec_fn=_die_with_parent,
            )

    @property
    def pid(self) -> int:
        """The process's id, which is its session's, too."""
        return self._process.pid

    @property
    def ended(self) -> bool:
        """Whether it is over."""
        return self._process.poll() is not None

    def tail(self) -> str:
        """The end of what it said."""
        return self._log.read_text("utf-8", "replace")[-4000:]

    def kill(self) -> None:
        """Kills it, and nothing else, at once; its children are left to themselves."""
        self._process.kill()
        self._process.wait(_STOP_LIMIT_S)

    def close(self) -> None:
        """Asks it to end; kills it when that takes too long, and what it started in any case."""
        if self.ended:
            return
        started = descendants(self.pid)
        self._process.send_signal(signal.SIGINT)
        try:
            self._process.wait(_STOP_LIMIT_S)
        except subprocess.TimeoutExpired:
            self.kill()
        for pid in started:
            kill(pid)


def kill(pid: int) -> None:
    """Kills one process at once, if it is still there."""
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


_PREFECT = [sys.executable, "-m", "prefect"]


def docmill(*arguments: object) -> list[str]:
    """The command line that calls docmill."""
    return [sys.executable, "-m", "docmill.flows.cli", *map(str, arguments)]


def worker(pool: str, limit: int) -> list[str]:
    """The command line that starts a worker of a pool."""
    return [*_PREFECT, "worker", "start", "-p", pool, "--limit", str(limit)]


def descendants(pid: int) -> list[int]:
    """All living processes below a process, children before grandchildren."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                state, parent = (entry / "stat").read_text().rpartition(") ")[2].split()[:2]
            except OSError:  # it ended while we looked
                continue
            if state != "Z":
                children.setdefault(int(parent), []).append(int(entry.name))
    found: list[int] = []
    waiting = list(children.get(pid, ()))
    while waiting:
        found.append(waiting.pop(0))
        waiting += children.get(found[-1], ())
    return found


def flow_run_of(pid: int) -> str | None:
    """The id of the flow run that a process works for, by its environment."""
    try:
        content = Path(f"/proc/{pid}/environ").read_bytes()
    except OSError:
        return None
    variables = dict(
        cast(tuple[bytes, bytes], tuple(each.split(b"=", 1)))
        for each in content.split(b"\0")
        if b"=" in each
    )
    found = variables.get(b"PREFECT__FLOW_RUN_ID")
    return found.decode() if found else None


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind((_LOOPBACK, 0))
        return cast(int, listener.getsockname()[1])


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
