"""Which version of each schema the typed views show: the one that was filled last."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple, TypeAlias

from duckdb import DuckDBPyConnection

from docmill.infra.lake import Lake
from docmill.infra.warehouse import ddl, views
from docmill.infra.warehouse.writing import insert_rows
from docmill.schemas.document_schema import DocumentSchema
from docmill.schemas.errors import StoreError


class Use(NamedTuple):
    """A version of a schema was filled; of two uses the greater is the newer one."""

    finished_at: datetime
    schema_hash: str


Newest: TypeAlias = Mapping[str, Use]  # by schema name


def newest_of(uses: Iterable[tuple[str, Use]]) -> Newest:
    """Of every schema the newest use."""
    found: dict[str, Use] = {}
    for name, use in uses:
        found[name] = max(use, found.get(name, use))
    return found


@dataclass(frozen=True)
class SchemaChange:
    """The newest uses from now on. `views` is None where the views stay as they are."""

    newest: Newest
    views: tuple[views.View, ...] | None

    def write(self, connection: DuckDBPyConnection) -> None:
        """Within the caller's transaction."""
        if self.views is not None:
            connection.execute("DELETE FROM internal.schemas")
            insert_rows(connection, (
                (ddl.SCHEMAS, {"schema_name": name, "schema_hash": use.schema_hash})
                for name, use in sorted(self.newest.items())
            ))  # fmt: skip
            views.replace_views(connection, self.views)


class SchemaViews:
    """Follows the schemas of one warehouse, of which nobody else writes the results.

    Args:
        connection: to the warehouse; all its results are looked at, once.
        lake: has the schemas.
    """

    def __init__(self, connection: DuckDBPyConnection, lake: Lake) -> None:
        self._newest = _uses(connection, f"{_NEWEST} GROUP BY schema_name")
        self._lake = lake
        self._definitions: dict[str, DocumentSchema] = {}

    def change(
        self, connection: DuckDBPyConnection, uses: Newest, replaced: Sequence[str]
    ) -> SchemaChange | None:
        """What follows from new results; None where nothing does. `keep` it once it is written.

        Args:
            connection: to the warehouse.
            uses: of schemas, by the new results.
            replaced: documents whose results were there already, and are replaced by these.

        Raises:
            StoreError: the lake lacks a schema.
        """
        others = self._newest
        if replaced and self._may_go(connection, uses, replaced):
            others = _uses(connection, f"{_RESULTS_OF_OTHERS} GROUP BY schema_name", replaced)
        newest = newest_of([*others.items(), *uses.items()])
        if newest == self._newest:
            return None
        same = _hashes(newest) == _hashes(self._newest)
        return SchemaChange(newest, None if same else self._arranged(newest)[0])

    def warnings(self) -> tuple[str, ...]:
        """For people: views that could not be made, because their name is taken.

        Raises:
            StoreError: the lake lacks a schema.
        """
        return self._arranged(self._newest)[1]

    def _may_go(
        self, connection: DuckDBPyConnection, uses: Newest, replaced: Sequence[str]
    ) -> bool:
        """Whether a newest use was one of the replaced documents, and is none any more."""
        before = _uses(connection, f"{_RESULTS_OF} GROUP BY schema_name", replaced)
        return any(
            use == self._newest[name] and (name not in uses or uses[name] < use)
            for name, use in before.items()
        )

    def _arranged(self, newest: Newest) -> tuple[tuple[views.View, ...], tuple[str, ...]]:
        return views.arranged(map(self._definition, _hashes(newest)))

    def keep(self, change: SchemaChange) -> None:
        """The change was written."""
        self._newest = change.newest

    def _definition(self, schema_hash: str) -> DocumentSchema:
        if schema_hash not in self._definitions:
            found = self._lake.schema(schema_hash)
            if found is None:
                raise StoreError(
                    f"the lake lacks schema {schema_hash}, which an extraction refers to",
                    "Run once more with that schema, or restore the lake from a backup.",
                )
            self._definitions[schema_hash] = found
        return self._definitions[schema_hash]


def _uses(
    connection: DuckDBPyConnection, query: str, documents: Sequence[str] | None = None
) -> Newest:
    rows = connection.execute(query, None if documents is None else [list(documents)]).fetchall()
    return {name: Use(at.replace(tzinfo=UTC), schema_hash) for name, schema_hash, at in rows}


_NEWEST = """
SELECT schema_name, arg_max(schema_hash, (finished_at, schema_hash)), max(finished_at)
FROM internal.results
"""
_RESULTS_OF = f"{_NEWEST} WHERE document_id IN (SELECT unnest($1::VARCHAR[]))"
_RESULTS_OF_OTHERS = f"{_NEWEST} WHERE document_id NOT IN (SELECT unnest($1::VARCHAR[]))"


def _hashes(newest: Newest) -> list[str]:
    """In the order of the schemas' names, in which views get theirs."""
    return [use.schema_hash for _, use in sorted(newest.items())]
