"""What a store of objects can do; the lake and the sources use nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True, slots=True)
class StoredObject:
    """An object as a listing shows it.

    `size` is in bytes. `etag` changes whenever the content does (S3: the ETag without quotes; a
    folder: from size, inode and times). `modified_at` is in UTC.
    """

    key: str
    size: int
    etag: str
    modified_at: datetime


class Sink(Protocol):
    """What bytes are written to."""

    def write(self, chunk: bytes, /) -> object:
        """Take the next bytes."""
        ...


class ObjectStore(Protocol):
    """Objects by key, in one folder or under one prefix of a bucket.

    Keys are relative to that root, their segments parted by `/`. `put` and `put_file` never
    change an object that is there. Every method raises `StoreError` when the store fails, and
    `StoreRefused` where that will not mend by itself. Any thread may call any method.
    """

    @property
    def uri(self) -> str:
        """`file:///folder/` or `s3://bucket/prefix/`; with a key behind it, the object's URI."""
        ...

    def put(self, key: str, content: bytes) -> bool:
        """Create the object, durably. False: there was one already, and it stays as it is."""
        ...

    def put_file(self, key: str, path: Path) -> bool:
        """The same with a file's content, which is not held in memory."""
        ...

    def get(self, key: str) -> bytes | None:
        """The object's bytes, or None where there is none."""
        ...

    def download(self, key: str, target: Sink, etag: str | None = None) -> None:
        """Write the object's bytes to `target`, not holding them in memory.

        Raises:
            SourceGone: there is no such object, or (where `etag` is given) no longer that one;
                `target` may hold a part of it then.
        """
        ...

    def find(self, key: str) -> StoredObject | None:
        """The object's size, ETag and time, or None where there is none."""
        ...

    def list(self, prefix: str, start_after: str | None = None) -> Iterator[StoredObject]:
        """Objects whose keys start with `prefix`, beyond `start_after`.

        They come in the order of the keys' UTF-8 bytes. Never more than a page (or a folder) of
        them is held in memory.
        """
        ...
