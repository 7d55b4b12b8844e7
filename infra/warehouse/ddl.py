"""Every table of the warehouse, as data: the statements and the documentation come from it.

Tables in `main` are for everybody. Those in `internal` are the loader's own bookkeeping; they may
change in any version. Times are TIMESTAMP in UTC. `document_id` is the SHA-256 of the file.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

FORMAT = 3  # raise when a table changes: older warehouses are then rebuilt from the lake


@dataclass(frozen=True)
class Column:
    """A column; `comment` says what is in it, and when it is NULL."""

    name: str
    type: str
    comment: str


@dataclass(frozen=True)
class Table:
    """A table; `schema` is `main` or `internal`."""

    name: str
    comment: str
    columns: tuple[Column, ...]
    schema: str = "main"

    @property
    def qualified(self) -> str:
        """Its name for use in SQL."""
        return f"{quoted(self.schema)}.{quoted(self.name)}"


def quoted(name: str) -> str:
    """A name as an SQL identifier, whatever its characters."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A text as an SQL string literal."""
    return "'" + text.replace("'", "''") + "'"


def _table(name: str, comment: str, *columns: tuple[str, str, str], schema: str = "main") -> Table:
    return Table(name, comment, tuple(Column(*column) for column in columns), schema)


_DOCUMENT_ID = ("document_id", "VARCHAR", "SHA-256 of the file's bytes, 64 hex digits")
_PART = ("part", "INTEGER", "which document inside the file, from 1")
_URI = ("uri", "VARCHAR", "the first place the file was seen at")
_SCHEMA_NAME = ("schema_name", "VARCHAR", "the schema that was filled")
_PAGE = ("page", "INTEGER", "page of the file, from 1")
_BOX = (
    ("x0", "DOUBLE", "left edge, 0..1 of the displayed page from its left"),
    ("y0", "DOUBLE", "top edge, 0..1 of the displayed page from its top"),
    ("x1", "DOUBLE", "right edge"),
    ("y1", "DOUBLE", "bottom edge"),
)
_EVIDENCE = (
    ("page", "INTEGER", "page of the file, from 1; NULL when the value was not found on a page"),
    *_BOX,
)

DOCUMENTS = _table(
    "documents",
    "One row per document and part, as the newest outcome left it.",
    _DOCUMENT_ID,
    _PART,
    _URI,
    ("media_type", "VARCHAR", "type of the file by its bytes; NULL when it is unknown"),
    ("bytes", "BIGINT", "size of the file"),
    ("page_count", "INTEGER", "pages of the whole file; 0 when it could not be opened"),
    ("page_from", "INTEGER", "first page of the part, from 1; NULL when the file was not opened"),
    ("page_to", "INTEGER", "last page of the part, inclusive"),
    ("schema_name", "VARCHAR", "the schema that was filled; NULL when none fitted or it failed"),
    ("status", "VARCHAR", "done, partial, failed or needs_review"),
    ("error", "VARCHAR", "what went wrong and what to do; NULL unless partial or failed"),
    ("first_seen_at", "TIMESTAMP", "when any source first held the document"),
    ("finished_at", "TIMESTAMP", "when the work on it ended"),
    (
        "schema_confidence",
        "DOUBLE",
        "0..1, how sure the classification was, of finding none too; NULL when it was not asked",
    ),
)

SOURCES = _table(
    "sources",
    "Where documents come from: one row per place and document it held.",
    ("uri", "VARCHAR", "file:// and an absolute path, or s3://bucket/key; not percent-encoded"),
    _DOCUMENT_ID,
    ("etag", "VARCHAR", "the store's version mark; NULL where it gives none"),
    ("size", "BIGINT", "bytes"),
    ("first_seen_at", "TIMESTAMP", "when this place first held this document"),
    ("last_seen_at", "TIMESTAMP", "when this document, or its ETag, was last new at this place"),
    (
        "deleted_at",
        "TIMESTAMP",
        "when the place was found empty, or to hold another document; NULL while it is there",
    ),
)

