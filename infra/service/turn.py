"""Who may write to the warehouse now: one at a time, and answers before loads."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from threading import Condition


class Turn:
    """The right to write, which threads take in turns.

    A plain lock goes to whoever asks at the right moment: a loader that asks for it again at once
    would keep it for good. Here nobody who can wait is served while somebody waits who cannot.
    """

    def __init__(self) -> None:
        self._changed = Condition()
        self._taken = False
        self._urgent = 0  # that wait

    @contextmanager
    def patient(self) -> Generator[None]:
        """Write when nobody else does or urgently wants to: for loads."""
        with self._changed:
            self._changed.wait_for(lambda: not self._taken and not self._urgent)
            self._taken = True
        with self._held():
            yield

    @contextmanager
    def urgent(self) -> Generator[None]:
        """Write next: for answers that a person waits for, and for short work."""
        with self._changed:
            self._urgent += 1
            try:
                self._changed.wait_for(lambda: not self._taken)
                self._taken = True
            finally:
                self._urgent -= 1
        with self._held():
            yield

    @contextmanager
    def _held(self) -> Generator[None]:
        try:
            yield
        finally:
            with self._changed:
                self._taken = False
                self._changed.notify_all()
