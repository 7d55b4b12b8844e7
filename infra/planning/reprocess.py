"""Documents that are to be processed again: the objects to do it from, and those without any."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime

from docmill.infra.fetch import local_copy
from docmill.infra.lake import Lake
from docmill.infra.planning.plan import THREADS, Planned, Unreachable, plan_of
from docmill.infra.planning.selection import Filter, Seat, Selected, select
from docmill.infra.settings import Settings
from docmill.infra.sources import find_object
from docmill.infra.work import Work
from docmill.schemas.document_schema import DocumentSchema
from docmill.schemas.errors import SourceGone
from docmill.schemas.source import SourceObject


def plan_again(wanted: Filter, schemas: Sequence[DocumentSchema], settings: Settings) -> Planned:
    """The plan for processing chosen documents again; `run_batch` takes its objects.

    Every document that the filter lets through is in the plan: settled already, to be done, or
    unreachable with the reason.

    Raises:
        UsageError: nothing is published, or the filter's condition cannot be used.
        StoreError: lake, warehouse or a source's store cannot be read.
    """
    selected = select(settings.open_workspace(), wanted)
    finder = Finder(
        settings.open_workspace().lake(),
        Work(settings, tuple(schemas), ""),
        settings.limits.opening().max_bytes,
    )
    with ThreadPoolExecutor(THREADS) as threads:
        found = list(threads.map(finder.find, selected))
    objects = [each for each in found if isinstance(each, SourceObject)]
    unreachable = [each for each in found if isinstance(each, Unreachable)]
    return plan_of(objects, schemas, settings, unreachable=unreachable)


NEVER = datetime.fromtimestamp(0, UTC)


@dataclass(frozen=True)
class Finder:
    """Finds an object that a document can be processed from.

    Args:
        lake: what is known about places, and the readings.
        work: what is to be done.
        max_bytes: objects over it are not kept.
    """

    lake: Lake
    work: Work
    max_bytes: int

    def find(self, document: Selected) -> SourceObject | Unreachable:
        """An object that holds the document; or held it, where its bytes are not needed.

        Raises:
            StoreError: the lake or the place's store failed.
        """
        if self._needs_no_bytes(document.document_id):
            return _without_bytes(document)
        for seat in document.seats:
            source = self._holding(document, seat)
            if source:
                return source
        return Unreachable(
            document_id=document.document_id, uri=document.uri, reason=_reason(document)
        )

    def _needs_no_bytes(self, document_id: str) -> bool:
        """Whether the lake holds all that would be read."""
        if self.lake.is_done(self.work.key(document_id)):
            return True
        return self.lake.reading(self.work.reading_key(document_id)) is not None

    def _holding(self, document: Selected, seat: Seat) -> SourceObject | None:
        """The object at a place, if it still holds the document."""
        found = find_object(seat.uri)
        if found is None or found.size != seat.size:
            return None
        source = found.model_copy(update={"document_id": document.document_id})
        if self.lake.known_document(source) == document.document_id:
            return source
        try:
            with local_copy(source, self.max_bytes) as copy:  # a new version of equal size
                return source if copy.document_id == document.document_id else None
        except SourceGone:
            return None


def _without_bytes(document: Selected) -> SourceObject:
    """An object that stands for the document, whether or not it still holds it."""
    seat = next(iter(document.seats), None)
    return SourceObject(
        uri=seat.uri if seat else document.uri,
        size=document.size,
        etag=(seat and seat.etag) or "",
        modified_at=seat.seen_at if seat else NEVER,
        document_id=document.document_id,
    )


def _reason(document: Selected) -> str:
    if not document.seats:
        return "no place is known that held it"
    places = len(document.seats)
    where = "its place" if places == 1 else f"none of its {places} places"
    holds = "holds it no more" if places == 1 else "holds it any more"
    return f"{where} {holds}, and the lake has no reading of it by this engine"
