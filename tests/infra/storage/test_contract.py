"""What every store does, whatever is behind it."""

from __future__ import annotations

import io
import itertools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from docmill.infra.storage.opening import locate, open_store
from docmill.infra.storage.store import ObjectStore
from docmill.schemas.errors import SourceGone, StoreError, UsageError

NewStore = Callable[[], ObjectStore]
# Characters that sort before and behind `/`, and outside ASCII.
SEGMENTS = st.text(" !'+-=Za9é日😀", min_size=1, max_size=3)
# Objects end in ".o", folders never do: as on every store, none is a folder of another.
KEYS = st.tuples(st.lists(SEGMENTS, max_size=3), SEGMENTS).map(
    lambda parts: "/".join([*parts[0], parts[1] + ".o"])
)
ODD_KEYS = [
    "a b.pdf",
    "a+b&c=d?e#f%20g.pdf",
    "Rechnung Müller–Söhne/日本語 😀.pdf",
    "-/~'!*().pdf",
    "a\nb",
    'a "quote"',
    "x" * 200 + "/" + "y" * 200,
]


@pytest.fixture(params=["local", "s3"])
def new_store(request: pytest.FixtureRequest, tmp_path: Path) -> NewStore:
    """Makes empty stores of one kind."""
    root = str(tmp_path) if request.param == "local" else request.getfixturevalue("s3_root")
    numbers = itertools.count()
    return lambda: open_store(f"{root}/store-{next(numbers)}")


@pytest.fixture
def store(new_store: NewStore) -> ObjectStore:
    return new_store()


def test_gives_back_what_was_put(store: ObjectStore) -> None:
    assert store.put("a/b", b"content")
    assert store.get("a/b") == b"content"
    found = store.find("a/b")
    assert found is not None
    assert (found.key, found.size) == ("a/b", 7)
    assert found.modified_at.utcoffset() is not None
    assert list(store.list("")) == [found]


def test_an_object_without_bytes_is_an_object(store: ObjectStore) -> None:
    assert store.put("done/1", b"")
    assert store.get("done/1") == b""
    assert [found.size for found in store.list("done/")] == [0]


def test_the_first_content_stays(store: ObjectStore, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"third")
    assert store.put("a/b", b"first")
    assert not store.put("a/b", b"second")
    assert not store.put_file("a/b", tmp_path / "file")
    assert store.get("a/b") == b"first"


def test_what_is_not_there(store: ObjectStore) -> None:
    assert store.get("a") is None
    assert store.find("a") is None
    assert list(store.list("")) == []
    with pytest.raises(SourceGone):
        store.download("a", io.BytesIO())


def test_of_many_writers_one_creates_the_object(store: ObjectStore) -> None:
    contents = [bytes([number]) * 5000 for number in range(32)]
    with ThreadPoolExecutor(8) as pool:
        created = list(pool.map(partial(store.put, "x/y"), contents))
    assert created.count(True) == 1
    assert store.get("x/y") == contents[created.index(True)]


@pytest.mark.parametrize("size", [0, 1, 3 * 2**20, 40 * 2**20 + 17])
def test_files_of_any_size(store: ObjectStore, tmp_path: Path, size: int) -> None:
    content = bytes(range(251)) * (size // 251 + 1)
    (tmp_path / "file").write_bytes(content[:size])
    assert store.put_file("big/file", tmp_path / "file")
    assert not store.put_file("big/file", tmp_path / "file")
    target = io.BytesIO()
    found = store.find("big/file")
    assert found is not None
    assert found.size == size
    store.download("big/file", target, found.etag)
    assert target.getvalue() == content[:size]


def test_a_file_that_is_not_there(store: ObjectStore, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="No such file"):
        store.put_file("a", tmp_path / "nothing")
    assert store.find("a") is None


def test_an_etag_that_no_longer_holds(store: ObjectStore) -> None:
    store.put("a", b"one")
    store.put("b", b"other")
    other = store.find("b")
    assert other is not None
    with pytest.raises(SourceGone, match="changed"):
        store.download("a", io.BytesIO(), other.etag)


class FullDisk(io.BytesIO):
    def write(self, content: Any, /) -> int:
        raise OSError(28, "No space left on device")


def test_a_full_disk_is_no_vanished_source(store: ObjectStore) -> None:
    store.put("a", b"content")
    with pytest.raises(StoreError, match="No space left") as caught:
        store.download("a", FullDisk())
    assert not isinstance(caught.value, SourceGone)
    assert "free some space" in caught.value.hint


@pytest.mark.parametrize("key", ODD_KEYS)
def test_keys_hold_any_characters(store: ObjectStore, key: str) -> None:
    assert store.put(key, key.encode())
    assert [found.key for found in store.list("")] == [key]
    found, name = locate(store.uri + key)
    assert found.get(name) == key.encode()
    assert found.uri + name == store.uri + key


@pytest.mark.parametrize("key", ["", "\ud800"])
def test_refuses_keys_that_are_none(store: ObjectStore, key: str) -> None:
    for use in (lambda: store.put(key, b""), lambda: store.get(key), lambda: store.find(key)):
        with pytest.raises(StoreError, match="not a valid object key"):
            use()


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    keys=st.sets(KEYS, max_size=8),
    prefix=st.one_of(
        st.just(""), KEYS.flatmap(lambda key: st.sampled_from([key[:n] for n in range(len(key))]))
    ),
    start_after=st.one_of(st.none(), KEYS, st.just("a/")),
)
def test_lists_keys_in_order_of_bytes(
    new_store: NewStore, keys: set[str], prefix: str, start_after: str | None
) -> None:
    store = new_store()
    for key in keys:
        assert store.put(key, b"")
    listed = [found.key.encode() for found in store.list(prefix, start_after)]
    after = (start_after or "").encode()
    wanted = (key.encode() for key in keys if key.startswith(prefix))
    assert listed == sorted(key for key in wanted if key > after)


def test_a_store_ends_at_its_folder(new_store: NewStore) -> None:
    store = new_store()
    beside = open_store(store.uri.rstrip("/") + "-beside")
    beside.put("b", b"")
    store.put("a", b"")
    assert [found.key for found in store.list("")] == ["a"]
    assert open_store(store.uri).get("b") is None


@pytest.mark.parametrize(
    ("uri", "what"),
    [("gs://b/k", "knows no gs://"), ("s3://", "names no bucket"), ("s3:///k", "names no bucket")],
)
def test_places_that_are_none(uri: str, what: str) -> None:
    for use in (open_store, locate):
        with pytest.raises(UsageError, match=what) as caught:
            use(uri)
        assert "s3://bucket" in caught.value.hint


def test_a_bucket_is_no_object() -> None:
    with pytest.raises(UsageError, match="no object"):
        locate("s3://bucket/")
