"""A lake copied by the commands of docs/operations.md, and all that comes back from the copy."""

from __future__ import annotations

import re
import shlex
import shutil
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from fnmatch import fnmatchcase
from itertools import count
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from docmill.infra.commits import DocumentCommit
from docmill.infra.lake import Lake
from docmill.infra.storage.opening import open_store
from docmill.infra.warehouse.owner import WarehouseOwner, rebuild
from docmill.infra.workspace import Workspace

SOURCE, TARGET = "s3://docmill/lake", "s3://backup/lake"


@pytest.fixture(scope="module")
def commands(repository: Path) -> list[list[str]]:
    """The arguments of each `aws s3 sync` in the section about backups."""
    text = (repository / "docs" / "operations.md").read_text()
    section = text.partition("## Backup")[2].partition("\n## ")[0]
    found = re.findall(r"^aws s3 sync (.*)$", section, re.MULTILINE)
    assert len(found) == 5
    return [shlex.split(line) for line in found]


def copy(commands: list[list[str]], lake: Path, backup: Path) -> None:
    """Does what the commands say, with folders for the buckets' prefixes."""
    for source, target, *options in commands:
        assert options[::2] == ["--exclude"] * (len(options) // 2)
        sync(
            lake / source.removeprefix(SOURCE).strip("/"),
            backup / target.removeprefix(TARGET).strip("/"),
            options[1::2],
        )


def sync(source: Path, target: Path, excluded: list[str]) -> None:
    """As `aws s3 sync`: lists what is there, then copies it."""
    listed = [path for path in sorted(source.rglob("*")) if path.is_file()]
    for path in listed:
        name = path.relative_to(source).as_posix()
        if ".staging" in name or any(fnmatchcase(name, pattern) for pattern in excluded):
            continue
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target / name)


def grow(workspace: Workspace) -> None:
    with WarehouseOwner(workspace) as owner:
        owner.load(workspace.lake())
        owner.publish()


def test_everything_comes_back_from_a_copy_of_the_lake(
    workspace: Workspace,
    mill: Any,
    commands: list[list[str]],
    tmp_path: Path,
    content: Callable[[Path], Any],
) -> None:
    for number in range(5):
        mill.sight(f"d{number}")
        mill.finish(f"d{number}")
        grow(workspace)
    mill.finish("d1", work="again")
    mill.fail("broken", retryable=False)
    mill.run()
    grow(workspace)
    before = content(workspace.warehouse)
    assert len(before['main."documents"']) == 6

    lake, backup = Path(workspace.lake_root), tmp_path / "backup"
    copy(commands, lake, backup)
    shutil.rmtree(lake)
    for path in workspace.root.glob("*.duckdb*"):
        path.unlink()
    shutil.copytree(backup, lake)
    rebuild(workspace)
    assert content(workspace.warehouse) == before
    grow(workspace)
    assert workspace.published.exists()


@pytest.mark.parametrize("order", ["as documented", "commits last"])
def test_a_copy_made_while_documents_are_finished_is_whole(
    workspace: Workspace, mill: Any, commands: list[list[str]], tmp_path: Path, order: str
) -> None:
    """And the order is what makes it so: with the commit records last it is not."""
    lake, backup = Path(workspace.lake_root), tmp_path / "backup"
    for number in range(20):
        mill.finish(f"before-{number}")
    if order == "commits last":
        commands = [commands[4], commands[3], *commands[:3]]
    stop = Event()

    def write() -> None:
        for number in count():
            if stop.is_set():
                return
            mill.finish(f"meanwhile-{number}")

    with ThreadPoolExecutor(1) as pool:
        writing = pool.submit(write)
        for command in commands:
            copy([command], lake, backup)
            enough = _finished(lake) + 5  # between any two commands something is finished
            while _finished(lake) < enough:
                assert not writing.done()
                time.sleep(0.01)
        stop.set()
        writing.result()
    copied = Lake(open_store(str(backup)))
    missing = list(_missing(copied))
    if order == "commits last":
        assert missing
        return
    assert missing == []
    restored = Workspace(tmp_path / "restored", str(backup))
    report = rebuild(restored)
    assert report.documents >= 20


def _finished(lake: Path) -> int:
    return sum(1 for _ in (lake / "commits").rglob("*.json"))


def _missing(lake: Lake) -> Iterator[tuple[str, str]]:
    """What commit records of a lake refer to and it lacks; marks without their record."""
    committed: set[str] = set()
    for _, record in lake.commits():
        assert isinstance(record, DocumentCommit)
        outcome = record.content
        committed.add(outcome.work_key)
        for key in outcome.page_keys:
            if key and not lake.has_page(key):
                yield "page", key
        for part in outcome.parts:
            if part.extraction_key and lake.extraction(part.extraction_key) is None:
                yield "extraction", part.extraction_key
    for mark in lake._store.list("done/"):  # pyright: ignore[reportPrivateUsage]
        if mark.key.rpartition("/")[2] not in committed:
            yield "mark", mark.key
