"""What processes use, as Linux tells it."""

from __future__ import annotations

import os
from pathlib import Path


def children(pid: int) -> set[int]:
    """Its child processes."""
    lists = Path(f"/proc/{pid}/task").glob("*/children")
    return {int(child) for each in lists for child in each.read_text().split()}


def peak_mb(pid: int) -> float:
    """Its peak resident size."""
    status = Path(f"/proc/{pid}/status").read_text()
    (line,) = [line for line in status.splitlines() if line.startswith("VmHWM")]
    return int(line.split()[1]) / 1e3


def cpu_s(pid: int) -> float:
    """Seconds of CPU time that it used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
