"""The views that show values, results and questions as reviewers' answers left them.

The loader keeps what engines said (`internal`), and apart from it what answers make of that; these
views lay the one over the other. Answers are few beside values, so reading through them costs
little.
"""

from __future__ import annotations

from collections.abc import Iterable

from docmill.infra.warehouse import ddl
from docmill.infra.warehouse.ddl import Column, View, quoted


def _selected(columns: Iterable[Column], source: str) -> str:
    return ", ".join(f"{source}.{quoted(column.name)}" for column in columns)


def _only(table: ddl.Table, *left_out: str) -> tuple[Column, ...]:
    return tuple(column for column in table.columns if column.name not in left_out)


_VALUE = _only(ddl.VALUES, "extracted_at", "current")
_QUEUE = _only(ddl.REVIEW_ITEMS, "extraction_key")
_DOCUMENT = _only(ddl.DOCUMENTS, "extraction_key")
# A part without an extraction has no key, and may be asked about all the same.
_SAME_PART = (
    "{0}.document_id = {1}.document_id AND {0}.part = {1}.part "
    "AND {0}.extraction_key IS NOT DISTINCT FROM {1}.extraction_key"
)

STANDING = View(
    "standing",
    "Answers that hold: of each value's the newest, unless that one opened the question again.",
    _only(ddl.REVIEWED, "newest"),
    "SELECT * EXCLUDE (newest) FROM internal.reviewed WHERE newest AND action <> 'reopen'",
    schema="internal",
)

OPEN_ITEMS = View(
    "open_items",
    "What a person should look at, with the extraction it is about.",
    ddl.REVIEW_ITEMS.columns,
    "SELECT item.* FROM internal.review_items AS item "
    f"ANTI JOIN internal.standing AS answer ON {_SAME_PART.format('item', 'answer')} "
    "AND item.schema_name = answer.schema_name AND item.path = answer.path",
    schema="internal",
)

ANSWERED_PARTS = View(
    "answered_parts",
    "Parts about which something was answered, and nothing is left to ask.",
    tuple(
        column
        for column in ddl.REVIEWED.columns
        if column.name in ("document_id", "part", "extraction_key")
    ),
    "SELECT DISTINCT answer.document_id, answer.part, answer.extraction_key "
    "FROM internal.standing AS answer "
    f"ANTI JOIN internal.open_items AS item ON {_SAME_PART.format('answer', 'item')}",
    schema="internal",
)


def _with_status_after_review(table: ddl.Table, columns: tuple[Column, ...], more: str = "") -> str:
    """A query for `columns`, in which what waited for answers that came is done."""
    selected = ", ".join(
        _STATUS if column.name == "status" else f"own.{quoted(column.name)}" for column in columns
    )
    return (
        f"SELECT {selected}{more} FROM {table.qualified} AS own "
        f"LEFT JOIN internal.answered_parts AS answered ON {_SAME_PART.format('own', 'answered')}"
    )


_STATUS = (
    "CASE WHEN own.status = 'needs_review' AND answered.document_id IS NOT NULL THEN 'done' "
    "ELSE own.status END AS status"
)

DOCUMENTS = View(
    "documents",
    "One row per document and part, as the newest outcome and the answers to it left it.",
    _DOCUMENT,
    _with_status_after_review(ddl.DOCUMENTS, _DOCUMENT),
)

RESULTS = View(
    "results",
    "The current result of each part and schema as one JSON value, with the answers in it.",
    ddl.RESULTS.columns,
    "SELECT shown.* REPLACE (coalesce(reviewed.result, shown.result) AS result) "
    f"FROM ({_with_status_after_review(ddl.RESULTS, ddl.RESULTS.columns)}) AS shown "
    "LEFT JOIN internal.reviewed_results AS reviewed "
    "USING (document_id, part, schema_name, extraction_key)",
)

FIELDS = View(
    "fields",
    "The current value of every field: one row per part, schema and path; reviewed ones win.",
    _VALUE,
    f'SELECT {_selected(_VALUE, "own")} FROM internal."values" AS own '
    "ANTI JOIN internal.standing AS answer USING (document_id, part, extraction_key, path) "
    "WHERE own.current "
    f"UNION ALL SELECT {_selected(_VALUE, 'answer')} FROM internal.standing AS answer "
    "SEMI JOIN internal.results USING (document_id, part, schema_name, extraction_key) "
    "WHERE answer.path <> ''",
)

FIELD_HISTORY = View(
    "field_history",
    "Every value any extraction gave, superseded ones included, as the engines said it.",
    ddl.VALUES.columns,
    'SELECT * FROM internal."values"',
)

REVIEW_QUEUE = View(
    "review_queue",
    "What a person should look at, and why.",
    _QUEUE,
    f"SELECT {_selected(_QUEUE, 'item')} FROM internal.open_items AS item",
)

INTERNAL = (STANDING, OPEN_ITEMS, ANSWERED_PARTS)
PUBLIC = (DOCUMENTS, RESULTS, FIELDS, FIELD_HISTORY, REVIEW_QUEUE)
