from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from docmill.infra.evaluation.dataset import read_dataset
from docmill.schemas.errors import UsageError

GOOD = {"id": "a", "path": "a.pdf", "doc_type": "invoice", "fields": {"total": "1"}}


def write(folder: Path, *lines: Any) -> Path:
    texts = [line if isinstance(line, str) else json.dumps(line) for line in lines]
    (folder / "manifest.jsonl").write_text("\n".join(texts), "utf-8")
    return folder


def test_a_minimal_line_is_enough(tmp_path: Path) -> None:
    dataset = read_dataset(write(tmp_path, GOOD, ""))
    (example,) = dataset.examples
    assert dataset.name == tmp_path.name
    assert (example.id, example.stratum, example.language) == ("a", "unknown", "unknown")
    assert example.file == tmp_path / "a.pdf"
    assert example.fields == {"total": "1"}


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", "line 2: not JSON"),
        ("[1]", "line 2: not a JSON object"),
        ({**GOOD, "id": 7}, "line 2: `id`"),
        ({**GOOD, "id": "b", "path": ""}, "line 2: `path`"),
        ({"id": "b", "path": "b.pdf", "fields": {}}, "line 2: `doc_type`"),
        ({**GOOD, "id": "b", "fields": ["total"]}, "line 2: `fields`"),
        (GOOD, "stands in line 1"),
        ({**GOOD, "id": "b", "gt_path": "gt/b.json"}, "gt/b.json cannot be read"),
    ],
)
def test_a_bad_line_is_named_by_its_number(tmp_path: Path, line: Any, message: str) -> None:
    with pytest.raises(UsageError) as raised:
        read_dataset(write(tmp_path, GOOD, line))
    assert message in raised.value.message
    assert "line 2" in raised.value.message
    assert raised.value.hint


def test_no_manifest_says_what_is_wanted(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no readable manifest\.jsonl") as raised:
        read_dataset(tmp_path)
    assert "docs/evaluation.md" in raised.value.hint
    with pytest.raises(UsageError, match="is empty"):
        read_dataset(write(tmp_path, ""))


def test_choosing_types_and_a_number(tmp_path: Path) -> None:
    other = {**GOOD, "id": "b", "doc_type": "receipt"}
    dataset = read_dataset(write(tmp_path, GOOD, other, {**GOOD, "id": "c"}))
    assert [example.id for example in dataset.chosen(["invoice"]).examples] == ["a", "c"]
    assert [example.id for example in dataset.chosen(limit=2).examples] == ["a", "b"]
    with pytest.raises(UsageError, match="no document of type") as raised:
        dataset.chosen(["form"])
    assert raised.value.hint == "There are: invoice, receipt."


def test_the_samples_are_an_evaluation_set(repository: Path) -> None:
    dataset = read_dataset(repository / "sample_docs")
    assert dataset.examples
    assert all(example.file.is_file() for example in dataset.examples)
