from __future__ import annotations

import csv
import io
import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="session")
def workspace(tmp_path_factory: pytest.TempPathFactory, samples: Path) -> Path:
    """One run over the good samples, for all tests that only read."""
    from docmill.flows.cli import main

    root = tmp_path_factory.mktemp("workspace")
    with pytest.raises(SystemExit) as ended:
        main(["run", str(samples), "--exclude", "broken/*", "--workspace", str(root), "--quiet"])
    assert ended.value.code == 0
    return root


def dump(workspace: Path) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table and view, sorted."""
    connection = duckdb.connect(workspace / "published.duckdb", read_only=True)
    names = [name for (name,) in connection.execute("SHOW TABLES").fetchall()]
    tables = {
        name: sorted(connection.execute(f'FROM "{name}"').fetchall(), key=repr) for name in names
    }
    connection.close()
    return tables


def test_help_names_every_command(docmill: Run) -> None:
    done = docmill("--help")
    assert done.returncode == 0
    for command in (
        "run",
        "plan",
        "reprocess",
        "query",
        "export",
        "deliver",
        "gpu-worker",
        "eval",
        "schemas",
        "status",
        "doctor",
        "verify",
        "warehouse",
    ):
        assert command in done.stdout
        assert docmill(command, "--help").returncode == 0


def test_every_good_sample_has_an_outcome(workspace: Path, samples: Path) -> None:
    lines = (samples / "manifest.jsonl").read_text("utf-8").splitlines()
    documents = {row[0] for row in dump(workspace)["documents"]}
    assert len(documents) == len(lines)


def test_a_second_run_does_nothing_and_changes_no_row(
    docmill: Run, samples: Path, tmp_path: Path
) -> None:
    arguments = ("run", samples / "invoices", "--workspace", tmp_path / "w")
    first = docmill(*arguments)
    assert first.returncode == 0, first.stderr
    before = dump(tmp_path / "w")
    lake = sorted((tmp_path / "w" / "lake").rglob("*"))
    second = docmill(*arguments)
    assert second.returncode == 0
    assert "nothing to do" in second.stdout
    assert dump(tmp_path / "w") == before
    assert sorted((tmp_path / "w" / "lake").rglob("*")) == lake


def test_broken_files_fail_by_name_and_harm_nothing(
    docmill: Run, samples: Path, tmp_path: Path
) -> None:
    done = docmill("run", samples / "broken", samples / "receipts", "--workspace", tmp_path / "w")
    assert done.returncode == 3, done.stderr
    tables = dump(tmp_path / "w")
    broken = (samples / "broken" / "manifest.jsonl").read_text("utf-8").splitlines()
    statuses = [row[9] for row in tables["documents"]]
    assert statuses.count("failed") == len(broken)
    assert len(statuses) == len(broken) + len(list((samples / "receipts").glob("*.pdf")))
    for line in broken:
        assert Path(json.loads(line)["path"]).name in done.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("run", "no/such/file.pdf"), "nothing there"),
        (("run", "README.md", "--schema", "invioce"), "invoice"),
        (("run", "README.md", "--ocr", "nothing"), "text_layer"),
        (("query", "SELECT 1", "--workspace", "nowhere"), "docmill run"),
        (("run",), "Missing argument"),
        (("frobnicate",), "No such command"),
    ],
)
def test_wrong_usage_ends_with_2_and_says_what_to_do(
    docmill: Run, arguments: tuple[str, ...], message: str
) -> None:
    done = docmill(*arguments)
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_query_formats_agree(docmill: Run, workspace: Path) -> None:
    sql = "SELECT uri, path, value FROM fields WHERE value IS NOT NULL ORDER BY ALL"
    as_json = docmill("query", sql, "--format", "json", "--workspace", workspace)
    as_csv = docmill("query", sql, "--format", "csv", "--workspace", workspace)
    records = json.loads(as_json.stdout)
    assert records
    assert records == list(csv.DictReader(io.StringIO(as_csv.stdout)))


def test_a_bad_query_names_the_tables(docmill: Run, workspace: Path) -> None:
    done = docmill("query", "SELECT * FROM nothing", "--workspace", workspace)
    assert done.returncode == 2
    assert "review_queue" in done.stderr


def test_the_published_file_cannot_be_written_by_a_query(docmill: Run, workspace: Path) -> None:
    assert docmill("query", "DELETE FROM fields", "--workspace", workspace).returncode == 2


@pytest.mark.parametrize("form", ["parquet", "csv", "jsonl"])
def test_export_keeps_every_row(docmill: Run, workspace: Path, tmp_path: Path, form: str) -> None:
    done = docmill("export", "fields", "--to", tmp_path, "--format", form, "-h")
    assert done.returncode == 0
    done = docmill("export", "fields", "--to", tmp_path, "--format", form, "--workspace", workspace)
    assert done.returncode == 0, done.stderr
    file = tmp_path / f"fields.{form}"
    reader = {"jsonl": "read_json", "csv": "read_csv", "parquet": "read_parquet"}[form]
    count = duckdb.execute(f"SELECT count(*) FROM {reader}('{file}')").fetchone()
    assert count == (len(dump(workspace)["fields"]),)


def test_a_schema_of_ones_own_is_checked(docmill: Run, tmp_path: Path) -> None:
    good = tmp_path / "good.json"
    good.write_text('{"title": "memo", "properties": {"memo_date": {"format": "date", '
                    '"type": "string"}}, "type": "object"}')  # fmt: skip
    bad = tmp_path / "bad.json"
    bad.write_text('{"title": "memo", "type": "object", "properties": {"x": {"type": "array", '
                   '"items": {"type": "array", "items": {"type": "string"}}}}}')  # fmt: skip
    assert docmill("schemas", "check", good).returncode == 0
    refused = docmill("schemas", "check", bad)
    assert refused.returncode == 2
    assert "x" in refused.stdout


def test_doctor_and_status(docmill: Run, workspace: Path) -> None:
    healthy = docmill("doctor", "--workspace", workspace)
    assert healthy.returncode == 0, healthy.stdout
    assert "read 1 page" in healthy.stdout
    assert "invoice" in docmill("status", "--workspace", workspace).stdout


def test_doctor_looks_at_outputs(docmill: Run, tmp_path: Path) -> None:
    (tmp_path / "docmill.toml").write_text(
        """
