from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def docmill() -> Run:
    """Calls the command line in a process of its own."""

    def call(*arguments: object) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "docmill.flows.cli", *map(str, arguments)]
        return subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)

    return call


@pytest.fixture(scope="session")
def samples() -> Path:
    """The folder of sample documents."""
    return Path(__file__).resolve().parents[2] / "sample_docs"
