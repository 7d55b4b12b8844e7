"""From an evaluation record to its rows."""

from __future__ import annotations

from collections.abc import Iterator

from docmill.infra.warehouse import evaluation_tables
from docmill.infra.warehouse.rows import Row, TableRow, timestamp
from docmill.schemas.evaluation import (
    Counts,
    DocumentEvaluation,
    EvaluationRecord,
    Judgement,
    counts_of,
)


def evaluation_rows(record: EvaluationRecord) -> Iterator[TableRow]:
    """The evaluation, its documents and their values."""
    judged = [judgement for document in record.documents for judgement in document.judgements]
    own = record.model_dump(exclude={"documents", "schemas"})
    yield (
        evaluation_tables.EVAL_RUNS,
        {
            **own,
            "started_at": timestamp(record.started_at),
            "finished_at": timestamp(record.finished_at),
            "documents": len(record.documents),
            **_values(counts_of(judged)),
        },
    )
    for document in record.documents:
        shared = {
            "evaluation_id": record.evaluation_id,
            "example": document.example,
            "document_id": document.document_id,
            "doc_type": document.doc_type,
            "stratum": document.stratum,
            "language": document.language,
        }
        yield evaluation_tables.EVAL_DOCUMENTS, {**shared, **_document(document)}
        for judgement in document.judgements:
            yield evaluation_tables.EVAL_VALUES, {**shared, **_judgement(judgement)}


def _document(document: DocumentEvaluation) -> Row:
    names = ("path", "schema_name", "outcome", "failures", "pages", "seconds", "invented")
    row: Row = {name: getattr(document, name) for name in names}
    row |= _values(counts_of(document.judgements))
    if text := document.text:
        row |= {name: getattr(text, name) for name in ("characters", "edits", "edits_any_order")}
        row |= _counts("words", text.words)
    if tables := document.tables:
        row |= _counts("cells", tables.position)
    return row


def _judgement(judgement: Judgement) -> Row:
    names = {"path", "pattern", "truth", "value", "verdict", "strict", "confidence", "match"}
    row = judgement.model_dump(mode="json", include=names | {"iou", "inside"})
    if place := judgement.place:
        x0, y0, x1, y1 = place.box.as_tuple()
        row |= {"page": place.page, "x0": x0, "y0": y0, "x1": x1, "y1": y1}
    return row


def _values(counts: Counts) -> Row:
    return {
        "right_values": counts.right,
        "given_values": counts.given,
        "wanted_values": counts.wanted,
    }


def _counts(name: str, counts: Counts) -> Row:
    return {
        f"{name}_right": counts.right,
        f"{name}_given": counts.given,
        f"{name}_wanted": counts.wanted,
    }
