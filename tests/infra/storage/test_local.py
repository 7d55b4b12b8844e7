from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from docmill.infra.storage.local import LocalFolder
from docmill.schemas.errors import StoreError

SEGMENTS = st.text("ab-=Z9", min_size=1, max_size=3)
# Objects end in ".o", folders never do: as on every store, none is a folder of another.
KEYS = st.tuples(st.lists(SEGMENTS, max_size=3), SEGMENTS).map(
    lambda parts: "/".join([*parts[0], parts[1] + ".o"])
)


@settings(deadline=None)  # the disk takes as long as it takes
@given(
    keys=st.sets(KEYS, max_size=12),
    prefix=st.one_of(
        st.just(""), KEYS.flatmap(lambda key: st.sampled_from([key[:n] for n in range(len(key))]))
    ),
    start_after=st.one_of(st.none(), KEYS, st.just("a/")),
)
def test_lists_keys_in_order_of_bytes(keys: set[str], prefix: str, start_after: str | None) -> None:
    with tempfile.TemporaryDirectory() as root:
        store = LocalFolder(Path(root))
        for key in keys:
            assert store.put(key, key.encode())
        listed = [found.key for found in store.list(prefix, start_after)]
        assert listed == sorted(
            key for key in keys if key.startswith(prefix) and key > (start_after or "")
        )
        assert all(store.get(key) == key.encode() for key in listed)


@example(".staging")
@given(st.text(max_size=8))
def test_a_key_never_leaves_the_folder(key: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "root"
        try:
            LocalFolder(root).put(key, b"x")
        except StoreError:
            assert not root.exists()
        else:
            assert (root / key).read_bytes() == b"x"
            assert (root / key).resolve().is_relative_to(root)


@pytest.mark.parametrize("key", ["", "/a", "a/", "a//b", "../a", "a/../b", "a\0b", "\ud800"])
def test_refuses_malformed_keys(tmp_path: Path, key: str) -> None:
    store = LocalFolder(tmp_path)
    for use in (lambda: store.put(key, b""), lambda: store.get(key), lambda: store.find(key)):
        with pytest.raises(StoreError, match="not a valid object key"):
            use()


def test_the_first_content_stays(tmp_path: Path) -> None:
    store = LocalFolder(tmp_path)
    assert store.put("a/b", b"first")
    assert not store.put("a/b", b"second")
    assert store.get("a/b") == b"first"


def test_what_is_not_there(tmp_path: Path) -> None:
    store = LocalFolder(tmp_path / "never made")
    assert store.get("a") is None
    assert store.find("a") is None
    assert list(store.list("")) == []


def test_of_many_writers_one_creates_the_object(tmp_path: Path) -> None:
    store = LocalFolder(tmp_path)
    contents = [bytes([number]) * 5000 for number in range(32)]
    with ThreadPoolExecutor(8) as pool:
        created = list(pool.map(partial(store.put, "x/y"), contents))
    assert created.count(True) == 1
    assert store.get("x/y") == contents[created.index(True)]


def test_a_folder_of_objects_is_no_object(tmp_path: Path) -> None:
    store = LocalFolder(tmp_path)
    store.put("a/b", b"x")
    with pytest.raises(StoreError):
        store.put("a", b"y")
    assert store.find("a") is None
    with pytest.raises(StoreError):
        store.put("a/b/c", b"y")


def test_lists_lazily(tmp_path: Path) -> None:
    store = LocalFolder(tmp_path)
    store.put("a/1", b"")
    store.put("b/1", b"")
    listing = store.list("")
    assert next(listing).key == "a/1"
    store.put("b/2", b"")  # in a folder the listing has not reached
    assert [found.key for found in listing] == ["b/1", "b/2"]


def test_a_full_disk_is_named_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    store = LocalFolder(tmp_path)
    store.put("a/1", b"")
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(StoreError, match="No space left") as caught:
            store.put("a/2", b"x")
    assert "free some space" in caught.value.hint
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["1"]


def test_a_root_that_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot write"):
        LocalFolder(tmp_path / "file").put("a", b"")


WRITER = """
import sys
from pathlib import Path
from docmill.infra.storage.local import LocalFolder
store = LocalFolder(Path(sys.argv[1]))
for number in range(10**6):
    store.put(f"k{number % 97}/{number:07}", b"%07d" % number * 40000)
    print(number, flush=True)
"""


def test_a_killed_writer_leaves_whole_objects_only(tmp_path: Path) -> None:
    store = LocalFolder(tmp_path)
    for reported in (1, 20, 45):
        with subprocess.Popen(
            [sys.executable, "-c", WRITER, str(tmp_path)], stdout=subprocess.PIPE, text=True
        ) as writer:
            assert writer.stdout is not None
            for _ in range(reported):
                writer.stdout.readline()
            writer.send_signal(signal.SIGKILL)
        keys = [found.key for found in store.list("")]
        assert len(keys) >= reported
        assert all(store.get(key) == key[-7:].encode() * 40000 for key in keys)
