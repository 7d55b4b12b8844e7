"""What a workspace's own past says about work to come: sizes of documents, rates of runs."""

from __future__ import annotations

from collections.abc import Mapping

from duckdb import DuckDBPyConnection

from docmill.infra.warehouse.query import row_of
from docmill.schemas.engine import EngineTag
from docmill.schemas.frozen import Frozen

# Newer runs tell more about the machines that are there now.
RUNS = 50
# Pictures that hold one page each; TIFF and GIF may hold more.
ONE_PAGE = {"image/png", "image/jpeg", "image/webp", "image/bmp", "image/heic", "image/avif"}


class Rate(Frozen):
    """Pages per second of past runs, one run at a time."""

    pages: int
    seconds: float
    runs: int

    @property
    def minutes_per_page(self) -> float:
        """How long one page takes."""
        return self.seconds / self.pages / 60

    @property
    def text(self) -> str:
        """For people."""
        speed = self.pages / max(self.seconds, 0.001)
        runs = "run" if self.runs == 1 else "runs"
        return f"{speed:.2g} pages/s over {self.pages:,} pages in {self.runs} {runs}"


class History(Frozen):
    """Medians over the documents of a workspace, and rates of its runs; None where there are none.

    `bytes_per_page` is by media type, and for all types together under the empty name.
    `parts_per_document` is a mean. `characters_per_page` are those read; `answer_characters` those
    of a part's values.
    """

    bytes_per_page: Mapping[str, float] = {}
    characters_per_page: float | None = None
    parts_per_document: float | None = None
    answer_characters: float | None = None
    reading: Rate | None = None
    extracting: Rate | None = None

    def pages_of(self, size: int, media_type: str | None) -> float | None:
        """How many pages a file of `size` bytes likely has, at least one; a picture has one."""
        if media_type in ONE_PAGE:
            return 1.0
        per_page = self.bytes_per_page.get(media_type or "", self.bytes_per_page.get(""))
        return None if per_page is None else max(1.0, round(size / max(1.0, per_page)))


def history_of(
    connection: DuckDBPyConnection, ocr_engine: EngineTag, extractor: EngineTag
) -> History:
    """The past of a published warehouse, its runs with these engines alone.

    Raises:
        duckdb.Error: it cannot be read.
    """
    types = connection.execute(_BYTES_PER_PAGE).fetchall()
    (parts,) = row_of(connection, _PARTS)
    (characters,) = row_of(connection, _CHARACTERS)
    (answer,) = row_of(connection, _ANSWERS)
    return History(
        bytes_per_page={media_type or "": size for media_type, size in types if size is not None},
        characters_per_page=characters,
        parts_per_document=parts,
        answer_characters=answer,
        reading=_rate(connection, "2 * pages_read >= pages AND pages_read > 0", "pages_read",
                      ocr_engine=str(ocr_engine)),
        extracting=_rate(connection, "pages_read = 0 AND pages > 0", "pages",
                         extractor=str(extractor)),
    )  # fmt: skip


_BYTES_PER_PAGE = """
SELECT media_type, median(bytes / page_count)
FROM (SELECT DISTINCT document_id, media_type, bytes, page_count FROM documents)
WHERE page_count > 0 GROUP BY GROUPING SETS ((media_type), ())
"""

_PARTS = """
SELECT avg(parts) FROM (
    SELECT count(*) AS parts FROM documents WHERE page_from IS NOT NULL GROUP BY document_id)
"""

_CHARACTERS = """
SELECT median(characters) FROM (
    SELECT sum(length(text) + 1) AS characters FROM words GROUP BY document_id, page)
"""

_ANSWERS = """
SELECT median(characters) FROM (
    SELECT sum(length(path) + coalesce(length(raw), 4) + 6) AS characters FROM fields
    GROUP BY document_id, part, schema_name)
"""


def _rate(connection: DuckDBPyConnection, condition: str, pages: str, **engine: str) -> Rate | None:
    ((column, tag),) = engine.items()
    count, seconds, runs = row_of(
        connection,
        f"""SELECT sum({pages}), sum(epoch(finished_at - started_at)), count(*) FROM (
            FROM runs WHERE {condition} AND {column} = ?
            ORDER BY started_at DESC LIMIT {RUNS})""",
        [tag],
    )
    return Rate(pages=count, seconds=seconds, runs=runs) if runs else None
