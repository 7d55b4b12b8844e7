"""Writes the reference part of docs/schemas.md from the built-in schemas.

    python -m docmill.schemas.docs docs/schemas.md

What stands above the marker in the file is written by hand and stays.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final, cast

from docmill.schemas import hints
from docmill.schemas.document_schema import DocumentSchema, FieldSpec
from docmill.schemas.json_nodes import ROOT_REF, Node, resolve
from docmill.schemas.loading import builtin_schemas

MARKER: Final = "<!-- Written by `python -m docmill.schemas.docs`: change the code, not this. -->"


def with_reference(text: str) -> str:
    """The document with everything below the marker written anew."""
    head = text.partition(MARKER)[0].rstrip()
    return "\n".join([head, "", MARKER, "", *_reference()]) + "\n"


def _reference() -> Iterator[str]:
    yield "## Built-in schemas"
    for schema in builtin_schemas().values():
        nodes = dict(_nodes(schema.json_schema, schema.json_schema, ""))
        yield from ("", f"### {schema.name}", "", schema.description, "")
        yield from ("| field | kind | meaning |", "|---|---|---|")
        yield from (_row(path, spec) for path, spec in schema.paths())
        yield from ("", "Bold: a document without it goes to review.", *_rules(schema))
        yield from ("", f"#### Words on the document: {schema.name}", "")
        yield from _words("the type itself", schema.json_schema.get(hints.TITLES))
        for path, node in nodes.items():
            yield from _words(f"`{path}`", node.get(hints.LABELS))
            yield from _words(f"`{path}` in sentences", node.get(hints.CUES))


def _row(path: str, spec: FieldSpec) -> str:
    name = f"**`{path}`**" if spec.required else f"`{path}`"
    role = f", {spec.role.value}" if spec.role else ""
    return f"| {name} | {spec.kind.value}{role} | {spec.description} |"


def _rules(schema: DocumentSchema) -> Iterator[str]:
    rules = schema.rules
    lines = [
        *(f"`{rule.total}` = {_joined(rule.parts, ' + ')}" for rule in rules.sums),
        *(f"`{rule.product}` = {_joined(rule.factors, ' × ')}" for rule in rules.products),
        *(f"`{rule.earlier}` is not after `{rule.later}`" for rule in rules.date_order),
        *(f"`{rule.field}` is `{rule.source}` where not printed" for rule in rules.fallbacks),
    ]
    if lines:
        yield from (
            "",
            "What holds between them (`[]`: all rows together):",
            "",
            *(f"- {line}" for line in lines),
        )


def _joined(paths: Sequence[str], sign: str) -> str:
    return sign.join(f"`{path}`" for path in paths)


def _nodes(node: Node, root: Node, prefix: str) -> Iterator[tuple[str, Node]]:
    """Every property with its path pattern; a list before the fields of its rows."""
    for name, child in cast(Mapping[str, Node], node["properties"]).items():
        found, _ = resolve(child, root, frozenset({ROOT_REF}))
        yield prefix + name, found
        if found["type"] == "array":
            item, _ = resolve(found["items"], root, frozenset({ROOT_REF}))
            if "properties" in item:
                yield from _nodes(item, root, f"{prefix}{name}[].")


def _words(name: str, labels: object) -> Iterator[str]:
    if labels is None:
        return
    yield f"- {name}"
    for language, words in sorted(cast(Mapping[str, Sequence[str]], labels).items()):
        yield f"  - {language}: {' · '.join(words)}"


def main() -> None:
    """Rewrite the file that the first argument names."""
    path = Path(sys.argv[1])
    path.write_text(with_reference(path.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
