"""S3 when things go wrong: a real server behind a proxy that spoils answers."""

from __future__ import annotations

import io
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from fault_proxy import Corrupt, Cut, Drop, Fault, FaultProxy, Lose, Refuse, Request
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from object_server import ObjectServer

from docmill.infra.settings import Limits
from docmill.infra.storage.opening import locate, open_store
from docmill.infra.storage.patience import IN_WORKER, Patience
from docmill.infra.storage.s3.client import attempts_of, client_for
from docmill.infra.storage.s3.listing import Listing
from docmill.infra.storage.s3.prefix import S3Prefix
from docmill.infra.storage.store import ObjectStore
from docmill.schemas.errors import DocmillError, SourceGone, StoreError, StoreRefused

MIB = 2**20
SLOW_DOWN = Refuse(503, "SlowDown")


def split(root: str) -> tuple[str, str]:
    bucket, _, prefix = root.removeprefix("s3://").partition("/")
    return bucket, prefix


def hurried(root: str) -> ObjectStore:
    """The store with a client that gives up after three tries."""
    return open_store(root, Patience(attempts=3, connect_s=2, read_s=2))


@pytest.fixture
def plain(object_server: ObjectServer, s3_root: str) -> Any:
    """A client that goes to the server itself."""
    return object_server.client()


class Interfering(io.BytesIO):
    """A target that does something once, after the first bytes came."""

    def __init__(self, act: Any) -> None:
        super().__init__()
        self._act = act

    def write(self, content: Any, /) -> int:
        act, self._act = self._act, None
        if act:
            act()
        return super().write(content)


CONTENT = bytes(range(256)) * 4 * 1024 * 5 + b"end"  # 5 MiB and a bit


@pytest.mark.parametrize("after", [0, 1, MIB, 3 * MIB + 5, len(CONTENT) - 1])
def test_a_broken_download_goes_on_where_it_broke(
    s3_root: str, s3_faults: FaultProxy, after: int
) -> None:
    store = open_store(s3_root)
    store.put("a", CONTENT)
    s3_faults.spoil(Cut(after), "GET", "/a")
    target = io.BytesIO()
    store.download("a", target)
    assert target.getvalue() == CONTENT
    first, second = (seen for seen in s3_faults.requests if seen.method == "GET")
    assert "Range" not in first.headers
    assert second.headers.get("Range") == (f"bytes={after}-" if after else None)
    assert second.headers["If-Match"]


def test_a_download_that_always_breaks_is_no_success(s3_root: str, s3_faults: FaultProxy) -> None:
    store = hurried(s3_root)
    store.put("a", CONTENT)
    s3_faults.spoil(Cut(100), "GET", "/a", times=100)
    with pytest.raises(StoreError, match="the connection broke 3 times"):
        store.download("a", io.BytesIO())
    with pytest.raises(StoreError, match="the connection broke 3 times"):
        store.get("a")


def test_bytes_that_changed_on_the_way_are_no_success(s3_root: str, s3_faults: FaultProxy) -> None:
    store = open_store(s3_root)
    store.put("a", b"content")
    s3_faults.spoil(Corrupt(), "GET", "/a", times=2)
    with pytest.raises(StoreError, match="checksum"):
        store.get("a")
    with pytest.raises(StoreError, match="checksum"):
        store.download("a", io.BytesIO())
    assert store.get("a") == b"content"


def test_versions_are_not_mixed(s3_root: str, s3_faults: FaultProxy, plain: Any) -> None:
    store = open_store(s3_root)
    bucket, prefix = split(s3_root)
    store.put("a", CONTENT)
    s3_faults.spoil(Cut(2 * MIB), "GET", "/a")

    def overwrite() -> None:
        plain.put_object(Bucket=bucket, Key=f"{prefix}/a", Body=CONTENT[::-1])

    with pytest.raises(SourceGone, match="changed or removed"):
        store.download("a", Interfering(overwrite))


def test_an_object_that_vanishes_on_the_way(
    s3_root: str, s3_faults: FaultProxy, plain: Any
) -> None:
    store = open_store(s3_root)
    bucket, prefix = split(s3_root)
    store.put("a", CONTENT)
    s3_faults.spoil(Cut(2 * MIB), "GET", "/a")
    with pytest.raises(SourceGone):
        store.download(
            "a", Interfering(lambda: plain.delete_object(Bucket=bucket, Key=f"{prefix}/a"))
        )
    with pytest.raises(SourceGone, match="does not exist"):
        store.download("a", io.BytesIO())


