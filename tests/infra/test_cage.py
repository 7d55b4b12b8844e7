"""The cage, with real processes that really crash."""

from __future__ import annotations

import importlib
import json
import os
import re
import resource
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, ThreadPoolExecutor
from functools import partial
from pathlib import Path
from types import ModuleType

import pytest

from docmill.infra.cage import Cage, CageLimits
from docmill.schemas.errors import (
    CageError,
    EmptyFile,
    EngineUnavailable,
    InternalError,
    MemoryExceeded,
    WorkerDied,
    WorkerTimeout,
)

DEEDS = '''
"""What workers are asked to do in these tests."""
import subprocess, sys
from docmill.schemas.errors import DocmillError, EmptyFile, EngineUnavailable

warm = False

def warm_up():
    global warm
    warm = True
    print("warming up")

def is_warm():
    return warm

def fail_to_warm_up():
    raise EngineUnavailable("no models", "fetch them")

def refuse():
    error = EmptyFile("nothing in it", "look again")
    error.add_note("page 3")
    raise error

class Stubborn(DocmillError):
    def __init__(self, code, *, place):
        super().__init__(f"{code} at {place}")

def refuse_stubbornly():
    raise Stubborn(7, place="here")

class Mute:
    def __reduce__(self):
        raise ValueError("I do not travel")

class Bomb:
    def __reduce__(self):
        return int, ("not a number",)

def bomb():
    return Bomb()

def fill_memory():
    hoard = []
    while True:
        hoard.append(bytearray(10_000_000))

def abort_as_cpp_does():
    import os
    os.write(2, b"terminate called after throwing an instance of 'std::bad_alloc'")
    os.abort()

def start_a_sleeper():
    return subprocess.Popen(["sleep", "600"]).pid

def start_a_sleeper_and_hang(path):
    with open(path, "w") as file:
        file.write(str(start_a_sleeper()))
    while True:
        pass
'''
CATASTROPHE = ("(a+)+$", "a" * 50 + "b")  # a loop inside C that lets no Python code run


@pytest.fixture(scope="module")
def deeds(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModuleType]:
    """A module that workers find on the parent's own search path."""
    folder = tmp_path_factory.mktemp("deeds")
    (folder / "cage_deeds.py").write_text(DEEDS)
    sys.path.insert(0, str(folder))
    yield importlib.import_module("cage_deeds")
    sys.path.remove(str(folder))


@pytest.fixture(scope="module")
def cage(deeds: ModuleType) -> Iterator[Cage]:
    with Cage(2, CageLimits(memory_mb=1000, wall_s=30)) as cage:
        yield cage


def is_running(pid: int) -> bool:
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return status.rpartition(")")[2].split()[0] not in "ZX"


def wait_for(condition: Callable[[], bool], limit_s: float = 10) -> bool:
    end = time.monotonic() + limit_s
    while not condition() and time.monotonic() < end:
        time.sleep(0.01)
    return condition()


def test_a_call_returns_what_the_function_returns_from_another_process(cage: Cage) -> None:
    assert cage.call(divmod, 17, 5) == (3, 2)
    assert cage.call(os.getpid) != os.getpid()
    assert cage.call(partial(int, base=16), "ff") == 255


def test_a_worker_stays_warm_between_calls(cage: Cage) -> None:
    assert cage.call(os.getpid) == cage.call(os.getpid)


@pytest.mark.parametrize("number", [signal.SIGSEGV, signal.SIGABRT, signal.SIGILL, signal.SIGTERM])
def test_a_crash_names_its_signal(cage: Cage, number: signal.Signals) -> None:
    with pytest.raises(WorkerDied, match=number.name):
        cage.call(signal.raise_signal, number)
    assert cage.call(abs, -1) == 1


def test_a_crash_tells_where(cage: Cage) -> None:
    with pytest.raises(WorkerDied) as caught:
        cage.call(os.abort)
    assert "most recent call first" in caught.value.__notes__[0]


def test_a_real_time_signal_has_no_name_but_a_number(cage: Cage) -> None:
    with pytest.raises(WorkerDied, match="signal 40"):
        cage.call(signal.raise_signal, 40)


def test_a_kill_from_outside_hints_at_memory(cage: Cage) -> None:
    with pytest.raises(WorkerDied, match="from outside") as caught:
        cage.call(signal.raise_signal, signal.SIGKILL)
    assert "fewer workers" in caught.value.hint


