"""Whatever comes when, and whoever dies: everything is delivered, and once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from docmill.infra.outputs.answer import Answer, Verdict
from docmill.infra.outputs.courier import Courier
from docmill.infra.outputs.ledger import Ledger
from docmill.infra.outputs.message import Message
from docmill.infra.outputs.options import FilesOptions
from docmill.infra.outputs.parcels import Output
from docmill.infra.outputs.report import OutputReport
from docmill.infra.outputs.routing import Sources

LATER = Answer(Verdict.LATER, 500, "broken")


@dataclass
class Notebook:
    """A target that writes down what it gets, and fails as told."""

    parallel: int = 1
    longest: timedelta = timedelta(seconds=5)
    answers: list[Answer] = field(default_factory=list[Answer])
    taken: list[str] = field(default_factory=list[str])

    def send(self, messages: Sequence[Message]) -> list[Answer]:
        return [self._take(message) for message in messages]

    def _take(self, message: Message) -> Answer:
        answer = self.answers.pop(0) if self.answers else Answer(Verdict.DELIVERED, 200)
        if answer.verdict is Verdict.DELIVERED:
            self.taken.append(message.event_id)
        return answer

    def close(self) -> None:
        """Nothing is open."""


def courier(mill: Any, clock: Any, target: Notebook, **options: Any) -> Courier:
    chosen = FilesOptions(since="start", attempts=100, **options)
    return Courier(Output("o", chosen, target, Sources({})), mill.lake, clock)


EVENT = st.one_of(
    st.tuples(st.just("commit"), st.integers(-5 * 3600, 60)),  # seconds that its clock is off
    st.tuples(st.just("forward"), st.integers(0, 9 * 3600)),
    st.tuples(st.just("full"), st.integers(0, 3)),  # failures that come
    st.tuples(st.just("quick"), st.integers(0, 3)),
    st.tuples(st.just("restart"), st.just(0)),
)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(events=st.lists(EVENT, max_size=25), parallel=st.integers(1, 3))
def test_everything_is_delivered_once(
    new_mill: Callable[[Path], Any], events: list[tuple[str, int]], parallel: int
) -> None:
    with TemporaryDirectory() as folder:
        mill = new_mill(Path(folder))
        clock = mill.clock
        target = Notebook(parallel)
        working = courier(mill, clock, target)
        working.full_pass()
        expected: list[str] = []
        for number, (what, amount) in enumerate(events):
            match what:
                case "commit":
                    now = clock.now
                    clock.now = now + timedelta(seconds=amount)
                    expected.append(mill.fail(str(number), retryable=False).work_key)
                    clock.now = now
                case "forward":
                    clock.forward(seconds=amount)
                    working.full_pass()  # at least every few hours, or late ones are lost
                case "full" | "quick":
                    target.answers = [LATER] * amount
                    (working.full_pass if what == "full" else working.quick_pass)()
                    target.answers = []
                case _:
                    working.close()
                    working = courier(mill, clock, target)
                    working.full_pass()
        for _ in range(30):
            clock.forward(hours=7)
            working.full_pass()
        assert sorted(target.taken) == sorted(expected)
        cursor = Ledger(mill.lake, "o").cursor(clock())
        assert cursor is not None
        assert cursor.settled == ()
        assert list(Ledger(mill.lake, "o").entries(cursor.begin)) == []
        working.close()


def test_quick_passes_find_what_is_new_and_what_is_due_again(mill: Any, clock: Any) -> None:
    target = Notebook(answers=[LATER])
    working = courier(mill, clock, target)
    first = mill.fail("a", retryable=False).work_key
    report = working.full_pass()
    assert (report.failed, target.taken) == (1, [])
    clock.forward(seconds=5)
    second = mill.fail("b", retryable=False).work_key
    assert working.quick_pass().delivered == 1
    assert working.quick_pass().delivered == 0
    clock.forward(seconds=10)
    assert working.quick_pass().delivered == 1
    assert target.taken == [second, first]
    clock.forward(hours=3)  # into another hour
    third = mill.fail("c", retryable=False).work_key
    assert working.quick_pass().delivered == 1
    assert target.taken[-1] == third


def test_a_rest_is_over_in_time_in_quick_passes(mill: Any, clock: Any) -> None:
    target = Notebook(answers=[LATER] * 3)
    working = courier(mill, clock, target)
    for name in "abcde":
        mill.fail(name, retryable=False)
        clock.forward(seconds=1)
    assert working.full_pass().unseen == 2
    assert working.quick_pass().unseen == 2
    clock.forward(seconds=40)
    assert working.quick_pass().delivered == 5
    assert len(target.taken) == 5


def test_another_process_learns_from_the_lake_what_is_settled(mill: Any, clock: Any) -> None:
    target = Notebook()
    for name in "abc":
        mill.sight(name)
        mill.fail(name, retryable=False)
        clock.forward(seconds=1)
    working = courier(mill, clock, target)
    assert working.full_pass().delivered == 3
    opened: list[str] = []
    real = mill.lake.commit

    def commit(key: str) -> Any:
        opened.append(key)
        return real(key)

    mill.lake.commit = commit
    working.close()
    assert courier(mill, clock, target).full_pass().delivered == 0
    assert opened == []
    assert len(target.taken) == 3


def test_an_event_that_is_there_twice_is_sent_once(mill: Any, clock: Any) -> None:
    outcome = mill.fail("a", retryable=False)
    clock.forward(seconds=1)
    mill.lake.commit_document(outcome)
    target = Notebook(parallel=4)
    working = courier(mill, clock, target)
    assert working.full_pass().delivered == 1
    working.full_pass()
    assert target.taken == [outcome.work_key]


def test_a_long_pass_tells_how_it_goes_on(mill: Any, clock: Any) -> None:
    class Slow(Notebook):
        def send(self, messages: Sequence[Message]) -> list[Answer]:
            clock.forward(seconds=25)
            return super().send(messages)

    for name in "abcdefgh":
        mill.fail(name, retryable=False)
    told: list[OutputReport] = []
    target = Slow(answers=[LATER])
    options = FilesOptions(since="start")
    output = Output("o", options, target, Sources({}))
    working = Courier(output, mill.lake, clock, tell=told.append)
    last = working.full_pass()
    assert [report.delivered for report in told] == [2, 3]
    assert (last.delivered, last.waiting, told[0].failed) == (2, 1, 1)
    assert sum(report.failed for report in (*told, last)) == 1
