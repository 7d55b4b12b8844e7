"""Listings in the order of the keys' bytes, from servers that give another one too.

S3 lists keys by their UTF-8 bytes. SeaweedFS walks folders by name instead, so that `a/1` comes
before `a-1`, though `-` is less than `/`; there, folders are listed one by one and put in order.
Of any other server the order is checked, and one that breaks it is refused: who merges two
listings would take objects for new or gone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Any

from docmill.infra.storage.s3.errors import translated
from docmill.schemas.errors import StoreRefused

PAGE_KEYS = 1000
Entry = dict[str, Any]  # Key, Size, ETag and LastModified of an object


@dataclass(frozen=True)
class Listing:
    """The objects of a bucket, as the server answers."""

    client: Any
    bucket: str
    page_keys: int = PAGE_KEYS

    def objects(self, prefix: str, start_after: str) -> Iterator[Entry]:
        """Objects whose keys start with `prefix`, beyond `start_after`, in order.

        A page of them is held in memory. Objects that only mark a folder (key ends in `/`, no
        bytes) are passed over.

        Raises:
            StoreError: the store fails, or lists in no order.
        """
        pages = self._pages(Prefix=prefix, **({"StartAfter": start_after} if start_after else {}))
        first = next(pages)
        if not _walks_folders(first):
            found = self._checked(chain([first], pages))
        elif first["IsTruncated"] or start_after:
            found = self._walk(prefix, start_after)
        else:
            found = sorted(first.get("Contents", ()), key=lambda entry: entry["Key"])
        return (entry for entry in found if entry["Size"] or not entry["Key"].endswith("/"))

    def _pages(self, **request: Any) -> Iterator[Any]:
        """Answers, each of at most `page_keys` keys, asked for when needed."""
        while True:
            with translated(f"list s3://{self.bucket}/{request['Prefix']}"):
                page = self.client.list_objects_v2(
                    Bucket=self.bucket, MaxKeys=self.page_keys, **request
                )
            yield page
            if not page["IsTruncated"]:
                return
            request["ContinuationToken"] = page["NextContinuationToken"]

    def _checked(self, pages: Iterator[Any]) -> Iterator[Entry]:
        last = ""
        for page in pages:
            for entry in page.get("Contents", ()):
                if entry["Key"] <= last:
                    raise StoreRefused(
                        f"the server lists s3://{self.bucket}/ in no order: "
                        f"{entry['Key']!r} after {last!r}",
                        "Use a bucket that lists keys in order (no S3 directory bucket).",
                    )
                last = entry["Key"]
                yield entry

    def _walk(self, prefix: str, start_after: str) -> Iterator[Entry]:
        """The same, a folder at a time: its entries come by name, without the `/` of folders.

        In order of bytes, a folder stands behind the names that go on with less than `/`. These
        follow it at once in order of names; so a folder waits until a greater name comes.
        """
        waiting: list[str] = []
        for key, entry in self._level(prefix):
            while waiting and waiting[-1] < key:
                yield from self._walk(waiting.pop(), start_after)
            if entry is not None:
                if key > start_after:
                    yield entry
            elif key > start_after or start_after.startswith(key):
                waiting.append(key)
        while waiting:
            yield from self._walk(waiting.pop(), start_after)

    def _level(self, prefix: str) -> Iterator[tuple[str, Entry | None]]:
        """Objects and folders (None; their keys end in `/`) right below a prefix, by name."""
        for page in self._pages(Prefix=prefix, Delimiter="/"):
            objects = ((entry["Key"], entry) for entry in page.get("Contents", ()))
            folders = ((folder["Prefix"], None) for folder in page.get("CommonPrefixes", ()))
            yield from sorted(chain(objects, folders), key=lambda item: item[0].rstrip("/"))


def _walks_folders(page: Any) -> bool:
    return "seaweedfs" in page["ResponseMetadata"]["HTTPHeaders"].get("server", "").lower()
