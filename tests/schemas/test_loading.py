from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from docmill.schemas.document_schema import FieldKind
from docmill.schemas.errors import SchemaError
from docmill.schemas.loading import builtin_schemas, check_schema, load_schema
from docmill.schemas.parsing import schema_from_json

MODEL = """
from __future__ import annotations
from dataclasses import dataclass
from pydantic import BaseModel

class Order(BaseModel):
    number: str | None = None
    lines: list[Line] = []

class Line(BaseModel):
    text: str | None = None

@dataclass
class Plain:
    number: str

LIMIT = 3
"""
LEASE = {"type": "object", "properties": {"rent": {"type": "number"}}}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "orders.py").write_text(MODEL)
    (tmp_path / "my-lease.json").write_text(json.dumps(LEASE))
    return tmp_path


def refused(reference: str, folder: Path) -> str:
    with pytest.raises(SchemaError) as caught:
        load_schema(reference, folder)
    report = check_schema(reference, folder)
    assert report.schema is None
    assert report.rows == ()
    return f"{caught.value.message}. {caught.value.hint}"


class TestNames:
    def test_built_in_schemas_are_parsed_once(self) -> None:
        assert list(builtin_schemas()) == ["invoice", "receipt", "form", "contract"]
        assert load_schema("invoice") is builtin_schemas()["invoice"]

    @pytest.mark.parametrize(
        ("reference", "suggestion"), [("invoce", "invoice"), ("Receipts", "receipt")]
    )
    def test_the_closest_name_is_suggested(
        self, reference: str, suggestion: str, folder: Path
    ) -> None:
        text = refused(reference, folder)
        assert text.startswith(f"There is no schema `{reference}`. Did you mean `{suggestion}`? ")
        assert "Built in: contract, form, invoice, receipt." in text

    def test_nothing_is_suggested_for_a_name_like_none(self, folder: Path) -> None:
        assert "Did you mean" not in refused("payslip", folder)


