"""Files: each message becomes a JSON file beside its source or below another place."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from docmill.infra.outputs.answer import Answer, Verdict
from docmill.infra.outputs.message import Message
from docmill.infra.outputs.options import FilesOptions
from docmill.infra.outputs.routing import Origin, Sources
from docmill.infra.sources import RESULT_SUFFIX
from docmill.infra.storage.local import LocalFolder
from docmill.infra.storage.opening import FILE, is_on_s3, open_store
from docmill.infra.storage.patience import HURRIED
from docmill.infra.storage.store import ObjectStore
from docmill.schemas.errors import StoreError, StoreRefused

_ID_LETTERS = 12
_NAME_BYTES = 255 - _ID_LETTERS - len(RESULT_SUFFIX) - 1
_UNLISTED = "unlisted"
_LONGEST = timedelta(seconds=60)
_READ_ONLY = 30  # errno EROFS


class Files:
    """A `Target` in a folder or bucket. Nothing that is there is ever changed."""

    parallel = 1
    longest = _LONGEST

    def __init__(self, options: FilesOptions, sources: Sources) -> None:
        self._to = options.to
        self._sources = sources

    def send(self, messages: Sequence[Message]) -> list[Answer]:
        """See `Target.send`."""
        return [self._send(message) for message in messages]

    def close(self) -> None:
        """See `Target.close`."""

    def _send(self, message: Message) -> Answer:
        try:
            store, key = self._place(message)
            if store.put(key, message.body) or _is_ours(store.get(key), message):
                return Answer(Verdict.DELIVERED)
        except StoreError as error:
            verdict = Verdict.REFUSED if _is_refused(error) else Verdict.LATER
            return Answer(verdict, error=error.message, hint=error.hint)
        return Answer(
            Verdict.REFUSED,
            error=f"{store.uri}{key} is there already, with other content",
            hint="Move that file away, then `docmill deliver --again`.",
        )

    def _place(self, message: Message) -> tuple[ObjectStore, str]:
        if not self._to:
            folder, _, name = message.uri.rpartition("/")
            return _beside(folder), _result_name(name, message.event_id)
        folder, _, name = _mirrored(message.uri, self._sources.origin(message.uri)).rpartition("/")
        _insist_on_folder(self._to)
        return open_store(self._to, HURRIED), f"{folder}/{_result_name(name, message.event_id)}"


def _beside(folder: str) -> ObjectStore:
    """The store of a source's own folder; files are staged in it, so that no folder is added."""
    if is_on_s3(folder):
        return open_store(folder, HURRIED)
    _insist_on_folder(folder)
    path = Path(folder.removeprefix(FILE) or "/")
    return LocalFolder(path, staging=path)


def _insist_on_folder(place: str) -> None:
    """A share that is not mounted looks like a missing or empty folder; none is made for it."""
    if not is_on_s3(place) and not Path(place.removeprefix(FILE) or "/").is_dir():
        raise StoreError(f"there is no folder {place}", "Make it; or is the share not mounted?")


def _result_name(name: str, event_id: str) -> str:
    """`scan.pdf` -> `scan.pdf.0123456789ab.docmill.json`; long names are cut to 255 bytes."""
    kept = name.encode()[:_NAME_BYTES].decode(errors="ignore")
    return f"{kept}.{event_id[:_ID_LETTERS]}{RESULT_SUFFIX}"


def _mirrored(uri: str, origin: Origin | None) -> str:
    """The path below `to`: source and path in it; for others scheme and whole path."""
    if origin is not None:
        return f"{origin.source}/{_safe(origin.path)}"
    scheme, _, path = uri.partition("://")
    return f"{_UNLISTED}/{scheme}/{_safe(path.lstrip('/'))}"


def _safe(path: str) -> str:
    """Keys of buckets may hold segments that lead elsewhere in a folder, or nowhere."""
    names = {"": "%", ".": "%2E", "..": "%2E%2E"}
    return "/".join(names.get(segment, segment) for segment in path.split("/"))


def _is_ours(content: bytes | None, message: Message) -> bool:
    """Whether the file was written for this very event, before a kill."""
    try:
        found: Any = json.loads(content or b"")
    except ValueError:
        return False
    return isinstance(found, dict) and found.get("id") == message.event_id  # pyright: ignore


def _is_refused(error: StoreError) -> bool:
    cause = error.__cause__
    read_only = isinstance(cause, OSError) and cause.errno == _READ_ONLY
    return isinstance(error, StoreRefused) or isinstance(cause, PermissionError) or read_only
