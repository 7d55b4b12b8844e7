from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, Field, create_model

from docmill.schemas.document_schema import DocumentSchema, FieldKind, FieldSpec, Role, Rules
from docmill.schemas.errors import SchemaError
from docmill.schemas.hints import document_hints, printed
from docmill.schemas.parsing import parse_json_schema, schema_from_json, schema_from_model

Json = dict[str, Any]


def document(properties: Json, **more: Any) -> Json:
    return {"type": "object", "properties": properties, **more}


def parsed(properties: Json, **more: Any) -> DocumentSchema:
    return schema_from_json(document(properties, **more), "test")


def field(schema: Json, name: str = "x") -> FieldSpec:
    return parsed({name: schema}).fields[0]


def problems(properties: Json, **more: Any) -> dict[str, str]:
    found = parse_json_schema(document(properties, **more), "test")
    assert found.schema is None
    return {problem.path: f"{problem.message}. {problem.hint}" for problem in found.problems}


class Size(StrEnum):
    """Never the description of a field."""

    SMALL = "small"
    LARGE = "large"


class Party(BaseModel):
    """Never the description of a field either."""

    name: str
    vat_id: str | None = None


class Line(BaseModel):
    text: str | None = None
    price: Decimal | None = None


class Order(BaseModel):
    """An order."""

    model_config = {"json_schema_extra": document_hints({"en": "Order", "de": "Bestellung"})}

    order_number: str
    ordered: date | None = None
    confirmed: datetime | None = None
    size: Size | None = None
    mode: Literal["sea", "air"] | None = Field(default=None, description="By  sea\nor air.")
    total: Decimal | None = None
    weight: float | None = None
    pages: int | None = None
    paid: bool = False
    vendor: Party
    shipper: Party | None = Field(default=None, description="Who brings it.")
    lines: list[Line] = Field(default=[], json_schema_extra=printed({"en": "Articles"}))
    tags: list[str] | None = None


KINDS = {
    "order_number": FieldKind.IDENTIFIER,
    "ordered": FieldKind.DATE,
    "confirmed": FieldKind.DATE,
    "size": FieldKind.CHOICE,
    "mode": FieldKind.CHOICE,
    "total": FieldKind.AMOUNT,
    "weight": FieldKind.NUMBER,
    "pages": FieldKind.INTEGER,
    "paid": FieldKind.BOOLEAN,
    "vendor.name": FieldKind.NAME,
    "vendor.vat_id": FieldKind.VAT_ID,
    "shipper.name": FieldKind.NAME,
    "shipper.vat_id": FieldKind.VAT_ID,
    "lines[].text": FieldKind.TEXT,
    "lines[].price": FieldKind.AMOUNT,
    "tags[]": FieldKind.TEXT,
}


class TestModels:
    def test_every_type_becomes_a_field_of_the_right_kind(self) -> None:
        schema = schema_from_model(Order)
        assert schema.name == "order"
        assert schema.description == "An order."
        assert schema.titles == ("Bestellung", "Order")
        assert {path: spec.kind for path, spec in schema.paths()} == KINDS

    def test_what_parents_and_fields_both_require_is_required(self) -> None:
        required = {path for path, spec in schema_from_model(Order).paths() if spec.required}
        assert required == {"order_number", "vendor.name"}

    def test_choices_come_from_enums_and_literals(self) -> None:
        schema = schema_from_model(Order)
        assert [spec.choices for _, spec in schema.paths() if spec.choices] == [
            ("small", "large"),
            ("sea", "air"),
        ]

    def test_descriptions_are_those_of_the_field(self) -> None:
        described = {p: s.description for p, s in schema_from_model(Order).paths() if s.description}
        assert described["mode"] == "By sea or air."

    def test_roles_are_read_off_the_path(self) -> None:
        roles = {path: spec.role for path, spec in schema_from_model(Order).paths() if spec.role}
        assert roles == {"vendor.name": Role.ISSUER, "vendor.vat_id": Role.ISSUER}

    def test_labels_of_a_list_name_its_section(self) -> None:
        lines, tags = schema_from_model(Order).lists
        assert lines.labels == ("Articles",)
        assert tags.labels == ("tags",)

    def test_a_model_equals_its_json_schema(self) -> None:
        assert schema_from_model(Order) == schema_from_json(Order.model_json_schema())

    def test_a_model_equals_the_same_schema_written_by_hand(self) -> None:
        class Small(BaseModel):
            total: Decimal | None = Field(
                default=None, json_schema_extra=printed({"en": "Sum | Total"}, required=True)
            )
            rows: list[Line] = []

        by_hand = document(
            {
                "total": {"type": "number", "x-labels": ["Sum", "Total"], "x-required": True},
                "rows": {
                    "type": "array",
                    "items": document({"text": {"type": "string"}, "price": {"type": "number"}}),
                },
            }
        )
        assert schema_from_model(Small).hash == schema_from_json(by_hand, "Small").hash

    def test_a_type_that_json_cannot_hold_is_named(self) -> None:
        class Odd(BaseModel):
            callback: Callable[[], int]

        class Unfinished(BaseModel):
            later: NotThere  # type: ignore[name-defined] # noqa: F821

        for model in (Odd, Unfinished):
            with pytest.raises(SchemaError, match=model.__name__):
                schema_from_model(model)

    def test_a_model_that_contains_itself_is_refused(self) -> None:
        class Node(BaseModel):
            value: str
            children: list[Node] = []

        with pytest.raises(SchemaError, match=r"`children` contains itself"):
            schema_from_model(Node)


