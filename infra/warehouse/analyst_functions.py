"""Table functions that answer what needs a parameter: where a value comes from, and the past."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from docmill.infra.warehouse.analyst_views import columns_of
from docmill.infra.warehouse.ddl import Column, quoted
from docmill.infra.warehouse.standard_views import FIELDS


@dataclass(frozen=True)
class TableFunction:
    """A query with parameters, called as `FROM name(…)` (in DuckDB: a table macro).

    `parameters` name what `query` asks for, and `columns` what it gives, in their order. It works
    in a file that is opened itself, not in one that is attached to another database.
    """

    name: str
    parameters: tuple[str, ...]
    comment: str
    columns: tuple[Column, ...]
    query: str

    @property
    def call(self) -> str:
        """How it is called."""
        return f"{self.name}({', '.join(self.parameters)})"

    def statements(self) -> Iterator[str]:
        """SQL that creates it."""
        yield f"CREATE MACRO main.{self.call} AS TABLE {self.query}"


_CALL = (
    "STRUCT(stage VARCHAR, engine VARCHAR, page INTEGER, prompt_hash VARCHAR, "
    "input_tokens BIGINT, cached_tokens BIGINT, output_tokens BIGINT, price_usd DOUBLE, "
    "called_at TIMESTAMP, call_id VARCHAR)[]"
)
_WORD = "STRUCT(word INTEGER, text VARCHAR, confidence DOUBLE)[]"
_CHECK = "STRUCT(name VARCHAR, passed BOOLEAN, detail VARCHAR)[]"
_EDIT = (
    "STRUCT(revision INTEGER, action VARCHAR, old_value VARCHAR, value VARCHAR, "
    "reviewer VARCHAR, answered_at TIMESTAMP, seconds_spent DOUBLE, note VARCHAR)[]"
)

LINEAGE = TableFunction(
    "lineage",
    ("of_document", "of_path"),
    "Where a value comes from: one row per part and schema of the document that has the path.",
    (
        *(column for column in FIELDS.columns if column.name not in ("pattern", "row")),
        *columns_of(
            ("engine_value", "VARCHAR", "what the engine said, before any answer"),
            ("engine_raw", "VARCHAR", "that as printed"),
            ("engine_confidence", "DOUBLE", "0..1, what the engine gave it"),
            (
                "extracted_at",
                "TIMESTAMP",
                "when the first outcome with this extraction was finished",
            ),
            ("words", _WORD, "words of the page in the value's box, in reading order"),
            (
                "page_key",
                "VARCHAR",
                "key of the page's reading in the lake; NULL, like words and image_hash, where the "
                "value has no box, or the file was read anew since the extraction",
            ),
            (
                "image_hash",
                "VARCHAR",
                "SHA-256 of the pixels read; NULL if only the text layer was",
            ),
            ("page_engine", "VARCHAR", "engine that read this very page, name@version[model]"),
            ("page_status", "VARCHAR", "how the reading of the page ended"),
            ("calls", _CALL, "requests to models that the reading and the extraction are made of"),
            ("checks", _CHECK, "validators that looked at the value, as it was extracted"),
            ("edits", _EDIT, "reviewers' answers that hold or held for it, from the first"),
        ),
    ),
    """WITH held AS (
    SELECT * FROM main.fields WHERE document_id = of_document AND path = of_path
), said AS (
    SELECT part, extraction_key, value AS engine_value, raw AS engine_raw,
        confidence AS engine_confidence, extracted_at
    FROM internal."values" WHERE document_id = of_document AND path = of_path
), newest AS (
    SELECT DISTINCT part, extraction_key FROM main.part_history
    WHERE document_id = of_document AND extraction_key IS NOT NULL AND finished_at =
        (SELECT max(finished_at) FROM internal.documents WHERE document_id = of_document)
), place AS (
    SELECT held.part, held.schema_name, held.page, held.x0, held.y0, held.x1, held.y1,
        page_key, image_hash, pages.ocr_engine AS page_engine, pages.status AS page_status
    FROM held SEMI JOIN newest USING (part, extraction_key)
    JOIN main.pages ON pages.document_id = of_document AND pages.page = held.page
), covered AS (
    SELECT place.part, place.schema_name,
        list({'word': word, 'text': text, 'confidence': words.confidence} ORDER BY word) AS words
    FROM place JOIN main.words ON words.document_id = of_document AND words.page = place.page
        AND (words.x0 + words.x1) / 2 BETWEEN place.x0 AND place.x1
        AND (words.y0 + words.y1) / 2 BETWEEN place.y0 AND place.y1
    GROUP BY ALL
), asked AS (
    SELECT held.part, held.schema_name, list({'stage': stage, 'engine': engine,
        'page': made.page, 'prompt_hash': prompt_hash, 'input_tokens': input_tokens,
        'cached_tokens': cached_tokens, 'output_tokens': output_tokens, 'price_usd': price_usd,
        'called_at': called_at, 'call_id': call_id} ORDER BY called_at, call_id) AS calls
    FROM held LEFT JOIN place USING (part, schema_name) JOIN main.model_calls AS made
        ON made.document_id = of_document
        AND (made.output_key = held.extraction_key OR made.output_key = place.page_key)
    GROUP BY ALL
), checked AS (
    SELECT part, extraction_key, list({'name': name, 'passed': passed, 'detail': detail}
        ORDER BY number) AS checks
    FROM main.checks WHERE document_id = of_document AND list_contains(paths, of_path)
    GROUP BY ALL
), answered AS (
    SELECT own.part, own.extraction_key, list({'revision': event.revision, 'action': event.action,
        'old_value': event.old_value, 'value': event.value, 'reviewer': reviewer,
        'answered_at': event.answered_at, 'seconds_spent': seconds_spent, 'note': note}
        ORDER BY event.revision, event_key) AS edits
    FROM internal.reviewed AS own JOIN main.review_events AS event USING (event_key)
    WHERE own.document_id = of_document AND own.path = of_path
    GROUP BY ALL
)
SELECT document_id, part, uri, schema_name, path, value, raw, status, confidence,
    confidence_status, match, held.page, held.x0, held.y0, held.x1, held.y1, reviewed,
    ocr_engine, extractor, extraction_key, derived, engine_value, engine_raw,
    engine_confidence, extracted_at, coalesce(words, []) AS words, page_key, image_hash,
    page_engine, page_status, coalesce(calls, []) AS calls, coalesce(checks, []) AS checks,
    coalesce(edits, []) AS edits
