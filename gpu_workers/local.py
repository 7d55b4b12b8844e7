"""What a GPU worker and the flow runs on its machine tell each other, through a folder.

The worker writes its state and where its server is; flow runs, which are processes of their own
below it, append what they read, one line per page. A line is written by one call and is short, so
those of many processes never mix; nothing listens, so nothing can be away.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from pathlib import Path

from docmill.schemas.errors import InternalError

VARIABLE = "DOCMILL_GPU_WORKER"
"""Names the folder, in the environment of flow runs."""


class State(StrEnum):
    """What the worker's server is doing. Pages are taken in `READY` only."""

    STARTING = "starting"
    READY = "ready"
    DOWN = "down"  # being started again
    DRAINING = "draining"  # no new pages, those under way end
    ENDED = "ended"


@dataclass(frozen=True)
class Address:
    """Where the server is, and the name of its model in requests; its key is `VLLM_API_KEY`."""

    url: str
    model: str


@dataclass(frozen=True)
class Counts:
    """Pages read, further tries of some, and pages that another engine had to read."""

    pages: int = 0
    retries: int = 0
    fallbacks: int = 0

    def __add__(self, other: Counts) -> Counts:
        """Both together."""
        return Counts(
            self.pages + other.pages,
            self.retries + other.retries,
            self.fallbacks + other.fallbacks,
        )


class LocalWorker:
    """A worker's folder, for those that it started."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @classmethod
    def here(cls, environment: Mapping[str, str] = os.environ) -> LocalWorker | None:
        """The worker below which this process runs; None below none."""
        folder = environment.get(VARIABLE)
        return cls(Path(folder)) if folder else None

    @property
    def state(self) -> State:
        """What the worker says now; `ENDED` where nothing says anything any more."""
        try:
            return State((self.folder / "state").read_text("ascii"))
        except FileNotFoundError:
            return State.ENDED

    @property
    def draining(self) -> bool:
        """Whether no new page is to be begun; those under way are to end."""
        return self.state in (State.DRAINING, State.ENDED)

    @property
    def address(self) -> Address:
        """Where its server is.

        Raises:
            InternalError: the folder is no worker's.
        """
        try:
            return Address(**json.loads((self.folder / "server.json").read_bytes()))
        except (OSError, ValueError, TypeError) as error:
            raise InternalError(f"{self.folder} is no folder of a GPU worker: {error}") from error

    def count(self, *, pages: int = 0, retries: int = 0, fallbacks: int = 0) -> None:
        """So many more; shown by the worker among its metrics."""
        line = json.dumps(asdict(Counts(pages, retries, fallbacks))) + "\n"
        descriptor = os.open(self.folder / "counts", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(descriptor, line.encode())
        finally:
            os.close(descriptor)


class WorkerFolder(LocalWorker):
    """The same, for the worker itself: it empties the folder and writes there."""

    def __init__(self, folder: Path, address: Address) -> None:
        super().__init__(folder)
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._read = 0
        (folder / "counts").write_bytes(b"")
        self._write("server.json", json.dumps(asdict(address)))
        self.tell(State.STARTING)

    def tell(self, state: State) -> None:
        """From now on this is the state."""
        self._write("state", state.value)

    def new_counts(self) -> Counts:
        """What was counted since the last call; a line that is not complete yet waits.

        Raises:
            InternalError: a line is none of `LocalWorker.count`.
        """
        with (self.folder / "counts").open("rb") as file:
            file.seek(self._read)
            lines, _, _ = file.read().rpartition(b"\n")
        if not lines:
            return Counts()
        self._read += len(lines) + 1
        return sum((_counts(line) for line in lines.split(b"\n")), Counts())

    def _write(self, name: str, content: str) -> None:
        """All at once, so that nobody reads half of it."""
        new = self.folder / f".{name}.new"
        new.write_text(content, "utf-8")
        new.replace(self.folder / name)


def _counts(line: bytes) -> Counts:
    names = {each.name for each in fields(Counts)}
    try:
        content = json.loads(line)
        return Counts(**{name: int(value) for name, value in content.items() if name in names})
    except (ValueError, TypeError, AttributeError) as error:
        raise InternalError(f"a GPU worker's count is unreadable: {line[:80]!r}") from error