RESULTS = _table(
    "results",
    "The current result of each part and schema as one JSON value.",
    _DOCUMENT_ID,
    _PART,
    _SCHEMA_NAME,
    ("result", "JSON", "values by field name, with boxes and confidences"),
    ("extraction_key", "VARCHAR", "key of the extraction in the lake"),
    _URI,
    ("status", "VARCHAR", "done, partial or needs_review, of this part under this schema"),
    ("page_from", "INTEGER", "first page of the part, from 1"),
    ("page_to", "INTEGER", "last page of the part, inclusive"),
    ("schema_hash", "VARCHAR", "the schema's content"),
    ("finished_at", "TIMESTAMP", "when the work on it ended"),
)

_VALUE = (
    _DOCUMENT_ID,
    _PART,
    _URI,
    _SCHEMA_NAME,
    ("path", "VARCHAR", "field path, such as total or line_items[2].line_total; rows from 0"),
    ("value", "VARCHAR", "normalised: ISO dates, plain decimals; NULL unless status is present"),
    ("raw", "VARCHAR", "as printed; NULL where nothing is printed"),
    ("status", "VARCHAR", "present, absent (verified), illegible or not_found"),
    ("confidence", "DOUBLE", "0..1, the probability that the value is right"),
    ("confidence_status", "VARCHAR", "prior, or calibrated on this workspace's own truth"),
    ("match", "VARCHAR", "how it was found on the page: exact, normalised, fuzzy or none"),
    *_EVIDENCE,
    ("reviewed", "BOOLEAN", "whether a person gave or confirmed the value"),
    ("ocr_engine", "VARCHAR", "engine that read the pages, name@version[model]"),
    ("extractor", "VARCHAR", "engine that filled the schema, name@version[model]"),
    ("extraction_key", "VARCHAR", "key of the extraction in the lake"),
    ("derived", "BOOLEAN", "computed from other values, so it need not stand on the page"),
    ("pattern", "VARCHAR", "the path without row numbers: line_items[].line_total"),
    ("row", "INTEGER", "row of the list, from 0; NULL for fields outside lists"),
)

FIELDS = _table(
    "fields", "The current value of every field: one row per part, schema and path.", *_VALUE
)

FIELD_HISTORY = _table(
    "field_history",
    "Every value any extraction gave, superseded ones included.",
    *_VALUE,
    ("extracted_at", "TIMESTAMP", "when the first outcome with this extraction was finished"),
    ("current", "BOOLEAN", "whether the row is in fields, too"),
)

PAGES = _table(
    "pages",
    "One row per page of the newest reading.",
    _DOCUMENT_ID,
    _PAGE,
    ("width_px", "INTEGER", "displayed width at the reading resolution; NULL if the page failed"),
    ("height_px", "INTEGER", "displayed height at the reading resolution; NULL if it failed"),
    ("rotation", "INTEGER", "rotation that the file asks for, degrees; NULL if it failed"),
    ("ocr_engine", "VARCHAR", "engine that read the page, name@version[model]"),
    ("status", "VARCHAR", "ok and blank are complete readings; all others are not"),
    ("mean_confidence", "DOUBLE", "0..1; NULL where the engine gives none"),
    ("findings", "JSON", "what the checks found on the page, a list of texts"),
)

BLOCKS = _table(
    "blocks",
    "Regions of the pages in reading order.",
    _DOCUMENT_ID,
    _PAGE,
    ("block", "INTEGER", "number on the page, from 0"),
    ("label", "VARCHAR", "the engine's: text, table, title, form_field, …"),
    ("text", "VARCHAR", "the region's text"),
    *_BOX,
    ("confidence", "DOUBLE", "0..1; NULL where the engine gives none"),
)

