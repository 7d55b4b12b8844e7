"""From a record's facts to figures: shares with intervals, by field, stratum and language."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from statistics import fmean, median

from docmill.infra.evaluation.statistics import (
    Interval,
    Reliability,
    f1_interval,
    reliability,
    wilson,
)
from docmill.schemas.evaluation import (
    Counts,
    DocumentEvaluation,
    EvaluationRecord,
    Judgement,
    TableCounts,
    TextCounts,
    counts_of,
)
from docmill.schemas.frozen import Frozen

ALL = "all"
SCALARS, LISTS = "fields", "lists"
GOOD_IOU = 0.5
GOOD_INSIDE = 0.9


class Group(Frozen):
    """Values of one document type, of one kind: all, or one field, stratum or language.

    `scope` is `fields` for values outside lists and `lists` for cells and pairs inside them.
    `documents` have at least one such value, given or wanted. Strict figures want equality.
    """

    doc_type: str
    scope: str
    dimension: str
    name: str
    documents: int
    counts: Counts
    strict: Counts
    precision: float | None
    precision_interval: Interval | None
    recall: float | None
    recall_interval: Interval | None
    f1: float | None
    f1_interval: Interval | None
    strict_f1: float | None


class Pairs(Frozen):
    """Key-value pairs: `values` are right values among `keys` right keys."""

    doc_type: str
    keys: int
    values: int


class TextFigures(Frozen):
    """Text of one document type; pooled over all characters or words, and medians of documents."""

    doc_type: str
    documents: int
    cer: float
    median_cer: float
    cer_any_order: float
    median_cer_any_order: float
    word_recall: float | None
    word_precision: float | None
    median_word_recall: float
    run_recall: float | None
    median_run_recall: float


class TableFigures(Frozen):
    """Tables of one document type, pooled, with the mean of the documents' adjacency F1."""

    doc_type: str
    documents: int
    tables_wanted: int
    tables_given: int
    position: Counts
    content: Counts
    adjacency: Counts
    mean_adjacency_f1: float


class BoxFigures(Frozen):
    """Boxes of right values; None where the truth has none to compare with."""

    doc_type: str
    given_values: int
    boxed: int
    compared: int
    good_iou: int
    median_iou: float | None
    in_lines: int
    good_inside: int


class Invented(Frozen):
    """Given values that stand nowhere in the document, and those that the truth denies."""

    doc_type: str
    given_values: int
    invented: int
    interval: Interval | None
    judged: int
    spurious: int


class Outcomes(Frozen):
    """How documents of one type ended; `unscored` counts truths without a field."""

    doc_type: str
    documents: int
    statuses: dict[str, int]
    failures: dict[str, int]
    pages: int
    median_seconds_per_page: float | None
    unscored: dict[str, int]


class Summary(Frozen):
    """All figures of an evaluation."""

    groups: tuple[Group, ...]
    pairs: tuple[Pairs, ...]
    text: tuple[TextFigures, ...]
    tables: tuple[TableFigures, ...]
    boxes: tuple[BoxFigures, ...]
    invented: tuple[Invented, ...]
    confidence: Reliability
    outcomes: tuple[Outcomes, ...]

    def choose(self, dimension: str, scope: str | None = None) -> tuple[Group, ...]:
        """The groups of one dimension (and scope)."""
        return tuple(
            group
            for group in self.groups
            if group.dimension == dimension and scope in (None, group.scope)
        )


def summarise(record: EvaluationRecord) -> Summary:
    """All figures, each document type by itself; confidence over all of them."""
    types = by_type(record)
    given = [
        judgement
        for document in record.documents
        for judgement in document.judgements
        if judgement.given and judgement.confidence is not None
    ]
    return Summary(
        groups=tuple(group for name, docs in types.items() for group in _groups(name, docs)),
        pairs=tuple(pairs for name, docs in types.items() for pairs in _pairs(name, docs)),
        text=tuple(text for name, docs in types.items() for text in _text(name, docs)),
        tables=tuple(table for name, docs in types.items() for table in _tables(name, docs)),
        boxes=tuple(_boxes(name, docs) for name, docs in types.items() if _filled(docs)),
        invented=tuple(_invented(name, docs) for name, docs in types.items() if _filled(docs)),
        confidence=reliability(
            [judgement.confidence or 0.0 for judgement in given],
            [judgement.right for judgement in given],
        ),
        outcomes=tuple(_outcomes(name, docs) for name, docs in types.items()),
    )


def by_type(record: EvaluationRecord) -> Mapping[str, Sequence[DocumentEvaluation]]:
    """Documents by type, in the order of the set."""
    types: dict[str, list[DocumentEvaluation]] = {}
    for document in record.documents:
        types.setdefault(document.doc_type, []).append(document)
    return types


def scope_of(judgement: Judgement) -> str:
    """Whether a value stands in a list."""
    return LISTS if "[]" in judgement.pattern else SCALARS


def _filled(documents: Sequence[DocumentEvaluation]) -> bool:
    return any(document.schema_name for document in documents)