@pytest.mark.parametrize("status", [0, 3])
def test_an_exit_tells_its_status(cage: Cage, status: int) -> None:
    with pytest.raises(WorkerDied, match=f"status {status}"):
        cage.call(os._exit, status)


def test_a_sleep_is_cut_off_by_the_clock(cage: Cage) -> None:
    started = time.monotonic()
    with pytest.raises(WorkerTimeout, match=r"after 0\.3 s"):
        cage.call(time.sleep, 60, wall_s=0.3)
    assert time.monotonic() - started < 5


def test_a_loop_in_c_is_cut_off_by_the_clock(cage: Cage) -> None:
    with pytest.raises(WorkerTimeout, match=r"after 0\.3 s"):
        cage.call(re.match, *CATASTROPHE, wall_s=0.3)


def test_a_loop_in_c_is_cut_off_by_cpu_time() -> None:
    with (
        Cage(1, CageLimits(wall_s=60, cpu_s=0.5)) as cage,
        pytest.raises(WorkerTimeout, match="CPU"),
    ):
        cage.call(re.match, *CATASTROPHE)


def test_cpu_time_is_counted_per_call() -> None:
    with Cage(1, CageLimits(cpu_s=1.0)) as cage:
        soft = [cage.call(resource.getrlimit, resource.RLIMIT_CPU)[0] for _ in range(2)]
        later = soft[1]
        while later == soft[1]:  # the limit counts whole seconds
            assert cage.call(sum, range(5_000_000)) > 0
            later = cage.call(resource.getrlimit, resource.RLIMIT_CPU)[0]
    assert 1 <= soft[0] <= soft[1] < later


def test_a_call_with_more_time_gets_more_cpu_time() -> None:
    with Cage(1, CageLimits(wall_s=10, cpu_s=20)) as cage:
        soft, _ = cage.call(partial(resource.getrlimit, resource.RLIMIT_CPU), wall_s=100)
    assert 200 < soft < 205


def test_a_memory_hog_is_told_apart(cage: Cage, deeds: ModuleType) -> None:
    with pytest.raises(MemoryExceeded, match="1000 MB"):
        cage.call(deeds.fill_memory)
    with pytest.raises(MemoryExceeded, match="1000 MB"):
        cage.call(bytearray, 2**40)
    with pytest.raises(MemoryExceeded, match="1000 MB"):
        cage.call(deeds.abort_as_cpp_does)


def test_the_memory_limit_starts_at_what_a_warm_worker_maps(cage: Cage) -> None:
    assert len(cage.call(bytes, 400_000_000)) == 400_000_000
    limit, _ = cage.call(resource.getrlimit, resource.RLIMIT_AS)
    assert 1000 < limit / 2**20 < 1500


def test_a_worker_that_ran_out_of_memory_is_replaced(cage: Cage) -> None:
    pid = cage.call(os.getpid)
    with pytest.raises(MemoryExceeded):
        cage.call(bytearray, 2**40)
    assert wait_for(lambda: not is_running(pid))


def test_a_request_larger_than_the_memory_is_refused() -> None:
    with Cage(1, CageLimits(memory_mb=50)) as cage:
        with pytest.raises(MemoryExceeded):
            cage.call(len, bytes(100_000_000))
        assert cage.call(len, b"abc") == 3


def test_no_core_dumps_and_no_huge_files(cage: Cage, tmp_path: Path) -> None:
    assert cage.call(resource.getrlimit, resource.RLIMIT_CORE)[0] == 0
    path = tmp_path / "huge"
    path.touch()
    with pytest.raises(InternalError, match="File too large"):
        cage.call(os.truncate, str(path), 2**40)


def test_a_typed_error_arrives_as_it_was(cage: Cage, deeds: ModuleType) -> None:
    pid = cage.call(os.getpid)
    with pytest.raises(EmptyFile, match="nothing in it") as caught:
        cage.call(deeds.refuse)
    assert (caught.value.hint, caught.value.__notes__) == ("look again", ["page 3"])
    assert cage.call(os.getpid) == pid, "an ordinary error costs no worker"


