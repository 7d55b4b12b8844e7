"""Is something off? The backlog of the review queue, and drift of what newly came in.

Drift compares the documents finished since a point in time with those before it, for everything,
for each source and for each schema. The measures are shares of documents and the mean confidence
of a document's values, since the values of one document go wrong together. A finding needs

- enough documents on both sides,
- a change that matters, not only one that is real,
- a p-value that holds when all comparisons of the check are made at once (Holm 1979), and that
  allows for shares that went up and down from day to day before (overdispersion).

The statistics are in `docmill.infra.warehouse.drift`; here are the questions to the warehouse.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from duckdb import DuckDBPyConnection

from docmill.infra.lake import utc_now
from docmill.infra.settings import Settings
from docmill.infra.sources import open_place
from docmill.infra.warehouse.ddl import literal
from docmill.infra.warehouse.drift import Drift, DriftLimits, MeanChange, ShareChange, drift_of
from docmill.infra.warehouse.query import row_of
from docmill.schemas.frozen import Frozen

# Less than a day, so that of daily runs only the newest is in it.
WINDOW = timedelta(hours=18)
HISTORY = timedelta(days=30)
# Documents per side whose mean confidences are compared; drawn by their hash, so always the same.
MOST_RANKED = 5000


class Backlog(Frozen):
    """The review queue: items, the documents they are of, and since when the oldest waits."""

    items: int
    documents: int
    oldest: datetime | None


class BacklogLimits(Frozen):
    """From when on a queue is too long."""

    items: int = 1000
    age: timedelta = timedelta(days=7)


class Health(Frozen):
    """What a check found. `since` is where the newest documents begin; None: there are none."""

    checked_at: datetime
    since: datetime | None
    backlog: Backlog
    backlog_text: str | None
    drifts: tuple[Drift, ...]

    @property
    def texts(self) -> tuple[str, ...]:
        """All findings in words; empty when nothing is off."""
        drifts = tuple(drift.text for drift in self.drifts)
        return ((self.backlog_text,) if self.backlog_text else ()) + drifts


def health_of(connection: DuckDBPyConnection, settings: Settings) -> Health:
    """Backlog and drift now, for the sources and by the limits of the settings.

    Raises:
        duckdb.Error: the warehouse cannot be read.
    """
    flows = settings.flows
    return check_health(
        connection,
        utc_now(),
        sources={name: open_place(each.uri).store.uri for name, each in settings.sources.items()},
        backlog_limits=BacklogLimits(
            items=flows.backlog_items, age=timedelta(days=flows.backlog_days)
        ),
    )


def check_health(
    connection: DuckDBPyConnection,
    now: datetime,
    *,
    since: datetime | None = None,
    sources: Mapping[str, str] | None = None,
    backlog_limits: BacklogLimits | None = None,
    drift_limits: DriftLimits | None = None,
) -> Health:
    """Backlog and drift of a warehouse.

    Args:
        connection: a published warehouse, see `open_published`.
        now: the present time, in UTC.
        since: documents finished from then on are compared with those before; None for the last
            18 hours that brought any.
        sources: URI prefixes by name; each is looked at by itself.
        backlog_limits: what is too much.
        drift_limits: what counts as a finding.

    Raises:
        duckdb.Error: the warehouse cannot be read.
    """
    since = since or newest_window(connection)
    found = backlog(connection)
    changes = () if since is None else tuple(changes_since(connection, since, sources or {}))
    return Health(
        checked_at=now,
        since=since,
        backlog=found,
        backlog_text=backlog_text(found, now, backlog_limits or BacklogLimits()),
        drifts=() if since is None else drift_of(changes, since, drift_limits or DriftLimits()),
    )


def backlog(connection: DuckDBPyConnection) -> Backlog:
    """How much waits for a person."""
    items, documents, oldest = row_of(
        connection,
        "SELECT count(*), count(DISTINCT document_id), min(created_at) FROM review_queue",
    )
    return Backlog(items=items, documents=documents, oldest=oldest)


def backlog_text(found: Backlog, now: datetime, limits: BacklogLimits) -> str | None:
    """The backlog in words where it is too long; None where it is not."""
    if found.oldest is None:
        return None
    waits = now.replace(tzinfo=None) - found.oldest
    if found.items <= limits.items and waits <= limits.age:
        return None
    return (
        f"{found.items:,} items of {found.documents:,} documents wait for review, "
        f"the oldest since {found.oldest:%Y-%m-%d %H:%M} UTC ({waits.days} days)"
    )


def newest_window(connection: DuckDBPyConnection) -> datetime | None:
    """18 hours before the newest document was finished; None without documents."""
    (newest,) = row_of(connection, "SELECT max(finished_at) FROM documents")
    return newest and newest - WINDOW


def changes_since(
    connection: DuckDBPyConnection, since: datetime, sources: Mapping[str, str]
) -> Iterator[ShareChange | MeanChange]:
    """All comparisons of documents finished from `since` on with those of the month before."""
    connection.execute(_DOCUMENTS, [since.replace(tzinfo=None), HISTORY])
    groups = [("all documents", "true")]
    groups += [(f"source {name}", f"starts_with(uri, {literal(uri)})")
               for name, uri in sources.items()]  # fmt: skip
    for name, condition in groups:
        yield from _shares(connection, name, condition, _SOURCE_MEASURES)
        yield from _engines(connection, name, condition)
        yield from _confidences(connection, name, condition)
    for (schema,) in connection.execute(_SCHEMA_NAMES).fetchall():
        name, condition = f"schema {schema}", f"schema_name = {literal(schema)}"
        yield from _shares(connection, name, condition, _SCHEMA_MEASURES)
        yield from _confidences(connection, name, condition)


_SOURCE_MEASURES = {
    "failed": "failed",
    "to review": "to_review",
    "of unknown kind": "unknown_kind",
    "with findings on their pages": "page_findings",
}
_SCHEMA_MEASURES = {"to review": "to_review", "with findings on their pages": "page_findings"}

# One row per document part of the window and the history.
_DOCUMENTS = """
CREATE OR REPLACE TEMP TABLE compared AS
WITH chosen AS (
    SELECT document_id, part, uri, schema_name, status, finished_at,
           finished_at >= $1::TIMESTAMP AS new
    FROM documents WHERE finished_at >= $1::TIMESTAMP - $2::INTERVAL
), read AS (
    SELECT document_id,
           bool_or(coalesce(json_array_length(findings), 0) > 0) AS page_findings,
           list(DISTINCT split_part(ocr_engine, '@', 1)) FILTER (status <> 'failed') AS engines
    FROM pages SEMI JOIN chosen USING (document_id) GROUP BY document_id
), valued AS (
    SELECT document_id, part, schema_name, avg(confidence) AS confidence
    FROM fields SEMI JOIN chosen USING (document_id)
    WHERE status = 'present' AND NOT reviewed GROUP BY ALL
), unknown AS (
    SELECT DISTINCT document_id, part FROM review_queue WHERE reason = 'unknown_kind'
)
SELECT chosen.* EXCLUDE (finished_at, status), date_trunc('day', finished_at) AS day,
       status = 'failed' AS failed,
       status = 'needs_review' AS to_review,
       unknown.part IS NOT NULL AS unknown_kind,
       coalesce(page_findings, false) AS page_findings,
       coalesce(engines, []) AS engines,
       valued.confidence
