"""From entries to messages: read from the lake, some of them before their turn."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from docmill.infra.commits import DocumentCommit
from docmill.infra.lake import Lake
from docmill.infra.outputs.answer import Target
from docmill.infra.outputs.ledger import Entry, Ledger
from docmill.infra.outputs.message import Message, message_of
from docmill.infra.outputs.options import OutputOptions, WebhookOptions
from docmill.infra.outputs.routing import Sources, wanted
from docmill.schemas.errors import StoreError

_AHEAD = 16
_THREADS = 4


@dataclass(frozen=True)
class Output:
    """An output of the settings, with where it leads."""

    name: str
    options: OutputOptions
    target: Target
    sources: Sources

    @property
    def max_bytes(self) -> int | None:
        """The largest message; None for any."""
        options = self.options
        return options.max_kilobytes * 1024 if isinstance(options, WebhookOptions) else None


@dataclass(frozen=True)
class Parcel:
    """An entry that is due, for its attempt of this number, and its message.

    `content` is the error where the message cannot be made, None where the output wants none.
    """

    entry: Entry
    attempt: int
    content: Message | StoreError | None


class Parcels:
    """Makes the parcels of one output.

    Args:
        output: says which documents it wants, and how large a message may be.
        lake: the documents.
        ledger: says which commit record an entry is about.
    """

    def __init__(self, output: Output, lake: Lake, ledger: Ledger) -> None:
        self._output = output
        self._lake = lake
        self._ledger = ledger
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix=f"{output.name} lake")

    def of(self, due: deque[tuple[Entry, int]]) -> Iterator[Parcel]:
        """The parcels of entries, in their order; `due` is used up ahead of them."""
        reading: deque[tuple[Entry, int, Future[Message | StoreError | None]]] = deque()
        while due or reading:
            while due and len(reading) < _AHEAD:
                entry, attempt = due.popleft()
                reading.append((entry, attempt, self._threads.submit(self._read, entry)))
            entry, attempt, content = reading.popleft()
            yield Parcel(entry, attempt, content.result())

    def close(self) -> None:
        """Read no more."""
        self._threads.shutdown(cancel_futures=True)

    def _read(self, entry: Entry) -> Message | StoreError | None:
        """None where an entry is nothing for this output."""
        try:
            commit = self._lake.commit(self._ledger.commit_key(entry))
            if isinstance(commit, DocumentCommit) and self._wants(commit):
                return message_of(commit, self._lake, self._output.max_bytes)
        except StoreError as error:
            return error
        return None

    def _wants(self, commit: DocumentCommit) -> bool:
        return wanted(commit.content, self._output.options, self._output.sources)
