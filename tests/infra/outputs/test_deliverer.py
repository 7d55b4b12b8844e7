"""Deliveries over a real lake to a real receiver; time is the test's."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from receiver import Received, Receiver, Reply, unused_url

from docmill.infra.lake import Lake
from docmill.infra.outputs.deliverer import Deliverer
from docmill.infra.outputs.lease import SLOT
from docmill.infra.outputs.ledger import Ledger, Trouble
from docmill.infra.outputs.report import OutputReport
from docmill.infra.settings import Settings, load_settings
from docmill.infra.storage.opening import open_store
from docmill.infra.telemetry.metrics import Metrics
from docmill.infra.workspace import Workspace

Deliver = Callable[..., OutputReport]
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def finish(mill: Any, clock: Any, *names: str) -> list[str]:
    """Documents one second apart; their event ids."""
    ids: list[str] = []
    for name in names:
        ids.append(mill.finish(name).work_key)
        clock.forward(seconds=1)
    return ids


def dead(mill: Any) -> list[Trouble]:
    return list(Ledger(mill.lake, "erp").dead_letters())


def objects(workspace: Workspace, pattern: str = "**/*") -> list[Path]:
    root = Path(workspace.lake_root, "deliveries")
    return sorted(path for path in root.glob(pattern) if path.is_file())


def test_every_document_once_in_order(
    mill: Any, clock: Any, receiver: Receiver, deliver: Deliver
) -> None:
    mill.sight("a")  # commit records of other kinds lie between
    ids = finish(mill, clock, "a", "b", "c")
    mill.run()
    assert deliver().delivered == 3
    assert receiver.ids == ids
    assert receiver.received[0].event["data"]["parts"][0]["result"]["total"]["value"] == "12.5"
    assert deliver().delivered == 0
    ids += finish(mill, clock, "d")
    assert deliver().delivered == 1
    assert receiver.ids == ids


def test_a_new_output_begins_now(
    mill: Any, clock: Any, receiver: Receiver, deliver: Deliver
) -> None:
    finish(mill, clock, "before")
    assert deliver(since="now").delivered == 0
    clock.forward(minutes=1)
    ids = finish(mill, clock, "after")
    assert deliver(since="now").delivered == 1
    assert receiver.ids == ids
    assert deliver(since="start").delivered == 1  # the rest, and nothing twice
    assert len(set(receiver.ids)) == len(receiver.ids) == 2


def test_since_a_time(mill: Any, clock: Any, receiver: Receiver, deliver: Deliver) -> None:
    finish(mill, clock, "a")
    clock.forward(hours=1)
    ids = finish(mill, clock, "b")
    assert deliver(since="2026-11-20T12:30+00:00").delivered == 1
    assert receiver.ids == ids


def test_the_same_work_committed_twice_is_one_event(
    mill: Any, clock: Any, receiver: Receiver, deliver: Deliver
) -> None:
    outcome = mill.finish("a")
    clock.forward(hours=2)
    mill.lake.commit_document(outcome)
    deliver()
    clock.forward(hours=20)
    mill.lake.commit_document(outcome)
    assert deliver().delivered == 0
    assert receiver.ids == [outcome.work_key]


@pytest.mark.parametrize(
    ("options", "names"),
    [
        ({"statuses": ["failed"]}, ["bad"]),
        ({"statuses": ["needs_review", "done"]}, ["in", "out"]),
        ({"schemas": ["invoice"]}, ["in", "out"]),
        ({"schemas": ["receipt"]}, []),
        ({"sources": ["scans"]}, ["in"]),
        ({"sources": ["scans"], "statuses": ["failed"]}, []),
    ],
)
def test_filters(
    mill: Any, receiver: Receiver, deliver: Deliver, options: dict[str, Any], names: list[str]
) -> None:
    inner = mill.finish("in")
    mill.lake.commit_document(
        inner.model_copy(update={"uri": "file:///scans/in.pdf", "work_key": "0" * 40})
    )
    mill.finish("out", work="second")
    mill.fail("bad", retryable=False)
    deliver(places={"scans": {"uri": "file:///scans"}}, **options)
    uris = {each.event["data"]["uri"].rpartition("/")[2] for each in receiver.received}
    assert uris == {f"{name}.pdf" for name in names}


def test_a_document_that_fails_waits_while_others_go_on(
    mill: Any, clock: Any, receiver: Receiver, deliver: Deliver
) -> None:
    bad, *good = finish(mill, clock, "bad", "b", "c")
    receiver.reply = lambda each: Reply(500 if each.event_id == bad else 200)
    report = deliver()
    assert (report.delivered, report.failed, report.waiting) == (2, 1, 1)
    assert receiver.ids == [bad, *good]
    assert report.next_due and timedelta(seconds=7) < report.next_due - clock() < timedelta(
        seconds=13
    )
    assert deliver().waiting == 1
    assert len(receiver.ids) == 3  # not due yet
    clock.forward(seconds=15)
    receiver.reply = lambda _: Reply()
    assert deliver().delivered == 1
    assert receiver.ids[-1] == bad
    first, last = receiver.received[0], receiver.received[-1]
    assert first.body == last.body
    assert first.headers["webhook-timestamp"] != last.headers["webhook-timestamp"]


def test_a_receiver_that_is_down_is_asked_seldom(
    mill: Any, clock: Any, receiver: Receiver, deliver: Deliver
) -> None:
    ids = finish(mill, clock, *(str(number) for number in range(50)))
    receiver.reply = lambda _: Reply(503)
    report = deliver()
    assert (report.failed, report.unseen) == (3, 47)
    assert receiver.ids == ids[:3]
    receiver.reply = lambda _: Reply()
    clock.forward(minutes=1)
    assert deliver().delivered == 50
    assert sorted(set(receiver.ids)) == sorted(ids)
    assert len(receiver.ids) == 53


def test_the_pause_a_receiver_asks_for_holds_for_all(
    settings: Callable[..., Settings], mill: Any, clock: Any, receiver: Receiver, deliver: Deliver
) -> None:
    finish(mill, clock, "a", "b")
    receiver.reply = lambda _: Reply(429, {"retry-after": "600"})
    report = deliver()
    assert (report.failed, report.unseen, len(receiver.ids)) == (1, 1, 1)
    assert report.next_due == clock() + timedelta(minutes=10)


def test_attempts_end_with_a_dead_letter_that_can_be_put_back(
    mill: Any, clock: Any, receiver: Receiver, deliver: Deliver
) -> None:
    (only,) = finish(mill, clock, "a")
    receiver.reply = lambda _: Reply(500, body=b"no disk")
    for _ in range(3):
        assert deliver(attempts=4).waiting == 1
        clock.forward(hours=7)
    report = deliver(attempts=4)
    assert (report.dead, report.waiting) == (1, 0)
    assert receiver.ids == [only] * 4
    (letter,) = dead(mill)
    assert (letter.attempt, letter.status, letter.error) == (4, 500, "HTTP 500 no disk")
    assert (letter.uri, letter.event_id) == ("file:///in/a.pdf", only)
    clock.forward(hours=30)
    assert deliver(attempts=4).did_something is False
    for _ in range(2):  # put back, and given up once more
        Ledger(mill.lake, "erp").put_again(letter, clock())
        assert dead(mill) == []
        receiver.reply = lambda _: Reply(404)
        assert deliver(attempts=4).dead == 1
        (letter,) = dead(mill)
        assert letter.attempt == 1
        clock.forward(hours=9)
    Ledger(mill.lake, "erp").put_again(letter, clock())
    receiver.reply = lambda _: Reply()
    assert deliver(attempts=4).delivered == 1
    assert dead(mill) == []
    assert deliver(attempts=4).did_something is False


def test_a_refusal_is_a_dead_letter_at_once(
    mill: Any, clock: Any, receiver: Receiver, deliver: Deliver
) -> None:
    first, second = finish(mill, clock, "a", "b")
    receiver.reply = lambda each: Reply(401 if each.event_id == first else 200)
    report = deliver()
    assert (report.delivered, report.dead, report.waiting) == (1, 1, 0)
    (letter,) = dead(mill)
    assert "headers_env" in letter.hint
    assert receiver.ids == [first, second]


def test_a_receiver_that_is_gone_pauses_the_output(
    mill: Any, clock: Any, receiver: Receiver, deliver: Deliver
) -> None:
    ids = finish(mill, clock, "a", "b")
    receiver.reply = lambda _: Reply(410)
    assert "410" in deliver().paused
    clock.forward(hours=1)
    receiver.reply = lambda _: Reply()
    assert "410" in deliver().paused
    assert receiver.ids == ids[:1]
    Ledger(mill.lake, "erp").resume(clock())
    report = deliver()
    assert (report.paused, report.delivered) == ("", 2)
    assert receiver.ids == [ids[0], *ids]
    receiver.reply = lambda _: Reply(410)
    finish(mill, clock, "c")
    assert deliver().paused


def test_one_dead_output_holds_up_no_other(
    workspace: Workspace, mill: Any, clock: Any, receiver: Receiver
) -> None:
    ids = finish(mill, clock, "a", "b", "c")
    hook = {"kind": "webhook", "secret_env": "ERP", "since": "start"}
    with Receiver(lambda _: Reply(hang_s=60)) as hanging:
        settings = load_settings(
            workspace=workspace.root,
            outputs={
                "hanging": {**hook, "url": hanging.url, "timeout_seconds": 1.5},
                "nobody": {**hook, "url": unused_url()},
                "unset": {**hook, "url": receiver.url, "secret_env": "NOT_SET"},
                "erp": {**hook, "url": receiver.url},
            },
        )
        deliverer = Deliverer(settings, lake=mill.lake, clock=clock, environment={"ERP": SECRET})
        arrived: list[float] = []

        def note(_: Received) -> Reply:
            arrived.append(time.monotonic())
            return Reply()

        receiver.reply = note
        began = time.monotonic()
        hung, nobody, unset, erp = deliverer.once()
    assert receiver.ids == ids
    assert arrived[-1] - began < 1.5
    assert (erp.delivered, hung.failed, nobody.failed) == (3, 3, 3)
    assert "NOT_SET" in unset.error
    assert unset.hint


def test_two_at_once_deliver_nothing_twice(
    settings: Callable[..., Settings], mill: Any, clock: Any, receiver: Receiver
) -> None:
    ids = finish(mill, clock, *(str(number) for number in range(40)))
    receiver.reply = lambda _: Reply(hang_s=0.01)
    reports: list[OutputReport] = []

    def work() -> None:
        deliverer = Deliverer(settings(), lake=mill.lake, clock=clock, environment={"ERP": SECRET})
        reports.extend(deliverer.once())

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(receiver.ids) == sorted(ids)
    assert sum(report.delivered for report in reports) == 40
    held = [report.held_by for report in reports if report.held_by]
    assert all(":" in each for each in held)


def test_who_finds_another_at_work_takes_over_when_it_is_silent(
    settings: Callable[..., Settings], mill: Any, clock: Any, receiver: Receiver, deliver: Deliver
) -> None:
    from docmill.infra.outputs.lease import Lease

    finish(mill, clock, "a")
    other = Lease(mill.lake, "erp")
    assert other.hold(clock(), timedelta(seconds=1)) == ""
    report = deliver()
    assert (report.delivered, report.unseen, bool(report.held_by)) == (0, 1, True)
    clock.forward(seconds=SLOT.total_seconds())
    assert deliver().delivered == 1


@pytest.mark.parametrize("damage", ["extractions/**/*.gz", "commits/**/*.json"])
def test_what_cannot_be_read_holds_nothing_up(
    mill: Any, clock: Any, workspace: Workspace, receiver: Receiver, deliver: Deliver, damage: str
) -> None:
    mill.finish("bad")
    for path in Path(workspace.lake_root).glob(damage):
        path.write_bytes(b"damaged")
    clock.forward(seconds=1)
    good = mill.finish("good", values=mill_values(mill)).work_key
    report = deliver(attempts=2)
    assert (report.delivered, report.failed) == (1, 1)
    assert receiver.ids == [good]
    clock.forward(minutes=1)
    deliver(attempts=2)
    (letter,) = dead(mill)
    assert "cannot be read" in letter.error
    assert letter.hint


def mill_values(mill: Any) -> Any:
    """Other values than every document has, so that the extraction is another object."""
    from docmill.schemas.extraction import FieldValue, ValueStatus

    return [
        FieldValue(
            path="total", value="1", raw="1", status=ValueStatus.PRESENT, confidence=1, derived=True
        )
    ]


def test_a_lake_on_s3(
    settings: Callable[..., Settings], mill: Any, clock: Any, receiver: Receiver, s3_root: str
) -> None:
    far = type(mill)(Lake(open_store(s3_root), clock), clock)
    receiver.reply = lambda _: Reply(500)

    def deliver() -> OutputReport:
        (report,) = Deliverer(
            settings(), lake=far.lake, clock=clock, environment={"ERP": SECRET}
        ).once()
        return report

    ids = finish(far, clock, "a", "b")
    assert deliver().waiting == 2
    clock.forward(minutes=1)
    receiver.reply = lambda each: Reply(404 if each.event_id == ids[0] else 200)
    report = deliver()
    assert (report.delivered, report.dead) == (1, 1)
    (letter,) = Ledger(far.lake, "erp").dead_letters()
    Ledger(far.lake, "erp").put_again(letter, clock())
    receiver.reply = lambda _: Reply()
    clock.forward(hours=12)
    ids += finish(far, clock, "c")
    assert deliver().delivered == 2
    assert deliver().did_something is False
    assert set(receiver.ids) == set(ids)
    clock.forward(hours=12)
    deliver()
    cursor = Ledger(far.lake, "erp").cursor(clock())
    assert cursor is not None
    assert list(Ledger(far.lake, "erp").entries(cursor.begin)) == []


def test_passes_are_counted(
    settings: Callable[..., Settings], mill: Any, clock: Any, receiver: Receiver
) -> None:
    first, second, _ = finish(mill, clock, "a", "b", "c")
    statuses = {first: 404, second: 500}
    receiver.reply = lambda each: Reply(statuses.get(each.event_id, 200))
    metrics = Metrics()
    deliverer = Deliverer(
        settings(), lake=mill.lake, clock=clock, environment={"ERP": SECRET}, metrics=metrics
    )

    def shown() -> dict[str, float]:
        lines = metrics.exposition().decode().splitlines()
        pairs = (line.rsplit(" ", 1) for line in lines if 'output="erp"' in line)
        return {name: float(value) for name, value in pairs}

    deliverer.once()
    for outcome in ("delivered", "retried", "dead"):
        assert shown()[f'docmill_deliveries_total{{outcome="{outcome}",output="erp"}}'] == 1
    assert shown()['docmill_delivery_seconds_count{output="erp"}'] == 3
    assert shown()['docmill_deliveries_waiting{output="erp"}'] == 1
    assert shown()['docmill_dead_letters{output="erp"}'] == 1
    (letter,) = dead(mill)
    Ledger(mill.lake, "erp").put_again(letter, clock())
    receiver.reply = lambda _: Reply()
    clock.forward(minutes=1)
    deliverer.once()
    assert shown()['docmill_deliveries_waiting{output="erp"}'] == 0
    assert shown()['docmill_dead_letters{output="erp"}'] == 0


def test_late_commit_records_are_found(
    mill: Any, clock: Any, receiver: Receiver, deliver: Deliver
) -> None:
    finish(mill, clock, "a")
    deliver()
    clock.forward(hours=5)
    deliver()
    clock.forward(hours=-4, minutes=-59)  # a machine whose clock is behind
    late = finish(mill, clock, "late")
    clock.forward(hours=5)
    assert deliver().delivered == 1
    assert receiver.ids[-1:] == late


def test_a_pass_without_news_leaves_nothing(
    mill: Any, clock: Any, workspace: Workspace, deliver: Deliver
) -> None:
    finish(mill, clock, "a", "b")
    deliver()
    clock.forward(hours=10)
    deliver()  # the cursor goes on
    before = objects(workspace)
    clock.forward(hours=10)
    deliver()
    assert objects(workspace) == before


def test_an_idle_pass_looks_at_open_hours_alone(
    mill: Any, clock: Any, workspace: Workspace, deliver: Deliver
) -> None:
    for number in range(30):
        finish(mill, clock, str(number))
        clock.forward(hours=1)
    deliver()
    deliver()
    cursor = Ledger(mill.lake, "erp").cursor(clock())
    assert cursor is not None
    begin = cursor.begin
    looked_at = list(Ledger(mill.lake, "erp").entries(begin))
    assert len(looked_at) == 6
    assert cursor.settled == ()


def test_an_old_document_that_waits_holds_back_its_hour_alone(
    mill: Any, clock: Any, receiver: Receiver, deliver: Deliver
) -> None:
    (bad,) = finish(mill, clock, "bad")
    receiver.reply = lambda each: Reply(500 if each.event_id == bad else 200)
    for number in range(12):
        clock.forward(hours=1)
        finish(mill, clock, str(number))
        deliver()
    cursor = Ledger(mill.lake, "erp").cursor(clock())
    assert cursor is not None
    assert (cursor.begin, len(cursor.settled)) == ("", 5)
    receiver.reply = lambda _: Reply()
    clock.forward(hours=7)
    deliver()
    cursor = Ledger(mill.lake, "erp").cursor(clock())
    assert cursor is not None
    assert (cursor.begin[:13], cursor.settled) == ("2026-11-21T00", ())
    assert receiver.ids.count(bad) > 3
    assert len(set(receiver.ids)) == 13