FROM chosen LEFT JOIN read USING (document_id)
LEFT JOIN valued USING (document_id, part, schema_name)
LEFT JOIN unknown USING (document_id, part)
"""

_SCHEMA_NAMES = """
SELECT DISTINCT schema_name FROM compared WHERE new AND schema_name IS NOT NULL ORDER BY 1
"""


def _shares(
    connection: DuckDBPyConnection, group: str, condition: str, measures: Mapping[str, str]
) -> Iterator[ShareChange]:
    counts = ", ".join(f"count(*) FILTER ({column})" for column in measures.values())
    rows = connection.execute(
        f"SELECT new, day, count(*), {counts} FROM compared WHERE {condition} "
        "GROUP BY new, day ORDER BY day"
    ).fetchall()
    for number, measure in enumerate(measures):
        yield _share_change(
            group, measure, [(new, hits[number], total) for new, _, total, *hits in rows]
        )


def _engines(connection: DuckDBPyConnection, group: str, condition: str) -> Iterator[ShareChange]:
    """For every engine, the share of documents with a page it read."""
    names = connection.execute(
        f"SELECT DISTINCT unnest(engines) AS engine FROM compared WHERE {condition} ORDER BY 1"
    ).fetchall()
    for (engine,) in names:
        rows = connection.execute(
            "SELECT new, count(*) FILTER (list_contains(engines, ?)), count(*) FROM compared "
            f"WHERE {condition} AND len(engines) > 0 GROUP BY new, day ORDER BY day",
            [engine],
        ).fetchall()
        yield _share_change(group, f"read by {engine}", rows, both_ways=True)


def _share_change(
    group: str,
    measure: str,
    rows: Sequence[tuple[bool, int, int]],
    both_ways: bool = False,
) -> ShareChange:
    """From rows of (new, hits, total), one per day."""
    return ShareChange(
        group=group,
        measure=measure,
        before=tuple((hits, total) for new, hits, total in rows if not new),
        hits=sum(hits for new, hits, _ in rows if new),
        total=sum(total for new, _, total in rows if new),
        both_ways=both_ways,
    )


def _confidences(
    connection: DuckDBPyConnection, group: str, condition: str
) -> Iterator[MeanChange]:
    sides = [
        connection.execute(
            f"SELECT confidence FROM compared WHERE {condition} AND new = ? "
            "AND confidence IS NOT NULL ORDER BY hash(document_id), part LIMIT ?",
            [new, MOST_RANKED],
        ).fetchall()
        for new in (False, True)
    ]
    before, after = (tuple(value for (value,) in side) for side in sides)
    yield MeanChange(group=group, measure="confidence", before=before, after=after)
