"""Stores by the place they are at."""

from __future__ import annotations

from pathlib import Path

from docmill.infra.storage.local import LocalFolder
from docmill.infra.storage.store import ObjectStore
from docmill.schemas.errors import UsageError

FILE = "file://"
S3 = "s3://"


def open_store(root: str) -> ObjectStore:
    """The store at `root`: a folder's path, `file://` and one, or `s3://bucket/prefix`.

    Raises:
        UsageError: it is none of these.
    """
    scheme, separator, _ = root.partition("://")
    if not separator or root.startswith(FILE):
        return LocalFolder(Path(root.removeprefix(FILE)))
    raise UsageError(f"cannot read from {scheme}:// yet: {root}", "Name a local file or folder.")


def locate(uri: str) -> tuple[ObjectStore, str]:
    """The store that holds the object of this URI, and its key there.

    Raises:
        UsageError: it is no `file:///path` and no `s3://bucket/key`.
    """
    if uri.startswith(FILE):
        return LocalFolder(Path("/")), uri.removeprefix(FILE).lstrip("/")
    return open_store(uri), ""
