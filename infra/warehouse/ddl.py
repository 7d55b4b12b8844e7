"""Every table of the warehouse, as data: the statements and the documentation come from it.

Tables in `main` are for everybody. Those in `internal` are what the loader keeps for itself, and
what the views of `standard_views` are made of; they may change in any version. Times are TIMESTAMP
in UTC. `document_id` is the SHA-256 of the file.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

FORMAT = 4  # raise when a table changes: older warehouses are then rebuilt from the lake


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
    indexed: tuple[str, ...] = ()  # columns by which few rows are looked up among very many

    @property
    def qualified(self) -> str:
        """Its name for use in SQL."""
        return f"{quoted(self.schema)}.{quoted(self.name)}"

    def statements(self) -> Iterator[str]:
        """SQL that creates the table with its comments and indexes."""
        columns = ", ".join(f"{quoted(column.name)} {column.type}" for column in self.columns)
        yield f"CREATE TABLE {self.qualified} ({columns})"
        yield f"COMMENT ON TABLE {self.qualified} IS {literal(self.comment)}"
        yield from _column_comments(self.qualified, self.columns)
        for name in self.indexed:
            index = quoted(f"{self.name}_by_{name}")
            yield f"CREATE INDEX {index} ON {self.qualified} ({quoted(name)})"


@dataclass(frozen=True)
class View:
    """A view with its own documentation; `query` selects `columns`, in their order."""

    name: str
    comment: str
    columns: tuple[Column, ...]
    query: str
    schema: str = "main"

    @property
    def qualified(self) -> str:
        """Its name for use in SQL."""
        return f"{quoted(self.schema)}.{quoted(self.name)}"

    def statements(self) -> Iterator[str]:
        """SQL that creates the view with its comments."""
        yield f"CREATE VIEW {self.qualified} AS {self.query}"
        yield f"COMMENT ON VIEW {self.qualified} IS {literal(self.comment)}"
        yield from _column_comments(self.qualified, self.columns)


def quoted(name: str) -> str:
    """A name as an SQL identifier, whatever its characters."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A text as an SQL string literal."""
    return "'" + text.replace("'", "''") + "'"


def _column_comments(qualified: str, columns: tuple[Column, ...]) -> Iterator[str]:
    for column in columns:
        name = f"{qualified}.{quoted(column.name)}"
        yield f"COMMENT ON COLUMN {name} IS {literal(column.comment)}"


def table(
    name: str,
    comment: str,
    *columns: tuple[str, str, str],
    schema: str = "main",
    indexed: tuple[str, ...] = (),
) -> Table:
    """A table from its columns as (name, type, comment)."""
    return Table(name, comment, tuple(Column(*column) for column in columns), schema, indexed)


_DOCUMENT_ID = ("document_id", "VARCHAR", "SHA-256 of the file's bytes, 64 hex digits")
_PART = ("part", "INTEGER", "which document inside the file, from 1")
_URI = ("uri", "VARCHAR", "the first place the file was seen at")
_SCHEMA_NAME = ("schema_name", "VARCHAR", "the schema that was filled")
_PAGE = ("page", "INTEGER", "page of the file, from 1")
BOX = (
    ("x0", "DOUBLE", "left edge, 0..1 of the displayed page from its left"),
    ("y0", "DOUBLE", "top edge, 0..1 of the displayed page from its top"),
    ("x1", "DOUBLE", "right edge"),
    ("y1", "DOUBLE", "bottom edge"),
)
_EVIDENCE = (
    ("page", "INTEGER", "page of the file, from 1; NULL when the value was not found on a page"),
    *BOX,
)

DOCUMENTS = table(
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
    ("extraction_key", "VARCHAR", "key of the extraction in the lake; NULL where there is none"),
    schema="internal",
)

