from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from docmill.schemas.docs import with_reference
from docmill.schemas.document_schema import FieldKind, Role
from docmill.schemas.loading import check_schema, load_schema

DOCUMENT = (Path(__file__).parents[2] / "docs/schemas.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", DOCUMENT, re.DOTALL)


@pytest.fixture
def written(tmp_path: Path) -> Path:
    """A folder with the guide's examples as files."""
    model, _ = blocks("python")
    (tmp_path / "orders.py").write_text(model)
    (lease,) = blocks("json")
    (tmp_path / "lease.json").write_text(lease)
    return tmp_path


def test_the_reference_is_current() -> None:
    assert with_reference(DOCUMENT) == DOCUMENT, "run: python -m docmill.schemas.docs"


def test_the_model_of_the_guide_is_what_the_guide_says(written: Path) -> None:
    schema = load_schema("orders.py:PurchaseOrder", written)
    fields = dict(schema.paths())
    assert schema.name == "purchase_order"
    assert fields["order_number"].required
    assert fields["order_number"].kind is FieldKind.IDENTIFIER
    assert fields["ordered_by"].role is Role.RECIPIENT
    assert {"delivery.city", "lines[].quantity"} <= set(fields)


def test_the_json_schema_of_the_guide_is_what_the_guide_says(written: Path) -> None:
    schema = load_schema("lease.json", written)
    fields = dict(schema.paths())
    assert schema.titles == ("Mietvertrag", "Lease", "Rental agreement")
    assert fields["tenants[]"].kind is FieldKind.NAME
    assert fields["landlord"].required
    assert schema.rules.date_order


def test_checking_works_as_shown(
    written: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(written)
    _, check = blocks("python")
    exec(check, {})
    shown = capsys.readouterr().out
    assert "monthly_rent amount" in shown
    assert "`deposit` has no labels" in shown


@pytest.mark.parametrize(
    "key", ["x-labels", "x-kind", "x-role", "x-required", "x-titles", "x-rules"]
)
def test_every_key_is_explained(key: str) -> None:
    assert f"`{key}`" in DOCUMENT


def test_every_kind_is_named() -> None:
    (sentence,) = re.findall(r"\*\*Kinds\*\* are (.*?)\. Without", DOCUMENT, re.DOTALL)
    assert re.split(r",\s+|\s+and\s+", sentence) == [kind.value for kind in FieldKind]


def test_what_the_guide_calls_refused_is_refused(tmp_path: Path) -> None:
    text = {"type": "string"}
    refused = {
        "free": {"type": "object", "additionalProperties": text},
        "union": {"anyOf": [text, {"type": "boolean"}]},
        "lists": {"type": "array", "items": {"type": "array", "items": text}},
        "a.b": text,
    }
    (tmp_path / "bad.json").write_text(json.dumps({"type": "object", "properties": refused}))
    report = check_schema("bad.json", tmp_path)
    assert [problem.path for problem in report.problems] == list(refused)
