"""Where bytes are kept: a store of immutable objects, written create-only."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from docmill.schemas.errors import StoreError

_SEGMENT = r"[A-Za-z0-9_=+@-][A-Za-z0-9_=+@.-]{0,199}"
_KEY = re.compile(rf"{_SEGMENT}(/{_SEGMENT})*")
_STAGING = ".staging"  # no key segment starts with a dot, so listing never enters it


class ObjectStore(Protocol):
    """Objects by key. An object, once created, never changes.

    Keys are `/`-separated segments of ASCII letters, digits and `_ = + @ . -`; no segment starts
    with a dot. Every method raises `StoreError` when the store fails or the key is malformed.
    """

    def put(self, key: str, content: bytes) -> bool:
        """Create the object, durably. False: there was one already, and it stays as it is."""
        ...

    def get(self, key: str) -> bytes | None:
        """The object's bytes, or None where there is none."""
        ...

    def exists(self, key: str) -> bool:
        """Whether there is such an object."""
        ...

    def list(self, prefix: str, start_after: str | None = None) -> Iterator[str]:
        """Keys that start with `prefix`, in order of their bytes, beyond `start_after`."""
        ...


def check_key(key: str) -> str:
    """The key itself, if it is well formed.

    Raises:
        StoreError: it is empty, absolute, climbs with `..`, or has characters no store shares.
    """
    if len(key) > 900 or not _KEY.fullmatch(key):
        raise StoreError(f"not a valid object key: {key!r}", "This is a defect; please report it.")
    return key


class LocalFolder:
    """An `ObjectStore` in a folder, one file per object.

    An object is written to a staging file first and then linked to its name, so a reader sees
    all of it or none, and of two writers exactly one creates it. File and folder are flushed to
    the disk before `put` returns: what it reported survives a power cut. A killed writer leaves
    at most a file in the staging folder.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._staging = root / _STAGING

    def put(self, key: str, content: bytes) -> bool:
        """See `ObjectStore.put`."""
        target = self._path(key)
        with _translated(f"write {target}"):
            self._staging.mkdir(parents=True, exist_ok=True)
            _make_folder(target.parent)
            with tempfile.NamedTemporaryFile(dir=self._staging) as staged:
                staged.write(content)
                staged.flush()
                os.fsync(staged.fileno())
                return self._link(Path(staged.name), target)

    def get(self, key: str) -> bytes | None:
        """See `ObjectStore.get`."""
        path = self._path(key)
        with _translated(f"read {path}"):
            try:
                return path.read_bytes()
            except (FileNotFoundError, NotADirectoryError):
                return None

    def exists(self, key: str) -> bool:
        """See `ObjectStore.exists`."""
        path = self._path(key)
        with _translated(f"look for {path}"):
            return path.is_file()

    def list(self, prefix: str, start_after: str | None = None) -> Iterator[str]:
        """See `ObjectStore.list`. One folder's names are held at a time."""
        folder = prefix.rpartition("/")[0]
        with _translated(f"list {self._root / folder}"):
            yield from self._walk(f"{folder}/" if folder else "", prefix, start_after or "")

    def _path(self, key: str) -> Path:
        return self._root / check_key(key)

    def _link(self, staged: Path, target: Path) -> bool:
        try:
            os.link(staged, target)
        except FileExistsError:
            if target.is_dir():
                raise  # a folder of other objects, not this object
            return False
        _flush_folder(target.parent)
        return True

    def _walk(self, folder: str, prefix: str, start_after: str) -> Iterator[str]:
        for name in self._names(folder):
            path = folder + name
            if name.endswith("/"):
                wanted = path.startswith(prefix) or prefix.startswith(path)
                if wanted and (path > start_after or start_after.startswith(path)):
                    yield from self._walk(path, prefix, start_after)
            elif path.startswith(prefix) and path > start_after:
                yield path

    def _names(self, folder: str) -> list[str]:
        """Names in a folder; subfolders end in `/`, so that sorting gives the order of keys."""
        try:
            with os.scandir(self._root / folder) as entries:
                names = [entry.name + "/" * entry.is_dir() for entry in entries]
        except (FileNotFoundError, NotADirectoryError):
            return []
        return sorted(name for name in names if not name.startswith("."))


def _make_folder(folder: Path) -> None:
    """Create a folder and its parents, each entry flushed to the disk."""
    if folder.is_dir():
        return
    _make_folder(folder.parent)
    folder.mkdir(exist_ok=True)
    _flush_folder(folder.parent)


def _flush_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _translated(action: str) -> Generator[None]:
    try:
        yield
    except OSError as error:
        raise StoreError(f"cannot {action}: {error.strerror or error}", _hint(error)) from error


def _hint(error: OSError) -> str | None:
    match error:
        case PermissionError():
            return "Give the user that runs docmill the right to read and write the workspace."
        case OSError(errno=28 | 122):  # ENOSPC, EDQUOT
            return "The disk or quota is full: free some space, then run the command again."
        case OSError(errno=30):  # EROFS
            return "The file system is read-only: choose another folder with `--workspace`."
        case _:
            return None
