"""What registering something on the Prefect server came to."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Action(StrEnum):
    """What was done about it."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    PAUSED = "paused"


@dataclass(frozen=True)
class Change:
    """One thing on the server: a work pool, deployment or automation, and what was done."""

    kind: str
    name: str
    action: Action
    note: str = ""
