"""One pass over a source: list it, cut batches of what is to be done, remember what came of it.

    scan = Scan(lake, follow(name, settings), work.key)
    for key in scan:
        ...  # have the batch with this key processed, here or elsewhere; file its report
    scan.finish()

A crash at any point loses nothing: until `finish` has written the new inventory the old one
counts, so the next pass finds the same objects again, and the pipeline skips those it did.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from heapq import merge
from itertools import chain, count
from operator import attrgetter

from docmill.infra.ingestion.batches import reports
from docmill.infra.ingestion.changes import Change, KeyOf, Kind, changes
from docmill.infra.ingestion.cutting import Cut, Cutter
from docmill.infra.ingestion.departing import Departing
from docmill.infra.ingestion.followed import Followed
from docmill.infra.ingestion.inventory import Entry, Inventories, Inventory, Update
from docmill.infra.lake import Lake, utc_now
from docmill.infra.sources import Place
from docmill.schemas.batch import BatchReport
from docmill.schemas.errors import SourceEmpty

_FRESH = (Kind.NEW, Kind.CHANGED)
_LATER = (Kind.OUTDATED, Kind.UNSETTLED)  # in this order, after all that is fresh


def inventories_of(lake: Lake, followed: Followed) -> Inventories:
    """The inventories of a source."""
    return Inventories(lake, followed.name, followed.place.store.uri)


def find_changes(followed: Followed, known: Iterable[Entry], key_of: KeyOf) -> Iterator[Change]:
    """What is the case with every object of a source; nothing is written.

    Args:
        followed: the source, which is listed once, as changes are asked for.
        known: its inventory, in order of keys.
        key_of: see `changes`.

    Raises:
        SourceEmpty: at the start; nothing is listed, although objects are known.
        StoreError: the source cannot be listed further; what came before stands.
    """
    found, entries = followed.place.list(), iter(known)
    first = next(found, None)
    if first is None and not followed.source.may_be_empty:
        entry = next(entries, None)
        if entry is not None:
            raise SourceEmpty(
                f"source `{followed.name}` lists nothing, but held {entry.key} and perhaps more"
            )
    listing = found if first is None else chain([first], found)
    return changes(listing, entries, key_of, followed.place.selection.takes)


class Scan:
    """One pass over a source; iterate over it once for the keys of batches, then `finish`.

    What is new or changed comes first, cut while the listing is compared; then what was done
    under another configuration; at last what was tried without a final outcome. What is gone is
    recorded on the way, in the lake's sightings.

    Args:
        lake: where inventories and batches are kept.
        followed: the source.
        key_of: a document's work key under the source's configuration (`Work.key`).
        more: asked before every object whether further ones shall be taken in this run; those
            left are found again by the next one. The source's `max_pages_per_run` bounds the
            objects, too, as each has a page at least.
        clock: the present time, in UTC.

    Raises:
        SourceEmpty: on iterating; nothing is listed, although objects are known.
        StoreError: the source cannot be listed further, or the lake failed; nothing that the
            listing did not pass is taken for gone.
    """

    def __init__(
        self,
        lake: Lake,
        followed: Followed,
        key_of: KeyOf,
        more: Callable[[], bool] = lambda: True,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self.counts: Counter[Kind] = Counter()
        self.left = 0
        self._lake = lake
        self._followed = followed
        self._key_of = key_of
        self._more = more
        self._clock = clock
        self._inventories = inventories_of(lake, followed)
        self._old = self._inventories.newest()
        self._departing = Departing(lake, self._inventories, clock)
        numbers = count(1)
        self._fresh = Cutter(lake, followed, numbers)
        self._later = {kind: Cutter(lake, followed, numbers) for kind in _LATER}
        self._cutters = (self._fresh, *self._later.values())
        self._offered = 0

    @property
    def listed(self) -> int:
        """How many objects the source held."""
        return self.counts.total() - self.counts[Kind.GONE] - self.counts[Kind.LEFT_OUT]

    @property
    def batches(self) -> tuple[str, ...]:
        """The keys given so far."""
        return tuple(key for cutter in self._cutters for key in cutter.given)

    def __iter__(self) -> Iterator[str]:
        """The keys of the batches, as they are cut."""
        known = self._inventories.entries(self._old.chunks)
        for change in find_changes(self._followed, known, self._key_of):
            self.counts[change.kind] += 1
            cut = self._sort(change)
            if cut:
                yield self._give(self._fresh, cut)
        self._departing.flush()
        if cut := self._fresh.rest():
            yield self._give(self._fresh, cut)
        for cutter in self._later.values():
            cutter.rest()  # it is among the cuts, too
            for cut in cutter.cuts:
                if self._has_room():
                    self._offered += cut.objects
                    yield self._give(cutter, cut)
                else:
                    self.left += cut.objects

    def finish(self) -> Inventory:
        """Write the new inventory from the old one and the reports on the batches so far.

        Objects of batches without report, and objects that could not be read, stay as they were
        known; so do those that an unfinished iteration did not come to.

        Raises:
            StoreError: the lake failed.
        """
        results = [self._results(cutter.given) for cutter in self._cutters]
        updates = merge(*results, self._departing.updates(), key=attrgetter("key"))
        return self._inventories.update(self._old, updates, self._clock())

    def _sort(self, change: Change) -> Cut | None:
        """Puts an object where it belongs; the batch to be given, if it fills one."""
        if change.found is None:
            assert change.entry is not None
            self._departing.add(change.entry, is_gone=change.kind is Kind.GONE)
        elif change.kind in _FRESH:
            if self._has_room():
                self._offered += 1
                return self._fresh.add(self._followed.place.object(change.found))
            self.left += 1
        elif change.kind in _LATER:
            cutter = self._later[change.kind]
            if self._has_room(cutter.objects):
                cutter.add(self._followed.place.object(change.found))
            else:
                self.left += 1
        return None

    def _has_room(self, waiting: int = 0) -> bool:
        most = self._followed.source.max_pages_per_run
        return (most is None or self._offered + waiting < most) and self._more()

    def _give(self, cutter: Cutter, cut: Cut) -> str:
        if not any(each.given for each in self._cutters):
            for schema in self._followed.schemas:
                self._lake.put_schema(schema)
        cutter.given.append(cut.key)
        return cut.key

    def _results(self, keys: Iterable[str]) -> Iterator[Update]:
        for report in reports(self._lake, keys):
            yield from _updates(report, self._followed.place) if report else ()


def _updates(report: BatchReport, place: Place) -> Iterator[Update]:
    """What a report says about the objects whose bytes were read."""
    for result in report.results:
        if result.document_id is not None:
            key, seen = place.key(result.object.uri), result.object
            yield Update(key, Entry(key, seen.size, seen.etag, result.document_id, result.settled))