@pytest.mark.parametrize("fault", [SLOW_DOWN, Refuse(429, "TooMany"), Lose(500), Drop()])
def test_passing_faults_are_waited_out(
    s3_root: str, s3_faults: FaultProxy, tmp_path: Path, fault: Any
) -> None:
    store = open_store(s3_root)
    (tmp_path / "file").write_bytes(CONTENT)
    for method in ("PUT", "GET", "HEAD"):
        s3_faults.spoil(fault, method, "/a", times=2)
    s3_faults.spoil(fault, "GET", "list-type", times=2)
    assert store.put_file("a", tmp_path / "file")
    assert store.get("a") == CONTENT
    assert store.find("a")
    assert [found.size for found in store.list("")] == [len(CONTENT)]
    assert s3_faults.count("PUT") == 3


@pytest.mark.parametrize("fault", [Lose(500), Drop()])
def test_a_put_whose_answer_was_lost_is_known_as_ours(
    s3_root: str, s3_faults: FaultProxy, fault: Any
) -> None:
    store = open_store(s3_root)
    s3_faults.spoil(fault, "PUT", "/a")
    assert store.put("a", b"ours")
    assert s3_faults.count("PUT") == 2
    assert store.get("a") == b"ours"


def test_an_equal_object_of_another_writer_is_not_ours(s3_root: str, s3_faults: FaultProxy) -> None:
    store = open_store(s3_root)
    assert store.put("a", b"same")
    s3_faults.spoil(Refuse(500, "InternalError"), "PUT", "/a")
    assert not store.put("a", b"same")


def test_colliding_writers_try_again(s3_root: str, s3_faults: FaultProxy) -> None:
    store = open_store(s3_root)
    s3_faults.spoil(Refuse(409, "ConditionalRequestConflict"), "PUT", "/a", times=2)
    assert store.put("a", b"ours")
    s3_faults.spoil(Lose(409, "ConditionalRequestConflict"), "PUT", "/a")
    assert not store.put("a", b"ours")


@pytest.fixture
def large(tmp_path: Path) -> Path:
    path = tmp_path / "large"
    path.write_bytes(os.urandom(MIB) * 40)
    return path


@pytest.mark.parametrize("fault", [Lose(500), Drop(), SLOW_DOWN])
def test_a_large_file_whose_answers_were_lost(
    s3_root: str, s3_faults: FaultProxy, plain: Any, large: Path, fault: Any
) -> None:
    s3_faults.spoil(fault, "PUT", "partNumber=2")
    s3_faults.spoil(fault, "POST", "uploadId")
    store = open_store(s3_root)
    assert store.put_file("a", large)
    assert store.get("a") == large.read_bytes()
    assert uploads(plain, s3_root) == []


def test_a_failed_upload_leaves_nothing(
    s3_root: str, s3_faults: FaultProxy, plain: Any, large: Path
) -> None:
    s3_faults.spoil(Refuse(500, "InternalError"), "PUT", "partNumber=3", times=100)
    store = hurried(s3_root)
    with pytest.raises(StoreError, match="InternalError"):
        store.put_file("a", large)
    assert store.find("a") is None
    assert uploads(plain, s3_root) == []


class Overtaking(FaultProxy):
    """Does something once, before it passes on the first request that ends a large upload."""

    act: Callable[[], None] | None = None

    def fault_for(self, request: Request) -> Fault | None:
        if self.act and request.method == "POST" and "uploadId" in request.path:
            act, self.act = self.act, None
            act()
        return super().fault_for(request)


