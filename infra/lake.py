"""The lake: everything docmill knows, as immutable objects. DuckDB is only its projection.

    pages/ab/<key>.json.gz          one page's reading
    calls/ab/<key>.json.gz          the requests to a model that the page under this key took
    readings/ab/<key>.json.gz       how the reading of a whole file went
    extractions/ab/<key>.json.gz    one part's extraction
    schemas/<hash>.json             a schema that was used
    evaluations/ab/<key>.json.gz    values beside their truth
    commits/<hour>/<time>-<id>.json what makes finished work visible, in order of time (UTC)
    reviews/ab/<key>.json           a reviewer's answer; the key is of question and revision
    done/ab/<work_key>              this work is final
    seen/ab/<uri hash>/<time>-<document_id>-<version>
                                    this source held this document from then on; the version is
                                    a hash of size and ETag
    seen/ab/<uri hash>/<time>-gone  there was nothing at this source from then on
    batches/…, inventories/…        see `infra.ingestion`
    deliveries/<output>/…           see `infra.outputs.ledger`

Readings and extractions are compressed (gzip level 1: a quarter of the size for under 1 ms a
page); what people look into when something is wrong is not.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from datetime import UTC, datetime
from hashlib import sha256
from typing import TypeVar

from pydantic import ValidationError

from docmill.infra.commits import (
    COMMIT_RECORD,
    CommitRecord,
    document_commit,
    evaluation_commit,
    review_commit,
    run_commit,
    sightings_commit,
)
from docmill.infra.storage.ahead import FetchedAhead
from docmill.infra.storage.recent import RecentlyRead
from docmill.infra.storage.store import ObjectStore
from docmill.schemas.document_schema import DocumentSchema
from docmill.schemas.errors import StoreError
from docmill.schemas.evaluation import EvaluationRecord
from docmill.schemas.extraction import Extraction
from docmill.schemas.frozen import Frozen
from docmill.schemas.keys import stable_key
from docmill.schemas.outcome import (
    DocumentOutcome,
    ModelCall,
    ModelCalls,
    RunRecord,
    SightingRecord,
)
from docmill.schemas.page import PageText
from docmill.schemas.reading import DocumentReading
from docmill.schemas.review import ReviewEvent
from docmill.schemas.source import Departure, Sighting, SourceObject

_Model = TypeVar("_Model", bound=Frozen)
_Seen = TypeVar("_Seen", Sighting, Departure)
_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


def utc_now() -> datetime:
    """The present time, in UTC."""
    return datetime.now(UTC)


class Lake:
    """Typed access to a store. Puts are idempotent; gets return None where there is nothing.

    Args:
        store: where the objects are.
        clock: the present time, in UTC; commit records are filed under it.

    Raises:
        StoreError: from every method, when the store fails or an object in it is damaged.
    """

    def __init__(self, store: ObjectStore, clock: Callable[[], datetime] = utc_now) -> None:
        self._store = store
        self._clock = clock

    def check(self) -> None:
        """Raises StoreError where the store does not answer."""
        self._store.find("commits")

    def ahead(self, pool: Executor, names: Iterable[str]) -> Lake:
        """The same lake, whose objects of these names are fetched before they are asked for.

        Args:
            pool: the threads that fetch.
            names: keys of commit records, `page_name`, `extraction_name`, in the order in which
                they will be asked for, by one thread.
        """
        return Lake(FetchedAhead(self._store, pool, names), self._clock)

    def remembering(self) -> Lake:
        """The same lake, whose objects are not fetched again when they were read lately."""
        return Lake(RecentlyRead(self._store), self._clock)

    def put_page(self, key: str, page: PageText) -> bool:
        """Keep a page's reading. True: it was not there before."""
        return self._store.put(page_name(key), _packed(page))

    def page(self, key: str) -> PageText | None:
        """A page's reading."""
        return self._model(PageText, page_name(key))

    def has_page(self, key: str) -> bool:
        """Whether a page's reading is there; cheaper than the reading itself."""
        return self._store.find(page_name(key)) is not None

    def put_page_calls(self, key: str, calls: tuple[ModelCall, ...]) -> bool:
        """Keep the requests that a page's reading took. True: none were there before."""
        return self._store.put(_sharded("calls", key), _packed(ModelCalls(calls=calls)))

    def page_calls(self, key: str) -> tuple[ModelCall, ...]:
        """The requests that a page's reading took; none for one that no model read."""
        kept = self._model(ModelCalls, _sharded("calls", key))
        return kept.calls if kept else ()

    def put_reading(self, key: str, reading: DocumentReading) -> bool:
        """Keep how the reading of a whole file went. True: it was not there before."""
        return self._store.put(_sharded("readings", key), _packed(reading))

    def reading(self, key: str) -> DocumentReading | None:
        """How the reading of a whole file went."""
        return self._model(DocumentReading, _sharded("readings", key))

    def put_extraction(self, key: str, extraction: Extraction) -> bool:
        """Keep a part's extraction. True: it was not there before."""
        return self._store.put(extraction_name(key), _packed(extraction))

    def extraction(self, key: str) -> Extraction | None:
        """A part's extraction."""
        return self._model(Extraction, extraction_name(key))

    def put_schema(self, schema: DocumentSchema) -> bool:
        """Keep a schema under its hash. True: it was not there before."""
        return self._store.put(f"schemas/{schema.hash}.json", _plain(schema))

    def schema(self, schema_hash: str) -> DocumentSchema | None:
        """The schema with this hash."""
        return self._model(DocumentSchema, f"schemas/{schema_hash}.json")

    def commit_document(self, outcome: DocumentOutcome) -> str:
        """Make a document's outcome visible; all it refers to must be in the lake already.

        Returns:
            The commit record's key.
        """
        key = self._commit(document_commit(outcome))
        if outcome.final:
            self._store.put(_done_key(outcome.work_key), b"")
        return key

    def is_done(self, work_key: str) -> bool:
        """Whether doing this work again could change nothing."""
        return self._store.find(_done_key(work_key)) is not None

    def commit_sightings(
        self, sightings: Iterable[Sighting], departures: Iterable[Departure] = ()
    ) -> int:
        """Record what changed at sources; what is known already is passed over.

        A sighting is known when its source was last seen with this very document and ETag, a
        departure when nothing was there before.

        Returns:
            How many were recorded.
        """
        record = SightingRecord(
            sightings=tuple(self._unknown(tuple(sightings))),
            departures=tuple(self._unknown(tuple(departures))),
        )
        new = (*record.sightings, *record.departures)
        if new:
            self._commit(sightings_commit(record))
            _all_at_once(self._put_mark, new)  # after the record: a crash between repeats it
        return len(new)

    def commit_run(self, record: RunRecord) -> str:
        """Make a run visible; returns the commit record's key."""
        return self._commit(run_commit(record))

    def commit_evaluation(self, record: EvaluationRecord) -> str:
        """Keep an evaluation and make it visible; returns the commit record's key."""
        key = stable_key("evaluation", {"id": record.evaluation_id})
        self._store.put(_sharded("evaluations", key), _packed(record))
        return self._commit(evaluation_commit(key))

    def evaluation(self, key: str) -> EvaluationRecord | None:
        """An evaluation record."""
        return self._model(EvaluationRecord, _sharded("evaluations", key))

    def put_review(self, event: ReviewEvent) -> bool:
        """Keep an answer. False: its revision is taken, by this answer or by another one."""
        return self._store.put(_review_name(event.key), _plain(event))

    def review(self, key: str) -> ReviewEvent | None:
        """The answer filed under a key (`ReviewEvent.key`)."""
        return self._model(ReviewEvent, _review_name(key))

    def commit_reviews(self, events: Sequence[ReviewEvent]) -> str:
        """Make answers visible that were put before; returns the commit record's key."""
        return self._commit(review_commit(tuple(events)))

    def commit_keys(
        self, since_hour: str | None = None, *, after: str | None = None
    ) -> Iterator[str]:
        """Keys of the commit records in order of time.

        Args:
            since_hour: only those filed from this hour (`2026-11-21T09`) on.
            after: only those beyond this key, which need not exist (see `commit_key_at`).
        """
        if after is None and since_hour is not None:
            after = f"commits/{since_hour}/"
        return (found.key for found in self._store.list("commits/", after))

    def commit(self, key: str) -> CommitRecord:
        """The commit record with this key, which must exist."""
        content = self._store.get(key)
        if content is None:
            raise StoreError(f"the lake has lost {key}", _DAMAGED)
        try:
            return COMMIT_RECORD.validate_json(content)
        except ValidationError as error:
            raise _damaged(key, error) from error

    def commits(self, since_hour: str | None = None) -> Iterator[tuple[str, CommitRecord]]:
        """Commit records with their keys, in order of time."""
        for key in self.commit_keys(since_hour):
            yield key, self.commit(key)

    def keep(self, key: str, value: Frozen) -> bool:
        """Keep a value under a key that ends in `.json` or `.json.gz`, which compresses it.

        True: there was nothing under the key before. For the parts of `infra` that lay out a
        prefix of their own.
        """
        return self._store.put(key, _packed(value) if key.endswith(".gz") else _plain(value))

    def kept(self, model: type[_Model], key: str) -> _Model | None:
        """What was kept under a key."""
        return self._model(model, key)

    def kept_keys(self, prefix: str, start_after: str | None = None) -> Iterator[str]:
        """Keys that start with `prefix`, beyond `start_after`, in order."""
        return (found.key for found in self._store.list(prefix, start_after))

    def _commit(self, record: CommitRecord) -> str:
        now = self._clock()
        key = f"commits/{hour_of(now)}/{_stamp(now)}-{record.id}.json"
        self._store.put(key, _plain(record))
        return key

    def known_document(self, source: SourceObject) -> str | None:
        """The document that this very object (URI, size, ETag) held when it was last read."""
        document_id, _, version = self._last_mark(source.uri).partition("-")
        return document_id if version == _version(source.size, source.etag) else None

    def _unknown(self, seen: Sequence[_Seen]) -> Iterator[_Seen]:
        """Those that the source's last mark does not tell already."""
        marks = _all_at_once(lambda each: self._last_mark(each.uri), seen)
        return (each for each, mark in zip(seen, marks, strict=True) if mark != _mark(each))

    def _put_mark(self, seen: Sighting | Departure) -> None:
        time = seen.seen_at if isinstance(seen, Sighting) else seen.gone_at
        self._store.put(f"{_seen_prefix(seen.uri)}{_stamp(time)}-{_mark(seen)}", b"")

    def _last_mark(self, uri: str) -> str:
        """Document and version that a source held last; empty for a new source."""
        markers = self._store.list(_seen_prefix(uri))
        last = max((marker.key for marker in markers), default="")
        return last.rpartition("/")[2].partition("-")[2]

    def text(self, name: str) -> bytes | None:
        """The JSON text of the object with this name (`page_name`, `extraction_name`).

        Nobody has looked at it: that it is JSON, and of its model, is for the caller to find out.
        """
        content = self._store.get(name)
        try:
            return gzip.decompress(content) if content and name.endswith(".gz") else content
        except (OSError, EOFError, zlib.error) as error:
            raise _damaged(name, error) from error

    def _model(self, model: type[_Model], key: str) -> _Model | None:
        plain = self.text(key)
        if plain is None:
            return None
        try:
            return model.model_validate_json(plain)
        except ValidationError as error:
            raise _damaged(key, error) from error


