"""Which entries need no more looking at, held in memory and noted in the lake now and then."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from docmill.infra.outputs.ledger import Entry, Ledger

# So many are noted at once; after a kill, the others are looked at once more.
NOTED_TOGETHER = 500


class SettledEntries:
    """Settled entries of the hours that are open, by hour."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._names: dict[str, set[str]] = {}
        self._notes: defaultdict[str, set[str]] = defaultdict(set)
        self._fresh: defaultdict[str, set[str]] = defaultdict(set)

    def refresh(self, hour: str) -> None:
        """Learn what other processes noted."""
        names = self._names.setdefault(hour, set())
        for key, note in self._ledger.settled(hour, self._notes[hour]):
            self._notes[hour].add(key)
            names.update(note.names)

    def open(self, hour: str, entries: Iterable[Entry]) -> list[Entry]:
        """Those that are not settled."""
        if hour not in self._names:
            self.refresh(hour)
        return [entry for entry in entries if entry.name not in self._names[hour]]

    def add(self, entry: Entry) -> None:
        """One more is settled."""
        self._names.setdefault(entry.hour, set()).add(entry.name)
        self._fresh[entry.hour].add(entry.name)

    def note(self, now: datetime, at_least: int = 1) -> None:
        """Note what is new, of hours with so many."""
        for hour, names in list(self._fresh.items()):
            if len(names) >= at_least:
                self._notes[hour].add(self._ledger.put_settled(hour, names, now))
                del self._fresh[hour]

    def forget(self, hour: str) -> None:
        """The hour is over."""
        self._names.pop(hour, None)
        self._notes.pop(hour, None)