WORDS = _table(
    "words",
    "Words of the pages in reading order.",
    _DOCUMENT_ID,
    _PAGE,
    ("block", "INTEGER", "the block it belongs to, from 0"),
    ("word", "INTEGER", "number on the page, from 0"),
    ("text", "VARCHAR", "as read"),
    *_BOX,
    ("confidence", "DOUBLE", "0..1; NULL where the engine gives none"),
    ("box_source", "VARCHAR", "text_layer, form_field, ocr or aligned"),
    ("line", "INTEGER", "the line it belongs to, from 0 on the page"),
    ("visible", "BOOLEAN", "false for text that leaves no ink; never used for values"),
)

TABLE_CELLS = _table(
    "table_cells",
    "Cells of the tables found on the pages; places without text have no row.",
    _DOCUMENT_ID,
    _PAGE,
    ("table_number", "INTEGER", "table on the page, from 1"),
    ("row", "INTEGER", "row of the cell's upper left corner, from 0 in the table"),
    ("column", "INTEGER", "column of that corner, from 0"),
    ("row_span", "INTEGER", "how many rows it covers"),
    ("column_span", "INTEGER", "how many columns it covers"),
    ("header", "BOOLEAN", "whether it is a heading"),
    ("text", "VARCHAR", "its words"),
    *_BOX,
    (
        "joined_table",
        "INTEGER",
        "table of the document, from 1; over several pages, one",
    ),
    ("joined_row", "INTEGER", "row there, from 0; NULL for headings repeated on a later page"),
)

REVIEW_QUEUE = _table(
    "review_queue",
    "What a person should look at, and why.",
    _DOCUMENT_ID,
    _PART,
    _URI,
    ("schema_name", "VARCHAR", "the schema that was filled; empty where none fitted"),
    ("path", "VARCHAR", "field path; empty where it concerns the whole part"),
    ("reason", "VARCHAR", "why the item is here, as a code"),
    ("explanation", "VARCHAR", "why the item is here, in words"),
    ("confidence", "DOUBLE", "0..1, the probability that the value is right"),
    ("value", "VARCHAR", "the value in question, normalised; NULL where there is none"),
    ("raw", "VARCHAR", "the value as printed"),
    *_EVIDENCE,
    ("created_at", "TIMESTAMP", "when the outcome that raised it was finished"),
)

FAILURES = _table(
    "failures",
    "Every failure of every attempt.",
    ("document_id", "VARCHAR", "the document; NULL where a source's bytes could not be read"),
    ("uri", "VARCHAR", "the first place the file was seen at, or the source that was not read"),
    ("stage", "VARCHAR", "fetch, open, read, classify or extract"),
    ("page", "INTEGER", "page of the file, from 1; NULL for the whole document"),
    ("code", "VARCHAR", "kind of failure"),
    ("message", "VARCHAR", "what happened"),
    ("hint", "VARCHAR", "what to do next"),
    ("retryable", "BOOLEAN", "whether the same work may succeed later as it is"),
    ("attempt", "INTEGER", "from 1"),
    ("failed_at", "TIMESTAMP", "when the work on the document ended"),
    ("run_id", "VARCHAR", "the run it happened in"),
    ("current", "BOOLEAN", "whether it belongs to the document's newest outcome"),
)

RUNS = _table(
    "runs",
    "Runs that did work.",
    ("run_id", "VARCHAR", "identifies the run"),
    ("started_at", "TIMESTAMP", "when it began"),
    ("finished_at", "TIMESTAMP", "when it ended"),
    ("sources", "VARCHAR[]", "what it was told to process"),
    ("documents", "INTEGER", "documents it worked on"),
    ("already_done", "INTEGER", "documents it skipped, because their work was done"),
    ("pages", "INTEGER", "pages of the documents it worked on"),
    ("failed", "INTEGER", "documents that failed"),
    ("version", "VARCHAR", "docmill's version"),
    ("pages_read", "INTEGER", "pages read in it; the others were in the lake already"),
    ("ocr_engine", "VARCHAR", "engine it was to read with, name@version[model]"),
    ("extractor", "VARCHAR", "engine it was to fill schemas with, name@version[model]"),
)