class TestScalars:
    @pytest.mark.parametrize(
        ("schema", "kind"),
        [
            ({"type": "string"}, FieldKind.TEXT),
            ({}, FieldKind.TEXT),
            ({"type": ["string", "null"]}, FieldKind.TEXT),
            ({"type": "string", "format": "date"}, FieldKind.DATE),
            ({"type": "string", "format": "date-time"}, FieldKind.DATE),
            ({"type": "string", "format": "uuid"}, FieldKind.IDENTIFIER),
            ({"type": "string", "format": "email"}, FieldKind.TEXT),
            ({"type": "integer"}, FieldKind.INTEGER),
            ({"type": "number"}, FieldKind.NUMBER),
            ({"type": "boolean"}, FieldKind.BOOLEAN),
            ({"enum": ["a", "b"]}, FieldKind.CHOICE),
            ({"const": "a"}, FieldKind.CHOICE),
            ({"type": "string", "x-kind": "iban"}, FieldKind.IBAN),
            ({"allOf": [{"type": "boolean"}]}, FieldKind.BOOLEAN),
            ({"oneOf": [{"type": "null"}, {"type": "integer"}]}, FieldKind.INTEGER),
            ({"anyOf": [{"type": "number"}, {"type": "string", "pattern": "x"}]}, FieldKind.NUMBER),
            ({"anyOf": [{"type": "integer"}, {"type": "number"}]}, FieldKind.NUMBER),
            ({"anyOf": [{"type": "integer"}, {"type": "string"}]}, FieldKind.TEXT),
            ({"anyOf": [{"format": "date"}, {"format": "date-time"}]}, FieldKind.DATE),
            ({"type": "string", "description": "The day of arrival."}, FieldKind.DATE),
        ],
    )
    def test_type_and_format_decide(self, schema: Json, kind: FieldKind) -> None:
        assert field(schema).kind is kind

    def test_choices_of_a_union_are_put_together(self) -> None:
        union = {"anyOf": [{"enum": ["a", None]}, {"const": 2}, {"const": True}, {"type": "null"}]}
        assert field(union).choices == ("a", "2", "true")

    def test_a_pattern_is_kept_for_text_only(self) -> None:
        assert field({"type": "string", "pattern": "^A"}).pattern == "^A"
        assert (
            field({"anyOf": [{"type": "number"}, {"type": "string", "pattern": "^A"}]}).pattern
            is None
        )

    def test_what_stands_beside_a_reference_wins(self) -> None:
        schema = parsed(
            {"x": {"$ref": "#/$defs/a~1b", "description": "here"}},
            **{"$defs": {"a/b": {"type": "string", "title": "T", "description": "there"}}},
        )
        assert schema.fields[0].description == "here"
        assert schema.fields[0].labels == ("x",)

    def test_hints_override_what_the_name_says(self) -> None:
        spec = field(
            {"type": "string", "x-kind": "text", "x-role": "recipient", "x-labels": ["Sold by"]},
            "seller_name",
        )
        assert (spec.kind, spec.role, spec.labels) == (FieldKind.TEXT, Role.RECIPIENT, ("Sold by",))

    def test_labels_by_language_come_first_ones_first(self) -> None:
        labels = {"en": ["Sum", "Total"], "de": ["Summe", " total ", "Gesamt"]}
        assert field({"x-labels": labels}).labels == ("Summe", "Sum", "total", "Gesamt")

    def test_what_is_said_of_a_plain_list_holds_for_its_values(self) -> None:
        schema = parsed(
            {"people": {"type": "array", "items": {}, "x-kind": "name", "x-labels": ["Who"]}}
        )
        spec = schema.lists[0].fields[0]
        assert (spec.name, spec.kind, spec.labels) == ("", FieldKind.NAME, ("Who",))

    def test_an_optional_hint_can_lift_a_requirement(self) -> None:
        schema = parsed({"a": {"x-required": False}, "b": {}}, required=["a", "b"])
        assert [spec.required for spec in schema.fields] == [False, True]


