from __future__ import annotations

from pathlib import Path

from docmill.infra.storage.local import LocalFolder
from docmill.infra.storage.recent import RecentlyRead


def test_what_was_read_lately_is_not_fetched_again(tmp_path: Path) -> None:
    folder = LocalFolder(tmp_path)
    store = RecentlyRead(folder, most_bytes=10)
    assert store.get("a") is None
    assert store.put("a", b"12345")
    assert store.get("a") == b"12345"
    (tmp_path / "a").unlink()
    assert store.get("a") == b"12345"
    assert store.find("a") is None
    store.put("b", b"67890")
    store.put("c", b"x")
    assert (store.get("b"), store.get("a"), store.get("c")) == (b"67890", b"12345", b"x")
    (tmp_path / "b").unlink()
    assert store.get("b") is None  # it was read the longest time ago
    assert store.get("a") == b"12345"
    assert sorted(each.key for each in store.list("")) == ["c"]


def test_an_object_larger_than_the_memory(tmp_path: Path) -> None:
    store = RecentlyRead(LocalFolder(tmp_path), most_bytes=3)
    store.put("a", b"12345")
    assert [store.get("a"), store.get("a")] == [b"12345"] * 2
