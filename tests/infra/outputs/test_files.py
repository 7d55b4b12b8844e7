from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from docmill.infra.outputs.ledger import Ledger
from docmill.infra.outputs.report import OutputReport
from docmill.infra.sources import Selection, find_sources
from docmill.infra.storage.opening import locate, open_store
from docmill.schemas.outcome import DocumentOutcome, DocumentStatus

Deliver = Callable[..., OutputReport]
NAMES = ["scan.pdf", "a b.pdf", "ünï 100%.pdf", "no suffix", "#?&=.PDF", "x" * 250 + ".pdf", "'q'"]


def finish_at(mill: Any, uri: str, **changes: Any) -> DocumentOutcome:
    outcome = mill.outcome("x", uri, DocumentStatus.PARTIAL)
    placed = outcome.model_copy(update={"uri": uri, **changes})
    mill.lake.commit_document(placed)
    return placed


def files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if not path.is_dir())


def dead_error(mill: Any) -> tuple[str, str]:
    (letter,) = Ledger(mill.lake, "erp").dead_letters()
    return letter.error, letter.hint


FILES = {"kind": "files"}


@pytest.mark.parametrize("name", NAMES)
def test_beside_a_source(mill: Any, tmp_path: Path, deliver: Deliver, name: str) -> None:
    inbox = tmp_path / "in box"
    inbox.mkdir()
    (inbox / name).write_bytes(b"%PDF")
    outcome = finish_at(mill, f"file://{inbox}/{name}")
    assert deliver(**FILES).delivered == 1
    (written,) = set(files(inbox)) - {name}
    assert written.endswith(f".{outcome.work_key[:12]}.docmill.json")
    assert written.startswith(name[:200])
    assert len(written.encode()) <= 255
    assert json.loads((inbox / written).read_text("utf-8"))["id"] == outcome.work_key
    assert {path.name for path in inbox.iterdir()} == {name, written}  # no staging folder is left


def test_results_are_never_documents(mill: Any, tmp_path: Path, deliver: Deliver) -> None:
    (tmp_path / "a.pdf").write_bytes(b"%PDF")
    finish_at(mill, f"file://{tmp_path}/a.pdf")
    deliver(**FILES)
    (result,) = (name for name in files(tmp_path) if name.endswith(".docmill.json"))
    for selection in (
        Selection(),
        Selection(include=("*",)),
        Selection(include=("*.json",)),
        Selection(include=("*.docmill.json",)),
    ):
        assert not selection.takes(result)
        assert not selection.takes(f"deep/{result}")
    assert Selection(include=("*.json",)).takes("other.json")
    assert [each.uri for each in find_sources([str(tmp_path / "*.pdf*")]).objects] == [
        f"file://{tmp_path}/a.pdf"
    ]


def test_to_another_place_by_source(mill: Any, tmp_path: Path, deliver: Deliver) -> None:
    uris = {
        "file:///scans/a.pdf": "scans/a.pdf",
        "file:///scans/deep/er/a.pdf": "deep/er/a.pdf",  # the inner source's
        "file:///mail/a.pdf": "post/a.pdf",
        "s3://bucket/x//../a.pdf": "bucket/%/%2E%2E/a.pdf",
        "s3://elsewhere/../../etc/passwd": "unlisted/s3/elsewhere/%2E%2E/%2E%2E/etc/passwd",
        "file:///loose/a.pdf": "unlisted/file/loose/a.pdf",
    }
    places = {
        "scans": {"uri": "file:///scans"},
        "deep": {"uri": "file:///scans/deep"},
        "post": {"uri": "file:///mail"},
        "bucket": {"uri": "s3://bucket/x"},
    }
    ids = {uri: finish_at(mill, uri).work_key for uri in uris}
    out = tmp_path / "out"
    out.mkdir()
    report = deliver(places=places, to=str(out), **FILES)
    assert report.delivered == len(uris), report
    assert files(out) == sorted(
        f"{place}.{ids[uri][:12]}.docmill.json" for uri, place in uris.items()
    )


def test_nothing_is_overwritten(mill: Any, tmp_path: Path, deliver: Deliver) -> None:
    outcome = finish_at(mill, f"file://{tmp_path}/a.pdf")
    taken = tmp_path / f"a.pdf.{outcome.work_key[:12]}.docmill.json"
    taken.write_text("mine")
    assert deliver(**FILES).dead == 1
    assert taken.read_text() == "mine"
    assert "other content" in dead_error(mill)[0]


def test_a_file_of_before_a_kill_counts(mill: Any, tmp_path: Path, deliver: Deliver) -> None:
    outcome = finish_at(mill, f"file://{tmp_path}/a.pdf")
    taken = tmp_path / f"a.pdf.{outcome.work_key[:12]}.docmill.json"
    taken.write_text(json.dumps({"id": outcome.work_key, "older": "version"}))
    assert deliver(**FILES).delivered == 1


def test_a_folder_that_is_not_mounted_is_waited_for(
    mill: Any, clock: Any, tmp_path: Path, deliver: Deliver
) -> None:
    finish_at(mill, f"file://{tmp_path}/gone/a.pdf")
    report = deliver(**FILES)
    assert (report.failed, report.dead) == (1, 0)
    assert "mounted" in report.troubles[0].hint
    assert not (tmp_path / "gone").exists()
    (tmp_path / "gone").mkdir()
    clock.forward(minutes=1)
    assert deliver(**FILES).delivered == 1


def test_refused_rights_are_a_dead_letter(mill: Any, deliver: Deliver) -> None:
    finish_at(mill, "file:///sys/a.pdf")  # where nobody may create files, root neither
    assert deliver(**FILES).dead == 1
    error, hint = dead_error(mill)
    assert "Permission denied" in error or "Read-only" in error
    assert "right" in hint or "read-only" in hint


def test_beside_and_to_on_s3(mill: Any, s3_root: str, deliver: Deliver) -> None:
    uri = f"{s3_root}/in/ä b/scan #1.pdf"
    store, key = locate(uri)
    store.put(key, b"%PDF")
    outcome = finish_at(mill, uri)
    assert deliver(**FILES).delivered == 1
    name = f"scan #1.pdf.{outcome.work_key[:12]}.docmill.json"
    listed = [each.key for each in open_store(f"{s3_root}/in").list("")]
    assert listed == ["ä b/scan #1.pdf", f"ä b/{name}"]
    content = open_store(f"{s3_root}/in").get(f"ä b/{name}")
    assert json.loads(content or b"")["data"]["uri"] == uri
    again = finish_at(mill, uri, run_id="other")
    assert again.work_key == outcome.work_key
    assert deliver(**FILES).delivered == 0


def test_a_bucket_that_refuses_is_a_dead_letter(
    mill: Any, s3_root: str, monkeypatch: pytest.MonkeyPatch, deliver: Deliver
) -> None:
    finish_at(mill, f"{s3_root}/a.pdf")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong")
    assert deliver(**FILES).dead == 1
    error, hint = dead_error(mill)
    assert error
    assert hint
