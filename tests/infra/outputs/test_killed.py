"""A delivering process that is killed, and one that runs on until it is told to stop."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from receiver import Receiver, Reply

from docmill.infra.lake import utc_now
from docmill.infra.outputs.deliverer import Deliverer
from docmill.infra.outputs.report import OutputReport
from docmill.infra.settings import Settings

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
DOCUMENTS = 60
KILLS = 5

# A process whose clock is ahead, so that nobody has to wait for the killed one's slots.
PROCESS = """
import sys
from datetime import timedelta
from docmill.infra.lake import utc_now
from docmill.infra.outputs.deliverer import Deliverer
from docmill.infra.settings import load_settings

ahead = timedelta(minutes=2 * int(sys.argv[2]))
print(Deliverer(load_settings(workspace=sys.argv[1]), clock=lambda: utc_now() + ahead).once())
"""


def start(workspace: Path, number: int) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", PROCESS, str(workspace), str(number)]
    return subprocess.Popen(command, env=os.environ | {"ERP": SECRET}, stdout=subprocess.PIPE)


def wait_for(condition: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def write_settings(settings: Settings) -> None:
    erp: Any = settings.outputs["erp"]
    (settings.workspace / "docmill.toml").write_text(
        f'[outputs.erp]\nkind = "webhook"\nurl = "{erp.url}"\nsecret_env = "ERP"\nsince = "start"\n'
    )


@pytest.mark.servers
def test_killed_processes_lose_nothing_and_repeat_one_document_at_most(
    settings: Callable[..., Settings], mill: Any, clock: Any, receiver: Receiver
) -> None:
    expected: list[str] = []
    for number in range(DOCUMENTS):
        expected.append(mill.fail(str(number), retryable=False).work_key)
        clock.forward(seconds=1)
    write_settings(settings())
    receiver.reply = lambda _: Reply(hang_s=0.02)
    for number in range(KILLS):
        process = start(settings().workspace, number)
        goal = len(receiver.received) + 7 + number
        wait_for(lambda goal=goal: len(receiver.received) >= goal)
        time.sleep(0.004 * number)  # before, at, and after the answer
        os.kill(process.pid, signal.SIGKILL)
        process.communicate(timeout=30)
    last = start(settings().workspace, KILLS)
    output, _ = last.communicate(timeout=60)
    assert last.returncode == 0
    assert b"held_by=''" in output
    counts = Counter(receiver.ids)
    assert set(counts) == set(expected)
    assert len(receiver.ids) - DOCUMENTS <= KILLS
    assert max(counts.values()) <= 2
    assert list(dict.fromkeys(receiver.ids)) == expected  # in order, but for repetitions


def test_it_runs_until_it_is_told_to_stop(
    settings: Callable[..., Settings], mill: Any, receiver: Receiver
) -> None:
    """On the real clock: what is committed while it runs arrives within seconds."""
    stop = threading.Event()
    reports: list[OutputReport] = []
    deliverer = Deliverer(settings(), lake=mill.lake, environment={"ERP": SECRET})
    thread = threading.Thread(target=deliverer.run, args=(stop, reports.append))
    thread.start()
    try:
        wait_for(lambda: bool(reports))
        mill.clock.now = utc_now()
        first = mill.fail("a", retryable=False).work_key
        wait_for(lambda: receiver.ids == [first], 10)
        mill.clock.now = utc_now()
        second = mill.fail("b", retryable=False).work_key
        wait_for(lambda: receiver.ids == [first, second], 10)
    finally:
        began = time.monotonic()
        stop.set()
        thread.join(20)
    assert not thread.is_alive()
    assert time.monotonic() - began < 5
    assert sum(report.delivered for report in reports) == 2
    assert not any(report.error for report in reports)
    (report,) = Deliverer(settings(), lake=mill.lake, environment={"ERP": SECRET}).once()
    assert (report.held_by, report.delivered) == ("", 0)