def _groups(doc_type: str, documents: Sequence[DocumentEvaluation]) -> Iterator[Group]:
    """All, then by field, by stratum, by language; values and lists apart."""
    dimensions: Sequence[tuple[str, Callable[[DocumentEvaluation, Judgement], str]]] = (
        (ALL, lambda document, judgement: ALL),
        ("field", lambda document, judgement: judgement.pattern),
        ("stratum", lambda document, judgement: document.stratum),
        ("language", lambda document, judgement: document.language),
    )
    for scope in (SCALARS, LISTS):
        for dimension, name_of in dimensions:
            cells: dict[str, dict[str, list[Judgement]]] = {}
            for document in documents:
                for judgement in document.judgements:
                    if scope_of(judgement) == scope:
                        cell = cells.setdefault(name_of(document, judgement), {})
                        cell.setdefault(document.example, []).append(judgement)
            for name, judged in cells.items():
                yield _group(doc_type, scope, dimension, name, list(judged.values()))


def _group(
    doc_type: str, scope: str, dimension: str, name: str, judged: Sequence[Sequence[Judgement]]
) -> Group:
    per_document = [counts_of(judgements) for judgements in judged]
    counts = sum(per_document, Counts())
    strict = sum((counts_of(judgements, strict=True) for judgements in judged), Counts())
    return Group(
        doc_type=doc_type,
        scope=scope,
        dimension=dimension,
        name=name,
        documents=len(judged),
        counts=counts,
        strict=strict,
        precision=counts.precision,
        precision_interval=wilson(counts.right, counts.given),
        recall=counts.recall,
        recall_interval=wilson(counts.right, counts.wanted),
        f1=counts.f1,
        f1_interval=f1_interval(per_document),
        strict_f1=strict.f1,
    )


def _judged(documents: Sequence[DocumentEvaluation]) -> list[Judgement]:
    return [judgement for document in documents for judgement in document.judgements]


def _pairs(doc_type: str, documents: Sequence[DocumentEvaluation]) -> Iterator[Pairs]:
    keyed = [judgement for judgement in _judged(documents) if judgement.key_right is not None]
    if keyed:
        yield Pairs(
            doc_type=doc_type,
            keys=sum(bool(judgement.key_right) for judgement in keyed),
            values=sum(judgement.right for judgement in keyed),
        )


def _text(doc_type: str, documents: Sequence[DocumentEvaluation]) -> Iterator[TextFigures]:
    texts = [document.text for document in documents if document.text]
    if not texts:
        return
    characters = max(1, sum(text.characters for text in texts))
    words = sum((text.words for text in texts), Counts())
    yield TextFigures(
        doc_type=doc_type,
        documents=len(texts),
        cer=sum(text.edits for text in texts) / characters,
        median_cer=median(_cer(text, text.edits) for text in texts),
        cer_any_order=sum(text.edits_any_order for text in texts) / characters,
        median_cer_any_order=median(_cer(text, text.edits_any_order) for text in texts),
        word_recall=words.recall,
        word_precision=words.precision,
        median_word_recall=median(text.words.recall or 0.0 for text in texts),
        run_recall=sum((text.runs for text in texts), Counts()).recall,
        median_run_recall=median(text.runs.recall or 0.0 for text in texts),
    )


def _cer(text: TextCounts, edits: int) -> float:
    return edits / max(1, text.characters)


def _tables(doc_type: str, documents: Sequence[DocumentEvaluation]) -> Iterator[TableFigures]:
    tables: list[TableCounts] = [document.tables for document in documents if document.tables]
    if tables:
        yield TableFigures(
            doc_type=doc_type,
            documents=len(tables),
            tables_wanted=sum(counts.tables_wanted for counts in tables),
            tables_given=sum(counts.tables_given for counts in tables),
            position=sum((counts.position for counts in tables), Counts()),
            content=sum((counts.content for counts in tables), Counts()),
            adjacency=sum((counts.adjacency for counts in tables), Counts()),
            mean_adjacency_f1=fmean(counts.adjacency.f1 or 0.0 for counts in tables),
        )


def _boxes(doc_type: str, documents: Sequence[DocumentEvaluation]) -> BoxFigures:
    right = [judgement for judgement in _judged(documents) if judgement.right]
    ious = [judgement.iou for judgement in right if judgement.iou is not None]
    insides = [judgement.inside for judgement in right if judgement.inside is not None]
    return BoxFigures(
        doc_type=doc_type,
        given_values=sum(document.given_values for document in documents),
        boxed=sum(document.boxed for document in documents),
        compared=len(ious),
        good_iou=sum(iou >= GOOD_IOU for iou in ious),
        median_iou=median(ious) if ious else None,
        in_lines=len(insides),
        good_inside=sum(inside >= GOOD_INSIDE for inside in insides),
    )


def _invented(doc_type: str, documents: Sequence[DocumentEvaluation]) -> Invented:
    judged = [judgement for judgement in _judged(documents) if judgement.given]
    given = sum(document.given_values for document in documents)
    invented = sum(len(document.invented) for document in documents)
    return Invented(
        doc_type=doc_type,
        given_values=given,
        invented=invented,
        interval=wilson(invented, given),
        judged=len(judged),
        spurious=sum(not judgement.wanted for judgement in judged),
    )


def _outcomes(doc_type: str, documents: Sequence[DocumentEvaluation]) -> Outcomes:
    times = [
        document.seconds / document.pages
        for document in documents
        if document.seconds is not None and document.pages
    ]
    return Outcomes(
        doc_type=doc_type,
        documents=len(documents),
        statuses=dict(Counter(document.outcome for document in documents)),
        failures=dict(Counter(code for document in documents for code in document.failures)),
        pages=sum(document.pages for document in documents),
        median_seconds_per_page=median(times) if times else None,
        unscored=dict(Counter(name for document in documents for name in document.unscored))
        if _filled(documents)
        else {},
    )
