"""JSON Schema with its indirections taken out: references, `allOf`, unions with null."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeAlias, cast
from urllib.parse import unquote

from docmill.schemas.errors import SchemaError

Node: TypeAlias = Mapping[str, Any]
Refs: TypeAlias = frozenset[str]

ROOT_REF: Final = "#"
SCALARS: Final = frozenset({"string", "number", "integer", "boolean"})
_TYPES: Final = SCALARS | {"object", "array", "null"}
_DATES: Final = frozenset({"date", "date-time"})


def resolve(node: object, root: Node, refs: Refs) -> tuple[Node, Refs]:
    """`node` with exactly one `type`, and without `$ref`, `allOf`, `anyOf`, `oneOf`, `const`.

    Args:
        node: any part of the schema.
        root: the whole schema, which `$ref` points into.
        refs: the references already followed on the way to `node`.

    Returns:
        The node (its type is one of string, number, integer, boolean, object, array, null), and
        the references followed to it.

    Raises:
        SchemaError: it is recursive, points nowhere, or allows values of different types.
    """
    if not isinstance(node, Mapping):
        raise SchemaError("is not a JSON Schema object", 'Write it as {"type": "string"}.')
    node = cast(Node, node)
    if "$ref" in node:
        ref = str(node["$ref"])
        if ref in refs:
            raise SchemaError(
                f"contains itself, by way of `{ref}`",
                "A document has no endless depth: write out the levels you need.",
            )
        target = {key: value for key, value in _target(ref, root).items() if key != "title"}
        return resolve({**target, **_without(node, "$ref")}, root, refs | {ref})
    for key in ("allOf", "anyOf", "oneOf"):
        if key in node:
            variant, refs = _variant(key, node[key], root, refs)
            return resolve({**_without(variant, "title"), **_without(node, key)}, root, refs)
    return _with_one_type(node), refs


def choices_of(node: Node) -> tuple[str, ...]:
    """The values of an enumeration as text, without null; empty where it is none."""
    values = node.get("enum")
    known = cast(list[object], values) if isinstance(values, list) else []
    return tuple(dict.fromkeys(_as_text(value) for value in known if value is not None))


def _as_text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _target(ref: str, root: Node) -> Node:
    target: Any = root
    if not ref.startswith("#"):
        raise SchemaError(
            f"refers to `{ref}`, outside this file", "Copy that definition under `$defs`."
        )
    for part in unquote(ref).split("/")[1:]:
        key = part.replace("~1", "/").replace("~0", "~")
        target = cast(Node, target).get(key) if isinstance(target, Mapping) else None
    if not isinstance(target, Mapping):
        raise SchemaError(f"refers to `{ref}`, which does not exist", "Define it under `$defs`.")
    return cast(Node, target)


def _variant(key: str, parts: object, root: Node, refs: Refs) -> tuple[Node, Refs]:
    """The one node that stands for a list of alternatives, or for `allOf` with one part."""
    if not isinstance(parts, Sequence) or isinstance(parts, str) or not parts:
        raise SchemaError(f"has `{key}` without a list of schemas", "Write the type out.")
    found = [resolve(part, root, refs) for part in cast(Sequence[object], parts)]
    if key == "allOf" and len(found) > 1:
        raise SchemaError("combines several schemas (`allOf`)", "Write the properties out in one.")
    valued = [(node, seen) for node, seen in found if node["type"] != "null"] or found[:1]
    if len(valued) == 1:
        return valued[0]
    return _union([node for node, _ in valued]), refs


def _union(nodes: Sequence[Node]) -> Node:
    """One scalar node that holds every value of `nodes`."""
    types = {node["type"] for node in nodes}
    if types <= SCALARS and all("enum" in node for node in nodes):
        return {"type": "string", "enum": [text for node in nodes for text in choices_of(node)]}
    formats = {_format_of(node) for node in nodes if node["type"] == "string"}
    if types == {"string"} and formats <= _DATES:
        return {"type": "string", "format": "date"}
    if types == {"string"} and len(formats) == 1:
        return _without(nodes[0], "pattern")
    if len(types) == 1 and types <= SCALARS - {"string"}:
        return {"type": types.pop()}
    if types in ({"number", "string"}, {"number", "integer", "string"}, {"number", "integer"}):
        return {"type": "number"}  # what Pydantic writes for a Decimal
    if types == {"integer", "string"} and formats == {None}:
        return {"type": "string"}
    raise _mixed(sorted({_type_name(node) for node in nodes}))


def _mixed(names: Sequence[str]) -> SchemaError:
    kinds = " or ".join(names) if len(names) > 1 else f"several kinds of {names[0]}"
    return SchemaError(
        f"may be {kinds}: extraction needs one type",
        "Choose one; the text as printed is kept beside the value anyway.",
    )


def _format_of(node: Node) -> str | None:
    return str(node["format"]) if node.get("format") else None


def _type_name(node: Node) -> str:
    return _format_of(node) or str(node["type"])


def _with_one_type(node: Node) -> Node:
    """The node with `type` as one name, null dropped, `const` as an enumeration."""
    if "const" in node:
        node = {**_without(node, "const"), "enum": [node["const"]]}
    declared = node.get("type", _implied_type(node))
    names = cast(list[object], declared) if isinstance(declared, list) else [declared]
    if not names or not all(isinstance(name, str) and name in _TYPES for name in names):
        known = ", ".join(sorted(_TYPES))
        raise SchemaError(f"has the unknown type {declared!r}", f"Types are: {known}.")
    valued = [cast(str, name) for name in names if name != "null"] or ["null"]
    if len(valued) == 1:
        return {**node, "type": valued[0]}
    return {**node, **_union([{**_without(node, "enum"), "type": name} for name in valued])}


def _implied_type(node: Node) -> str:
    if "properties" in node:
        return "object"
    if "items" in node or "prefixItems" in node:
        return "array"
    return "string"


def _without(node: Node, key: str) -> Node:
    return {name: value for name, value in node.items() if name != key}