REFUSED: Mapping[str, tuple[Json, str]] = {
    "list in a row": (
        {"type": "array", "items": document({"x": {"type": "array", "items": {}}})},
        "x[].x: is a list inside a list's row",
    ),
    "list of lists": (
        {"type": "array", "items": {"type": "array", "items": {}}},
        "x: is a list of lists",
    ),
    "list of nulls": ({"type": "array", "items": {"type": "null"}}, "x: is a list of nothing"),
    "list of anything": ({"type": "array"}, "x: is a list without one schema"),
    "tuple": ({"type": "array", "prefixItems": [{}]}, "x: is a list without one schema"),
    "free object": ({"type": "object"}, "x: is an object whose keys are not fixed"),
    "pattern keys": (
        {**document({"a": {}}), "patternProperties": {"^b": {}}},
        "x: is an object whose keys are not fixed",
    ),
    "union": ({"anyOf": [{"type": "boolean"}, {"type": "string"}]}, "x: may be boolean or string"),
    "union of a date and text": (
        {"anyOf": [{"type": "string", "format": "date"}, {"type": "string"}]},
        "x: may be date or string",
    ),
    "union of objects": (
        {"anyOf": [document({"a": {}}), document({"b": {}})]},
        "x: may be several kinds of object",
    ),
    "union of types": ({"type": ["string", "boolean"]}, "x: may be boolean or string"),
    "several parents": ({"allOf": [{}, {}]}, "x: combines several schemas"),
    "empty union": ({"anyOf": []}, "x: has `anyOf` without a list"),
    "null": ({"type": "null"}, "x: can only be null"),
    "unknown type": ({"type": "money"}, "x: has the unknown type 'money'"),
    "no schema": (True, "x: is not a JSON Schema object"),  # type: ignore[dict-item]
    "reference outside": ({"$ref": "other.json"}, "x: refers to `other.json`, outside"),
    "reference nowhere": ({"$ref": "#/$defs/no"}, "x: refers to `#/$defs/no`, which does not"),
    "reference to itself": ({"$ref": "#"}, "x: contains itself, by way of `#`"),
    "unknown kind": ({"x-kind": "money"}, "x: has the unknown `x-kind` 'money'"),
    "kind of a list": (
        {"type": "array", "items": {}, "x-kind": "money"},
        "x: has the unknown `x-kind` 'money'",
    ),
    "unknown role": ({"x-role": "me"}, "x: has the unknown `x-role` 'me'"),
    "labels as text": ({"x-labels": "Total"}, "x: has `x-labels` in a form"),
    "labels of numbers": ({"x-labels": {"en": [1]}}, "x: has `x-labels` in a form"),
    "required as text": ({"x-required": "yes"}, "x: has `x-required` that is neither"),
    "choice of nothing": ({"enum": [None]}, "x: has an `enum` without values"),
    "choice without choices": ({"x-kind": "choice"}, "x: is a choice without values"),
    "broken pattern": ({"type": "string", "pattern": "("}, "x: has a `pattern` that is no"),
}


