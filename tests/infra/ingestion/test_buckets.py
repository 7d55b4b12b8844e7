"""The same over a real S3 server, with the lake on it, too."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from fault_proxy import FaultProxy, Refuse
from object_server import ObjectServer

from docmill.infra.lake import Lake
from docmill.infra.sources import find_sources
from docmill.infra.storage.opening import open_store
from docmill.schemas.errors import SourceEmpty, StoreError, UsageError

# Names that sort before, like and behind the `/` of folders; SeaweedFS walks folders first.
AWKWARD = ["a b.pdf", "a-1.pdf", "a.pdf", "a/x-1.pdf", "a/x.pdf", "a/x/1.pdf", "a0.pdf", "é 😀.pdf"]


@dataclass
class Bucket:
    """A prefix whose objects are put, overwritten and removed as its users would do it."""

    root: str
    client: Any

    def put(self, key: str, content: bytes) -> None:
        self.client.put_object(**self._place(key), Body=content)

    def remove(self, key: str) -> None:
        self.client.delete_object(**self._place(key))

    def _place(self, key: str) -> dict[str, str]:
        bucket, _, prefix = self.root.removeprefix("s3://").partition("/")
        return {"Bucket": bucket, "Key": f"{prefix}/{key}"}


@pytest.fixture
def bucket(s3_root: str, object_server: ObjectServer) -> Bucket:
    return Bucket(f"{s3_root}/in", object_server.client())


@pytest.fixture
def desk(tmp_path: Path, bucket: Bucket, new_desk: Callable[[Path], Any]) -> Any:
    desk = new_desk(tmp_path)
    desk.overrides = {"uri": bucket.root}
    desk.lake = Lake(open_store(bucket.root.removesuffix("in") + "lake"), desk.clock)
    return desk


def counts(desk: Any) -> dict[str, int]:
    return {kind.value: number for kind, number in desk.run().counts.items()}


def test_a_bucket_is_followed(desk: Any, bucket: Bucket) -> None:
    for key in AWKWARD:
        bucket.put(key, key.encode())
    bucket.put("readme.txt", b"no document")
    desk.overrides["batch_documents"] = 3
    assert counts(desk) == {"new": 8}
    assert [entry.key for entry in desk.known()] == AWKWARD
    assert counts(desk) == {"unchanged": 8}
    bucket.put("a.pdf", b"other bytes")
    bucket.put("a/x.pdf", b"a/x.pdf")  # the same bytes, so the same ETag
    bucket.remove("a/x-1.pdf")
    bucket.put("a-2.pdf", b"a/x-1.pdf")
    assert counts(desk) == {"unchanged": 6, "changed": 1, "new": 1, "gone": 1}
    assert len(desk.read) == 10
    bucket.put("a/x-1.pdf", b"a/x-1.pdf")  # it comes back as it was
    assert counts(desk) == {"unchanged": 8, "new": 1}
    departures = sightings = 0
    for _, record in desk.lake.commits():
        if record.kind == "sightings":
            departures += len(record.content.departures)
            sightings += len(record.content.sightings)
    assert (departures, sightings) == (1, 11)


def test_without_news_a_source_is_listed_once_and_nothing_else(
    desk: Any, bucket: Bucket, s3_faults: FaultProxy
) -> None:
    for number in range(5):
        bucket.put(f"{number}.pdf", b"%d" % number)
    desk.run()
    s3_faults.requests.clear()
    assert counts(desk) == {"unchanged": 5}
    asked = [f"{each.method} {each.path}" for each in s3_faults.requests]
    of_source = [line for line in asked if "/in/" in line]
    assert all("list-type=2" in line for line in of_source)
    assert 1 <= len(of_source) <= 2  # SeaweedFS: the first page once more, to go by folders
    assert not [line for line in asked if line.startswith("PUT")]


def test_a_bucket_that_cannot_be_listed_is_not_empty(
    desk: Any, bucket: Bucket, s3_faults: FaultProxy
) -> None:
    bucket.put("a.pdf", b"a")
    desk.run()
    desk.overrides["may_be_empty"] = True
    scan = desk.scan()
    s3_faults.spoil(Refuse(403, "AccessDenied"), "GET", "list-type=2", times=9)
    with pytest.raises(StoreError, match="denied"):
        list(scan)
    desk.overrides = {"uri": "s3://no-such-bucket-here/in", "may_be_empty": True}
    with pytest.raises(StoreError):
        desk.run()


def test_a_prefix_that_lists_nothing_is_not_taken_for_emptied(desk: Any, bucket: Bucket) -> None:
    bucket.put("a.pdf", b"a")
    desk.run()
    bucket.remove("a.pdf")
    with pytest.raises(SourceEmpty):
        desk.run()


def test_buckets_on_the_command_line(bucket: Bucket) -> None:
    for key in ("a b.pdf", "sub/c.png", "notes.txt", ".hidden.pdf"):
        bucket.put(key, key.encode())
    Bucket(bucket.root + "-2", bucket.client).put("d.pdf", b"d")
    found = find_sources([bucket.root])
    assert [each.uri for each in found.objects] == [
        f"{bucket.root}/a b.pdf",
        f"{bucket.root}/sub/c.png",
    ]
    (one,) = find_sources([f"{bucket.root}/notes.txt"]).objects  # named directly
    assert (one.uri, one.size) == (f"{bucket.root}/notes.txt", 9)
    both = find_sources([bucket.root, f"{bucket.root}/a b.pdf"])
    assert both.objects == found.objects
    with pytest.raises(UsageError, match="nothing there"):
        find_sources([f"{bucket.root}/none"])
    with pytest.raises(StoreError):
        find_sources(["s3://no-such-bucket-here/in/"])