SOURCES = table(
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

RESULTS = table(
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
    schema="internal",
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

VALUES = table(
    "values",
    "Every value any extraction gave, once, as the engines said it.",
    *_VALUE,
    ("extracted_at", "TIMESTAMP", "when the first outcome with this extraction was finished"),
    ("current", "BOOLEAN", "whether no newer extraction with this schema replaced it"),
    schema="internal",
)

REVIEWED = table(
    "reviewed",
    "What answers make of values: a row per extraction, path, and revision of its answers.",
    *_VALUE,
    ("event_key", "VARCHAR", "the answer, in review_events"),
    ("revision", "INTEGER", "the answer's number, from 1"),
    ("action", "VARCHAR", "accept, correct, absent, illegible or reopen"),
    ("answered_at", "TIMESTAMP", "when the answer was given"),
    ("newest", "BOOLEAN", "whether no answer with a higher revision holds for the value"),
    schema="internal",
)

REVIEWED_RESULTS = table(
    "reviewed_results",
    "Current results with their answers in them, of those that have any.",
    _DOCUMENT_ID,
    _PART,
    _SCHEMA_NAME,
    ("extraction_key", "VARCHAR", "key of the extraction in the lake"),
    ("result", "JSON", "as in results"),
    schema="internal",
)

PART_HISTORY = table(
    "part_history",
    "One row per outcome and part, superseded ones included.",
    _DOCUMENT_ID,
    _PART,
    ("schema_name", "VARCHAR", "the schema that was filled; NULL when none fitted or it failed"),
    ("extraction_key", "VARCHAR", "key of the extraction in the lake; NULL where there is none"),
    ("status", "VARCHAR", "done, partial, failed or needs_review"),
    ("page_from", "INTEGER", "first page of the part, from 1"),
    ("page_to", "INTEGER", "last page of the part, inclusive"),
    ("finished_at", "TIMESTAMP", "when the work on the document ended"),
    ("run_id", "VARCHAR", "the run it was done in"),
    ("ocr_engine", "VARCHAR", "engine that read the pages, name@version[model]"),
    ("extractor", "VARCHAR", "engine that filled the schema, name@version[model]"),
    ("current", "BOOLEAN", "whether no newer outcome replaced what it says about the part"),
    ("outcome", "INTEGER", "number of the outcome among the document's, the oldest first, from 1"),
)

CHECKS = table(
    "checks",
    "What the validators found, per extraction, superseded ones included.",
    _DOCUMENT_ID,
    _PART,
    _SCHEMA_NAME,
    ("extraction_key", "VARCHAR", "key of the extraction in the lake"),
    ("number", "INTEGER", "of the check in the extraction, from 0"),
    ("name", "VARCHAR", "the validator"),
    ("passed", "BOOLEAN", "whether the values agree"),
    ("paths", "VARCHAR[]", "field paths it is about"),
    ("detail", "VARCHAR", "what was found, in words"),
)

PAGES = table(
    "pages",
    "One row per page of the newest reading.",
    _DOCUMENT_ID,
    _PAGE,
    ("width_px", "INTEGER", "displayed width at the reading resolution; NULL if the page failed"),
    ("height_px", "INTEGER", "displayed height at the reading resolution; NULL if it failed"),
    ("rotation", "INTEGER", "rotation that the file asks for, degrees; NULL if it failed"),
    ("ocr_engine", "VARCHAR", "engine that read the page, name@version[model]"),
    ("status", "VARCHAR", "ok, fallback (another engine) and blank are complete; others are not"),
    ("mean_confidence", "DOUBLE", "0..1; NULL where the engine gives none"),
    ("findings", "JSON", "what the checks found on the page, a list of texts"),
    ("page_key", "VARCHAR", "key of the reading in the lake; NULL if the page failed"),
    ("image_hash", "VARCHAR", "SHA-256 of the pixels read; NULL if only the text layer was"),
)

BLOCKS = table(
    "blocks",
    "Regions of the pages in reading order.",
    _DOCUMENT_ID,
    _PAGE,
    ("block", "INTEGER", "number on the page, from 0"),
    ("label", "VARCHAR", "the engine's: text, table, title, form_field, …"),
    ("text", "VARCHAR", "the region's text"),
    *BOX,
    ("confidence", "DOUBLE", "0..1; NULL where the engine gives none"),
)

WORDS = table(
    "words",
    "Words of the pages in reading order.",
    _DOCUMENT_ID,
    _PAGE,
    ("block", "INTEGER", "the block it belongs to, from 0"),
    ("word", "INTEGER", "number on the page, from 0"),
    ("text", "VARCHAR", "as read"),
    *BOX,
    ("confidence", "DOUBLE", "0..1; NULL where the engine gives none"),
    ("box_source", "VARCHAR", "text_layer, form_field, ocr, aligned or region"),
    ("line", "INTEGER", "the line it belongs to, from 0 on the page"),
    ("visible", "BOOLEAN", "false for text that leaves no ink; never used for values"),
)

TABLE_CELLS = table(
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
    *BOX,
    (
        "joined_table",
        "INTEGER",
        "table of the document, from 1; over several pages, one",
    ),
    ("joined_row", "INTEGER", "row there, from 0; NULL for headings repeated on a later page"),
)

REVIEW_ITEMS = table(
    "review_items",
    "Everything that a person was to look at, answered or not.",
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
    ("extraction_key", "VARCHAR", "key of the extraction in the lake; NULL where there is none"),
    schema="internal",
)

REVIEW_EVENTS = table(
    "review_events",
    "Every answer of a reviewer, superseded ones included.",
    ("event_key", "VARCHAR", "identifies the answer: hash of question and revision"),
    _DOCUMENT_ID,
    _PART,
    ("schema_name", "VARCHAR", "the schema that was asked about; empty where none fitted"),
    ("path", "VARCHAR", "field path as the person saw it; empty for the whole part"),
    ("revision", "INTEGER", "number among the answers to the question, from 1"),
    ("answer_id", "VARCHAR", "the client's id of the answer"),
    ("extraction_key", "VARCHAR", "extraction whose value was seen; empty where there was none"),
    ("page_from", "INTEGER", "first page of the part, from 1"),
    ("page_to", "INTEGER", "last page of the part, inclusive"),
    ("row", "VARCHAR", "mark of the list row (places and words); NULL outside lists"),
    ("action", "VARCHAR", "accept, correct, absent, illegible or reopen"),
    ("old_value", "VARCHAR", "what stood there, normalised; NULL where nothing did"),
    ("value", "VARCHAR", "what the person says, normalised; NULL where there is no value"),
    ("raw", "VARCHAR", "that as printed; NULL unless the person gave it"),
    ("page", "INTEGER", "page the person pointed at, from 1; NULL unless they did"),
    *BOX,
    ("reviewer", "VARCHAR", "who answered"),
    ("answered_at", "TIMESTAMP", "when"),
    ("seconds_spent", "DOUBLE", "time taken; NULL where it was not measured"),
    ("note", "VARCHAR", "the person's remark; empty where there is none"),
)

MODEL_CALLS = table(
    "model_calls",
    "Every request to a model that was made for a document, whatever came of it.",
    _DOCUMENT_ID,
    _URI,
    ("run_id", "VARCHAR", "the run it was made in"),
    ("stage", "VARCHAR", "read, classify or extract"),
    ("engine", "VARCHAR", "who was asked, name@version[model]"),
    ("model", "VARCHAR", "the model; NULL where the engine has only one"),
    ("page", "INTEGER", "page it was about, from 1; NULL where it was about a part"),
    ("part", "INTEGER", "part it was about, from 1; NULL where it was about a page"),
    ("output_key", "VARCHAR", "key of the reading or extraction it went into; NULL: into none"),
    ("prompt_hash", "VARCHAR", "the prompt"),
    ("input_tokens", "BIGINT", "tokens sent"),
    ("cached_tokens", "BIGINT", "those of them that the provider had cached"),
    ("output_tokens", "BIGINT", "tokens received"),
    ("price_usd", "DOUBLE", "US dollars; NULL where no price is known, 0 on own machines"),
    ("seconds", "DOUBLE", "from request to answer"),
    ("attempt", "INTEGER", "from 1"),
    ("error", "VARCHAR", "what went wrong; NULL where nothing did"),
    ("called_at", "TIMESTAMP", "when"),
    ("call_id", "VARCHAR", "identifies the request"),
)

FAILURES = table(
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

RUNS = table(
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

SNAPSHOT = table(
    "snapshot",
    "What this file is: one row.",
    ("published_at", "TIMESTAMP", "when the file was made"),
    ("loaded_through", "TIMESTAMP", "time of the newest commit record in it; NULL if it is empty"),
)

COMMITS = table(
    "commits",
    "Commit records that were loaded.",
    ("commit_key", "VARCHAR", "its key in the lake"),
    ("commit_id", "VARCHAR", "two records with one id are the same work; the earlier counts"),
    ("document_id", "VARCHAR", "NULL unless it commits a document"),
    schema="internal",
    indexed=("document_id",),
)

SIGHTINGS = table(
    "sightings",
    "Every sighting that was loaded; `sources` is made from it.",
    ("uri", "VARCHAR", "place"),
    _DOCUMENT_ID,
    ("etag", "VARCHAR", "version mark"),
    ("size", "BIGINT", "bytes"),
    ("seen_at", "TIMESTAMP", "when"),
    schema="internal",
)

DEPARTURES = table(
    "departures",
    "Every departure that was loaded; `sources` is made from it, too.",
    ("uri", "VARCHAR", "place"),
    ("document_id", "VARCHAR", "what it was last known to hold"),
    ("gone_at", "TIMESTAMP", "when nothing was found there"),
    schema="internal",
)

SCHEMAS = table(
    "schemas",
    "The schemas that the typed views show.",
    ("schema_name", "VARCHAR", "its name"),
    ("schema_hash", "VARCHAR", "its content's hash"),
    schema="internal",
)

STATE = table(
    "state",
    "The loader's memory: one row.",
    ("format", "INTEGER", "layout of this file"),
    ("revision", "BIGINT", "raised by every batch"),
    ("published", "BIGINT", "revision that was published last; NULL before the first"),
    ("scanned_to", "TIMESTAMP", "commit records before this time were listed; NULL before any"),
    schema="internal",
)

# What the outcomes of a document say, and what answers make of it.
FROM_OUTCOMES = (
    DOCUMENTS,
    RESULTS,
    VALUES,
    REVIEW_ITEMS,
    PART_HISTORY,
    CHECKS,
    PAGES,
    BLOCKS,
    WORDS,
    TABLE_CELLS,
    FAILURES,
    MODEL_CALLS,
)
FROM_ANSWERS = (REVIEWED, REVIEWED_RESULTS)
BY_DOCUMENT = (*FROM_OUTCOMES, *FROM_ANSWERS)
BOOKKEEPING = (COMMITS, SIGHTINGS, DEPARTURES, SCHEMAS, STATE)
TABLES = (*BY_DOCUMENT, REVIEW_EVENTS, SOURCES, RUNS, SNAPSHOT, *BOOKKEEPING)