FROM held
LEFT JOIN said USING (part, extraction_key)
LEFT JOIN place USING (part, schema_name)
LEFT JOIN covered USING (part, schema_name)
LEFT JOIN asked USING (part, schema_name)
LEFT JOIN checked USING (part, extraction_key)
LEFT JOIN answered USING (part, extraction_key)""",
)

_FIELDS = ", ".join(quoted(column.name) for column in FIELDS.columns)

AS_OF = TableFunction(
    "as_of",
    ("moment",),
    "`fields` as they were at a moment (TIMESTAMP, UTC): of each schema the newest outcome up to "
    "then, with the answers up to then. `uri` is today's.",
    FIELDS.columns,
    f"""WITH newest AS (
    SELECT document_id, schema_name, max(outcome) AS outcome
    FROM main.part_history
    WHERE finished_at <= moment::TIMESTAMP AND extraction_key IS NOT NULL
    GROUP BY document_id, schema_name
), held AS (
    SELECT DISTINCT document_id, part, schema_name, extraction_key
    FROM main.part_history SEMI JOIN newest USING (document_id, schema_name, outcome)
    WHERE extraction_key IS NOT NULL
), answered AS (
    SELECT * FROM internal.reviewed SEMI JOIN held
        USING (document_id, part, schema_name, extraction_key)
    WHERE answered_at <= moment::TIMESTAMP AND path <> ''
    QUALIFY row_number() OVER (
        PARTITION BY document_id, part, extraction_key, path ORDER BY revision DESC) = 1
), standing AS (
    SELECT * FROM answered WHERE action <> 'reopen'
)
SELECT {_FIELDS} FROM internal."values" SEMI JOIN held
    USING (document_id, part, schema_name, extraction_key)
    ANTI JOIN standing USING (document_id, part, extraction_key, path)
UNION ALL SELECT {_FIELDS} FROM standing""",
)

FUNCTIONS = (LINEAGE, AS_OF)
