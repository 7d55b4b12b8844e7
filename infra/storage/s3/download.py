"""Bytes from S3: whole, of one version, and resumed where the connection broke."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

from botocore import exceptions as boto  # pyright: ignore
from urllib3.exceptions import HTTPError

from docmill.infra.storage.s3.client import attempts_of, wait_after
from docmill.infra.storage.s3.errors import code_of, status_of, translated
from docmill.infra.storage.s3.upload import Place
from docmill.schemas.errors import SourceGone, StoreError, StoreRefused

CHUNK_BYTES = 2**20
_BROKEN = (boto.HTTPClientError, boto.ConnectionError, boto.IncompleteReadError, HTTPError)


class NoObject(Exception):
    """There is no object with this key."""


def copy(
    client: Any, place: Place, uri: str, write: Callable[[bytes], object], etag: str | None = None
) -> None:
    """Hand an object's bytes to `write`, a chunk at a time, each once and in order.

    A connection that breaks is taken up where it broke, by a range of the version that the first
    answer came from (If-Match); in the end the length must be the one that answer announced.

    Raises:
        NoObject: there is none.
        SourceGone: it is not (or no longer) the version with this ETag.
        StoreError: the store fails.
    """
    download = _Download(client, place, uri, etag)
    attempts = attempts_of(client)
    for attempt in range(1, attempts + 1):
        try:
            for chunk in download.chunks():
                write(chunk)
        except _Interrupted as error:
            if attempt == attempts:
                message = f"cannot read {uri}: the connection broke {attempts} times: {error}"
                raise StoreError(message, "Run the command again later.") from error
            time.sleep(wait_after(attempt))
        else:
            return


class _Interrupted(Exception):
    """The body ended before its time."""


class _Download:
    """How far one object has come."""

    def __init__(self, client: Any, place: Place, uri: str, etag: str | None) -> None:
        self._client = client
        self._place = place
        self._uri = uri
        self._etag = etag and f'"{etag}"'
        self._size: int | None = None
        self._done = 0

    def chunks(self) -> Iterator[bytes]:
        """The chunks still missing."""
        answer = self._open()
        # A server may send all of it although a range was asked for: the start is known then.
        skipped = self._done if self._done and "ContentRange" not in answer else 0
        for chunk in self._read(answer["Body"]):
            new = chunk[skipped:]
            skipped -= len(chunk) - len(new)
            if new:
                self._done += len(new)
                yield new
        if self._done != self._size:
            raise _Interrupted(f"{self._done} of {self._size} bytes came")

    def _open(self) -> Any:
        wanted = self._place | ({"IfMatch": self._etag} if self._etag else {})
        if self._done:
            wanted |= {"Range": f"bytes={self._done}-"}
        with translated(f"read {self._uri}"):
            try:
                answer: Any = self._client.get_object(**wanted)
            except boto.ClientError as error:
                gone = self._gone(error)
                if gone is None:
                    raise
                raise gone from error
        if self._etag not in (None, answer["ETag"]):
            raise self._changed()
        if self._size is None:
            self._etag, self._size = answer["ETag"], answer.get("ContentLength")
        if self._size is None:
            hint = "Is a proxy in between? It must pass on Content-Length."
            raise StoreRefused(f"cannot read {self._uri}: its length is not told", hint)
        return answer

    def _read(self, body: Any) -> Iterator[bytes]:
        with body:
            while chunk := self._chunk(body):
                yield chunk

    def _chunk(self, body: Any) -> bytes:
        with translated(f"read {self._uri}"):
            try:
                return body.read(CHUNK_BYTES)
            except _BROKEN as error:
                raise _Interrupted(str(error)) from error

    def _gone(self, error: Any) -> Exception | None:
        """What it means that this version is not to be had; None if the answer says otherwise."""
        match status_of(error), code_of(error):
            case 404, "NoSuchKey" | "404":
                return self._changed() if self._done else NoObject(self._uri)
            case 412 | 416, _:
                return self._changed()
            case _:
                return None

    def _changed(self) -> SourceGone:
        return SourceGone(f"{self._uri} was changed or removed since it was listed")
