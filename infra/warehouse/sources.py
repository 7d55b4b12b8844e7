"""The table of sources: where documents were seen, and where they are gone."""

from __future__ import annotations

from collections.abc import Iterable

import orjson
from duckdb import DuckDBPyConnection

from docmill.infra.warehouse import ddl
from docmill.infra.warehouse.ddl import literal
from docmill.infra.warehouse.histories import first_sources
from docmill.infra.warehouse.rows import departure_rows, sighting_rows
from docmill.infra.warehouse.writing import json_shape
from docmill.schemas.source import Departure, Sighting

STAGED = "temp.staged_sources"
# `sources` as it will be, once what is staged is written.
AFTER = (
    f"(SELECT * FROM main.sources ANTI JOIN {STAGED} USING (uri) UNION ALL SELECT * FROM {STAGED})"
)


class SourceChanges:
    """What sightings and departures make of the table of sources.

    Args:
        connection: to the warehouse, for the loader alone.
        sightings: new ones; the warehouse may know some of them.
        departures: likewise.
    """

    def __init__(
        self,
        connection: DuckDBPyConnection,
        sightings: Iterable[Sighting],
        departures: Iterable[Departure],
    ) -> None:
        self._connection = connection
        seen = [row for _, row in sighting_rows(sightings)]
        gone = [row for _, row in departure_rows(departures)]
        self._uris = sorted({row["uri"] for row in (*seen, *gone)})
        self._documents = sorted({row["document_id"] for row in seen})
        if self._uris:
            new = [orjson.dumps(rows).decode() for rows in (seen, gone)]
            connection.execute(_STAGE, [self._uris, *new])

    @property
    def table(self) -> str:
        """What to read the sources from, as they will be."""
        return AFTER if self._uris else "main.sources"

    def moved_documents(self) -> list[str]:
        """Documents in the warehouse whose first source turns out to be another place."""
        if not self._documents:
            return []
        rows = self._connection.execute(_MOVED_DOCUMENTS, [self._documents]).fetchall()
        return [document_id for (document_id,) in rows]

    def write(self, connection: DuckDBPyConnection) -> None:
        """Bring the table up to date, within the caller's transaction."""
        if self._uris:
            connection.execute(_DELETE, [self._uris])
            connection.execute(f"INSERT INTO main.sources FROM {STAGED}")
        if self._documents:
            connection.execute(_SET_FIRST_SEEN, [self._documents])


_DELETE = "DELETE FROM main.sources WHERE uri IN (SELECT unnest(?::VARCHAR[]))"


def _rows(table: ddl.Table, parameter: str) -> str:
    shape = literal(json_shape(table))
    return (
        f"SELECT * FROM {table.qualified} WHERE uri IN (SELECT unnest($1::VARCHAR[])) "
        f"UNION ALL SELECT unnest(from_json({parameter}, {shape}), max_depth := 2)"
    )


# A place's document counts as gone when, after it was last seen itself, another one was seen there
# or nothing at all.
_STAGE = f"""
CREATE OR REPLACE TEMP TABLE staged_sources AS
WITH sighting AS ({_rows(ddl.SIGHTINGS, "$2")}),
departure AS ({_rows(ddl.DEPARTURES, "$3")}),
own AS (
    SELECT uri, document_id, arg_max_null(etag, (seen_at, etag)) AS etag, max(size) AS size,
           min(seen_at) AS first_seen_at, max(seen_at) AS last_seen_at
    FROM sighting GROUP BY uri, document_id
), other AS (
    SELECT uri, document_id, seen_at AS at FROM sighting
    UNION ALL
    SELECT uri, NULL, gone_at FROM departure
)
SELECT own.*, (
    SELECT min(other.at) FROM other
    WHERE other.uri = own.uri AND other.document_id IS DISTINCT FROM own.document_id
      AND other.at > own.last_seen_at
) AS deleted_at
FROM own
"""

_MOVED_DOCUMENTS = f"""
SELECT DISTINCT document_id
FROM internal.documents AS known JOIN ({first_sources(AFTER)}) AS source USING (document_id)
WHERE known.uri <> source.uri
ORDER BY document_id
"""
_SET_FIRST_SEEN = f"""
UPDATE internal.documents AS known SET first_seen_at = source.seen_at
FROM ({first_sources()}) AS source
WHERE known.document_id = source.document_id AND known.first_seen_at <> source.seen_at
"""