def test_of_two_large_uploads_the_first_stays(
    s3_root: str,
    object_server: ObjectServer,
    plain: Any,
    large: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One ends while the other is nearly done; two that end at once SeaweedFS takes both."""
    other = tmp_path / "other"
    other.write_bytes(bytes(40 * MIB))
    created: list[bool] = []
    near = open_store(s3_root)
    with Overtaking(object_server.endpoint) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", proxy.endpoint)
        proxy.act = lambda: created.append(near.put_file("a", large))
        created.append(open_store(s3_root).put_file("a", other))
    assert created.count(True) == 1
    assert near.get("a") == (large, other)[created.index(True)].read_bytes()
    assert uploads(plain, s3_root) == []


def uploads(plain: Any, root: str) -> list[Any]:
    """Multipart uploads that nobody ended."""
    bucket, prefix = split(root)
    found: Any = plain.list_multipart_uploads(Bucket=bucket, Prefix=prefix)
    return list(found.get("Uploads", ()))


MEMORY = """
import resource, sys
from pathlib import Path
from docmill.infra.storage.opening import open_store
store, path = open_store(sys.argv[1]), Path(sys.argv[2])
store.put("warm", b"x" * 2**20); store.get("warm")
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
assert store.put_file("a", path)
with path.with_name("copy").open("wb") as target:
    store.download("a", target)
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


def test_large_files_are_not_held_in_memory(s3_root: str, tmp_path: Path) -> None:
    path = tmp_path / "large"
    with path.open("wb") as file:
        for number in range(200):
            file.write(bytes([number]) * MIB)
    done = subprocess.run(
        [sys.executable, "-c", MEMORY, s3_root, str(path)], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) < 80
    assert (tmp_path / "copy").read_bytes() == path.read_bytes()


# What is wrong, and words of message and hint.
def refused(root: str, what: str, hint: str) -> None:
    store = hurried(root)
    for use in (
        lambda: store.put("a", b""),
        lambda: store.get("a"),
        lambda: store.find("a"),
        lambda: next(iter(store.list("")), None),
        lambda: store.download("a", io.BytesIO()),
    ):
        with pytest.raises(StoreRefused, match=what) as caught:
            use()
        assert hint in caught.value.hint
        assert root in caught.value.message
        assert not caught.value.retryable


def test_a_wrong_secret_is_named(s3_root: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "not the secret")
    refused(s3_root, "secret key is wrong|access is denied", "AWS_SECRET_ACCESS_KEY")


def test_an_unknown_key_is_named(s3_root: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "nobody")
    refused(s3_root, "access key is unknown|access is denied", "AWS_ACCESS_KEY_ID")


def test_no_credentials_at_all(s3_root: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    refused(s3_root, "no usable credentials", "AWS_ACCESS_KEY_ID")


def test_a_missing_bucket_is_named(s3_root: str) -> None:
    refused("s3://docmill-nowhere/x", "the bucket does not exist", "Create the bucket")


@pytest.mark.parametrize("name", ["No_Bucket!", "x"])
def test_a_name_no_bucket_can_have(s3_root: str, name: str) -> None:
    with pytest.raises(StoreRefused) as caught:
        hurried(f"s3://{name}/x").put("a", b"")
    assert caught.value.hint


@pytest.mark.parametrize(
    ("fault", "what", "hint"),
    [
        (Refuse(400, "ExpiredToken"), "token has expired", "Log in again"),
        (Refuse(403, "RequestTimeTooSkewed"), "clock", "clock"),
        (Refuse(403, "AccessDenied"), "access is denied", "docs/storage.md"),
        (
            Refuse(301, "PermanentRedirect", (("x-amz-bucket-region", "eu-west-1"),)),
            "another region",
            "eu-west-1",
        ),
        (Refuse(501, "NotImplemented"), "lacks something", "docs/storage.md"),
        (Refuse(400, "KeyTooLongError"), "KeyTooLongError: as planned", "docs/storage.md"),
    ],
)
def test_other_refusals_are_named(
    s3_root: str, s3_faults: FaultProxy, fault: Refuse, what: str, hint: str
) -> None:
    for method in ("PUT", "GET", "HEAD"):
        s3_faults.spoil(fault, method, times=100)
    with pytest.raises(StoreRefused, match=what) as caught:
        hurried(s3_root).put("a", b"")
    assert hint in caught.value.hint


@pytest.mark.parametrize("endpoint", ["http://127.0.0.1:1", "http://nowhere.invalid"])
def test_an_endpoint_that_is_not_there(
    s3_root: str, monkeypatch: pytest.MonkeyPatch, endpoint: str
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", endpoint)
    with pytest.raises(StoreError, match="Could not connect") as caught:
        hurried(s3_root).get("a")
    assert "AWS_ENDPOINT_URL_S3" in caught.value.hint
    assert caught.value.retryable  # servers come back


def test_an_endpoint_that_is_no_address(s3_root: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "127.0.0.1:8333")
    with pytest.raises(StoreRefused, match="Invalid endpoint"):
        open_store(s3_root)


def test_a_server_that_stays_out_of_order(s3_root: str, s3_faults: FaultProxy) -> None:
    s3_faults.spoil(SLOW_DOWN, "GET", times=100)
    with pytest.raises(StoreError, match="SlowDown") as caught:
        hurried(s3_root).get("a")
    assert type(caught.value) is StoreError
    assert s3_faults.count("GET") == 3


def test_a_server_that_hangs_ends_in_time(s3_root: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=64) as silent:  # takes, never answers
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", f"http://127.0.0.1:{silent.getsockname()[1]}")
        with pytest.raises(StoreError, match="Read timeout"):
            open_store(s3_root, Patience(attempts=2, connect_s=1, read_s=0.5)).get("a")


def test_a_worker_gives_up_before_it_is_stopped() -> None:
    answers = IN_WORKER.attempts * (IN_WORKER.connect_s + IN_WORKER.read_s)
    waits = sum(min(2**attempt, 20) for attempt in range(IN_WORKER.attempts - 1))
    assert answers + waits < Limits().page_seconds


def test_one_client_serves_all_threads_and_follows_the_environment(
    s3_root: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ThreadPoolExecutor(8) as pool:
        stores = list(pool.map(open_store, [s3_root] * 32))
        keys = [f"k{number}" for number in range(32)]
        created = [
            pool.submit(store.put, key, b"") for store, key in zip(stores, keys, strict=True)
        ]
        assert all(future.result() for future in created)
    assert client_for() is client_for()
    first = client_for()
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "other")
    assert client_for() is not first
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "2")
    assert attempts_of(client_for()) == 2


def test_marks_of_folders_are_passed_over(s3_root: str, plain: Any) -> None:
    bucket, prefix = split(s3_root)
    for key in (f"{prefix}/", f"{prefix}/in/"):
        plain.put_object(Bucket=bucket, Key=key, Body=b"")
    store = open_store(s3_root)
    store.put("in/a", b"")
    store.put("in-2", b"")
    assert [found.key for found in store.list("")] == ["in-2", "in/a"]


def test_keys_with_slashes_that_follow_each_other(s3_root: str) -> None:
    # SeaweedFS makes one slash of several; what it lists must be readable all the same.
    store = open_store(s3_root)
    assert store.put("a//b", b"x")
    (found,) = store.list("")
    place, key = locate(store.uri + found.key)
    assert place.get(key) == store.get("a//b") == b"x"


SEGMENTS = st.text(" !-Aé😀", min_size=1, max_size=2)
KEYS = st.tuples(st.lists(SEGMENTS, max_size=2), SEGMENTS).map(
    lambda parts: "/".join([*parts[0], parts[1] + ".o"])
)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(keys=st.sets(KEYS, min_size=4, max_size=12))
def test_folders_walked_by_the_server_come_in_order_of_bytes(s3_root: str, keys: set[str]) -> None:
    bucket, prefix = split(f"{s3_root}/{uuid4().hex}")
    store = S3Prefix(bucket, prefix, client_for())
    for key in keys:
        store.put(key, b"")
    ordered = sorted(f"{prefix}/{key}" for key in keys)
    listing = Listing(client_for(), bucket, page_keys=3)
    assert [entry["Key"] for entry in listing.objects(f"{prefix}/", "")] == ordered
    middle = ordered[len(ordered) // 2]
    later = [entry["Key"] for entry in listing.objects(f"{prefix}/", middle)]
    assert later == ordered[len(ordered) // 2 + 1 :]


@pytest.fixture
def nameless(s3_root: str, object_server: ObjectServer, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The server under another name, so that its listings are taken as they come."""
    with FaultProxy(object_server.endpoint, name="AnotherServer") as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", proxy.endpoint)
        yield proxy


def test_pages_are_asked_for_when_needed(s3_root: str, nameless: FaultProxy) -> None:
    store = open_store(s3_root)
    keys = [f"k{number:04}" for number in range(2200)]
    with ThreadPoolExecutor(16) as pool:
        assert all(pool.map(store.put, keys, [b""] * len(keys)))
    listing = store.list("")
    assert next(listing).key == keys[0]
    assert nameless.count("GET", "list-type") == 1
    assert [found.key for found in listing] == keys[1:]
    assert nameless.count("GET", "list-type") == 3
    assert [found.key for found in store.list("k", keys[2100])] == keys[2101:]
    assert nameless.count("GET", "list-type") == 4


def test_a_server_without_order_is_refused(s3_root: str, nameless: FaultProxy) -> None:
    store = open_store(s3_root)
    store.put("a/1", b"")
    store.put("a-1", b"")
    with pytest.raises(StoreRefused, match="in no order"):
        list(store.list(""))


def test_every_error_says_what_to_do(s3_root: str, s3_faults: FaultProxy) -> None:
    for status, code in ((400, "Odd"), (404, "NoSuchUpload"), (500, "Odd"), (405, "Odd")):
        s3_faults.spoil(Refuse(status, code), "GET", times=3)
        with pytest.raises(DocmillError) as caught:
            hurried(s3_root).get("a")
        assert caught.value.hint


WITHOUT = """
import sys
import docmill.infra.workspace, docmill.infra.tasks
from docmill.infra.workspace import Workspace
Workspace().lake()
print(sorted(name for name in sys.modules if name.startswith(("boto", "urllib3"))))
"""


def test_a_lake_in_a_folder_does_without_boto3() -> None:
    done = subprocess.run([sys.executable, "-c", WITHOUT], capture_output=True, text=True)
    assert done.stdout.strip() == "[]", done.stderr