SNAPSHOT = _table(
    "snapshot",
    "What this file is: one row.",
    ("published_at", "TIMESTAMP", "when the file was made"),
    ("loaded_through", "TIMESTAMP", "time of the newest commit record in it; NULL if it is empty"),
)

_EVALUATION_ID = ("evaluation_id", "VARCHAR", "identifies the evaluation")
_EXAMPLE = ("example", "VARCHAR", "the document's id in the evaluation set")
_KNOWN_DOCUMENT = (
    ("document_id", "VARCHAR", "SHA-256 of the file read; NULL where there was none"),
    ("doc_type", "VARCHAR", "its type, as the set says"),
    ("stratum", "VARCHAR", "its stratum, as the set says; unknown where it does not"),
    ("language", "VARCHAR", "its language, as the set says; unknown where it does not"),
)

EVAL_RUNS = _table(
    "eval_runs",
    "Evaluations by `docmill eval`, one row each.",
    _EVALUATION_ID,
    ("name", "VARCHAR", "name of the evaluation set, with the variant"),
    ("dataset", "VARCHAR", "the set's folder"),
    ("started_at", "TIMESTAMP", "when it began"),
    ("finished_at", "TIMESTAMP", "when it ended"),
    ("ocr_engine", "VARCHAR", "engine that read the pages, name@version[model]"),
    ("extractor", "VARCHAR", "engine that filled the schemas, name@version[model]"),
    ("rasterised_dpi", "INTEGER", "resolution, where PDF pages were read as pictures; else NULL"),
    ("documents", "INTEGER", "documents of the set, those without a file included"),
    ("right_values", "INTEGER", "values that are right by the lenient rule"),
    ("given_values", "INTEGER", "values given for what the truth covers"),
    ("wanted_values", "INTEGER", "values of the truth"),
    ("pages_per_second", "DOUBLE", "speed; NULL where all work had been done before"),
    ("version", "VARCHAR", "docmill's version"),
)

EVAL_DOCUMENTS = _table(
    "eval_documents",
    "Documents of the evaluations, with their counts.",
    _EVALUATION_ID,
    _EXAMPLE,
    *_KNOWN_DOCUMENT,
    ("path", "VARCHAR", "the file, as the set names it"),
    ("schema_name", "VARCHAR", "the schema that was filled; NULL where it was only read"),
    ("outcome", "VARCHAR", "done, partial, failed, needs_review or missing_file"),
    ("failures", "VARCHAR[]", "codes of its failures"),
    ("pages", "INTEGER", "pages of the file"),
    ("seconds", "DOUBLE", "duration of the work, others running beside it; NULL without a file"),
    ("right_values", "INTEGER", "values that are right by the lenient rule"),
    ("given_values", "INTEGER", "values given for what the truth covers"),
    ("wanted_values", "INTEGER", "values of the truth"),
    ("invented", "VARCHAR[]", "paths of given values that stand nowhere in the document"),
    ("characters", "INTEGER", "characters of the true text; NULL where it is not known"),
    ("edits", "INTEGER", "edit distance of the text read, in reading order"),
    ("edits_any_order", "INTEGER", "the same with words paired in any order"),
    ("words_right", "INTEGER", "words of the true text that were read, as a bag"),
    ("words_given", "INTEGER", "words that were read"),
    ("words_wanted", "INTEGER", "words of the true text"),
    ("cells_right", "INTEGER", "table cells with the right text, row and column; NULL: no truth"),
    ("cells_given", "INTEGER", "table cells found"),
    ("cells_wanted", "INTEGER", "table cells of the truth"),
)

