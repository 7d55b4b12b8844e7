"""What the lake knows of one output's deliveries, as objects that are only ever created.

    deliveries/<output>/
      cursor/<time>-….json                      how far everything is settled; the newest counts
      settled/<hour>/<time>-….json              entries that need no more looking at
      done/ab/<event id>.json                   delivered; written right after the answer
      troubles/<hour>/<entry>/<n>-<due>.json    attempt n failed; the next one is due then
      troubles/<hour>/<entry>/dead.json         given up: a dead letter
      again/<hour>/<time>-<event id>-again.json put back by a person
      paused/<n>.json, resumed/<n>.json         the receiver said that it is gone; a person's no
      slots/…                                   who delivers now, see `lease`

An *entry* is something to deliver: a commit record, or a dead letter that was put back. Entries
stand in order of time under an hour (UTC), by their names `<time>-<event id>[-again]`. A marker's
name says all that a pass has to know, so it lists, and opens next to nothing.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from pydantic import Field

from docmill.infra.lake import Lake, hour_of
from docmill.schemas.errors import StoreError
from docmill.schemas.frozen import Frozen

_END = "~"  # behind every name of an hour
_DEAD = "dead.json"
_RECENT = timedelta(days=7)
_Value = TypeVar("_Value")


@dataclass(frozen=True, order=True)
class Entry:
    """Something to deliver, by the hour and name it stands under."""

    hour: str
    name: str

    @property
    def event_id(self) -> str:
        """The id of the commit that it is about."""
        return self.name.split("-")[1]

    @property
    def is_again(self) -> bool:
        """Whether a person put it back."""
        return self.name.endswith("-again")


class Cursor(Frozen):
    """What lies at or before `begin` (`<hour>/<name>`) is settled; so are the hours `settled`.

    `since` is the setting that it began with.
    """

    since: str
    begin: str
    settled: tuple[str, ...] = ()


class Delivered(Frozen):
    """The receiver took it, at attempt `attempt`; `status` is the HTTP status."""

    entry: str
    at: datetime
    attempt: int = Field(ge=1)
    status: int | None


class Trouble(Frozen):
    """An attempt that failed; `due` is when the next one is, None for a dead letter."""

    event_id: str
    commit_key: str
    document_id: str
    uri: str
    attempt: int = Field(ge=1)
    status: int | None
    error: str
    hint: str
    at: datetime
    due: datetime | None


@dataclass(frozen=True)
class Waiting:
    """How it stands with an entry that failed before."""

    attempts: int
    due: datetime


class Ledger:
    """One output's part of the lake.

    Raises:
        StoreError: from every method, when the lake fails.
    """

    def __init__(self, lake: Lake, output: str) -> None:
        self._lake = lake
        self._root = f"deliveries/{output}"

    def cursor(self, now: datetime) -> Cursor | None:
        """The newest cursor; None for a new output."""
        recent = f"{self._root}/cursor/{stamp(now - _RECENT)}"
        keys = list(self._keys("cursor", recent)) or list(self._keys("cursor"))
        return self._lake.kept(Cursor, keys[-1]) if keys else None

    def put_cursor(self, cursor: Cursor, now: datetime) -> None:
        """Keep a new cursor; of two of the same time, the one that is further on counts."""
        begin = cursor.begin.replace("/", "_")
        name = f"{stamp(now)}-{begin}-{len(cursor.settled):04}"
        self._lake.keep(f"{self._root}/cursor/{name}.json", cursor)

    def entries(self, begin: str) -> Iterator[Entry]:
        """Entries beyond `begin` (`<hour>/<name>`), in order of time."""
        commits = _entries("commits", self._lake.kept_keys("commits/", f"commits/{begin}"))
        again = f"{self._root}/again"
        put_back = _entries(again, self._lake.kept_keys(f"{again}/", f"{again}/{begin}"))
        return heapq.merge(commits, put_back)

    def commit_key(self, entry: Entry) -> str:
        """The commit record that an entry is about."""
        if not entry.is_again:
            return f"commits/{entry.hour}/{entry.name}.json"
        key = f"{self._root}/again/{entry.hour}/{entry.name}.json"
        return _found(self._lake.kept(Again, key), key).commit_key

    def settled(self, hour: str, known: Iterable[str] = ()) -> Iterator[tuple[str, Settled]]:
        """Notes of settled entries of an hour, with their keys, but for those that are known."""
        passed_over = set(known)
        for key in self._keys(f"settled/{hour}"):
            if key not in passed_over:
                yield key, _found(self._lake.kept(Settled, key), key)

    def put_settled(self, hour: str, names: Iterable[str], now: datetime) -> str:
        """Note entries of an hour as settled; returns the note's key."""
        note = Settled(names=tuple(sorted(names)))
        key = f"{self._root}/settled/{hour}/{stamp(now)}-{len(note.names)}-{note.names[0]}.json"
        self._lake.keep(key, note)
        return key

    def is_done(self, event_id: str) -> bool:
        """Whether the receiver took it."""
        return self._lake.kept(Delivered, self._done_key(event_id)) is not None

    def put_done(self, entry: Entry, attempt: int, status: int | None, now: datetime) -> None:
        """Note that the receiver took it."""
        done = Delivered(entry=f"{entry.hour}/{entry.name}", at=now, attempt=attempt, status=status)
        self._lake.keep(self._done_key(entry.event_id), done)

    def troubles(self, hour: str) -> dict[str, Waiting | None]:
        """Entries of an hour that failed, by name; None for those that were given up."""
        found: defaultdict[str, list[str]] = defaultdict(list)
        for key in self._keys(f"troubles/{hour}"):
            name, _, mark = key.rpartition("/")
            found[name.rpartition("/")[2]].append(mark)
        return {name: _waiting(marks) for name, marks in found.items()}

    def put_trouble(self, entry: Entry, trouble: Trouble) -> None:
        """Note a failed attempt, or that it was the last one."""
        due = trouble.due
        mark = _DEAD if due is None else f"{trouble.attempt:04}-{stamp(due)}.json"
        self._lake.keep(f"{self._root}/troubles/{entry.hour}/{entry.name}/{mark}", trouble)

    def dead_letters(self) -> Iterator[Trouble]:
        """What was given up and neither delivered nor put back since, the newest per event."""
        newest: dict[str, Trouble] = {}
        given_up: set[str] = set()
        for key in self._keys("troubles"):
            if key.endswith(f"/{_DEAD}"):
                given_up.add(key.split("/")[-2])
                letter = _found(self._lake.kept(Trouble, key), key)
                newest[letter.event_id] = letter
        back = {entry.event_id for entry in self._put_back() if entry.name not in given_up}
        for letter in newest.values():
            if letter.event_id not in back and not self.is_done(letter.event_id):
                yield letter

    def dead_count(self) -> int:
        """How many dead letters there are, from names alone as far as that goes."""
        dead = {
            Entry("", key.split("/")[-2])
            for key in self._keys("troubles")
            if key.endswith(f"/{_DEAD}")
        }
        if not dead:
            return 0
        names = {entry.name for entry in dead}
        put_back = list(self._put_back())
        back = {entry.event_id for entry in put_back if entry.name not in names}
        retried = {entry.event_id for entry in put_back}
        left = {entry.event_id for entry in dead} - back
        return sum(1 for event in left if event not in retried or not self.is_done(event))

    def put_again(self, letter: Trouble, now: datetime) -> None:
        """Put a dead letter back among what is to be delivered."""
        name = f"{stamp(now)}-{letter.event_id}-again"
        key = f"{self._root}/again/{hour_of(now)}/{name}.json"
        self._lake.keep(key, Again(commit_key=letter.commit_key))

    def paused(self) -> str:
        """Why the output is paused; empty when it is not."""
        pauses, resumed = list(self._keys("paused")), list(self._keys("resumed"))
        if len(pauses) <= len(resumed):
            return ""
        return _found(self._lake.kept(Pause, pauses[-1]), pauses[-1]).reason

    def pause(self, reason: str, now: datetime) -> None:
        """Deliver nothing more until a person resumes it."""
        number = len(list(self._keys("resumed")))
        self._lake.keep(f"{self._root}/paused/{number:06}.json", Pause(reason=reason, at=now))

    def resume(self, now: datetime) -> None:
        """Deliver again."""
        if self.paused():
            number = len(list(self._keys("resumed")))
            self._lake.keep(f"{self._root}/resumed/{number:06}.json", Pause(reason="", at=now))

    def _keys(self, part: str, after: str | None = None) -> Iterator[str]:
        return self._lake.kept_keys(f"{self._root}/{part}/", after)

    def _put_back(self) -> Iterator[Entry]:
        return _entries(f"{self._root}/again", self._keys("again"))

    def _done_key(self, event_id: str) -> str:
        return f"{self._root}/done/{event_id[:2]}/{event_id}.json"


