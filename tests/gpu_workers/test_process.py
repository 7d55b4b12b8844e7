"""Kept processes: whatever ends, nothing below them stays behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from docmill.gpu_workers.process import KeptProcess

Until = Callable[..., None]
Alive = Callable[[int], bool]

# It starts two processes, one in a session of its own and one that is orphaned, and says their ids.
FAMILY = """
import os, subprocess, sys, time
sleep = [sys.executable, "-c", "import time; time.sleep(1000)"]
other = subprocess.Popen(sleep, start_new_session=True)
script = f"import subprocess; print(subprocess.Popen({sleep!r}).pid, flush=True)"
subprocess.run([sys.executable, "-c", script], check=True)
print(os.getpid(), other.pid, "complete", flush=True)
"""
WAITS = FAMILY + "time.sleep(1000)\n"
STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + WAITS


def kept(tmp_path: Path, script: str, grace_s: float = 5) -> KeptProcess:
    command = (sys.executable, "-c", script)
    return KeptProcess(command, dict(os.environ), tmp_path / "logs" / "log", grace_s)


def family(process: KeptProcess, until: Until) -> list[int]:
    until(lambda: "complete" in process.last_lines())
    return [int(word) for word in process.last_lines().split() if word.isdigit()]


@pytest.mark.parametrize("end", [KeptProcess.stop, KeptProcess.kill])
def test_ended_with_all_below_it(
    tmp_path: Path, until: Until, alive: Alive, end: Callable[[KeptProcess], None]
) -> None:
    process = kept(tmp_path, WAITS)
    process.start()
    pids = family(process, until)
    assert len(pids) == 3
    assert all(map(alive, pids))
    end(process)
    assert not any(map(alive, pids))
    assert process.code is not None
    end(process)  # again: nothing happens


def test_what_ignores_sigterm_is_killed_after_its_grace(
    tmp_path: Path, until: Until, alive: Alive
) -> None:
    process = kept(tmp_path, STUBBORN, grace_s=0.5)
    process.start()
    pids = family(process, until)
    began = time.monotonic()
    process.stop()
    assert 0.5 <= time.monotonic() - began < 5
    assert not any(map(alive, pids))


def test_an_end_by_itself_leaves_nothing(tmp_path: Path, until: Until, alive: Alive) -> None:
    process = kept(tmp_path, FAMILY + "sys.exit(7)\n")
    process.start()
    until(lambda: process.code is not None)
    assert process.code == 7
    assert not any(map(alive, family(process, until)))


def test_a_signal_is_told_as_a_shell_tells_it(tmp_path: Path, until: Until) -> None:
    process = kept(tmp_path, "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)")
    process.start()
    until(lambda: process.code is not None)
    assert process.code == 128 + signal.SIGSEGV


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_it_dies_with_the_worker(
    tmp_path: Path, until: Until, alive: Alive, how: signal.Signals
) -> None:
    log = tmp_path / "log"
    worker = textwrap.dedent(f"""
        import os, sys, time
        from pathlib import Path
        from docmill.gpu_workers.process import KeptProcess
        command = (sys.executable, "-c", {WAITS!r})
        KeptProcess(command, dict(os.environ), Path({str(log)!r}), 100).start()
        time.sleep(1000)
    """)
    with subprocess.Popen([sys.executable, "-c", worker]) as parent:
        until(lambda: log.exists() and "complete" in log.read_text())
        pids = [int(word) for word in log.read_text().split() if word.isdigit()]
        assert all(map(alive, pids))
        parent.send_signal(how)
        parent.wait(10)
    until(lambda: not any(map(alive, pids)), 10)


def test_the_keepers_own_death_takes_the_command_along(
    tmp_path: Path, until: Until, alive: Alive
) -> None:
    script = "import os, time; print(os.getpid(), 'complete', flush=True); time.sleep(1000)"
    process = kept(tmp_path, script)
    process.start()
    (pid,) = family(process, until)
    assert process.pid is not None
    os.kill(process.pid, signal.SIGKILL)
    until(lambda: not alive(pid), 10)
    until(lambda: process.code == -signal.SIGKILL)


def test_only_the_last_start_is_shown(tmp_path: Path, until: Until) -> None:
    (tmp_path / "n").write_text("0")
    script = (
        "from pathlib import Path; p = Path(r'%s'); n = int(p.read_text()) + 1;"
        "p.write_text(str(n)); print('\\n'.join(f'start {n} line {i}' for i in range(50)))"
    )
    process = kept(tmp_path, script % (tmp_path / "n"))
    for _ in range(2):
        process.start()
        until(lambda: process.code is not None)
    assert process.last_lines(2) == "start 2 line 48\nstart 2 line 49"
    assert "start 1" not in process.last_lines(1000)
    assert "start 1 line 0" in process.log.read_text()


def test_a_command_that_is_not_there(tmp_path: Path, until: Until) -> None:
    process = KeptProcess(("/no/such/program",), dict(os.environ), tmp_path / "log")
    process.start()
    until(lambda: process.code is not None)
    assert process.code == 1
    assert "/no/such/program cannot be started: No such file" in process.last_lines()


def test_before_its_start_there_is_nothing_to_end(tmp_path: Path) -> None:
    process = kept(tmp_path, WAITS)
    process.stop()
    process.kill()
    assert (process.runs, process.code, process.pid) == (False, None, None)