def test_another_error_is_a_defect_with_the_workers_traceback(cage: Cage) -> None:
    with pytest.raises(InternalError, match=r"JSONDecodeError.*decoder\.py:\d+") as caught:
        cage.call(json.loads, "{")
    assert "raw_decode" in caught.value.__notes__[0]


def test_sys_exit_is_a_defect_too(cage: Cage) -> None:
    with pytest.raises(InternalError, match="SystemExit"):
        cage.call(sys.exit, 3)


def test_an_error_that_does_not_pickle_is_still_told(cage: Cage, deeds: ModuleType) -> None:
    with pytest.raises(InternalError) as caught:
        cage.call(deeds.refuse_stubbornly)
    assert "7 at here" in caught.value.__notes__[0]


def test_a_result_that_does_not_pickle_is_a_defect(cage: Cage, deeds: ModuleType) -> None:
    with pytest.raises(InternalError, match="cannot pickle"):
        cage.call(threading.Lock)
    with pytest.raises(InternalError, match="I do not travel"):
        cage.call(deeds.Mute)
    with pytest.raises(InternalError, match="cannot be unpickled"):
        cage.call(deeds.bomb)
    assert cage.call(abs, -1) == 1


def test_arguments_that_do_not_pickle_are_a_defect(cage: Cage, deeds: ModuleType) -> None:
    with pytest.raises(InternalError, match="cannot be sent"):
        cage.call(repr, threading.Lock())
    with pytest.raises(InternalError, match="cannot be sent"):
        cage.call(lambda: 1)
    with pytest.raises(InternalError, match="not a number"):
        cage.call(repr, deeds.Bomb())


def test_prints_break_nothing_and_show_nowhere(
    cage: Cage, capfd: pytest.CaptureFixture[str]
) -> None:
    cage.call(print, "x" * 100_000)
    cage.call(os.write, 1, b"raw")
    cage.call(os.write, 2, b"raw")
    assert cage.call(abs, -1) == 1
    assert capfd.readouterr() == ("", "")


def test_a_hundred_megabytes_go_both_ways() -> None:
    data = os.urandom(1_000_000) * 100
    with Cage(1) as cage:
        assert cage.call(bytes, data) == data


def test_warm_up_runs_once_per_worker_before_the_first_call(deeds: ModuleType) -> None:
    with Cage(1, warm_up=deeds.warm_up) as cage:
        assert cage.call(deeds.is_warm) is True


def test_a_failed_warm_up_is_told_by_every_call(deeds: ModuleType) -> None:
    with Cage(1, warm_up=deeds.fail_to_warm_up) as cage:
        for _ in range(2):
            with pytest.raises(EngineUnavailable, match="no models"):
                cage.call(abs, -1)


def test_a_worker_that_cannot_start_is_a_defect(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with Cage(1) as cage, pytest.raises(InternalError, match="did not start"):
        cage.call(abs, -1)


def test_nothing_starts_before_the_first_call() -> None:
    children = Path(f"/proc/self/task/{threading.get_native_id()}/children")
    before = children.read_text()
    with Cage(8):
        assert children.read_text() == before


def test_workers_are_recycled() -> None:
    with Cage(1, CageLimits(recycle_after=3)) as cage:
        pids = [cage.call(os.getpid) for _ in range(9)]
    assert len(set(pids)) == 3
    assert pids == sorted(pids, key=pids.index), "three calls each, one worker after the other"
    assert not any(is_running(pid) for pid in pids)


def test_many_threads_share_few_workers(cage: Cage) -> None:
    def double(number: int) -> tuple[int, int]:
        return cage.call(divmod, number * 2, 1)[0], cage.call(os.getpid)

    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(double, range(1000)))
    assert [answer for answer, _ in answers] == [number * 2 for number in range(1000)]
    assert len({pid for _, pid in answers}) <= 2


def test_a_crash_harms_no_other_call(cage: Cage) -> None:
    def work(number: int) -> object:
        if number % 10:
            return cage.call(abs, -number)
        with pytest.raises(CageError):
            cage.call(signal.raise_signal, signal.SIGSEGV)
        return number

    with ThreadPoolExecutor(6) as threads:
        assert list(threads.map(work, range(100))) == list(range(100))


