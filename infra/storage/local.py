"""A folder as a store of objects."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from docmill.infra.storage.store import Sink, StoredObject
from docmill.schemas.errors import SourceGone, StoreError

_KEY = re.compile("[^\0\ud800-\udfff]+")  # what a file system takes as UTF-8
_NOT_UTF8 = re.compile("[\udc80-\udcff]")  # how Python shows other bytes in names
_STAGED = ".docmill-"  # beginning of a staging file's name
_STAGING = ".staging"  # listing passes over names that start with a dot, so never enters it


class LocalFolder:
    """An `ObjectStore` in a folder, one file per object.

    An object is written to a staging file first and then linked to its name, so a reader sees
    all of it or none, and of two writers exactly one creates it. File and folder are flushed to
    the disk before `put` returns: what it reported survives a power cut. A killed writer leaves
    at most a file in the staging folder.

    Args:
        root: the folder.
        staging: another folder for staging files, on the same file system; their names start
            with a dot.
    """

    def __init__(self, root: Path, staging: Path | None = None) -> None:
        self._root = root
        self._staging = staging or root / _STAGING

    @property
    def uri(self) -> str:
        """See `ObjectStore.uri`; the path is not percent-encoded."""
        return f"file://{str(self._root.absolute()).rstrip('/')}/"

    def put(self, key: str, content: bytes) -> bool:
        """See `ObjectStore.put`."""

        def write(staged: IO[bytes]) -> None:
            staged.write(content)

        return self._create(key, write)

    def put_file(self, key: str, path: Path) -> bool:
        """See `ObjectStore.put_file`."""

        def write(staged: IO[bytes]) -> None:
            with path.open("rb") as source:
                shutil.copyfileobj(source, staged)

        return self._create(key, write)

    def get(self, key: str) -> bytes | None:
        """See `ObjectStore.get`."""
        path = self._path(key)
        with translated(f"read {path}"):
            try:
                return path.read_bytes()
            except (FileNotFoundError, NotADirectoryError):
                return None

    def download(self, key: str, target: Sink, etag: str | None = None) -> None:
        """See `ObjectStore.download`."""
        path = self._path(key)
        try:
            source = path.open("rb")
        except OSError as error:
            raise SourceGone(f"{path} cannot be read: {error.strerror}") from error
        with source, translated(f"copy {path}"):
            if etag is not None and etag_of(os.fstat(source.fileno())) != etag:
                raise SourceGone(f"{path} was changed since it was listed")
            shutil.copyfileobj(source, target)

    def find(self, key: str) -> StoredObject | None:
        """See `ObjectStore.find`."""
        path = self._path(key)
        with translated(f"look for {path}"):
            try:
                status = path.stat()
            except (FileNotFoundError, NotADirectoryError):
                return None
            return _stored(key, status) if path.is_file() else None

    def list(self, prefix: str, start_after: str | None = None) -> Iterator[StoredObject]:
        """See `ObjectStore.list`. Names that start with a dot are left out."""
        folder = prefix.rpartition("/")[0]
        with translated(f"list {self._root / folder}"):
            yield from self._walk(f"{folder}/" if folder else "", prefix, start_after or "")

    def _path(self, key: str) -> Path:
        if _NOT_UTF8.search(key):
            shown = os.fsencode(self._root / key)
            raise StoreError(f"the name of {shown!r} is not UTF-8", "Rename the file.")
        if not _KEY.fullmatch(key) or any(part in ("", ".", "..") for part in key.split("/")):
            raise StoreError(
                f"not a valid object key: {key!r}", "This is a defect; please report it."
            )
        return self._root / key

    def _create(self, key: str, write: Callable[[IO[bytes]], None]) -> bool:
        target = self._path(key)
        if target.is_relative_to(self._root / _STAGING):
            raise StoreError(f"{target} is for files under way", "Choose another name.")
        with translated(f"write {target}"):
            self._staging.mkdir(parents=True, exist_ok=True)
            _make_folder(target.parent)
            with tempfile.NamedTemporaryFile(dir=self._staging, prefix=_STAGED) as staged:
                write(staged)
                staged.flush()
                os.fsync(staged.fileno())
                return self._link(Path(staged.name), target)

    def _link(self, staged: Path, target: Path) -> bool:
        try:
            os.link(staged, target)
        except FileExistsError:
            if target.is_dir():
                raise  # a folder of other objects, not this object
            return False
        flush(target.parent)
        return True

    def _walk(self, folder: str, prefix: str, start_after: str) -> Iterator[StoredObject]:
        for name in self._names(folder):
            path = folder + name
            if name.endswith("/"):
                wanted = path.startswith(prefix) or prefix.startswith(path)
                if wanted and (path > start_after or start_after.startswith(path)):
                    yield from self._walk(path, prefix, start_after)
            elif path.startswith(prefix) and path > start_after:
                found = self.find(path)
                if found is not None:  # else it was removed since the folder was read
                    yield found

    def _names(self, folder: str) -> list[str]:
        """Names in a folder; subfolders end in `/`, so that sorting gives the order of keys.

        Links are followed, but for those that lead back to where they come from.
        """
        try:
            with os.scandir(self._root / folder) as entries:
                names = [
                    entry.name + "/" * entry.is_dir()
                    for entry in entries
                    if not (entry.is_symlink() and _leads_back(Path(entry.path)))
                ]
        except (FileNotFoundError, NotADirectoryError):
            return []
        return sorted(name for name in names if not name.startswith("."))


def _leads_back(link: Path) -> bool:
    """Whether a link's target is, or holds, a folder on the way to it: then it never ends."""
    target = os.path.realpath(link)
    return any(folder.resolve().is_relative_to(target) for folder in link.parents)


def etag_of(status: os.stat_result) -> str:
    """A mark that changes when a file's content does: from its size, inode and times."""
    numbers = (status.st_size, status.st_ino, status.st_mtime_ns, status.st_ctime_ns)
    return "-".join(f"{number:x}" for number in numbers)


def _stored(key: str, status: os.stat_result) -> StoredObject:
    modified_at = datetime.fromtimestamp(status.st_mtime, UTC)
    return StoredObject(key, status.st_size, etag_of(status), modified_at)


def _make_folder(folder: Path) -> None:
    """Create a folder and its parents, each entry flushed to the disk."""
    if folder.is_dir():
        return
    _make_folder(folder.parent)
    folder.mkdir(exist_ok=True)
    flush(folder.parent)


def flush(path: Path) -> None:
    """Have a file's content, or a folder's entries, on the disk before going on."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def translated(action: str) -> Generator[None]:
    """An `OSError` inside becomes a `StoreError`: “cannot {action}: …”."""
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
