"""What the published warehouse knows about single documents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from duckdb import DuckDBPyConnection

from docmill.schemas.frozen import Frozen


class FilledPart(Frozen):
    """An extraction there is: the part's pages (from 1, inclusive), schema and key."""

    part: int
    page_from: int
    page_to: int
    schema_name: str
    extraction_key: str


class KnownDocument(Frozen):
    """A document as its newest outcome left it; `characters` are those of its pages' words.

    `classified`: its schemas were chosen among several, not named by the user.
    """

    page_count: int
    parts: int
    characters: int
    classified: bool
    filled: tuple[FilledPart, ...] = ()


def known_documents(
    connection: DuckDBPyConnection, documents: Sequence[str]
) -> Mapping[str, KnownDocument]:
    """Those of the documents (ids) that the warehouse knows.

    Raises:
        duckdb.Error: it cannot be read.
    """
    connection.execute("CREATE OR REPLACE TEMP TABLE asked (document_id VARCHAR)")
    connection.execute("INSERT INTO asked SELECT unnest(?::VARCHAR[])", [list(documents)])
    filled: dict[str, list[FilledPart]] = {}
    for document_id, part, page_from, page_to, schema_name, key in connection.execute(
        "SELECT document_id, part, page_from, page_to, schema_name, extraction_key "
        "FROM results SEMI JOIN asked USING (document_id) ORDER BY part"
    ).fetchall():
        filled.setdefault(document_id, []).append(
            FilledPart(
                part=part,
                page_from=page_from,
                page_to=page_to,
                schema_name=schema_name,
                extraction_key=key,
            )
        )
    rows = connection.execute(
        """SELECT document_id, any_value(page_count), count(page_from),
            coalesce(any_value(characters), 0), count(schema_confidence) > 0
        FROM documents SEMI JOIN asked USING (document_id)
        LEFT JOIN (
            SELECT document_id, sum(length(text) + 1) AS characters
            FROM words SEMI JOIN asked USING (document_id) GROUP BY document_id
        ) USING (document_id)
        GROUP BY document_id"""
    ).fetchall()
    return {
        document_id: KnownDocument(
            page_count=page_count,
            parts=parts,
            characters=characters,
            classified=classified,
            filled=tuple(filled.get(document_id, ())),
        )
        for document_id, page_count, parts, characters, classified in rows
    }