class TestJsonFiles:
    def test_the_schema_is_named_after_the_file(self, folder: Path) -> None:
        schema = load_schema("my-lease.json", folder)
        assert schema == schema_from_json(LEASE, "my_lease")

    def test_a_file_is_found_by_its_absolute_path_and_from_home(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("HOME", str(folder))
        assert load_schema(str(folder / "my-lease.json")) == load_schema("~/my-lease.json")

    def test_a_relative_path_starts_in_the_current_folder(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(folder)
        assert load_schema("my-lease.json").name == "my_lease"

    def test_a_byte_order_mark_does_no_harm(self, folder: Path) -> None:
        (folder / "bom.json").write_text(json.dumps(LEASE), encoding="utf-8-sig")
        assert load_schema("bom.json", folder).name == "bom"

    @pytest.mark.parametrize(
        ("content", "message"),
        [
            (
                b'{"type": "object",\n  "a": }',
                "is no valid JSON: Expecting value at line 2, column 8",
            ),
            (b'{"a": {"b": 1, "b": 2}}', "has the key `b` twice"),
            (b"[1]", "holds no JSON object"),
            (b'{"a": "\xe4"}', "is not text in UTF-8"),
            (b"[" * 200_000, "is nested too deep"),
            (b"", "is no valid JSON"),
        ],
    )
    def test_what_is_wrong_with_a_file_is_said(
        self, folder: Path, content: bytes, message: str
    ) -> None:
        (folder / "bad.json").write_bytes(content)
        assert message in refused("bad.json", folder)

    def test_a_missing_file(self, folder: Path) -> None:
        assert "No such file" in refused("missing.json", folder)


class TestPythonReferences:
    def test_a_class_in_a_file(self, folder: Path) -> None:
        schema = load_schema("orders.py:Order", folder)
        assert schema.name == "order"
        assert [path for path, _ in schema.paths()] == ["number", "lines[].text"]

    def test_the_file_is_run_in_isolation(self, folder: Path) -> None:
        before, path = set(sys.modules), list(sys.path)
        load_schema("orders.py:Order", folder)
        assert set(sys.modules) == before
        assert sys.path == path
        assert [entry.name for entry in folder.iterdir() if entry.is_dir()] == []

    def test_the_same_file_gives_the_same_schema(self, folder: Path) -> None:
        assert load_schema("orders.py:Order", folder) == load_schema("orders.py:Order", folder)

    def test_a_changed_file_is_read_anew(self, folder: Path) -> None:
        before = load_schema("orders.py:Order", folder)
        (folder / "orders.py").write_text(MODEL.replace("number:", "code:"))
        assert load_schema("orders.py:Order", folder).hash != before.hash

    def test_a_class_in_a_module_of_the_folder(self, folder: Path) -> None:
        (folder / "docmill_test_orders.py").write_text(MODEL)
        try:
            schema = load_schema("docmill_test_orders:Order", folder)
        finally:
            sys.modules.pop("docmill_test_orders", None)
        assert schema.hash == load_schema("orders.py:Order", folder).hash
        assert str(folder) not in sys.path

    def test_an_installed_class(self, folder: Path) -> None:
        reference = "docmill.schemas.kinds.invoice:Invoice"
        assert load_schema(reference, folder) == load_schema("invoice")

    @pytest.mark.parametrize(
        ("reference", "message"),
        [
            ("orders.py", "names a file, but no class in it. Write `orders.py:Class`"),
            ("orders.py:Ordr", "has no `Ordr`. Did you mean `Order`? Models there: Line, Order."),
            ("orders.py:Plain", "is a class, but no Pydantic model"),
            ("orders.py:LIMIT", "is a int, but no Pydantic model"),
            ("orders.py:BaseModel", "is a class, but no Pydantic model"),
            ("missing.py:Order", "No such file"),
            ("no_such_module_here:Order", "There is no module `no_such_module_here`"),
            ("docmill.no_such:Order", "There is no module `docmill.no_such`"),
        ],
    )
    def test_what_is_no_model_is_said(self, reference: str, message: str, folder: Path) -> None:
        assert message in refused(reference, folder)

    @pytest.mark.parametrize(
        ("source", "message"),
        [
            ("x = 1\nraise ValueError('no')", "failed in line 2 when imported: ValueError: no"),
            ("import sys\n\nsys.exit(3)", "failed in line 3 when imported: SystemExit: 3"),
            ("import nothing_like_this", "No module named 'nothing_like_this'"),
        ],
    )
    def test_code_that_fails_is_reported_with_its_cause(
        self, folder: Path, source: str, message: str
    ) -> None:
        (folder / "failing_docmill_test.py").write_text(source)
        assert message in refused("failing_docmill_test.py:Order", folder)
        assert message.split(": ")[-1] in refused("failing_docmill_test:Order", folder)

    def test_code_that_cannot_be_read(self, folder: Path) -> None:
        (folder / "bad.py").write_text("x = 1\nclass Order(\n")
        assert "is no valid Python: " in refused("bad.py:Order", folder)
        (folder / "zero.py").write_bytes(b"x = 1\n\0")
        assert "is no valid Python: " in refused("zero.py:Order", folder)


class TestReports:
    def test_a_good_schema_has_rows_and_no_remarks(self) -> None:
        for name in builtin_schemas():
            report = check_schema(name)
            assert report.schema == load_schema(name)
            assert (report.problems, report.warnings) == ((), ())
        rows = dict(check_schema("invoice").rows)
        assert rows["line_items[].quantity"].kind is FieldKind.NUMBER

    def test_weaknesses_are_named(self, folder: Path) -> None:
        schema = {
            "type": "object",
            "properties": {
                "net": {"type": "number", "x-labels": ["Total", "Net"]},
                "gross": {"type": "number", "x-labels": ["total"]},
                "other": {},
            },
        }
        (folder / "invoice.json").write_text(json.dumps(schema))
        report = check_schema("invoice.json", folder)
        assert report.schema is not None
        text = "\n".join(report.warnings)
        assert "`other` has no labels" in text
        assert "`net` and `gross` share the label `total`" in text
        assert "no field is required" in text
        assert "it has the name of the built-in `invoice`" in text

    def test_all_problems_are_listed(self, folder: Path) -> None:
        schema = {"type": "object", "properties": {"a": {"type": "x"}, "b": {"x-role": "x"}}}
        (folder / "bad.json").write_text(json.dumps(schema))
        report = check_schema("bad.json", folder)
        assert report.schema is None
        assert [problem.path for problem in report.problems] == ["a", "b"]


def test_hashes_are_the_same_in_every_process() -> None:
    program = (
        "from docmill.schemas.loading import builtin_schemas\n"
        "print([schema.hash for schema in builtin_schemas().values()])"
    )
    for seed in ("1", "2"):
        done = subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout.strip() == str([it.hash for it in builtin_schemas().values()])


def test_the_json_schema_of_a_built_in_schema_gives_it_again() -> None:
    for schema in builtin_schemas().values():
        assert schema_from_json(schema.json_schema, schema.name) == schema
