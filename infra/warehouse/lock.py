"""One owner at a time, even while the warehouse is damaged or being replaced."""

from __future__ import annotations

import fcntl
import os
import shlex
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from pydantic import ValidationError

from docmill.schemas.errors import WorkspaceBusy
from docmill.schemas.frozen import Frozen

_TELLING_S = 0.2  # how long a new holder may take to write who it is


class Holder(Frozen):
    """The process that owns a workspace; `url` is where it answers, None where it does not."""

    pid: int
    command: str
    url: str | None = None

    def __str__(self) -> str:
        """For people: process, command, URL."""
        place = f" at {self.url}" if self.url else ""
        return f"process {self.pid} ({self.command}){place}"


@dataclass(frozen=True)
class Lock:
    """A lock that is held."""

    file: TextIO

    def announce(self, url: str | None) -> None:
        """Write into the lock file who holds it, and where it answers."""
        self._write(Holder(pid=os.getpid(), command=_command(), url=url).model_dump_json())

    def clear(self) -> None:
        """Leave an empty file: the holder ended in good order."""
        self._write("")

    def _write(self, line: str) -> None:
        self.file.seek(0)
        self.file.write(f"{line}\n")
        self.file.flush()  # in one piece; what was longer before is behind the line's end
        self.file.truncate()


@contextmanager
def exclusive(path: Path) -> Generator[Lock]:
    """Hold the lock file; the system lets go of it when the process ends in any way.

    Raises:
        WorkspaceBusy: somebody else holds it; the message names process, command and URL.
    """
    with path.open("a+", encoding="utf-8") as shared, path.open("r+", encoding="utf-8") as file:
        try:
            fcntl.flock(shared, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            who = holder(path) or "another process"
            raise WorkspaceBusy(f"{who} owns the workspace {path.parent}") from error
        lock = Lock(file)
        lock.announce(None)
        yield lock
        lock.clear()


def holder(path: Path) -> Holder | None:
    """Who wrote the lock file last; it holds the lock if anybody does. None: nobody did."""
    deadline = time.monotonic() + _TELLING_S
    while True:
        try:
            return Holder.model_validate_json(path.read_text("utf-8").partition("\n")[0])
        except (OSError, ValidationError):
            if time.monotonic() > deadline:
                return None
            time.sleep(_TELLING_S / 20)


def _command() -> str:
    """How this process was called: `docmill serve --workspace data`."""
    program, *arguments = sys.argv or ["docmill"]
    name = Path(program).name
    return shlex.join(["docmill" if name == "cli.py" else name, *arguments])[:500]