class Settled(Frozen):
    """Names of entries of one hour that were delivered, given up, or are not for the output."""

    names: tuple[str, ...]


class Again(Frozen):
    """A dead letter that was put back."""

    commit_key: str


class Pause(Frozen):
    """The begin or the end of a pause."""

    reason: str
    at: datetime


def stamp(time: datetime) -> str:
    """A time as names hold it; stamps sort like times."""
    return time.astimezone(UTC).strftime("%Y%m%dT%H%M%S.%fZ")


def position(time: datetime) -> str:
    """What a listing goes on from that wants what is of this time or later."""
    return f"{hour_of(time)}/{stamp(time)}"


def behind(hour: str) -> str:
    """What a listing goes on from that wants later hours."""
    return f"{hour}/{_END}"


def _entries(root: str, keys: Iterable[str]) -> Iterator[Entry]:
    for key in keys:
        hour, _, name = key.removeprefix(f"{root}/").removesuffix(".json").partition("/")
        yield Entry(hour, name)


def _waiting(marks: list[str]) -> Waiting | None:
    if _DEAD in marks:
        return None
    number, _, due = max(marks).removesuffix(".json").partition("-")
    return Waiting(int(number), datetime.strptime(due, "%Y%m%dT%H%M%S.%fZ").replace(tzinfo=UTC))


def _found(value: _Value | None, key: str) -> _Value:
    if value is None:
        raise StoreError(f"the lake has lost {key}", "Restore it from a backup.")
    return value
