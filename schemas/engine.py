"""Who made a result: written to every row, and part of every key."""

from __future__ import annotations

from docmill.schemas.frozen import Frozen


class EngineTag(Frozen):
    """An engine's name, version and, where it has one, model id.

    `version` is raised by hand whenever the engine's results change.
    """

    name: str
    version: str
    model: str | None = None

    def __str__(self) -> str:
        """`name@version`, with the model in brackets where there is one."""
        return f"{self.name}@{self.version}" + (f"[{self.model}]" if self.model else "")
