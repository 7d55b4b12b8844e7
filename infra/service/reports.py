"""What a service says about itself and its work."""

from __future__ import annotations

from datetime import datetime

from docmill.schemas.frozen import Frozen

WAIT_S = 600.0  # for what was asked to be loaded and published


class Problem(Frozen):
    """What keeps a part of the service from its work; `since` is when it was first met."""

    message: str
    hint: str
    since: datetime


class ServiceState(Frozen):
    """What a service does, and how it is. Times are in UTC; None: not yet.

    `doing` is `opening`, `loading`, `waiting` or `rebuilding`. `unready` says in words why
    requests are not welcome now; it is empty when they are. `rebuilt` counts how often the
    warehouse was built anew since the start. `published` tells whether `published.duckdb` is there.
    """

    pid: int
    workspace: str
    started_at: datetime
    doing: str
    unready: tuple[str, ...]
    problems: dict[str, Problem]
    seconds_since_look: float | None
    rebuilt: int
    published: bool


class PublishReport(Frozen):
    """What publishing did: documents loaded for it, and whether there was anything to show."""

    documents: int
    changed: bool


class Trouble(Frozen):
    """Why a request failed, and what to do."""

    error: str
    hint: str = ""
