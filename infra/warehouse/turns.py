"""Who may write to the warehouse now: where several threads of its owner do, one at a time."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Protocol


class Turns(Protocol):
    """Gives the right to write for the length of a `with` block; waits until it is free."""

    def __call__(self) -> AbstractContextManager[object]:
        """A turn, which begins on entering it."""
        ...
