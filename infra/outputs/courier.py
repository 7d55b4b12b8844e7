"""One output's passes over the commit records: what is due is handed over, in order of commit.

A pass looks at the hours from the cursor on. A document that failed waits for its time while later
ones go on; after some failures in a row the whole output rests, so that a receiver that is down is
asked now and then, not by everybody. A document counts as delivered once its mark is in the lake,
right after the answer: a kill between the two repeats this one document.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import groupby, takewhile
from time import perf_counter
from typing import TypeVar

from docmill.infra.lake import Lake
from docmill.infra.outputs import backoff
from docmill.infra.outputs.answer import Answer, Verdict
from docmill.infra.outputs.hours import Hours
from docmill.infra.outputs.lease import SLOT, Lease
from docmill.infra.outputs.ledger import Cursor, Entry, Ledger, Trouble, Waiting, position
from docmill.infra.outputs.message import Message
from docmill.infra.outputs.parcels import Output, Parcel, Parcels
from docmill.infra.outputs.report import OutputReport
from docmill.infra.outputs.settling import NOTED_TOGETHER, SettledEntries
from docmill.schemas.errors import StoreError

# Commit records may come so late for quick passes; the next full one finds those that are later.
LITTLE_LATE = timedelta(minutes=2)
_MARKING = timedelta(seconds=5)  # between the answer and its mark
_TELL_EVERY = timedelta(minutes=1)


_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


class Courier:
    """Delivers one output. Used by one thread at a time.

    Args:
        output: what is delivered where.
        lake: the documents, and the state of deliveries.
        clock: the present time, in UTC.
        stop: asked between requests.
        tell: is told of long passes, once a minute: the report so far, which then starts anew.

    Raises:
        StoreError: from its passes, when the lake fails; what was delivered before is noted.
    """

    def __init__(
        self,
        output: Output,
        lake: Lake,
        clock: Callable[[], datetime],
        stop: Callable[[], bool] = lambda: False,
        tell: Callable[[OutputReport], None] | None = None,
    ) -> None:
        self._output = output
        self._tell = tell
        self._told_at = clock()
        self._lake = lake
        self._clock = clock
        self._stop = stop
        self._ledger = Ledger(lake, output.name)
        self._parcels = Parcels(output, lake, self._ledger)
        self._lease = Lease(lake, output.name)
        self._settled = SettledEntries(self._ledger)
        self._cursor: Cursor | None = None
        self._seen_to = datetime.min.replace(tzinfo=UTC)
        self._due: dict[str, datetime] = {}  # hours with open entries, and when to look again
        self._failures = 0  # in a row
        self._rests_to = self._seen_to
        self._report = OutputReport(output.name)

    def full_pass(self) -> OutputReport:
        """Look at everything from the cursor on."""
        now = self._begin_pass(self._ledger.paused())
        if self._report.paused:
            return self._report
        self._due.clear()
        cursor = self._cursor = self._read_cursor(now)
        self._seen_to = now
        hours = Hours(cursor, now)
        try:
            for hour, entries in groupby(self._ledger.entries(cursor.begin), lambda e: e.hour):
                if self._stop():
                    break
                if hour not in cursor.settled:
                    self._settled.refresh(hour)
                    hours.add(hour, is_settled=self._visit(hour, list(entries)))
                    self._settled.note(self._clock())
        finally:
            self._settled.note(self._clock())
        for hour in hours.over:
            self._settled.forget(hour)
        if hours.cursor != cursor:
            self._ledger.put_cursor(hours.cursor, now)
            self._cursor = hours.cursor
        self._report.dead_letters = self._ledger.dead_count()
        return self._report

    def quick_pass(self) -> OutputReport:
        """Look at what is new since the last pass, and at what is due again."""
        was_paused = self._report.paused  # asked of the lake only then, and by full passes
        now = self._begin_pass(self._ledger.paused() if was_paused else "")
        if self._report.paused or self._cursor is None:
            return self._report
        tail = max(self._cursor.begin, position(self._seen_to - LITTLE_LATE))
        self._seen_to = now
        for hour in sorted(hour for hour, due in self._due.items() if due <= now):
            del self._due[hour]
            begin = max(self._cursor.begin, f"{hour}/")
            entries = self._ledger.entries(begin)
            self._visit(hour, list(takewhile(lambda e, hour=hour: e.hour == hour, entries)))
        for hour, entries in groupby(self._ledger.entries(tail), lambda e: e.hour):
            if not self._stop():
                self._visit(hour, list(entries))
        self._settled.note(now, NOTED_TOGETHER)
        return self._report

    def close(self) -> None:
        """Let go of the receiver, and of the right to deliver."""
        try:
            self._settled.note(self._clock())
            self._lease.release()
        finally:
            self._parcels.close()
            self._output.target.close()

    def _begin_pass(self, paused: str) -> datetime:
        self._report = OutputReport(self._output.name, paused=paused)
        self._told_at = self._clock()
        return self._told_at

    def _read_cursor(self, now: datetime) -> Cursor:
        """The lake's cursor; a new one where there is none, or `since` was changed."""
        cursor = self._ledger.cursor(now)
        options = self._output.options
        if cursor is not None and cursor.since == options.since:
            return cursor
        since = now if options.since == "now" else options.since_time()
        cursor = Cursor(since=options.since, begin=position(since) if since else "")
        self._ledger.put_cursor(cursor, now)
        return cursor

    def _visit(self, hour: str, entries: Sequence[Entry]) -> bool:
        """Hand over what is due of these entries of an hour; whether all are settled then."""
        still_open = self._settled.open(hour, entries)
        unseen = self._deliver(self._due_of(hour, still_open)) if still_open else 0
        if unseen:
            self._report.unseen += unseen
            self._look_again(hour, max(self._rests_to, self._clock() + SLOT))
        return not self._settled.open(hour, entries)

    def _look_again(self, hour: str, time: datetime) -> None:
        self._due[hour] = min(time, self._due.get(hour, time))

    def _due_of(self, hour: str, entries: Iterable[Entry]) -> deque[tuple[Entry, int]]:
        """Entries that are due, each with the number of its attempt."""
        now, troubles = self._clock(), self._ledger.troubles(hour)
        due: deque[tuple[Entry, int]] = deque()
        for entry in entries:
            known = troubles.get(entry.name, Waiting(0, now))
            if known is None:
                self._settled.add(entry)
            elif known.due > now:
                self._report.add_waiting(known.due)
                self._look_again(hour, known.due)
            else:
                due.append((entry, known.attempts + 1))
        return due

    def _deliver(self, due: deque[tuple[Entry, int]]) -> int:
        """Hand over entries in order, as long as that is possible; returns how many are left."""
        coming = self._parcels.of(due)
        left = len(due)
        while left and not self._is_blocked():
            parcels: list[Parcel] = []
            while left and len(parcels) < self._output.target.parallel:
                parcel, left = next(coming), left - 1
                if parcel.content is None:
                    self._settled.add(parcel.entry)
                else:
                    parcels.append(parcel)
            if parcels and not self._hand_over(parcels):
                return left + len(parcels)
            self._note_progress()
        return left

    def _note_progress(self) -> None:
        """A pass over much that waits takes hours; what it did so far is noted and told."""
        now = self._clock()
        self._settled.note(now, NOTED_TOGETHER)
        if self._tell is not None and now - self._told_at >= _TELL_EVERY:
            self._told_at = now
            self._tell(self._report)
            self._report = self._report.continued()

    def _is_blocked(self) -> bool:
        report = self._report
        is_resting = self._clock() < self._rests_to
        return bool(report.paused or report.held_by) or is_resting or self._stop()

    def _hand_over(self, parcels: Sequence[Parcel]) -> bool:
        """Send, and note what came of it; False when another process delivers."""
        target = self._output.target
        self._report.held_by = self._lease.hold(self._clock(), target.longest + _MARKING)
        if self._report.held_by:
            return False
        to_send = self._to_send(parcels)
        began = perf_counter()
        answers = target.send([message for _, message in to_send])
        self._report.seconds += [perf_counter() - began] * len(answers)
        self._mark_delivered(to_send, answers)
        for (parcel, message), answer in zip(to_send, answers, strict=True):
            self._note(parcel, message, answer)
        return True

    def _to_send(self, parcels: Sequence[Parcel]) -> list[tuple[Parcel, Message]]:
        """Those that have a message which is not delivered; an event that is there twice, once."""
        done = self._at_once(lambda parcel: self._ledger.is_done(parcel.entry.event_id), parcels)
        found: dict[str, tuple[Parcel, Message]] = {}
        for parcel, is_done in zip(parcels, done, strict=True):
            if is_done or parcel.content is None:
                self._settled.add(parcel.entry)
            elif isinstance(parcel.content, StoreError):
                self._note_unreadable(parcel, parcel.content)
            else:
                found.setdefault(parcel.entry.event_id, (parcel, parcel.content))
        return list(found.values())

    def _mark_delivered(
        self, sent: Sequence[tuple[Parcel, Message]], answers: Sequence[Answer]
    ) -> None:
        """Before all else that an answer calls for: a kill until then repeats the document."""
        now = self._clock()

        def mark(delivered: tuple[Parcel, Answer]) -> None:
            parcel, answer = delivered
            self._ledger.put_done(parcel.entry, parcel.attempt, answer.status, now)

        pairs = zip((parcel for parcel, _ in sent), answers, strict=True)
        self._at_once(mark, [pair for pair in pairs if pair[1].verdict is Verdict.DELIVERED])

    def _at_once(self, do: Callable[[_Item], _Result], items: Sequence[_Item]) -> list[_Result]:
        """What `do` gives for each, in their order; requests to the lake mostly wait."""
        if len(items) <= 1:
            return [do(item) for item in items]
        with ThreadPoolExecutor(len(items), thread_name_prefix="marks") as threads:
            return list(threads.map(do, items))

    def _note_unreadable(self, parcel: Parcel, error: StoreError) -> None:
        answer = Answer(Verdict.LATER, error=error.message, hint=error.hint)
        self._note_trouble(parcel, None, answer)

    def _note(self, parcel: Parcel, message: Message, answer: Answer) -> None:
        now = self._clock()
        self._failures = self._failures + 1 if answer.verdict is Verdict.LATER else 0
        match answer.verdict:
            case Verdict.DELIVERED:
                self._settled.add(parcel.entry)
                self._report.delivered += 1
            case Verdict.GONE:
                self._report.paused = f"the receiver says that it is gone: {answer.error}"
                self._report.unseen += 1
                self._ledger.pause(self._report.paused, now)
            case Verdict.LATER:
                rest = max(backoff.rest_after(self._failures), answer.asked or timedelta())
                self._rests_to = max(self._rests_to, now + rest)
                self._note_trouble(parcel, message, answer)
            case Verdict.REFUSED:
                self._note_trouble(parcel, message, answer)

    def _note_trouble(self, parcel: Parcel, message: Message | None, answer: Answer) -> None:
        now = self._clock()
        is_last = parcel.attempt >= self._output.options.attempts
        is_dead = is_last or answer.verdict is Verdict.REFUSED
        pause = backoff.pause_after(parcel.entry.event_id, parcel.attempt)
        due = None if is_dead else now + max(pause, answer.asked or timedelta())
        trouble = Trouble(
            event_id=parcel.entry.event_id,
            commit_key=self._ledger.commit_key(parcel.entry),
            document_id=message.document_id if message else "",
            uri=message.uri if message else "",
            attempt=parcel.attempt,
            status=answer.status,
            error=answer.error,
            hint=answer.hint,
            at=now,
            due=due,
        )
        self._ledger.put_trouble(parcel.entry, trouble)
        self._report.add_trouble(trouble)
        if due is None:
            self._settled.add(parcel.entry)
        else:
            self._look_again(parcel.entry.hour, due)