_GONE = "gone"
_REQUESTS_AT_ONCE = 16
_DAMAGED = "Restore the object from a backup of the lake, or delete it and run again."


def hour_of(time: datetime) -> str:
    """The hour a commit record of this time is filed under: `2026-11-21T09`, UTC."""
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H")


def commit_key_at(time: datetime) -> str:
    """The key before those of all commit records that are written from this time on."""
    return f"commits/{hour_of(time)}/{_stamp(time)}"


def time_of(commit_key: str) -> datetime:
    """When a commit record was written, by its key.

    Raises:
        StoreError: it is no key of a commit record.
    """
    stamp = commit_key.rpartition("/")[2].partition("-")[0]
    try:
        return datetime.strptime(stamp, "%Y%m%dT%H%M%S.%fZ").replace(tzinfo=UTC)
    except ValueError as error:
        raise _damaged(commit_key, error) from error


def _stamp(time: datetime) -> str:
    return time.astimezone(UTC).strftime("%Y%m%dT%H%M%S.%fZ")


def _all_at_once(do: Callable[[_Item], _Result], items: Sequence[_Item]) -> list[_Result]:
    """What `do` gives for each item, in their order; requests to a store mostly wait."""
    if len(items) <= 1:
        return [do(item) for item in items]
    with ThreadPoolExecutor(_REQUESTS_AT_ONCE, thread_name_prefix="marks") as threads:
        return list(threads.map(do, items))


