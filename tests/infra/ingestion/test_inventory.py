from __future__ import annotations

import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from docmill.infra.ingestion.inventory import Entry, Inventories, Inventory, Update
from docmill.infra.ingestion.joining import side_by_side
from docmill.infra.lake import Lake
from docmill.infra.storage.local import LocalFolder
from docmill.schemas.errors import StoreError

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def inventories_in(root: Path, chunk_entries: int = 4) -> Inventories:
    return Inventories(Lake(LocalFolder(root)), "inbox", "file:///in/", chunk_entries)


def entry(key: str, etag: str = "1") -> Entry:
    return Entry(key, 10, etag, "d" * 64)


def updates(*keys: str) -> Iterator[Update]:
    return (Update(key, entry(key)) for key in keys)


def keys_of(inventories: Inventories, inventory: Inventory) -> list[str]:
    return [each.key for each in inventories.entries(inventory.chunks)]


def files(root: Path) -> set[Path]:
    return {path for path in root.rglob("chunks/**/*") if path.is_file()}


def test_only_what_changes_is_written_and_nothing_else_read(tmp_path: Path) -> None:
    inventories = inventories_in(tmp_path)
    names = [f"{number:02d}" for number in range(20)]
    first = inventories.update(inventories.newest(), updates(*names), NOON)
    before = files(tmp_path)
    assert [chunk.entries for chunk in first.chunks] == [4, 4, 4, 4, 4]
    for path in before - set(tmp_path.rglob(f"{first.chunks[1].key}*")):
        path.write_bytes(b"damaged")  # reading any but the second chunk would tell
    second = inventories.update(first, [Update("05", entry("05", "2"))], NOON)
    assert len(files(tmp_path) - before) == 1
    assert [new == old for new, old in zip(second.chunks, first.chunks, strict=True)] == [
        True,
        False,
        True,
        True,
        True,
    ]
    assert inventories.newest() == second


def test_an_update_that_changes_nothing_writes_nothing(tmp_path: Path) -> None:
    inventories = inventories_in(tmp_path)
    first = inventories.update(inventories.newest(), updates("a", "b"), NOON)
    before = sorted(tmp_path.rglob("*"))
    assert inventories.update(first, updates("b"), NOON) == first
    assert sorted(tmp_path.rglob("*")) == before


def test_the_newest_counts_even_by_a_clock_set_back(tmp_path: Path) -> None:
    inventories = inventories_in(tmp_path)
    inventory = inventories.newest()
    for number, hours in enumerate((0, 5, -30)):
        now = NOON + timedelta(hours=hours)
        inventory = inventories.update(inventory, updates(f"{number}"), now)
        assert inventories.newest() == inventory
    assert keys_of(inventories, inventory) == ["0", "1", "2"]


def test_sources_of_one_place_have_inventories_of_their_own(tmp_path: Path) -> None:
    inventories = inventories_in(tmp_path)
    inventories.update(inventories.newest(), updates("a"), NOON)
    other = Inventories(inventories.lake, "outbox", inventories.uri)
    assert other.newest().entries == 0


def test_a_lost_chunk_is_named(tmp_path: Path) -> None:
    inventories = inventories_in(tmp_path)
    inventory = inventories.update(inventories.newest(), updates("a"), NOON)
    for path in files(tmp_path):
        path.unlink()
    with pytest.raises(StoreError, match="lacks inventories/") as caught:
        keys_of(inventories, inventory)
    assert "manifests" in caught.value.hint


KEYS = st.text("ab/-é.", min_size=1, max_size=4)
CHANGES = st.dictionaries(KEYS, st.sampled_from(["1", "2", None]), max_size=25)


@settings(max_examples=60, deadline=None)
@given(rounds=st.lists(CHANGES, min_size=1, max_size=5))
def test_an_inventory_is_what_a_dictionary_would_be(rounds: list[dict[str, str | None]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        inventories = inventories_in(Path(folder), chunk_entries=4)
        inventory, model = inventories.newest(), dict[str, Entry]()
        for changed in rounds:
            stream = [
                Update(key, entry(key, etag) if etag else None)
                for key, etag in sorted(changed.items())
            ]
            inventory = inventories.update(inventory, stream, NOON)
            for update in stream:
                model.pop(update.key, None)
                if update.entry:
                    model[update.key] = update.entry
            assert list(inventories.entries(inventory.chunks)) == [
                model[key] for key in sorted(model)
            ]
            assert inventory.entries == len(model)
            assert all(0 < chunk.entries < 8 for chunk in inventory.chunks)
            assert [chunk.first for chunk in inventory.chunks] == [
                next(inventories.entries([chunk])).key for chunk in inventory.chunks
            ]
        assert inventories.newest().chunks == inventory.chunks


@given(left=st.sets(KEYS), right=st.sets(KEYS))
def test_side_by_side_gives_every_key_once(left: set[str], right: set[str]) -> None:
    pairs = list(side_by_side(map(entry, sorted(left)), map(entry, sorted(right))))
    keys = [(one or other or entry("")).key for one, other in pairs]
    assert keys == sorted(left | right)
    assert {one.key for one, _ in pairs if one} == left
    assert {other.key for _, other in pairs if other} == right
    assert all(one.key == other.key for one, other in pairs if one and other)