[outputs.files]
kind = "files"
to = "results"

[outputs.hook]
kind = "webhook"
url = "http://127.0.0.1:9/hook"
secret_env = "NOBODY_SET_THIS"
"""
    )
    found = docmill("doctor", "--workspace", tmp_path)
    assert found.returncode == 1
    assert "ok    output files: writes files below results" in found.stdout
    assert "fail  output hook:" in found.stdout
    assert "NOBODY_SET_THIS" in found.stdout


def test_rebuilding_changes_no_row(docmill: Run, samples: Path, tmp_path: Path) -> None:
    docmill("run", samples / "receipts", "--workspace", tmp_path / "w", "--quiet")
    before = dump(tmp_path / "w")
    assert docmill("warehouse", "rebuild", "--workspace", tmp_path / "w").returncode == 0
    after = dump(tmp_path / "w")
    before.pop("snapshot")
    after.pop("snapshot")
    assert after == before


def test_a_fresh_workspace_verifies_clean(workspace: Path, docmill: Run) -> None:
    done = docmill("verify", "--workspace", workspace)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "no differences" in done.stdout


def test_verify_names_what_differs(workspace: Path, docmill: Run, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(workspace, copy)
    with duckdb.connect(copy / "warehouse.duckdb") as connection:
        connection.execute("UPDATE main.runs SET failed = 7")
    done = docmill("verify", "--workspace", copy)
    assert done.returncode == 1
    assert "main.runs: 1 row only in the warehouse, 1 row only by the lake" in done.stdout
    assert "failed is 7, by the lake 0" in done.stdout


def test_exports_in_parts_add_what_changed(workspace: Path, docmill: Run, tmp_path: Path) -> None:
    command = ("export", "fields", "runs", "--workspace", workspace, "--to", tmp_path / "out")
    first = docmill(*command, "--partitioned")
    assert first.returncode == 0, first.stderr
    assert "fields: " in first.stdout
    again = docmill(*command, "--incremental")
    assert "nothing has changed" in again.stdout
    refused = docmill(*command, "--partitioned")
    assert refused.returncode == 2
    assert "--incremental" in refused.stderr
    assert docmill(*command, "--incremental", "--format", "csv").returncode == 2
