from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from receiver import Receiver, Reply
from workspaces import committed

Run = Callable[..., "subprocess.CompletedProcess[str]"]
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    monkeypatch.setenv("ERP", SECRET)
    with Receiver() as running:
        yield running


@pytest.fixture
def workspace(tmp_path: Path, samples: Path, receiver: Receiver, docmill: Run) -> Path:
    """Some documents, processed, with two outputs that want them all."""
    root = tmp_path / "w"
    root.mkdir()
    (tmp_path / "out").mkdir()
    (root / "docmill.toml").write_text(
        f'[outputs.erp]\nkind = "webhook"\nurl = "{receiver.url}"\nsecret_env = "ERP"\n'
        'since = "start"\n'
        f'[outputs.copies]\nkind = "files"\nto = "{tmp_path / "out"}"\nsince = "start"\n'
    )
    done = docmill("run", samples / "receipts", "--workspace", root, "--quiet")
    assert done.returncode == 0, done.stderr
    return root


def test_a_day_with_a_receiver_that_refuses(
    docmill: Run, workspace: Path, tmp_path: Path, receiver: Receiver
) -> None:
    documents = set(committed(workspace))
    refused = min(documents)
    receiver.reply = lambda each: Reply(
        422 if each.event["data"]["document_id"] == refused else 200, body=b"no such supplier"
    )
    done = docmill("deliver", "--workspace", workspace)
    assert done.returncode == 3, done.stderr
    assert f"{len(documents) - 1} delivered; 1 given up" in done.stdout
    assert {each.event["data"]["document_id"] for each in receiver.received} == documents
    assert len(list((tmp_path / "out").rglob("*.docmill.json"))) == len(documents)

    listed = docmill("deliver", "--dead", "--workspace", workspace)
    assert listed.returncode == 3
    assert refused[:12] in listed.stdout
    assert "HTTP 422 no such supplier" in listed.stdout
    assert "what to do" in listed.stdout

    receiver.reply = lambda _: Reply()
    again = docmill("deliver", "--again", refused[:8], "--workspace", workspace)
    assert again.returncode == 0, again.stdout
    assert "1 put back" in again.stdout
    assert receiver.received[-1].event["data"]["document_id"] == refused
    assert "no dead letters" in docmill("deliver", "--dead", "--workspace", workspace).stdout
    assert len(receiver.received) == len(documents) + 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("deliver", "--output", "nope"), "erp"),
        (("deliver", "3f2a"), "--again"),
        (("deliver", "--again", "3f2a"), "3f2a"),
        (("deliver", "--dead", "--again"), "Choose one"),
    ],
)
def test_wrong_usage(
    docmill: Run, tmp_path: Path, arguments: tuple[str, ...], message: str
) -> None:
    (tmp_path / "docmill.toml").write_text('[outputs.erp]\nkind = "files"\n')
    done = docmill(*arguments, "--workspace", tmp_path)
    assert done.returncode == 2
    assert message in done.stderr


def test_without_outputs_it_says_where_to_begin(docmill: Run, tmp_path: Path) -> None:
    done = docmill("deliver", "--workspace", tmp_path)
    assert done.returncode == 2
    assert "docs/outputs.md" in done.stderr


def test_a_missing_secret_is_named(
    docmill: Run, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ERP")
    done = docmill("deliver", "--workspace", workspace)
    assert done.returncode == 1
    assert "ERP is not set" in done.stdout
    assert "copies: " in done.stdout


def test_following_ends_cleanly_on_a_signal(workspace: Path, receiver: Receiver) -> None:
    command = [sys.executable, "-m", "docmill.flows.cli", "deliver", "--follow"]
    process = subprocess.Popen(
        [*command, "--workspace", str(workspace)], stdout=subprocess.PIPE, text=True
    )
    deadline = time.monotonic() + 60
    while len(receiver.received) < len(committed(workspace)):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    os.kill(process.pid, signal.SIGTERM)
    output, _ = process.communicate(timeout=30)
    assert process.returncode == 0
    assert "delivered" in output