EVAL_VALUES = _table(
    "eval_values",
    "Values of the evaluations beside their truth.",
    _EVALUATION_ID,
    _EXAMPLE,
    *_KNOWN_DOCUMENT,
    ("path", "VARCHAR", "field path in the truth; of a spurious value, in the extraction"),
    ("pattern", "VARCHAR", "the path without row numbers"),
    ("truth", "VARCHAR", "as the set writes it; NULL where there is no value"),
    ("value", "VARCHAR", "what was given, normalised; NULL where nothing was"),
    ("verdict", "VARCHAR", "right, wrong, missing or spurious, by the lenient rule"),
    ("strict", "BOOLEAN", "whether the value is right by the strict rule"),
    ("confidence", "DOUBLE", "0..1 as it was given; NULL where nothing was"),
    ("match", "VARCHAR", "how the value was found on the page"),
    ("page", "INTEGER", "page of the file, from 1; NULL where the value has no box"),
    *_BOX,
    ("iou", "DOUBLE", "overlap with the true box, 0..1; NULL where it is not known"),
    ("inside", "DOUBLE", "share of the box in the true text lines; NULL where not known"),
)

COMMITS = _table(
    "commits",
    "Commit records that were loaded.",
    ("commit_key", "VARCHAR", "its key in the lake"),
    ("commit_id", "VARCHAR", "two records with one id are the same work; the earlier counts"),
    ("document_id", "VARCHAR", "NULL unless it commits a document"),
    schema="internal",
)

SIGHTINGS = _table(
    "sightings",
    "Every sighting that was loaded; `sources` is made from it.",
    ("uri", "VARCHAR", "place"),
    _DOCUMENT_ID,
    ("etag", "VARCHAR", "version mark"),
    ("size", "BIGINT", "bytes"),
    ("seen_at", "TIMESTAMP", "when"),
    schema="internal",
)

DEPARTURES = _table(
    "departures",
    "Every departure that was loaded; `sources` is made from it, too.",
    ("uri", "VARCHAR", "place"),
    ("document_id", "VARCHAR", "what it was last known to hold"),
    ("gone_at", "TIMESTAMP", "when nothing was found there"),
    schema="internal",
)

SCHEMAS = _table(
    "schemas",
    "The schemas that the typed views show.",
    ("schema_name", "VARCHAR", "its name"),
    ("schema_hash", "VARCHAR", "its content's hash"),
    schema="internal",
)

STATE = _table(
    "state",
    "The loader's memory: one row.",
    ("format", "INTEGER", "layout of this file"),
    ("revision", "BIGINT", "raised by every batch"),
    ("published", "BIGINT", "revision that was published last; NULL before the first"),
    ("scanned_to", "TIMESTAMP", "commit records before this time were listed; NULL before any"),
    schema="internal",
)

BY_DOCUMENT = (
    DOCUMENTS,
    RESULTS,
    FIELDS,
    FIELD_HISTORY,
    PAGES,
    BLOCKS,
    WORDS,
    TABLE_CELLS,
    REVIEW_QUEUE,
    FAILURES,
)
EVALUATION = (EVAL_RUNS, EVAL_DOCUMENTS, EVAL_VALUES)
PUBLIC = (*BY_DOCUMENT, SOURCES, RUNS, *EVALUATION, SNAPSHOT)
INTERNAL = (COMMITS, SIGHTINGS, DEPARTURES, SCHEMAS, STATE)
TABLES = (*PUBLIC, *INTERNAL)


def statements() -> Iterator[str]:
    """SQL that lays out an empty warehouse."""
    yield "CREATE SCHEMA internal"
    for table in TABLES:
        columns = ", ".join(f"{quoted(column.name)} {column.type}" for column in table.columns)
        yield f"CREATE TABLE {table.qualified} ({columns})"
        yield f"COMMENT ON TABLE {table.qualified} IS {literal(table.comment)}"
        for column in table.columns:
            name = f"{table.qualified}.{quoted(column.name)}"
            yield f"COMMENT ON COLUMN {name} IS {literal(column.comment)}"
    yield f"INSERT INTO {STATE.qualified} VALUES ({FORMAT}, 0, NULL, NULL)"
