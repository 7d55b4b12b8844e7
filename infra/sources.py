"""Sources: files, folders and globs, and objects below a prefix of a bucket.

The command line and the sources that are looked at on a schedule share the rule for what is
taken (`Selection`) and the way a place is listed (`Place`).
"""

from __future__ import annotations

import glob
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath

from docmill.infra.storage.opening import FILE, S3, locate, open_store
from docmill.infra.storage.store import ObjectStore, StoredObject
from docmill.schemas.errors import StoreError, UsageError
from docmill.schemas.source import SourceObject

SUFFIXES = frozenset(
    {".pdf", ".png", ".jpg", ".jpeg", ".tif", ".tiff", ".webp", ".bmp", ".gif"}
    | {".heic", ".heif", ".hif", ".avif"}
)

# What outputs write, perhaps beside documents; it is never one itself.
RESULT_SUFFIX = ".docmill.json"


@dataclass(frozen=True)
class Selection:
    """Which objects below a place are taken: never hidden ones, and only documents by their name.

    Patterns (`broken/*`, `*.tmp.pdf`) are held against the key below the place and against the
    name alone; `*` goes across `/`, and case counts. With `include`, what matches any of it is
    taken whatever its type, since objects in buckets often have no suffix. docmill's own results
    (`*.docmill.json`) are never taken.
    """

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()

    def takes(self, key: str) -> bool:
        """Whether an object is taken; `key` is its path below the place."""
        path = PurePosixPath(key)
        if key.endswith("/") or any(part.startswith(".") for part in path.parts):
            return False  # a bucket's mark for a folder, or hidden
        if path.name.endswith(RESULT_SUFFIX) or _matches(path, self.exclude):
            return False
        return _matches(path, self.include) if self.include else path.suffix.lower() in SUFFIXES


def _matches(path: PurePosixPath, patterns: Sequence[str]) -> bool:
    key, name = str(path), path.name
    return any(fnmatchcase(key, each) or fnmatchcase(name, each) for each in patterns)


@dataclass(frozen=True)
class Place:
    """A folder, or a prefix of a bucket, whose objects may be documents."""

    store: ObjectStore
    selection: Selection = Selection()

    def list(self) -> Iterator[StoredObject]:
        """What is taken of the objects in it, as the store lists them.

        Raises:
            StoreError: the place is not there or cannot be listed to the end. Files whose names
                are not UTF-8 are among the reasons.
        """
        return (found for found in self.list_all() if self.selection.takes(found.key))

    def list_all(self) -> Iterator[StoredObject]:
        """All objects in it, but for hidden files."""
        if self.store.uri.startswith(FILE):
            _insist_on_folder(Path(self.store.uri.removeprefix(FILE)))
        yield from self.store.list("")

    def object(self, found: StoredObject) -> SourceObject:
        """An object of this place as a source."""
        return _source(self.store.uri + found.key, found)

    def key(self, uri: str) -> str:
        """The key that belongs to the URI of an object of this place."""
        return uri.removeprefix(self.store.uri)


def _insist_on_folder(folder: Path) -> None:
    """A store takes a missing folder for an empty one; as a source, that is another matter."""
    if not folder.is_dir():
        raise StoreError(
            f"there is no folder {folder}", "Is the share mounted? Otherwise correct the path."
        )


def open_place(uri: str, selection: Selection = Selection()) -> Place:
    """The place at `uri`: a folder's path, `file://` and one, or `s3://bucket/prefix`.

    A folder's path is made absolute, and links in it are resolved; below it they are followed
    under the names they have there.

    Raises:
        UsageError: it is none of these.
    """
    local = "://" not in uri or uri.startswith(FILE)
    root = str(Path(uri.removeprefix(FILE)).resolve()) if local else uri
    return Place(open_store(root), selection)


@dataclass(frozen=True)
class Sources:
    """What the arguments named: objects in a stable order, and how many others lay beside them."""

    objects: tuple[SourceObject, ...]
    passed_over: int


def source_file(path: Path) -> SourceObject:
    """A local file as a source; `path` is absolute.

    Raises:
        UsageError: there is no such file.
    """
    found = find_object(f"{FILE}{path}")
    if found is None:
        raise UsageError(f"no such file: {path}")
    return found


def find_sources(arguments: Sequence[str], exclude: Sequence[str] = ()) -> Sources:
    """The documents that the arguments name: files, folders, globs, `s3://bucket/prefix`.

    In folders (searched to the bottom), globs and buckets, files of other types are passed over
    and counted, hidden ones are left out; what is named directly is always taken. `exclude`
    holds patterns against the path below the folder (`broken/*`) or the name (`*.tmp.pdf`).

    Raises:
        UsageError: an argument names nothing, or a place docmill cannot read from.
        StoreError: a folder or a bucket cannot be listed.
    """
    selection = Selection(exclude=tuple(exclude))
    found: dict[str, SourceObject] = {}
    passed_over = 0
    for argument in arguments:
        for source in _expand(argument, selection):
            if source is None:
                passed_over += 1
            else:
                found[source.uri] = source
    return Sources(tuple(found[uri] for uri in sorted(found)), passed_over)


def _expand(argument: str, selection: Selection) -> Iterator[SourceObject | None]:
    """The objects an argument stands for, and None for every one that is passed over."""
    if argument.startswith(S3):
        return _in_bucket(argument, selection)
    if "://" in argument and not argument.startswith(FILE):
        scheme = argument.partition("://")[0]
        raise UsageError(
            f"cannot read from {scheme}://: {argument}",
            "Name a file, a folder or s3://bucket/prefix.",
        )
    return _on_disk(argument.removeprefix(FILE), selection)


def _in_bucket(argument: str, selection: Selection) -> Iterator[SourceObject | None]:
    one = None if argument.endswith("/") else find_object(argument)
    if one is not None:
        yield one
        return
    empty = True
    for source in _in_place(open_place(argument, selection)):
        empty = False
        yield source
    if empty:
        raise UsageError(f"nothing there: {argument}", "Name an object, or a prefix of some.")


def _on_disk(argument: str, selection: Selection) -> Iterator[SourceObject | None]:
    path = Path(argument)
    if path.is_file():
        yield source_file(path.resolve())
        return
    matches = [path] if path.is_dir() else [Path(match) for match in _glob(argument)]
    if not matches:
        raise UsageError(f"nothing there: {argument}", "Name a file, a folder or a quoted glob.")
    for match in matches:
        if match.is_dir():
            yield from _in_place(open_place(str(match), selection))
        elif match.is_file():
            yield source_file(match.resolve()) if selection.takes(match.name) else None


def _glob(pattern: str) -> list[str]:
    return sorted(glob.glob(pattern, recursive=True))  # noqa: PTH207


def _in_place(place: Place) -> Iterator[SourceObject | None]:
    for found in place.list_all():
        yield place.object(found) if place.selection.takes(found.key) else None


def find_object(uri: str) -> SourceObject | None:
    """The one object of this URI; None where there is none.

    Raises:
        UsageError: it is no `file:///path` and no `s3://bucket/key`.
        StoreError: the store cannot be asked.
    """
    store, key = locate(uri)
    found = store.find(key) if key else None
    return found and _source(uri, found)


def _source(uri: str, found: StoredObject) -> SourceObject:
    return SourceObject(uri=uri, size=found.size, etag=found.etag, modified_at=found.modified_at)