class TestRefusals:
    @pytest.mark.parametrize(("schema", "expected"), REFUSED.values(), ids=REFUSED.keys())
    def test_what_cannot_be_delivered(self, schema: Json, expected: str) -> None:
        path, _, message = expected.partition(": ")
        found = problems({"x": schema, "fine": {}})
        assert list(found) == [path]
        assert found[path].startswith(message)
        assert not found[path].endswith(". ")  # says what to do instead

    @pytest.mark.parametrize("name", ["a.b", "a[0]", "]", "", " "])
    def test_names_that_paths_cannot_hold(self, name: str) -> None:
        assert "has a name that paths cannot hold" in "".join(problems({name: {}}).values())

    def test_names_that_become_one_column(self) -> None:
        row = document({"price": {}, "Price": {}})
        found = problems(
            {
                "seller": document({"name": {}}),
                "seller_name": {},
                "Total": {},
                "total": {"type": "array", "items": row},
            }
        )
        assert {path: text.split(".")[0] for path, text in found.items()} == {
            "total[].Price": "is the same column as `price`",
            "seller_name": "is the same column as `seller",
            "total": "is the same column as `Total`",
        }

    def test_depth_has_an_end(self) -> None:
        schema: Json = {"type": "string"}
        for _ in range(40):
            schema = document({"a": schema})
        assert "is nested more than 10 deep" in next(iter(problems({"a": schema}).values()))

    def test_everything_wrong_is_said_at_once(self) -> None:
        with pytest.raises(SchemaError) as caught:
            parsed({"a": {"type": "x"}, "b": {"x-kind": "y", "x-role": "z"}, "c": {"anyOf": []}})
        text = str(caught.value)
        assert "Schema `test` has 4 problems" in text
        assert all(f"\n- `{name}` " in text for name in "abc")

    def test_a_single_problem_has_its_own_hint(self) -> None:
        with pytest.raises(SchemaError, match=r"Schema `test`: `a` has the unknown type") as caught:
            parsed({"a": {"type": "x"}})
        assert caught.value.hint.startswith("Types are: ")

    @pytest.mark.parametrize(
        ("schema", "message"),
        [
            ({"type": "array", "items": {}}, "is of type array, not an object"),
            ({"type": "object"}, "is an object whose keys are not fixed"),
            (document({"a": {}}, **{"x-titles": "Order"}), "has `x-titles` in a form"),
            (document({"a": {}}, **{"x-rules": {"sums": 3}}), "x-rules: sums"),
            (
                document({"a": {}}, **{"x-rules": {"sums": [{"total": "b", "parts": ["a"]}]}}),
                "x-rules names fields that do not exist: b",
            ),
            ({"anyOf": [{"type": "string"}, document({"a": {}})]}, "may be object or string"),
        ],
    )
    def test_what_no_document_can_be(self, schema: Json, message: str) -> None:
        with pytest.raises(SchemaError, match=message):
            schema_from_json(schema, "test")

    @pytest.mark.parametrize("name", ["", "---", None])
    def test_a_schema_needs_a_name(self, name: str | None) -> None:
        with pytest.raises(SchemaError, match="has no name"):
            schema_from_json(document({"a": {}}), name)

    @pytest.mark.parametrize("name", ["fields", "Review Queue", "auto"])
    def test_names_of_the_warehouse_are_taken(self, name: str) -> None:
        with pytest.raises(SchemaError, match="which the warehouse uses itself"):
            schema_from_json(document({"a": {}}), name)

    def test_what_is_no_json(self) -> None:
        with pytest.raises(SchemaError, match="is no JSON"):
            schema_from_json(document({"a": {"default": {1, 2}}}), "test")


class TestWarnings:
    def test_missing_labels_and_keys_without_effect(self) -> None:
        found = parse_json_schema(
            document(
                {
                    "a": {"x-labels": ["A"], "x-label": ["A"]},
                    "b": {},
                    "c": {**document({"d": {"x-labels": ["D"]}}), "x-labels": ["C"]},
                },
                **{"x-title": []},
            ),
            "test",
        )
        assert found.schema
        assert [warning.split(":")[0].split(";")[0] for warning in found.warnings] == [
            "`(document)` has the unknown key `x-title`",
            "`a` has the unknown key `x-label`",
            "`b` has no labels (`x-labels`)",
            "`c` is an object",
        ]


