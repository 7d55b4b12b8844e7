"""The settings table of the README, from the settings themselves.

`python -m docmill.infra.settings_docs README.md` rewrites it in place.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

from pydantic import BaseModel

from docmill.infra.settings import Settings

_BLOCK = re.compile(r"(<!-- settings -->\n).*?(<!-- /settings -->)", re.DOTALL)


def settings_table() -> str:
    """A Markdown table: every setting, its default, its meaning."""
    rows = "".join(f"| `{name}` | {shown} | {text} |\n" for name, shown, text in _rows(Settings))
    return f"| setting | default | meaning |\n|---|---|---|\n{rows}"


def _rows(model: type[BaseModel], prefix: str = "") -> Iterator[tuple[str, str, str]]:
    for name, field in model.model_fields.items():
        shown = f"{prefix}{field.validation_alias or name}"
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from _rows(field.annotation, f"{shown}.")
        else:
            computed = field.default_factory is not None
            default = "–" if computed else f"`{field.default}`"
            yield shown, default, field.description or ""


def with_table(text: str) -> str:
    """The text with the table between its two marks."""
    return _BLOCK.sub(lambda match: match[1] + settings_table() + match[2], text)


if __name__ == "__main__":
    readme = Path(sys.argv[1])
    readme.write_text(with_table(readme.read_text("utf-8")), "utf-8")
