"""A run that is killed at any point goes on where it was: nothing lost, double or half visible."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from workspaces import rows

COPIES = 3
KILLS = 10


@pytest.fixture
def inbox(samples: Path, tmp_path: Path) -> Path:
    """Sample documents, several copies of each with bytes of their own."""
    folder = tmp_path / "inbox"
    folder.mkdir()
    for number in range(COPIES):
        for path in sorted((samples / "invoices").glob("*.pdf")):
            copy = folder / f"{number}-{path.name}"
            copy.write_bytes(path.read_bytes() + f"\n% copy {number}\n".encode())
    return folder


def start(inbox: Path, workspace: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "docmill.flows.cli", "run", str(inbox), "--quiet"]
    return subprocess.Popen([*command, "--workspace", str(workspace)], start_new_session=True)


def members(group: int) -> list[int]:
    """Living processes of a session (not zombies)."""
    found: list[int] = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            state, *fields = (entry / "stat").read_text().rpartition(") ")[2].split()
        except OSError:  # it ended while we looked
            continue
        if int(fields[2]) == group and state != "Z":
            found.append(int(entry.name))
    return found


def test_killed_ten_times_nothing_is_lost_or_double(inbox: Path, tmp_path: Path) -> None:
    undisturbed, killed = tmp_path / "undisturbed", tmp_path / "killed"
    began = time.monotonic()
    assert start(inbox, undisturbed).wait(120) == 0
    lasted = time.monotonic() - began
    cut_off = 0
    for number in range(KILLS):
        process = start(inbox, killed)
        time.sleep(lasted * (0.25 + 0.07 * number))
        if process.poll() is None:
            cut_off += 1
            os.kill(process.pid, signal.SIGKILL)
        process.wait(30)
        deadline = time.monotonic() + 10
        while members(process.pid) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert members(process.pid) == []
    assert cut_off
    assert start(inbox, killed).wait(120) == 0
    assert rows(killed) == rows(undisturbed)