def test_a_worker_outlives_the_thread_that_first_needed_it() -> None:
    pids: list[int] = []
    with Cage(1) as cage:
        thread = threading.Thread(target=lambda: pids.append(cage.call(os.getpid)))
        thread.start()
        thread.join()
        time.sleep(0.1)
        assert [cage.call(os.getpid)] == pids


def test_children_of_a_worker_go_with_it(deeds: ModuleType, tmp_path: Path) -> None:
    path = tmp_path / "pid"
    with Cage(1) as cage:
        with pytest.raises(WorkerTimeout):
            cage.call(deeds.start_a_sleeper_and_hang, str(path), wall_s=1)
        hung = int(path.read_text())
        idle = cage.call(deeds.start_a_sleeper)
        assert wait_for(lambda: not is_running(hung))
        assert is_running(idle)
    assert wait_for(lambda: not is_running(idle))


def test_closing_ends_calls_under_way_and_waiting_ones() -> None:
    cage = Cage(1)
    cage.call(abs, -1)
    with ThreadPoolExecutor(3) as threads:
        calls = [threads.submit(cage.call, time.sleep, 600, wall_s=600.0) for _ in range(3)]
        time.sleep(0.2)
        started = time.monotonic()
        cage.close()
        for call in calls:
            assert isinstance(call.exception(timeout=5), CancelledError)
    assert time.monotonic() - started < 5
    with pytest.raises(CancelledError):
        cage.call(abs, -1)


SCRIPT = """
import os, re, signal, sys, threading, time
from docmill.infra.cage import Cage
signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored below some background jobs
print("main", os.getpid(), flush=True)
cage = Cage(2)
with cage:
    busy = threading.Thread(target=cage.call, args=(re.match, "(a+)+$", "a" * 50 + "b"))
    busy.daemon = True
    busy.start()
    time.sleep(0.3)
    print("idle", cage.call(os.getpid), flush=True)
    time.sleep(600)
"""


def started(process: subprocess.Popen[str]) -> list[int]:
    """The two workers of a running script."""
    assert process.stdout
    assert process.stdout.readline().startswith("main")
    assert process.stdout.readline().startswith("idle")
    found = subprocess.run(["ps", "-eo", "pid=,ppid="], stdout=subprocess.PIPE, text=True)
    pairs = [line.split() for line in found.stdout.splitlines()]
    return [int(pid) for pid, parent in pairs if int(parent) == process.pid]


@pytest.fixture
def script() -> Iterator[subprocess.Popen[str]]:
    """A script on standard input, so without a file to import again."""
    with subprocess.Popen(
        [sys.executable, "-"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdin
        process.stdin.write(SCRIPT)
        process.stdin.close()
        yield process
        process.kill()


def test_no_worker_outlives_a_killed_parent(script: subprocess.Popen[str]) -> None:
    workers = started(script)
    assert len(workers) == 2
    script.kill()
    assert wait_for(lambda: not any(map(is_running, workers)), 5)


def test_ctrl_c_ends_parent_and_workers_quickly(script: subprocess.Popen[str]) -> None:
    workers = started(script)
    for pid in workers:
        os.kill(pid, signal.SIGINT)  # as a terminal would
    time.sleep(0.1)
    assert all(map(is_running, workers)), "Ctrl-C is for the parent"
    script.send_signal(signal.SIGINT)
    script.wait(5)
    assert not any(map(is_running, workers))


BARE_SCRIPT = """
import os
from docmill.infra.cage import Cage
print("main")
with Cage(1) as cage:
    print(cage.call(abs, -7))
    def of_this_script(): pass
    try:
        cage.call(of_this_script)
    except Exception as error:
        print(type(error).__name__, error.hint)
"""


@pytest.mark.parametrize("how", ["file", "module", "command"])
def test_the_main_script_is_not_run_again(how: str, tmp_path: Path) -> None:
    """Without the guard that multiprocessing wants."""
    (tmp_path / "bare_script.py").write_text(BARE_SCRIPT)
    arguments = {
        "file": ["bare_script.py"],
        "module": ["-m", "bare_script"],
        "command": ["-c", BARE_SCRIPT],
    }[how]
    run = subprocess.run(
        [sys.executable, *arguments],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        timeout=60,
    )
    assert run.stdout == "main\n7\nInternalError Move it to a module.\n"


def test_thousands_of_small_calls(cage: Cage) -> None:
    for number in range(3000):
        assert cage.call(abs, -number) == number