def page_name(key: str) -> str:
    """The object that a page's reading is in."""
    return _sharded("pages", key)


def extraction_name(key: str) -> str:
    """The object that an extraction is in."""
    return _sharded("extractions", key)


def _sharded(prefix: str, key: str) -> str:
    return f"{prefix}/{key[:2]}/{key}.json.gz"


def _review_name(key: str) -> str:
    return f"reviews/{key[:2]}/{key}.json"


def _done_key(work_key: str) -> str:
    return f"done/{work_key[:2]}/{work_key}"


def _seen_prefix(uri: str) -> str:
    name = sha256(uri.encode()).hexdigest()[:40]
    return f"seen/{name[:2]}/{name}/"


def _mark(seen: Sighting | Departure) -> str:
    """What a marker's name ends in: document and version, or that there is nothing."""
    if isinstance(seen, Departure):
        return _GONE
    return f"{seen.document_id}-{_version(seen.size, seen.etag)}"


def _version(size: int, etag: str | None) -> str:
    return sha256(f"{size} {etag}".encode()).hexdigest()[:16]


def _plain(model: Frozen) -> bytes:
    return model.model_dump_json().encode()


def _packed(model: Frozen) -> bytes:
    """Compressed; the same model gives the same bytes, whenever and wherever it is written."""
    return gzip.compress(_plain(model), compresslevel=1, mtime=0)


def _damaged(key: str, error: Exception) -> StoreError:
    reason = str(error).splitlines()[0]
    hint = f"{_DAMAGED} If a newer docmill wrote it, update this one."
    return StoreError(f"{key} in the lake cannot be read: {reason}", hint)
