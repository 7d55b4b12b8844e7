"""What is new in a source: a listing beside its inventory.

Every pass lists everything. A watermark (“modified after the last run”) would be cheaper and
wrong: an object may be copied in with an old time, a slow upload becomes visible after newer
ones, keys do not ascend with time, and what was removed or moved away leaves no time at all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from docmill.infra.ingestion.inventory import Entry
from docmill.infra.ingestion.joining import side_by_side
from docmill.infra.storage.store import StoredObject


class Kind(StrEnum):
    """What is the case with an object.

    `UNCHANGED`: same size and ETag, and its work is done. `CHANGED`: another size or ETag.
    `OUTDATED`: done, but under another configuration. `UNSETTLED`: tried, without a final
    outcome. `GONE`: known, and no longer listed. `LEFT_OUT`: known, and no longer wanted.
    """

    UNCHANGED = "unchanged"
    NEW = "new"
    CHANGED = "changed"
    OUTDATED = "outdated"
    UNSETTLED = "unsettled"
    GONE = "gone"
    LEFT_OUT = "left_out"


@dataclass(frozen=True, slots=True)
class Change:
    """An object as it is listed, what is known of it, and what that means."""

    kind: Kind
    found: StoredObject | None
    entry: Entry | None


KeyOf = Callable[[str], str]


def changes(
    listing: Iterable[StoredObject],
    known: Iterable[Entry],
    key_of: KeyOf,
    is_wanted: Callable[[str], bool],
) -> Iterator[Change]:
    """One change for every object listed or known, unchanged ones included, in order of keys.

    Args:
        listing: what is there, in ascending order of keys, each once.
        known: the inventory, in the same order.
        key_of: a document's work key under the present configuration, by its id; called once
            per settled object, so it must be cheap.
        is_wanted: whether the object with this key would be listed if it were there.
    """
    for found, entry in side_by_side(listing, known):
        yield Change(_kind(found, entry, key_of, is_wanted), found, entry)


def _kind(
    found: StoredObject | None,
    entry: Entry | None,
    key_of: KeyOf,
    is_wanted: Callable[[str], bool],
) -> Kind:
    if entry is None:
        return Kind.NEW
    if found is None:
        return Kind.GONE if is_wanted(entry.key) else Kind.LEFT_OUT
    if (found.size, found.etag) != (entry.size, entry.etag):
        return Kind.CHANGED
    if entry.settled is None:
        return Kind.UNSETTLED
    return Kind.UNCHANGED if entry.settled == key_of(entry.document_id) else Kind.OUTDATED
