"""Code fences that models put around a whole answer."""

from __future__ import annotations

import re
from dataclasses import dataclass

_FENCE = re.compile(
    r"\s*```(?:html|markdown|md|latex|text)?[ \t]*\n(.*?)(\n?```\s*)?\Z", re.DOTALL | re.IGNORECASE
)


@dataclass(frozen=True)
class Unfenced:
    """Where the answer itself stands. `whole` is False where a fence was begun and not closed."""

    start: int
    end: int
    whole: bool = True
    findings: tuple[str, ...] = ()


def unfenced(raw: str) -> Unfenced:
    """The answer without the fence around all of it, if there is one."""
    found = _FENCE.match(raw)
    if found is None or "```" in found[1]:
        return Unfenced(0, len(raw))
    told = "the answer stands in a code fence"
    if found[2] is None:
        return Unfenced(*found.span(1), whole=False, findings=(f"{told} that is not closed",))
    return Unfenced(*found.span(1), findings=(told,))
