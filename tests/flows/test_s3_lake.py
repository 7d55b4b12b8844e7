"""The lake on S3: the same rows as from a lake in a folder, and `doctor` looks after it."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
from fault_proxy import FaultProxy, Lose, Refuse
from object_server import ObjectServer

from docmill.infra.storage import checking
from docmill.infra.storage.opening import open_store
from docmill.infra.storage.patience import Patience
from docmill.infra.storage.s3.prefix import S3Prefix
from docmill.schemas.errors import StoreRefused

Run = Callable[..., "subprocess.CompletedProcess[str]"]
# Columns that differ between two runs of the same work.
VARYING = {
    "first_seen_at", "finished_at", "created_at", "failed_at", "run_id", "last_seen_at",
    "extracted_at", "started_at", "published_at", "loaded_through",
}  # fmt: skip


def rows(workspace: Path) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table and view, sorted, without what varies from run to run."""
    connection = duckdb.connect(workspace / "published.duckdb", read_only=True)
    found: dict[str, list[tuple[object, ...]]] = {}
    for (table,) in connection.execute("SHOW TABLES").fetchall():
        names = [row[0] for row in connection.execute(f'DESCRIBE "{table}"').fetchall()]
        kept = ", ".join(f'"{name}"' for name in names if name not in VARYING)
        if kept:
            found[table] = sorted(
                connection.execute(f'SELECT {kept} FROM "{table}"').fetchall(), key=repr
            )
    connection.close()
    return found


def test_a_lake_on_s3_gives_the_same_rows(
    docmill: Run, samples: Path, tmp_path: Path, s3_root: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = samples / "invoices"
    local = docmill("run", source, "--workspace", tmp_path / "local")
    assert local.returncode == 0, local.stderr
    monkeypatch.setenv("DOCMILL_LAKE", f"{s3_root}/lake")
    on_s3 = docmill("run", source, "--workspace", tmp_path / "s3")
    assert on_s3.returncode == 0, on_s3.stderr
    assert not (tmp_path / "s3" / "lake").exists()
    assert rows(tmp_path / "s3") == rows(tmp_path / "local")
    before = [found.key for found in open_store(f"{s3_root}/lake").list("")]
    assert any(key.startswith("pages/") for key in before)
    again = docmill("run", source, "--workspace", tmp_path / "s3")
    assert "nothing to do" in again.stdout
    assert [found.key for found in open_store(f"{s3_root}/lake").list("")] == before
    # The warehouse is a projection: another machine makes the same one of the lake.
    rebuilt = docmill("warehouse", "rebuild", "--workspace", tmp_path / "other")
    assert rebuilt.returncode == 0, rebuilt.stderr
    published = docmill("warehouse", "publish", "--workspace", tmp_path / "other")
    assert published.returncode == 0, published.stderr
    assert rows(tmp_path / "other") == rows(tmp_path / "s3")


def test_a_run_survives_a_server_that_stumbles(
    docmill: Run,
    samples: Path,
    tmp_path: Path,
    s3_root: str,
    s3_faults: FaultProxy,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for prefix in ("pages/", "extractions/", "commits/", "done/", "seen/"):
        s3_faults.spoil(Lose(500), "PUT", prefix, times=2)
    s3_faults.spoil(Refuse(503, "SlowDown"), "GET", times=3)
    monkeypatch.setenv("DOCMILL_LAKE", f"{s3_root}/lake")
    done = docmill("run", samples / "receipts", "--workspace", tmp_path / "w")
    assert done.returncode == 0, done.stdout + done.stderr
    assert s3_faults.unspoiled == 0
    assert len(rows(tmp_path / "w")["documents"]) == len(list((samples / "receipts").glob("*.pdf")))


def test_a_wrong_secret_ends_the_run_and_no_document(
    docmill: Run, samples: Path, tmp_path: Path, s3_root: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCMILL_LAKE", f"{s3_root}/lake")
    with monkeypatch.context() as patch:
        patch.setenv("AWS_SECRET_ACCESS_KEY", "not the secret")
        done = docmill("run", samples / "receipts", "--workspace", tmp_path / "w")
    assert done.returncode == 1
    assert "s3://docmill-tests/" in done.stderr
    assert "AWS_SECRET_ACCESS_KEY" in done.stderr
    assert "Traceback" not in done.stderr
    assert list(open_store(f"{s3_root}/lake").list("")) == []


SETTINGS = """
lake = "{root}/lake"
[sources.scans]
uri = "{root}/scans"
[sources.nowhere]
uri = "s3://docmill-nowhere/in"
[sources.here]
uri = "in"
"""


def test_doctor_looks_at_lake_and_sources(docmill: Run, tmp_path: Path, s3_root: str) -> None:
    (tmp_path / "docmill.toml").write_text(SETTINGS.format(root=s3_root))
    open_store(f"{s3_root}/scans").put("a.pdf", b"%PDF")
    for _ in range(2):
        done = docmill("doctor", "--workspace", tmp_path)
        assert done.returncode == 1
        assert f"ok    lake: {s3_root}/lake/ can be listed, read and written" in done.stdout
        assert f"ok    source scans: {s3_root}/scans/ can be listed and read" in done.stdout
        assert "fail  source nowhere: cannot list s3://docmill-nowhere/in/" in done.stdout
        assert "what to do: Create the bucket" in done.stdout
        assert "source here" not in done.stdout
    assert [found.key for found in open_store(f"{s3_root}/lake").list("")] == ["doctor/probe"]


def test_doctor_names_a_server_that_is_not_there(
    docmill: Run, tmp_path: Path, s3_root: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCMILL_LAKE", s3_root)
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:1")
    done = docmill("doctor", "--workspace", tmp_path)
    assert done.returncode == 1
    assert "fail  lake: cannot list" in done.stdout
    assert "AWS_ENDPOINT_URL_S3" in done.stdout


def test_a_server_that_overwrites_is_found_out(
    object_server: ObjectServer, s3_root: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forget(params: dict[str, dict[str, str]], **_: object) -> None:
        params["headers"].pop("If-None-Match")

    client = object_server.client()
    client.meta.events.register("before-call.s3.PutObject", forget)
    bucket, _, prefix = s3_root.removeprefix("s3://").partition("/")
    store = S3Prefix(bucket, prefix, client)

    def overwriting(root: str, patience: Patience) -> S3Prefix:
        return store

    monkeypatch.setattr(checking, "open_store", overwriting)
    with pytest.raises(StoreRefused, match="overwrites") as caught:
        checking.check_lake(s3_root)
    assert "docs/storage.md" in caught.value.hint
