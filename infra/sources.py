"""Sources on the command line: files, folders, globs."""

from __future__ import annotations

import glob
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

from docmill.infra.storage.opening import FILE, locate
from docmill.schemas.errors import UsageError
from docmill.schemas.source import SourceObject

SUFFIXES = frozenset(
    {".pdf", ".png", ".jpg", ".jpeg", ".tif", ".tiff", ".webp", ".bmp", ".gif"}
    | {".heic", ".heif", ".hif", ".avif"}
)


@dataclass(frozen=True)
class Sources:
    """What the arguments named: objects in a stable order, and how many others lay beside them."""

    objects: tuple[SourceObject, ...]
    passed_over: int


def source_file(path: Path) -> SourceObject:
    """A local file as a source; `path` is absolute."""
    store, key = locate(f"{FILE}{path}")
    found = store.find(key)
    if found is None:
        raise UsageError(f"no such file: {path}")
    return SourceObject(
        uri=f"{FILE}{path}", size=found.size, etag=found.etag, modified_at=found.modified_at
    )


def find_sources(arguments: Sequence[str], exclude: Sequence[str] = ()) -> Sources:
    """The files that the arguments name.

    In folders (searched to the bottom) and globs, files of other types and hidden ones are
    passed over and counted; a file named directly is always taken. `exclude` holds patterns
    against the path below the folder (`broken/*`) or the file name (`*.tmp.pdf`).

    Raises:
        UsageError: an argument names nothing, or a place docmill cannot read from.
    """
    found: dict[Path, None] = {}
    passed_over = 0
    for argument in arguments:
        for path, named in _expand(argument):
            root = Path(argument) if Path(argument).is_dir() else path.parent
            if not named and (not _wanted(path) or _excluded(path, root, exclude)):
                passed_over += 1
            else:
                found[path.resolve()] = None
    return Sources(tuple(source_file(path) for path in sorted(found)), passed_over)


def _expand(argument: str) -> Iterable[tuple[Path, bool]]:
    """The paths an argument stands for, and whether it names the file directly."""
    path = Path(argument)
    if "://" in argument:
        scheme = argument.partition("://")[0]
        if scheme != "file":
            raise UsageError(
                f"cannot read from {scheme}:// yet: {argument}", "Name a local file or folder."
            )
        path = Path(argument.removeprefix("file://"))
    if path.is_file():
        return [(path, True)]
    if path.is_dir():
        return [(file, False) for file in _files_below(path)]
    matches = [Path(match) for match in glob.glob(argument, recursive=True)]  # noqa: PTH207
    if not matches:
        raise UsageError(f"nothing there: {argument}", "Name a file, a folder or a quoted glob.")
    return [
        (file, False)
        for match in matches
        for file in ([match] if match.is_file() else _files_below(match))
    ]


def _files_below(folder: Path) -> Iterator[Path]:
    for path in folder.rglob("*"):
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if path.is_file() and not hidden:
            yield path


def _wanted(path: Path) -> bool:
    return path.suffix.lower() in SUFFIXES


def _excluded(path: Path, root: Path, patterns: Sequence[str]) -> bool:
    below = path.relative_to(root).as_posix() if path.is_relative_to(root) else path.name
    return any(fnmatch(below, pattern) or fnmatch(path.name, pattern) for pattern in patterns)
