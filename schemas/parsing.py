"""From a JSON Schema or a Pydantic model to the `DocumentSchema` every extractor works from.

A model takes the way over its JSON Schema, so both give the same. What extraction cannot
deliver is refused here, all of it at once, rather than found missing in the results.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, cast

from pydantic import BaseModel
from pydantic.errors import PydanticUserError

from docmill.schemas import hints, naming
from docmill.schemas.document_schema import (
    DocumentSchema,
    FieldKind,
    FieldSpec,
    ListShape,
    ListSpec,
)
from docmill.schemas.errors import SchemaError
from docmill.schemas.field_types import (
    description_of,
    faults,
    field_spec,
    label_faults,
    labels_of,
)
from docmill.schemas.json_nodes import ROOT_REF, SCALARS, Node, Refs, resolve
from docmill.schemas.rules import rules_from

_MAX_DEPTH: Final = 10
_ROOT: Final = "(document)"
# A schema becomes a view in the warehouse, beside these; `auto` chooses one by itself.
_RESERVED: Final = naming.vocabulary(
    "auto documents sources results fields pages blocks words table_cells field_history"
    " part_history checks review_queue review_events model_calls failures runs eval_runs"
    " eval_documents eval_values snapshot amounts_by_supplier_month confidence_bands review_effect"
    " document_costs cache_hit_rates failure_causes lineage as_of"
)


@dataclass(frozen=True)
class SchemaProblem:
    """Why a part of a schema cannot be used. `path` is like `line_items[].price`."""

    path: str
    message: str
    hint: str

    def __str__(self) -> str:
        """One line: where, what, and what to do."""
        return f"`{self.path}` {self.message}. {self.hint}"


@dataclass(frozen=True)
class ParsedSchema:
    """A schema, or the problems that kept it from becoming one; warnings are sentences."""

    schema: DocumentSchema | None
    problems: tuple[SchemaProblem, ...] = ()
    warnings: tuple[str, ...] = ()


def schema_from_json(json_schema: Mapping[str, Any], name: str | None = None) -> DocumentSchema:
    """The document schema that a JSON Schema describes.

    Args:
        json_schema: an object schema; `x-labels`, `x-kind`, `x-role`, `x-required` and (on the
            root) `x-titles` guide extraction.
        name: the schema's name; its `title` where None. Written in snake case either way.

    Raises:
        SchemaError: something in it cannot be extracted; the message lists every problem.
    """
    parsed = parse_json_schema(json_schema, name)
    if parsed.schema is None:
        raise _error(name or str(json_schema.get("title", "")), parsed.problems)
    return parsed.schema


def schema_from_model(model: type[BaseModel], name: str | None = None) -> DocumentSchema:
    """The document schema that a Pydantic model describes, by way of its JSON Schema.

    Args:
        model: fields with type, description, and `json_schema_extra=printed(...)`.
        name: the schema's name; the class's name in snake case where None.

    Raises:
        SchemaError: something in it cannot be extracted; the message lists every problem.
    """
    return schema_from_json(json_schema_of(model), name or model.__name__)


def json_schema_of(model: type[BaseModel]) -> dict[str, Any]:
    """A model's JSON Schema.

    Raises:
        SchemaError: it has a field that JSON cannot hold.
    """
    try:
        return model.model_json_schema()
    except PydanticUserError as error:
        raise SchemaError(
            f"`{model.__name__}` has no JSON Schema: {error.message}",
            "Use types that JSON can hold: str, int, float, Decimal, bool, date, Literal, "
            "nested models, lists of models.",
        ) from error


def parse_json_schema(json_schema: Mapping[str, Any], name: str | None = None) -> ParsedSchema:
    """Like `schema_from_json`, with the problems as a value instead of an error."""
    try:
        plain = cast(dict[str, Any], json.loads(json.dumps(dict(json_schema))))
    except (TypeError, ValueError) as error:
        problem = SchemaProblem(_ROOT, f"is no JSON: {error}", "Use what JSON can hold.")
        return ParsedSchema(None, (problem,))
    walk = _Walk(plain)
    found = walk.document()
    problems = [*_name_problems(_name_of(plain, name)), *walk.problems]
    if problems:
        return ParsedSchema(None, tuple(problems), tuple(walk.warnings))
    schema = DocumentSchema(
        name=_name_of(plain, name),
        description=description_of(walk.resolved_root),
        titles=labels_of(walk.resolved_root, hints.TITLES),
        fields=found.fields,
        lists=found.lists,
        json_schema=plain,
    )
    return _with_rules(schema, tuple(walk.warnings))


def _with_rules(schema: DocumentSchema, warnings: tuple[str, ...]) -> ParsedSchema:
    paths = [path for path, _ in schema.paths()]
    try:
        rules = rules_from(schema.json_schema, paths)
    except SchemaError as error:
        return ParsedSchema(None, (SchemaProblem(_ROOT, error.message, error.hint),), warnings)
    return ParsedSchema(schema.model_copy(update={"rules": rules}), (), warnings)


@dataclass(frozen=True)
class _Place:
    """Where the walk stands: `name` is dotted inside the document, or inside the row of `row`.

    `shaped` rows take whatever is printed, so their fields have no labels.
    """

    name: str = ""
    leaf: str = ""
    row: str = ""
    shaped: bool = False
    required: bool = True
    refs: Refs = frozenset({ROOT_REF})

    @property
    def path(self) -> str:
        return ".".join(part for part in (self.row, self.name) if part) or _ROOT

    def child(self, name: str, *, required: bool) -> _Place:
        whole = f"{self.name}.{name}" if self.name else name
        return replace(self, name=whole, leaf=name, required=self.required and required)


@dataclass(frozen=True)
class _Found:
    fields: tuple[FieldSpec, ...] = ()
    lists: tuple[ListSpec, ...] = ()

    def __add__(self, other: _Found) -> _Found:
        return _Found(self.fields + other.fields, self.lists + other.lists)

    def names(self) -> Iterator[str]:
        yield from (spec.name for spec in self.fields)
        yield from (spec.name for spec in self.lists)


class _Walk:
    """One walk over one schema; collects problems instead of stopping at the first."""

    def __init__(self, root: Node) -> None:
        self.root = root
        self.resolved_root: Node = root
        self.problems: list[SchemaProblem] = []
        self.warnings: list[str] = []

    def document(self) -> _Found:
        place = _Place()
        try:
            node, refs = resolve(self.root, self.root, place.refs)
            if node["type"] != "object":
                raise SchemaError(
                    f"is of type {node['type']}, not an object",
                    "A document is an object with properties; put a list inside one.",
                )
            self.warnings.extend(_unknown_keys(node, place))
            if not self._sound(place, label_faults(node, hints.TITLES)):
                return _Found()
            self.resolved_root = node
            found = self._object(node, replace(place, refs=refs))
        except SchemaError as error:
            self._note(place, [error])
            return _Found()
        self._refuse_twins(place, found)
        return found

    def _object(self, node: Node, place: _Place) -> _Found:
        found = _Found()
        for name, child, required in _properties(node):
            at = place.child(name, required=required)
            try:
                found += self._property(child, at)
            except SchemaError as error:
                self._note(at, [error])
        return found

    def _property(self, child: object, place: _Place) -> _Found:
        _check_name(place)
        node, refs = resolve(child, self.root, place.refs)
        place = replace(place, refs=refs)
        self.warnings.extend(_warnings(node, place))
        if node["type"] == "null":
            raise SchemaError("can only be null", "Give it a type, or leave it out.")
        if not self._sound(place, faults(node)):
            return _Found()
        if node["type"] == "object":
            return self._object(node, replace(place, required=_required(node, place)))
        if node["type"] == "array":
            return _Found(lists=self._list(node, place))
        spec = field_spec(place.name, place.leaf, node, required=place.required)
        return _Found(fields=(spec,))

    def _list(self, node: Node, place: _Place) -> tuple[ListSpec, ...]:
        if place.row:
            raise SchemaError(
                "is a list inside a list's row",
                "Flatten it into the row, or make it a list of its own in the document.",
            )
        item, refs = resolve(_items(node), self.root, place.refs)
        shape = ListShape(node.get(hints.SHAPE, ListShape.ROWS))
        shaped = shape is not ListShape.ROWS
        if item["type"] == "object":
            fields = self._row(item, _Place(row=f"{place.name}[]", shaped=shaped, refs=refs))
        else:
            fields = self._plain_item(node, item, place)
        if fields and shaped:
            _check_shape(shape, fields)
            fields = tuple(field.model_copy(update={"labels": ()}) for field in fields)
        spec = ListSpec(
            name=place.name,
            description=description_of(node),
            labels=labels_of(node) or _list_labels(node, place),
            required=_required(node, place),
            shape=shape,
            fields=fields,
        )
        return (spec,) if fields else ()

    def _row(self, item: Node, place: _Place) -> tuple[FieldSpec, ...]:
        found = self._object(item, place)
        self._refuse_twins(place, found)
        return found.fields

    def _plain_item(self, node: Node, item: Node, place: _Place) -> tuple[FieldSpec, ...]:
        if item["type"] in ("array", "null"):
            raise SchemaError(
                f"is a list of {'lists' if item['type'] == 'array' else 'nothing'}",
                "Make its items objects with properties, or plain values.",
            )
        merged = {**item, **{key: node[key] for key in _LIST_KEYS if key in node}}
        if not self._sound(place, faults(merged)):
            return ()
        return (field_spec("", place.leaf, merged, required=False),)

    def _refuse_twins(self, place: _Place, found: _Found) -> None:
        """Columns of the warehouse fold case, and write dots as underscores."""
        first: dict[str, str] = {}
        for name in found.names():
            twin = first.setdefault(name.casefold().replace(".", "_"), name)
            if twin is not name:
                at = replace(place, name=name)
                error = SchemaError(f"is the same column as `{twin}`", "Rename one of them.")
                self._note(at, [error])

    def _sound(self, place: _Place, errors: Iterator[SchemaError]) -> bool:
        found = list(errors)
        self._note(place, found)
        return not found

    def _note(self, place: _Place, errors: Iterator[SchemaError] | Sequence[SchemaError]) -> None:
        for error in errors:
            problem = SchemaProblem(path=place.path, message=error.message, hint=error.hint)
            self.problems.append(problem)


# What is said of a list of plain values holds for each of them.
_LIST_KEYS: Final = (hints.KIND, hints.ROLE, hints.LABELS, hints.CUES, "description", "title")


def _check_shape(shape: ListShape, fields: Sequence[FieldSpec]) -> None:
    """Refuse pairs and tick boxes whose rows have no place for them.

    Raises:
        SchemaError: they have not exactly two fields, or a tick that is no boolean.
    """
    ticks = shape is ListShape.CHECKBOXES
    if len(fields) != 2 or (ticks and fields[1].kind is not FieldKind.BOOLEAN):
        second = "a boolean for the tick" if ticks else "the value"
        raise SchemaError(
            f"is a list of {shape.value}, but its rows do not fit",
            f"Give its rows two properties: first one for the printed words, then {second}.",
        )


def _properties(node: Node) -> Iterator[tuple[str, object, bool]]:
    """Name, schema and whether it is required, of each property.

    Raises:
        SchemaError: the object has none, or names that are not fixed.
    """
    properties: object = node.get("properties")
    if "patternProperties" in node or not isinstance(properties, Mapping) or not properties:
        raise SchemaError(
            "is an object whose keys are not fixed",
            "Name its properties; for free pairs use a list of objects with `key` and `value`.",
        )
    required: object = node.get("required", [])
    names = cast(list[str], required) if isinstance(required, list) else []
    for name, child in cast(Mapping[str, object], properties).items():
        yield name, child, name in names


def _items(node: Node) -> object:
    if "prefixItems" in node or "items" not in node:
        raise SchemaError(
            "is a list without one schema for its items",
            'Say what its items are: {"type": "array", "items": {"type": "string"}}.',
        )
    return node["items"]


def _required(node: Node, place: _Place) -> bool:
    return bool(node.get(hints.REQUIRED, place.required))


def _list_labels(node: Node, place: _Place) -> tuple[str, ...]:
    return naming.labels_from(place.leaf, str(node.get("title", "")), None)


def _warnings(node: Node, place: _Place) -> Iterator[str]:
    """What works less well than it could, and keys that have no effect."""
    if node["type"] == "object":
        idle = [key for key in (hints.LABELS, hints.KIND, hints.ROLE) if key in node]
        for key in idle:
            yield f"`{place.path}` is an object: its `{key}` has no effect, write it on its fields"
    elif node["type"] in SCALARS and not node.get(hints.LABELS) and not place.shaped:
        yield (
            f"`{place.path}` has no labels (`{hints.LABELS}`): extraction without a model server "
            "relies on its name"
        )
    yield from _unknown_keys(node, place)


def _unknown_keys(node: Node, place: _Place) -> Iterator[str]:
    for key in node:
        if key.startswith("x-") and key not in hints.KEYS:
            yield f"`{place.path}` has the unknown key `{key}`; known: {', '.join(hints.KEYS)}"


def _check_name(place: _Place) -> None:
    if not place.leaf.strip() or any(sign in place.leaf for sign in ".[]"):
        raise SchemaError(
            f"has a name that paths cannot hold: {place.leaf!r}",
            "Use letters, digits and underscores; `.`, `[` and `]` separate a path's parts.",
        )
    if place.name.count(".") >= _MAX_DEPTH:
        raise SchemaError(
            f"is nested more than {_MAX_DEPTH} deep", "Bring it nearer to the document's top."
        )


def _name_of(json_schema: Node, name: str | None) -> str:
    return naming.identifier_of(name or str(json_schema.get("title", "")))


def _name_problems(name: str) -> Iterator[SchemaProblem]:
    if not name:
        hint = "Give it a `title`."
        yield SchemaProblem(path=_ROOT, message="has no name", hint=hint)
    if name in _RESERVED:
        message = f"cannot be named `{name}`, which the warehouse uses itself"
        yield SchemaProblem(path=_ROOT, message=message, hint="Choose another name.")


def _error(name: str, problems: Sequence[SchemaProblem]) -> SchemaError:
    called = f"Schema `{name}`" if name else "The schema"
    if len(problems) == 1:
        problem = problems[0]
        return SchemaError(f"{called}: `{problem.path}` {problem.message}", problem.hint)
    lines = "".join(f"\n- {problem}" for problem in problems)
    return SchemaError(f"{called} has {len(problems)} problems:{lines}")
