"""The thread that keeps reviewers' answers: group commit.

All answers that wait are kept together: filed in the lake, each under its question and revision
(create-only, so the first one wins), then made visible by one commit record, then written to the
warehouse in one transaction. Only after that anybody is told. Where a step failed everybody in the
group is told so, and may send the same answer again: what was kept is recognised.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from queue import Empty, Queue
from time import perf_counter

from docmill.infra.lake import Lake, utc_now
from docmill.infra.service.answers import Answer, Decision, Verdict
from docmill.infra.service.judging import Judge, known_about, verdict
from docmill.infra.service.live import LiveWarehouse
from docmill.infra.service.measuring import measured
from docmill.infra.service.status import LOG, Status
from docmill.infra.service.unfinished import Unfinished
from docmill.infra.telemetry.metrics import ANSWER_SECONDS, ANSWERS, Metrics
from docmill.infra.telemetry.tracing import span
from docmill.infra.warehouse.answers import prepare_answers
from docmill.infra.warehouse.writing import transaction
from docmill.schemas.errors import DocmillError, StoreError
from docmill.schemas.review import ReviewEvent

_GROUP = 500  # answers that are kept together at most, but for those of one request
_REQUESTS_AT_ONCE = 16  # to the lake
_IDLE_S = 0.5


@dataclass(frozen=True)
class _Request:
    """Answers of one client, who waits for the future."""

    answers: Sequence[Answer]
    future: Future[list[Verdict]] = field(default_factory=Future[list[Verdict]])


class Answering:
    """Takes answers from any thread; `run` is the work of its own.

    Args:
        live: the warehouse.
        lake: where the answers are kept for good.
        status: where to tell how it goes.
        metrics: count it.
        clock: the present time, in UTC.
    """

    def __init__(
        self,
        live: LiveWarehouse,
        lake: Lake,
        status: Status,
        metrics: Metrics,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._live = live
        self._lake = lake
        self._status = status
        self._metrics = metrics
        self._turn = measured(live.turn.urgent, metrics, "answer")
        self._clock = clock
        self._judge = Judge(lake)
        self._unfinished = Unfinished(live.workspace.root / "answers.unfinished")
        self._queue: Queue[_Request | None] = Queue()
        self._pool = ThreadPoolExecutor(_REQUESTS_AT_ONCE, thread_name_prefix="reviews")

    def submit(self, answers: Sequence[Answer]) -> Future[list[Verdict]]:
        """The verdicts, in order, once everything accepted is kept.

        The future raises StoreError where lake or warehouse failed: the answers may be sent again.
        """
        request = _Request(answers)
        request.future.add_done_callback(partial(self._count, perf_counter()))
        self._queue.put(request)
        return request.future

    def _count(self, asked: float, done: Future[list[Verdict]]) -> None:
        self._metrics.observe(ANSWER_SECONDS, perf_counter() - asked)
        if done.cancelled() or done.exception():
            self._metrics.count(ANSWERS, "failed")
            return
        for told in done.result():
            self._metrics.count(ANSWERS, told.decision)

    def stop(self) -> None:
        """End when all that was submitted before has its verdict."""
        self._queue.put(None)

    def run(self) -> None:
        """Keep answers until `stop`."""
        with self._pool:
            going = True
            while going:
                requests = list(self._waiting())
                if requests and requests[-1] is None:
                    going = False
                self._tell([request for request in requests if request is not None])

    def _waiting(self) -> Iterator[_Request | None]:
        """Requests that wait now, as a group; the first one is waited for."""
        answers = 0
        try:
            request = self._queue.get(timeout=_IDLE_S)
            while True:
                yield request
                if request is None:
                    return
                answers += len(request.answers)
                if answers >= _GROUP:
                    return
                request = self._queue.get_nowait()
        except Empty:
            return

    def _tell(self, requests: Sequence[_Request]) -> None:
        try:
            if not requests:
                self._idle()
                return
            answers = [answer for request in requests for answer in request.answers]
            with span("docmill.answer", answers=len(answers)):
                verdicts = iter(self._keep(answers))
            found = [[next(verdicts) for _ in request.answers] for request in requests]
        except DocmillError as error:
            self._failed(requests, error)
        except Exception as error:  # a defect; the thread must not end, nor clients wait
            LOG.exception("answering broke")
            self._failed(requests, StoreError(f"answering broke: {error!r}", "See the log."))
        else:
            self._status.well("answering")
            for request, told in zip(requests, found, strict=True):
                request.future.set_result(told)

    def _failed(self, requests: Sequence[_Request], error: DocmillError) -> None:
        self._status.failed("answering", error)
        for request in requests:
            request.future.set_exception(error)

    def _keep(self, answers: Sequence[Answer]) -> list[Verdict]:
        with self._live.cursor() as connection:
            known = known_about(connection, answers)
        now = self._clock()
        judged = [self._judge.judge(answer, known, now) for answer in answers]
        events: dict[str, ReviewEvent] = {}
        for each in judged:
            if isinstance(each, ReviewEvent):
                events.setdefault(each.key, each)
        kept = self._file(events)
        self._commit([event for event, _ in kept.values()])
        return list(_verdicts(answers, judged, kept))

    def _file(self, events: Mapping[str, ReviewEvent]) -> Mapping[str, tuple[ReviewEvent, bool]]:
        """Put answers into the lake; what is kept under each key, and whether it is new."""
        self._unfinished.begin(events)
        kept = self._pool.map(self._filed, events.values())
        return dict(zip(events, kept, strict=True))

    def _filed(self, event: ReviewEvent) -> tuple[ReviewEvent, bool]:
        if self._lake.put_review(event):
            return event, True
        kept = self._lake.review(event.key)
        if kept is None:
            raise StoreError(f"the lake has lost the answer {event.key}", "Send it again.")
        return kept, False

    def _commit(self, events: Sequence[ReviewEvent]) -> None:
        """Make answers visible, in the lake, then in the warehouse."""
        if not events:
            return
        with self._live.cursor() as connection:
            committing = self._pool.submit(self._lake.commit_reviews, events)
            try:
                prepared = prepare_answers(connection, self._lake, events, self._judge.extraction)
            finally:
                committing.result()  # nothing is written to the warehouse before
            with self._turn(), transaction(connection):
                prepared.write(connection)
        self._unfinished.finish(event.key for event in events)

    def _idle(self) -> None:
        """Finish what was begun; see whether what failed works again."""
        if not self._live.usable or self._status.seconds_since_look is None:
            return
        if self._unfinished.keys:
            self._finish_others()
        if "answering" in self._status.problems:
            self._unfinished.rewrite()
            self._lake.check()
            self._status.well("answering")

    def _finish_others(self) -> None:
        """What was begun before a kill, or before lake or warehouse failed."""
        keys = self._unfinished.keys
        found = [event for event in self._pool.map(self._lake.review, keys) if event is not None]
        known = self._in_warehouse(keys)
        missing = [event for event in found if event.key not in known]
        self._commit(missing)
        self._unfinished.finish(keys)
        if missing:
            LOG.info("%d answers were begun and are now finished", len(missing))

    def _in_warehouse(self, keys: Iterable[str]) -> set[str]:
        with self._live.cursor() as connection:
            rows = connection.execute(
                "SELECT event_key FROM main.review_events "
                "WHERE event_key IN (SELECT unnest(?::VARCHAR[]))",
                [sorted(keys)],
            ).fetchall()
        return {key for (key,) in rows}


def _verdicts(
    answers: Sequence[Answer],
    judged: Sequence[ReviewEvent | Verdict],
    kept: Mapping[str, tuple[ReviewEvent, bool]],
) -> Iterator[Verdict]:
    told: set[str] = set()
    for answer, each in zip(answers, judged, strict=True):
        if isinstance(each, Verdict):
            yield each
            continue
        event, new = kept[each.key]
        if new and event is each and each.key not in told:
            told.add(each.key)
            yield Verdict(answer_id=answer.answer_id, decision=Decision.ACCEPTED, event=event)
        else:
            yield verdict(answer, event)
