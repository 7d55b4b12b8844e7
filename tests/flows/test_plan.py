"""`docmill plan` and `docmill reprocess`, as they are called."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from shutil import copy

import duckdb
import pytest

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def workspace(docmill: Run, samples: Path, tmp_path: Path) -> Path:
    """One invoice, read and extracted; its file is in `inbox`."""
    (tmp_path / "inbox").mkdir()
    copy(samples / "invoices" / "ch-electrician.pdf", tmp_path / "inbox")
    root = tmp_path / "workspace"
    done = docmill("run", tmp_path / "inbox", "--schema", "invoice", "--workspace", root)
    assert done.returncode == 0, done.stderr
    return root


def schemas(workspace: Path) -> list[tuple[str]]:
    with duckdb.connect(workspace / "published.duckdb", read_only=True) as connection:
        return connection.execute("SELECT schema_name FROM documents").fetchall()


def answered(answer: str, *arguments: object) -> tuple[int, str]:
    """Exit code and output of the command line with a terminal on which `answer` is typed."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "docmill.flows.cli", *map(str, arguments)]
    with subprocess.Popen(
        command, stdin=theirs, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        os.close(theirs)
        os.write(ours, f"{answer}\n".encode())
        output = process.communicate(timeout=240)[0]
    os.close(ours)
    return process.returncode, output


def test_plan_shows_what_would_run_and_runs_nothing(
    docmill: Run, workspace: Path, tmp_path: Path
) -> None:
    before = sorted(path for path in workspace.rglob("*"))
    table = docmill("plan", tmp_path / "inbox", "--schema", "receipt", "--workspace", workspace)
    assert table.returncode == 0, table.stderr
    assert "extracted from readings" in table.stdout
    chosen = docmill("plan", "--where", "page_count = 1", "--json", "--workspace", workspace)
    (plan,) = json.loads(chosen.stdout)
    assert plan["documents"] == 1
    assert sorted(path for path in workspace.rglob("*")) == before


def test_plan_wants_sources_or_a_condition(docmill: Run, workspace: Path) -> None:
    neither = docmill("plan", "--workspace", workspace)
    wrong = docmill("plan", "--where", "pages > 1", "--workspace", workspace)
    assert (neither.returncode, wrong.returncode) == (2, 2)
    assert "page_count" in wrong.stderr


def test_reprocess_asks_before_it_runs(docmill: Run, workspace: Path, tmp_path: Path) -> None:
    command = ("reprocess", "--schema-name", "invoice", "--schema", "receipt")
    place = ("--workspace", workspace)
    (tmp_path / "inbox" / "ch-electrician.pdf").unlink()  # its reading is in the lake

    unasked = docmill(*command, *place)
    assert unasked.returncode == 2
    assert "--yes" in unasked.stderr

    code, output = answered("n", *command, *place)
    assert code == 0, output
    assert "nothing was run" in output
    assert schemas(workspace) == [("invoice",)]

    code, output = answered("y", *command, *place)
    assert code == 0, output
    assert "extracted from readings" in output
    assert schemas(workspace) == [("receipt",)]

    nothing = docmill(*command, *place)
    assert nothing.returncode == 0
    gone = docmill("reprocess", "--where", "true", "--ocr", "rapidocr", "--yes", *place)
    assert gone.returncode == 3
    assert "cannot be reached" in gone.stderr
