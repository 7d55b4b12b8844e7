"""A prefix of a bucket as a store of objects."""

from __future__ import annotations

import io
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError  # pyright: ignore

from docmill.infra.storage.local import translated as translated_local
from docmill.infra.storage.s3.download import NoObject, copy
from docmill.infra.storage.s3.errors import status_of, translated
from docmill.infra.storage.s3.listing import Entry, Listing
from docmill.infra.storage.s3.upload import Place, create, create_from_file
from docmill.infra.storage.store import Sink, StoredObject
from docmill.schemas.errors import SourceGone, StoreError


class S3Prefix:
    """An `ObjectStore` under one prefix of a bucket, or in a whole bucket.

    A prefix is a folder: `s3://bucket/in` is `s3://bucket/in/`, and `in-2/a.pdf` is not below
    it. Keys are taken as they are: any characters, also `//` or a `/` in front. Throttling,
    answers of 5xx and broken connections are tried again (see `Patience`).

    Args:
        bucket: the bucket's name.
        prefix: what all keys start with, with or without its last `/`; empty for all of it.
        client: a boto3 client for S3, such as `client_for()`.
    """

    def __init__(self, bucket: str, prefix: str, client: Any) -> None:
        self._bucket = bucket
        self._root = prefix.removesuffix("/") + "/" if prefix else ""
        self._client = client

    @property
    def uri(self) -> str:
        """See `ObjectStore.uri`; the key is not percent-encoded."""
        return f"s3://{self._bucket}/{self._root}"

    def put(self, key: str, content: bytes) -> bool:
        """See `ObjectStore.put`.

        True even if an answer got lost and a later try found the object: every upload carries a
        token of its own, so it is known whose object that is.
        """
        with translated(f"write {self.uri}{key}"):
            return create(self._client, self._place(key), content)

    def put_file(self, key: str, path: Path) -> bool:
        """See `ObjectStore.put_file`; large files go up in parts of 16 MiB."""
        with translated_local(f"read {path}"), translated(f"write {self.uri}{key}"):
            return create_from_file(self._client, self._place(key), path)

    def get(self, key: str) -> bytes | None:
        """See `ObjectStore.get`."""
        content = io.BytesIO()
        try:
            copy(self._client, self._place(key), self.uri + key, content.write)
        except NoObject:
            return None
        return content.getvalue()

    def download(self, key: str, target: Sink, etag: str | None = None) -> None:
        """See `ObjectStore.download`; a connection that breaks is taken up where it broke."""
        uri = self.uri + key

        def write(chunk: bytes) -> None:
            with translated_local(f"write the copy of {uri}"):
                target.write(chunk)

        try:
            copy(self._client, self._place(key), uri, write, etag)
        except NoObject as error:
            raise SourceGone(f"{uri} does not exist") from error

    def find(self, key: str) -> StoredObject | None:
        """See `ObjectStore.find`."""
        place = self._place(key)
        with translated(f"look for {self.uri}{key}"):
            try:
                found = self._client.head_object(**place)
            except ClientError as error:
                if status_of(error) != 404:
                    raise
                _confirm_bucket(self._client, self._bucket, self._root)
                return None
        return self._stored(found | {"Key": place["Key"], "Size": found["ContentLength"]})

    def list(self, prefix: str, start_after: str | None = None) -> Iterator[StoredObject]:
        """See `ObjectStore.list`. Objects that only mark a folder are left out."""
        after = self._root + start_after if start_after else ""
        listing = Listing(self._client, self._bucket)
        yield from map(self._stored, listing.objects(self._root + prefix, after))

    def _place(self, key: str) -> Place:
        if not key or any("\ud800" <= character <= "\udfff" for character in key):
            raise StoreError(
                f"not a valid object key: {key!r}", "This is a defect; please report it."
            )
        return {"Bucket": self._bucket, "Key": self._root + key}

    def _stored(self, entry: Entry) -> StoredObject:
        key = entry["Key"].removeprefix(self._root)
        return StoredObject(key, entry["Size"], entry["ETag"].strip('"'), entry["LastModified"])


@lru_cache(maxsize=64)
def _confirm_bucket(client: Any, bucket: str, prefix: str) -> None:
    """See that a bucket is there, once: 404 to HEAD may mean the object or all of the bucket."""
    client.list_objects_v2(Bucket=bucket, Prefix=prefix, MaxKeys=1)
