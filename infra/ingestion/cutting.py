"""Cutting batches from a stream of objects."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from docmill.infra.ingestion.batches import put_batch
from docmill.infra.ingestion.followed import Followed
from docmill.infra.lake import Lake
from docmill.schemas.source import SourceObject


@dataclass(frozen=True, slots=True)
class Cut:
    """A batch that was cut: its key in the lake and how many objects it has."""

    key: str
    objects: int


@dataclass
class Cutter:
    """Batches of one kind of work, in the order of their objects' keys.

    Args:
        lake: where batches are kept, each as soon as it is full.
        followed: the source, whose settings say when one is full.
        numbers: numbers for the batches.

    Attributes:
        objects: how many objects were added.
        cuts: all batches, in order.
        given: the keys of those that are to be processed in this run.
    """

    lake: Lake
    followed: Followed
    numbers: Iterator[int]
    objects: int = 0
    cuts: list[Cut] = field(default_factory=list[Cut])
    given: list[str] = field(default_factory=list[str])
    _waiting: list[SourceObject] = field(default_factory=list[SourceObject])
    _bytes: int = 0

    def add(self, source: SourceObject) -> Cut | None:
        """One more object; the batch that it fills, if it does."""
        self.objects += 1
        self._waiting.append(source)
        self._bytes += source.size
        limits = self.followed.source
        full = len(self._waiting) >= limits.batch_documents
        return self.rest() if full or self._bytes >= limits.batch_megabytes * 2**20 else None

    def rest(self) -> Cut | None:
        """A batch of what waits, if anything does."""
        if not self._waiting:
            return None
        key = put_batch(self.lake, self.followed, next(self.numbers), self._waiting)
        cut = Cut(key, len(self._waiting))
        self.cuts.append(cut)
        self._waiting.clear()
        self._bytes = 0
        return cut
