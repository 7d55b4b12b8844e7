from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from docmill.gpu_workers.local import VARIABLE, Address, Counts, LocalWorker, State, WorkerFolder
from docmill.schemas.errors import InternalError

ADDRESS = Address("http://127.0.0.1:8000", "chandra")


def test_flow_runs_see_what_the_worker_says(tmp_path: Path) -> None:
    worker = WorkerFolder(tmp_path / "8000", ADDRESS)
    seen = LocalWorker.here({VARIABLE: str(tmp_path / "8000")})
    assert seen is not None
    assert seen.address == ADDRESS
    for state, draining in (
        (State.STARTING, False),
        (State.READY, False),
        (State.DOWN, False),
        (State.DRAINING, True),
        (State.ENDED, True),
    ):
        worker.tell(state)
        assert (seen.state, seen.draining) == (state, draining)


def test_below_no_worker() -> None:
    assert LocalWorker.here({}) is None


def test_a_folder_of_no_worker_takes_no_pages(tmp_path: Path) -> None:
    other = LocalWorker(tmp_path)
    assert other.draining
    with pytest.raises(InternalError, match="no folder of a GPU worker"):
        _ = other.address


def test_counts_are_read_once(tmp_path: Path) -> None:
    worker, run = WorkerFolder(tmp_path, ADDRESS), LocalWorker(tmp_path)
    assert worker.new_counts() == Counts()
    run.count(pages=1)
    run.count(pages=2, retries=3, fallbacks=1)
    assert worker.new_counts() == Counts(3, 3, 1)
    assert worker.new_counts() == Counts()
    run.count(retries=1)
    assert worker.new_counts() == Counts(0, 1, 0)


def test_half_a_line_waits_for_its_other_half(tmp_path: Path) -> None:
    worker = WorkerFolder(tmp_path, ADDRESS)
    line = b'{"pages": 5, "retries": 0, "fallbacks": 0}\n'
    with (tmp_path / "counts").open("ab", buffering=0) as file:
        file.write(line + line[:9])
        assert worker.new_counts() == Counts(5)
        file.write(line[9:])
        assert worker.new_counts() == Counts(5)


def test_a_new_worker_begins_anew(tmp_path: Path) -> None:
    first = WorkerFolder(tmp_path, ADDRESS)
    first.count(pages=7)
    first.tell(State.ENDED)
    second = WorkerFolder(tmp_path, ADDRESS)
    assert (second.state, second.new_counts()) == (State.STARTING, Counts())


def test_what_is_no_count_is_a_defect(tmp_path: Path) -> None:
    worker = WorkerFolder(tmp_path, ADDRESS)
    (tmp_path / "counts").write_bytes(b"pages\n")
    with pytest.raises(InternalError, match="unreadable"):
        worker.new_counts()


def test_many_processes_count_at_once(tmp_path: Path) -> None:
    worker = WorkerFolder(tmp_path, ADDRESS)
    script = (
        "from pathlib import Path; from docmill.gpu_workers.local import LocalWorker\n"
        f"w = LocalWorker(Path({str(tmp_path)!r}))\n"
        "for _ in range(500): w.count(pages=1, fallbacks=1)"
    )
    runs = [subprocess.Popen([sys.executable, "-c", script]) for _ in range(3)]
    seen = Counts()
    while any(run.poll() is None for run in runs):
        seen += worker.new_counts()
    assert seen + worker.new_counts() == Counts(1500, 0, 1500)
