"""How a service is doing, as its threads last said."""

from __future__ import annotations

import logging
import shutil
import time
from pathlib import Path
from threading import Lock

from docmill.infra.lake import utc_now
from docmill.infra.service.reports import Problem
from docmill.schemas.errors import DocmillError

LOG = logging.getLogger("docmill.service")
LOOK_LIMIT_S = 30.0  # after which the last look at the lake is too old
LITTLE_DISK = 16 * 2**20  # bytes; with less, nothing can be kept


class Status:
    """What goes on in a service; every thread may tell and ask."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._lock = Lock()
        self._problems: dict[str, Problem] = {}
        self._looked: float | None = None
        self.doing = "opening"

    @property
    def problems(self) -> dict[str, Problem]:
        """By what cannot be done: `loading`, `answering`, `publishing`."""
        with self._lock:
            return dict(self._problems)

    @property
    def seconds_since_look(self) -> float | None:
        """Since the lake was last seen; None: it was not seen yet."""
        return None if self._looked is None else time.monotonic() - self._looked

    def looked(self) -> None:
        """The lake answered, and what it had was loaded, at least a batch of it."""
        self._looked = time.monotonic()

    def well(self, what: str) -> None:
        """It works, or works again."""
        with self._lock:
            if self._problems.pop(what, None):
                LOG.info("%s works again", what)

    def failed(self, what: str, error: DocmillError) -> None:
        """It does not work; told once in the log while it stays the same."""
        with self._lock:
            known = self._problems.get(what)
            if known is None or known.message != error.message:
                LOG.error("%s failed: %s %s", what, error.message, error.hint)
                self._problems[what] = Problem(
                    message=error.message, hint=error.hint, since=utc_now()
                )

    def unready(self, warehouse_usable: bool) -> list[str]:
        """Why requests are better sent elsewhere, in words; empty when they are welcome."""
        reasons = [f"{what}: {problem.message}" for what, problem in self.problems.items()]
        if not warehouse_usable:
            reasons.append(f"the warehouse is not open: {self.doing}")
        since = self.seconds_since_look
        if since is None:
            reasons.append("the lake was not seen yet")
        elif since > LOOK_LIMIT_S:
            reasons.append(f"the lake was last seen {since:.0f} s ago")
        free = shutil.disk_usage(self._root).free
        if free < LITTLE_DISK:
            reasons.append(f"the disk is full: {free // 2**20} MiB free")
        return reasons
