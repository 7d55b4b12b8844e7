"""A source object's bytes as a file on this machine, for as long as they are needed."""

from __future__ import annotations

import hashlib
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile

from docmill.infra.storage.opening import FILE, locate
from docmill.infra.storage.store import Sink
from docmill.schemas.errors import SourceGone
from docmill.schemas.source import SourceObject


@dataclass(frozen=True)
class LocalCopy:
    """The file to open, the SHA-256 of its bytes (64 hex digits), and their number.

    `whole` is False where the object is over the size limit: then `path` holds nothing.
    """

    path: Path
    document_id: str
    size: int
    whole: bool = True


@contextmanager
def local_copy(source: SourceObject, max_bytes: int) -> Generator[LocalCopy]:
    """The bytes of `source`: a local file as it is, anything else fetched into a temporary file.

    An object of more than `max_bytes` is hashed as it passes by, but not kept.

    Raises:
        SourceGone: the object vanished or was changed since it was listed.
        StoreError: its store failed.
    """
    if source.uri.startswith(FILE):
        yield _local(Path(source.uri.removeprefix(FILE)))
        return
    with NamedTemporaryFile(prefix="docmill-") as file:
        whole = source.size <= max_bytes
        spool = _HashingSpool(file if whole else None)
        store, key = locate(source.uri)
        store.download(key, spool, source.etag)
        file.flush()
        yield LocalCopy(Path(file.name), spool.sha256.hexdigest(), spool.size, whole)


def _local(path: Path) -> LocalCopy:
    try:
        with path.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
            return LocalCopy(path, digest, stream.tell())
    except OSError as error:
        raise SourceGone(f"{path} cannot be read: {error.strerror}") from error


class _HashingSpool:
    """Passes bytes on and hashes them; keeps none without a target."""

    def __init__(self, target: Sink | None) -> None:
        self._target = target
        self.sha256 = hashlib.sha256()
        self.size = 0

    def write(self, chunk: bytes) -> int:
        self.sha256.update(chunk)
        self.size += len(chunk)
        if self._target is not None:
            self._target.write(chunk)
        return len(chunk)
