"""One scalar property of a JSON Schema as a `FieldSpec`, and what is wrong with its hints."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import Any, Final, cast

from docmill.schemas import hints, naming
from docmill.schemas.document_schema import FieldKind, FieldSpec, ListShape, Role
from docmill.schemas.errors import SchemaError
from docmill.schemas.json_nodes import SCALARS, Node, choices_of

_DATE_FORMATS: Final = ("date", "date-time")


def field_spec(name: str, leaf: str, node: Node, *, required: bool) -> FieldSpec:
    """The field for a resolved scalar node whose hints are sound.

    Args:
        name: the spec's name: dotted inside its parent, empty for the values of a plain list.
        leaf: the property's own name, which kind and labels are inferred from.
        node: the property, as `resolve` returns it.
        required: whether its parent requires it.
    """
    kind = _kind(leaf, node)
    path = name or leaf
    role = node.get(hints.ROLE)
    return FieldSpec(
        name=name,
        kind=kind,
        description=description_of(node),
        labels=labels_of(node) or _inferred_labels(path, leaf, node, kind),
        cues=labels_of(node, hints.CUES),
        required=bool(node.get(hints.REQUIRED, required)),
        choices=choices_of(node) if kind is FieldKind.CHOICE else (),
        pattern=node.get("pattern") if node["type"] == "string" else None,
        role=Role(role) if role else naming.infer_role(path, kind),
    )


def labels_of(node: Node, key: str = hints.LABELS) -> tuple[str, ...]:
    """The words under `x-labels` (or another key); by language: all first ones, all second ones."""
    labels: object = node.get(key, ())
    if not isinstance(labels, Mapping):
        return naming.distinct(cast(Sequence[str], labels))
    by_language = cast(Mapping[str, Sequence[str]], labels)
    ranks = zip_longest(*(by_language[language] for language in sorted(by_language)), fillvalue="")
    return naming.distinct(label for rank in ranks for label in rank)


def description_of(node: Node) -> str:
    """The description with white space folded (docstrings come with line breaks)."""
    return " ".join(str(node.get("description", "")).split())


def faults(node: Node) -> Iterator[SchemaError]:
    """What is wrong with the hints of a resolved node, and with its pattern and choices."""
    yield from label_faults(node, hints.LABELS)
    yield from label_faults(node, hints.CUES)
    yield from _cue_faults(node)
    yield from _enum_faults(node, hints.KIND, [kind.value for kind in FieldKind])
    yield from _enum_faults(node, hints.ROLE, [role.value for role in Role])
    yield from _enum_faults(node, hints.SHAPE, [shape.value for shape in ListShape])
    if not isinstance(node.get(hints.REQUIRED, False), bool):
        yield SchemaError(f"has `{hints.REQUIRED}` that is neither true nor false", "Write true.")
    if "enum" in node and not choices_of(node):
        yield SchemaError("has an `enum` without values", "List the values it may take.")
    choice = node.get(hints.KIND) == FieldKind.CHOICE and node["type"] in SCALARS
    if choice and "enum" not in node:
        yield SchemaError("is a choice without values", "List them under `enum`.")
    yield from _pattern_faults(node)


def label_faults(node: Node, key: str) -> Iterator[SchemaError]:
    """Whether the words under `key` have the wrong form."""
    labels: Any = node.get(key, [])
    by_language = cast(Mapping[str, Any], labels) if isinstance(labels, Mapping) else {"": labels}
    if not all(_is_list_of_words(words) for words in by_language.values()):
        yield SchemaError(
            f"has `{key}` in a form that cannot be read",
            'Write ["Total", "Sum"], or by language {"en": ["Total"], "de": ["Summe"]}.',
        )


def _cue_faults(node: Node) -> Iterator[SchemaError]:
    """Phrases that name nothing to look for."""
    if any(label_faults(node, hints.CUES)):
        return
    for cue in labels_of(node, hints.CUES):
        if not any(char.isalnum() for char in cue):
            yield SchemaError(
                f"has the cue {cue!r} without a word",
                "Write the words that stand before or after the value: `governed by {}`.",
            )


def _kind(leaf: str, node: Node) -> FieldKind:
    if hints.KIND in node:
        return FieldKind(node[hints.KIND])
    if "enum" in node:
        return FieldKind.CHOICE
    words, description = naming.words_of(leaf), description_of(node)
    match node["type"], node.get("format"):
        case "boolean", _:
            return FieldKind.BOOLEAN
        case "integer", _:
            return naming.infer_integer_kind(words)
        case "number", _:
            return naming.infer_number_kind(words, description)
        case _, "date" | "date-time":
            return FieldKind.DATE
        case _, None:
            return naming.infer_string_kind(words, description)
        case _, form:
            return FieldKind.IDENTIFIER if form == "uuid" else FieldKind.TEXT


def _inferred_labels(path: str, leaf: str, node: Node, kind: FieldKind) -> tuple[str, ...]:
    title = str(node.get("title", ""))
    whole = naming.labels_from(path, title, kind)
    return whole if path == leaf else naming.distinct([*whole, *naming.labels_from(leaf, "", kind)])


def _is_list_of_words(words: object) -> bool:
    if not isinstance(words, Sequence) or isinstance(words, str):
        return False
    return all(isinstance(word, str) and word.strip() for word in cast(Sequence[object], words))


def _enum_faults(node: Node, key: str, known: Sequence[str]) -> Iterator[SchemaError]:
    if key in node and node[key] not in known:
        yield SchemaError(f"has the unknown `{key}` {node[key]!r}", f"Known: {', '.join(known)}.")


def _pattern_faults(node: Node) -> Iterator[SchemaError]:
    try:
        re.compile(node.get("pattern", ""))
    except (re.error, TypeError) as error:
        yield SchemaError(
            f"has a `pattern` that is no regular expression: {error}",
            "Write it in Python's syntax, or leave it out.",
        )
