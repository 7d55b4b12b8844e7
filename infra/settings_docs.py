"""The settings tables of the README, from the settings themselves.

`python -m docmill.infra.settings_docs README.md` rewrites it in place.
"""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast, get_args, get_origin

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

from docmill.infra.settings import Settings

_BLOCK = re.compile(r"(<!-- settings -->\n).*?(<!-- /settings -->)", re.DOTALL)


def settings_table() -> str:
    """Markdown: a table of settings, their defaults and meanings, for each group of them."""
    return "\n".join(_group(Settings, "", "General", ""))


def _group(model: type[BaseModel], prefix: str, heading: str, said: str) -> Iterator[str]:
    """The settings of a model, then the groups below it; mappings with models get a group, too.

    Outputs have kinds with options of their own: docs/outputs.md.
    """
    rows: list[str] = []
    below: list[tuple[str, type[BaseModel]]] = []
    for name, field in model.model_fields.items():
        shown = f"{prefix}{field.validation_alias or field.alias or name}"
        inner = tuple(_models(field.annotation))
        is_group = inner == (field.annotation,) or (not prefix and len(inner) == 1)
        if is_group:
            is_mapping = get_origin(field.annotation) is dict
            below.append((f"{shown}.NAME" if is_mapping else shown, inner[0]))
        if not is_group or get_origin(field.annotation) is dict:
            rows.append(f"| `{shown}` | {_default(field)} | {field.description or _AS_ABOVE} |\n")
    yield f"### {heading}\n\n{said}{_HEAD}{''.join(rows)}"
    for shown, each in below:
        doc = inspect.cleandoc(each.__doc__ or "").splitlines()[0]
        yield from _group(each, f"{shown}.", shown, f"{doc}\n\n")


_HEAD = "| setting | default | meaning |\n|---|---|---|\n"
_AS_ABOVE = "As in general, for this one alone."


def _default(field: FieldInfo) -> str:
    if field.default_factory is not None or field.is_required() or field.default is None:
        return "–"
    value = field.default
    shown = value.get_secret_value() if isinstance(value, SecretStr) else value
    if isinstance(value, tuple):
        shown = ", ".join(map(str, cast("tuple[object, ...]", value)))
    return "–" if shown == "" else f"`{shown}`"


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    """The models in an annotation: itself, or what a mapping or a choice holds."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
        return
    for each in get_args(annotation):
        yield from _models(each)


def with_table(text: str) -> str:
    """The text with the table between its two marks."""
    return _BLOCK.sub(lambda match: match[1] + settings_table() + match[2], text)


if __name__ == "__main__":
    readme = Path(sys.argv[1])
    readme.write_text(with_table(readme.read_text("utf-8")), "utf-8")
