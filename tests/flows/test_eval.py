"""`docmill eval` as a user calls it: real files, a real workspace, every kind of report."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pymupdf
import pytest

from docmill.infra.evaluation.files import read_evaluation
from docmill.schemas.evaluation import EvaluationRecord, Verdict

Run = Callable[..., "subprocess.CompletedProcess[str]"]
# Sets are read by the text layer here, whatever engine is the default.
OCR = ("--ocr", "text_layer")


def write_manifest(folder: Path, records: list[dict[str, Any]]) -> None:
    lines = [json.dumps(record, ensure_ascii=False) for record in records]
    (folder / "manifest.jsonl").write_text("\n".join(lines), "utf-8")


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory, samples: Path) -> Path:
    """Two receipts, one invoice, a letter without schema, a locked file and one that is gone."""
    folder = tmp_path_factory.mktemp("sets") / "mixed"
    folder.mkdir()
    lines = (samples / "manifest.jsonl").read_text("utf-8").splitlines()
    known = [json.loads(line) for line in lines]
    pdfs = [record for record in known if record["path"].endswith(".pdf")]
    records = [record for record in pdfs if record["doc_type"] == "receipt"][:2]
    records += [record for record in pdfs if record["doc_type"] == "invoice"][:1]
    for record in records:
        target = folder / record["path"]
        target.parent.mkdir(exist_ok=True)
        shutil.copy(samples / record["path"], target)
    shutil.copy(samples / "broken" / "encrypted.pdf", folder / "locked.pdf")
    letter = pymupdf.open()
    letter.new_page().insert_text((72, 72), "Dear reader, all is well.")  # pyright: ignore
    letter.save(folder / "letter.pdf")  # pyright: ignore
    records += [
        {"id": "locked", "path": "locked.pdf", "doc_type": "receipt", "fields": {"total": "1.00"}},
        {"id": "gone", "path": "gone.pdf", "doc_type": "receipt", "fields": {"total": "2.00"}},
        {"id": "letter", "path": "letter.pdf", "doc_type": "letter",
         "fields": {"transcription": "Dear reader, all is good."}},
    ]  # fmt: skip
    write_manifest(folder, records)
    return folder


def evaluated(docmill: Run, dataset: Path, workspace: Path, *more: Any) -> EvaluationRecord:
    file = workspace.with_suffix(".json")
    done = docmill(
        "eval", dataset, "--workspace", workspace, *OCR, "--quiet", "--json", file, *more
    )
    assert done.returncode == 0, done.stderr
    return read_evaluation(file)


@pytest.fixture(scope="module")
def once(tmp_path_factory: pytest.TempPathFactory, dataset: Path) -> tuple[Path, str]:
    """A workspace with one evaluation, and what it printed; reports lie beside it."""
    root = tmp_path_factory.mktemp("eval")
    command = [*("eval", dataset, "--workspace", root / "w", *OCR), "--json", root / "run.json"]
    command += ["--html", root / "run.html", "--markdown", root / "run.md", "--worst", "3"]
    import sys

    done = subprocess.run(
        [sys.executable, "-m", "docmill.flows.cli", *map(str, command)],
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return root, done.stdout


def test_every_document_has_an_outcome(once: tuple[Path, str], dataset: Path) -> None:
    record = read_evaluation(once[0] / "run.json")
    outcomes = {document.example: document for document in record.documents}
    assert len(outcomes) == 6
    assert outcomes["gone"].outcome == "missing_file"
    assert outcomes["gone"].judgements[0].verdict is Verdict.MISSING
    assert outcomes["locked"].outcome == "failed"
    assert outcomes["locked"].failures == ("EncryptedFile",)
    letter = outcomes["letter"]
    assert (letter.outcome, letter.schema_name, letter.judgements) == ("done", None, ())
    assert letter.text is not None
    assert letter.text.edits == 4  # well, good
    assert (letter.text.words.right, letter.text.words.wanted) == (4, 5)
    assert record.pages_per_second is not None
    assert str(dataset.resolve()) == record.dataset


def test_what_is_judged_is_what_is_published(once: tuple[Path, str]) -> None:
    record = read_evaluation(once[0] / "run.json")
    connection = duckdb.connect(once[0] / "w" / "published.duckdb", read_only=True)
    published = {
        (document_id, path): (value, confidence)
        for document_id, path, value, confidence in connection.execute(
            "SELECT document_id, path, value, confidence FROM fields WHERE value IS NOT NULL"
        ).fetchall()
    }
    stored = connection.execute(
        "SELECT example, path, truth, value, verdict, strict FROM eval_values"
    ).fetchall()
    connection.close()
    judged = [(document, j) for document in record.documents for j in document.judgements]
    assert sorted(stored, key=repr) == sorted(
        [(d.example, j.path, j.truth, j.value, j.verdict.value, j.strict) for d, j in judged],
        key=repr,
    )
    scalars = [(d, j) for d, j in judged if "[" not in j.path and j.given]
    assert len(scalars) > 10
    for document, judgement in scalars:
        assert published[document.document_id, judgement.path] == (
            judgement.value,
            judgement.confidence,
        )
    assert len(published) == sum(document.given_values for document in record.documents)


def test_the_reports_say_the_same(once: tuple[Path, str]) -> None:
    root, printed = once
    html, text = ((root / name).read_text("utf-8") for name in ("run.html", "run.md"))
    for report in (printed, html, text):
        assert "missing_file" in report
        assert "EncryptedFile" in report
    assert html.startswith("<!doctype html>")
    assert html.count('class="document"') == 3  # the locked one, the lost one, and a receipt
    assert html.count("data:image/jpeg;base64,/9j/") >= 1
    assert html.count('<rect class="truth"') >= 3
    assert html.count('<rect class="right"') >= 3


def test_a_second_evaluation_works_nothing_out_anew(
    docmill: Run, once: tuple[Path, str], dataset: Path
) -> None:
    first = read_evaluation(once[0] / "run.json")
    second = evaluated(docmill, dataset, once[0] / "w", "--against", once[0] / "run.json")
    assert second.evaluation_id != first.evaluation_id
    assert second.pages_per_second is None
    judged = [[d.model_dump() for d in record.documents] for record in (first, second)]
    assert judged[0] == judged[1]


def test_rebuilding_keeps_evaluations(docmill: Run, once: tuple[Path, str]) -> None:
    def counts() -> list[tuple[Any, ...]]:
        connection = duckdb.connect(once[0] / "w" / "published.duckdb", read_only=True)
        rows = connection.execute("SELECT evaluation_id, count(*) FROM eval_values GROUP BY ALL")
        found = sorted(rows.fetchall())
        connection.close()
        return found

    before = counts()
    assert before
    assert docmill("warehouse", "rebuild", "--workspace", once[0] / "w").returncode == 0
    assert counts() == before


def test_scans_are_read_in_place_of_pdfs(docmill: Run, dataset: Path, tmp_path: Path) -> None:
    plain = evaluated(docmill, dataset, tmp_path / "w", "--doc-type", "receipt")
    scans = evaluated(
        docmill, dataset, tmp_path / "w", "--doc-type", "receipt", "--rasterise", "60"
    )
    shutil.copy(tmp_path / "w.json", tmp_path / "scans.json")
    assert scans.rasterised_dpi == 60
    assert [d.example for d in scans.documents] == [d.example for d in plain.documents]
    for scan, document in zip(scans.documents, plain.documents, strict=True):
        if document.outcome == "missing_file" or "EncryptedFile" in document.failures:
            assert scan.failures == document.failures
            continue
        assert scan.document_id != document.document_id
        assert set(scan.failures) == {"NoText"}  # pictures have no text layer
        assert all(judgement.verdict is Verdict.MISSING for judgement in scan.judgements)
        assert scan.pages == document.pages
    assert len(list((tmp_path / "w" / "rasterised" / "60").glob("*.tiff"))) == 2
    again = evaluated(docmill, dataset, tmp_path / "w", "--doc-type", "receipt")
    assert again.documents == plain.documents  # each configuration has its own results
    compare(docmill, tmp_path / "w.json", tmp_path / "scans.json", tmp_path / "c")


def compare(docmill: Run, first: Path, second: Path, target: Path) -> None:
    files = {name: target.with_suffix(f".{name}") for name in ("json", "html", "markdown")}
    options = [part for name, file in files.items() for part in (f"--{name}", file)]
    done = docmill("eval", "compare", first, second, *options)
    assert done.returncode == 0, done.stderr
    assert "Differences to w" in done.stdout
    comparison = json.loads(files["json"].read_text("utf-8"))
    assert comparison["shared_documents"] == 4
    assert any(entry["lost"] and entry["p"] < 0.05 for entry in comparison["differences"])
    assert "<svg" in files["html"].read_text("utf-8")
    assert "| w | " in files["markdown"].read_text("utf-8")


def test_fresh_leaves_nothing_behind(docmill: Run, dataset: Path, tmp_path: Path) -> None:
    record = evaluated(
        docmill, dataset, tmp_path / "w", "--fresh", "--field", "total", "--limit", "2"
    )
    assert not (tmp_path / "w").exists()
    assert {j.path for d in record.documents for j in d.judgements} == {"total"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("nowhere",), "no readable manifest.jsonl"),
        (("SET", "--doc-type", "form"), "no document of type"),
        (("SET", "--schema", "receipt"), "DOC_TYPE=NAME"),
        (("SET", "--schema", "receipt=recipt"), "receipt"),
        (("SET", "--against", "nothing.json"), "nothing.json"),
        (("compare", "one.json"), "one run alone"),
        (("compare", "a.json", "b.json"), "a.json"),
        ((), "Missing argument"),
    ],
)
def test_wrong_usage_says_what_to_do(
    docmill: Run, dataset: Path, arguments: tuple[str, ...], message: str
) -> None:
    done = docmill("eval", *(dataset if part == "SET" else part for part in arguments))
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_a_truth_of_another_form_is_named(docmill: Run, dataset: Path, tmp_path: Path) -> None:
    shutil.copytree(dataset, tmp_path / "odd")
    lines = (tmp_path / "odd" / "manifest.jsonl").read_text("utf-8").splitlines()
    record = json.loads(lines[0]) | {"boxes": {"total": [1, 2, 3]}}
    write_manifest(tmp_path / "odd", [record])
    done = docmill("eval", tmp_path / "odd", "--workspace", tmp_path / "w", *OCR)
    assert done.returncode == 2
    assert f"the truth of “{record['id']}”" in done.stderr


@pytest.mark.parametrize("arguments", [("--help",), ("compare", "--help")])
def test_help_has_examples(docmill: Run, arguments: tuple[str, ...]) -> None:
    done = docmill("eval", *arguments)
    assert done.returncode == 0
    assert "Examples:" in done.stdout
    assert "docmill eval compare" in done.stdout
