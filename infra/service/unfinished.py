"""Answers that are being kept: which to look for after the service was killed in between.

An answer is filed in the lake before the commit record that makes it visible. What lies between is
noted here, so that a restarted service finishes it without a search through all answers. (Should
the note be lost with the disk: whoever is asked the same question again meets the answer, and then
it is committed.)
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from docmill.infra.storage.local import translated


class Unfinished:
    """Keys of answers, in a file; used by one thread.

    Raises:
        StoreError: from every method, when the file cannot be read or written.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._keys: set[str] | None = None

    @property
    def keys(self) -> frozenset[str]:
        """Those that were begun, and not finished as far as is known."""
        return frozenset(self._known())

    def begin(self, keys: Iterable[str]) -> None:
        """Note that these are about to be filed."""
        self._change_to(self._known() | set(keys))

    def finish(self, keys: Iterable[str]) -> None:
        """They are in lake and warehouse, or nowhere."""
        self._change_to(self._known() - set(keys))

    def rewrite(self) -> None:
        """Write what is noted once more, to see whether that works."""
        self._write(self._known())

    def _known(self) -> set[str]:
        if self._keys is None:
            with translated(f"read {self._path}"):
                text = self._path.read_text("ascii") if self._path.exists() else ""
            self._keys = set(text.split())
        return self._keys

    def _change_to(self, keys: set[str]) -> None:
        if keys != self._keys:
            self._write(keys)

    def _write(self, keys: set[str]) -> None:
        new = self._path.with_suffix(".new")
        with translated(f"write {self._path}"):
            new.write_text("".join(f"{key}\n" for key in sorted(keys)), "ascii")
            new.replace(self._path)  # a kill leaves the old list or the new one
        self._keys = keys
