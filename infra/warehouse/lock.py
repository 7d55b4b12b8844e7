"""One owner at a time, even while the warehouse is damaged or being replaced."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from docmill.schemas.errors import WorkspaceBusy


@contextmanager
def exclusive(path: Path) -> Generator[None]:
    """Hold the lock file; the system lets go of it when the process ends in any way.

    Raises:
        WorkspaceBusy: somebody else holds it; the message names the process.
    """
    with path.open("a+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            file.seek(0)
            holder = file.read().strip() or "unknown"
            raise WorkspaceBusy(f"process {holder} owns the workspace {path.parent}") from error
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield
