"""Writes the reference part of docs/warehouse.md from the table and view definitions.

    python -m docmill.infra.warehouse.docs docs/warehouse.md

What stands above the marker in the file is written by hand and stays.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from docmill.infra.warehouse import analyst_functions, analyst_views, ddl, layout
from docmill.infra.warehouse.views import views_of
from docmill.schemas.loading import builtin_schemas

MARKER = "<!-- Written by `python -m docmill.infra.warehouse.docs`: change the code, not this. -->"


def with_reference(text: str) -> str:
    """The document with everything below the marker written anew."""
    head = text.partition(MARKER)[0].rstrip()
    return "\n".join([head, "", MARKER, "", *_reference()]) + "\n"


def _reference() -> Iterator[str]:
    yield "## Tables"
    for table in layout.PUBLIC:
        yield from _section(table.name, table.comment, table.columns)
    yield from ("", "## Views for analysts")
    for view in analyst_views.VIEWS:
        yield from _section(view.name, view.comment, view.columns)
    for function in analyst_functions.FUNCTIONS:
        yield from _section(function.call, function.comment, function.columns)
    yield from ("", "## Views of the built-in schemas")
    for schema in builtin_schemas().values():
        for view in views_of(schema):
            yield from _section(view.name, view.comment, view.columns)


def _section(name: str, comment: str, columns: Iterable[ddl.Column]) -> Iterator[str]:
    yield from ("", f"### {name}", "", comment, "")
    yield from ("| column | type | what it holds |", "|---|---|---|")
    for column in columns:
        comment = " ".join(column.comment.split()).replace("|", r"\|")
        yield f"| `{column.name}` | {column.type} | {comment} |"


def main() -> None:
    """Rewrite the file that the first argument names."""
    path = Path(sys.argv[1])
    path.write_text(with_reference(path.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