def test_rules_become_part_of_the_schema_and_of_its_hash() -> None:
    properties = {"a": {"type": "number"}, "b": {"type": "number"}}
    rules = {"sums": [{"total": "a", "parts": ["b"]}]}
    with_rules = parsed(properties, **{"x-rules": rules})
    assert with_rules.rules == Rules.model_validate(rules)
    assert with_rules.hash != parsed(properties).hash


NAMES = st.text("abcdefgh", min_size=1, max_size=5)
SCALARS = st.sampled_from(
    [
        {"type": "string"},
        {"type": "integer"},
        {"type": "number"},
        {"type": "boolean"},
        {"type": "string", "format": "date"},
        {"enum": ["x", "y"]},
        {"anyOf": [{"type": "number"}, {"type": "null"}]},
        {"$ref": "#/$defs/text"},
    ]
)
Tree = Mapping[str, Any]
ROWS = st.dictionaries(
    NAMES,
    SCALARS | st.dictionaries(NAMES, SCALARS, min_size=1, max_size=3).map(document),
    min_size=1,
    max_size=4,
)
LISTS = (SCALARS | ROWS.map(document)).map(lambda item: {"type": "array", "items": item})
PROPERTIES = st.recursive(
    st.dictionaries(NAMES, SCALARS | LISTS, min_size=1, max_size=4),
    lambda inner: st.dictionaries(NAMES, SCALARS | inner.map(document), min_size=1, max_size=4),
    max_leaves=12,
)


def expected_paths(properties: Tree, prefix: str = "") -> set[str]:
    paths: set[str] = set()
    for name, schema in properties.items():
        path = prefix + name
        if schema.get("type") == "array":
            path, schema = f"{path}[]", schema["items"]
        if "properties" in schema:
            paths |= expected_paths(schema["properties"], f"{path}.")
        else:
            paths.add(path)
    return paths


@given(PROPERTIES)
def test_every_property_becomes_a_path(properties: Json) -> None:
    defs = {"text": {"type": "string"}}
    schema = parsed(properties, **{"$defs": defs})
    assert {path for path, _ in schema.paths()} == expected_paths(properties)
    for path, spec in schema.paths():
        assert schema.spec_of(path.replace("[]", "[7]")) == spec
        assert spec.labels


@given(PROPERTIES)
def test_the_order_of_keys_within_a_property_changes_nothing(properties: Json) -> None:
    whole = document(properties, **{"$defs": {"text": {"type": "string"}}})
    turned = {key: whole[key] for key in reversed(whole)}
    assert schema_from_json(whole, "t").hash == schema_from_json(turned, "t").hash


TYPES = st.sampled_from(
    [str, int, float, Decimal, bool, date, datetime, Size, Literal["a"], list[str], Party]
)


@given(st.dictionaries(NAMES.map(lambda name: f"f_{name}"), TYPES, min_size=1, max_size=6))
def test_any_model_equals_its_json_schema(types: dict[str, Any]) -> None:
    fields: dict[str, Any] = {name: (it | None, None) for name, it in types.items()}
    model = create_model("Anything", **fields)
    copied = json.loads(json.dumps(model.model_json_schema()))
    assert schema_from_model(model) == schema_from_json(copied)


KEYS = (
    *("type", "properties", "items", "anyOf", "allOf", "$ref", "enum", "const", "format"),
    *("pattern", "required", "title", "description", "a", "b"),
    *("x-kind", "x-role", "x-labels", "x-required", "x-titles", "x-rules"),
)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers(0, 3) | st.sampled_from(["string", "object", "#", ""]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4)
    ),
    max_leaves=20,
)


@given(ANYTHING, ANYTHING)
def test_whatever_is_written_gives_a_schema_or_reasons(one: Any, other: Any) -> None:
    found = parse_json_schema(document({"a": one, "b": other}), "test")
    assert bool(found.schema) is not bool(found.problems)
    assert all(problem.message and problem.hint for problem in found.problems)


@given(
    st.dictionaries(
        st.sampled_from(["type", "properties", "x-titles", "x-rules", "$ref"]), ANYTHING
    )
)
def test_whatever_a_document_is_gives_a_schema_or_reasons(root: Json) -> None:
    found = parse_json_schema(root, "test")
    assert bool(found.schema) is not bool(found.problems)
