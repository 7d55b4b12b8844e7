"""Two or more evaluations side by side: what differs, and whether that may be chance."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise

from docmill.infra.evaluation.figures import FigureTable, share
from docmill.infra.evaluation.statistics import Interval, f1_difference_interval, mcnemar
from docmill.infra.evaluation.summary import ALL, Summary, scope_of, summarise
from docmill.schemas.errors import UsageError
from docmill.schemas.evaluation import (
    Counts,
    DocumentEvaluation,
    EvaluationRecord,
    Judgement,
    counts_of,
)
from docmill.schemas.frozen import Frozen

SIGNIFICANT = 0.05


class Difference(Frozen):
    """One field (or `all`) of a document type, in the first run and in a later one.

    `values` are true values that both runs were asked for; `lost` are those that only the first
    got right, `gained` those that only the later did. `p` is McNemar's, for these pairs alone.
    F1 counts spurious values, too; its `interval` is that of the difference.
    """

    run: str
    doc_type: str
    scope: str
    name: str
    documents: int
    values: int
    lost: int
    gained: int
    p: float
    first_f1: float | None
    f1: float | None
    difference: float | None
    interval: Interval | None

    @property
    def significant(self) -> bool:
        """Whether chance alone would rarely do this (p below 0.05, uncorrected)."""
        return self.p < SIGNIFICANT


class Change(Frozen):
    """A value that one run got right and the other did not."""

    run: str
    example: str
    path: str
    truth: str | None
    first: str | None
    later: str | None
    gained: bool


class Figures(Frozen):
    """One figure of every run, in order."""

    doc_type: str
    name: str
    values: tuple[float | None, ...]


class Comparison(Frozen):
    """All runs; differences and changes are against the first."""

    runs: tuple[str, ...]
    shared_documents: int
    figures: tuple[Figures, ...]
    differences: tuple[Difference, ...]
    changes: tuple[Change, ...]


def compare_runs(records: Sequence[EvaluationRecord], names: Sequence[str]) -> Comparison:
    """Set runs side by side, over the documents that all of them have.

    Raises:
        UsageError: they have no document in common, or one truth differs between them.
    """
    shared = {document.example for document in records[0].documents}
    for record in records[1:]:
        shared &= {document.example for document in record.documents}
    if not shared:
        raise UsageError(
            "the runs have no document in common", "Compare runs over the same evaluation set."
        )
    kept = [_restricted(record, shared) for record in records]
    for first, later in pairwise(kept):
        _check_truth(first, later)
    labels = _distinct(names)
    base, *others = kept
    return Comparison(
        runs=labels,
        shared_documents=len(shared),
        figures=tuple(_figures([summarise(record) for record in kept], records)),
        differences=tuple(
            difference
            for label, later in zip(labels[1:], others, strict=True)
            for difference in _differences(label, base, later)
        ),
        changes=tuple(
            change
            for label, later in zip(labels[1:], others, strict=True)
            for change in _changes(label, base, later)
        ),
    )


def _distinct(names: Sequence[str]) -> tuple[str, ...]:
    """The names, numbered where one comes twice."""
    return tuple(
        name if list(names).count(name) == 1 else f"{name} {number}"
        for number, name in enumerate(names, start=1)
    )


def _restricted(record: EvaluationRecord, examples: set[str]) -> EvaluationRecord:
    ordered = sorted(record.documents, key=lambda document: document.example)
    kept = tuple(document for document in ordered if document.example in examples)
    return record.model_copy(update={"documents": kept})


def _wanted(document: DocumentEvaluation) -> Mapping[str, Judgement]:
    return {judgement.path: judgement for judgement in document.judgements if judgement.wanted}


def _pairs(
    first: EvaluationRecord, later: EvaluationRecord
) -> Iterator[tuple[DocumentEvaluation, Judgement, Judgement]]:
    """True values that both runs were asked for, with the document."""
    for one, other in zip(first.documents, later.documents, strict=True):
        mine, theirs = _wanted(one), _wanted(other)
        for path in mine.keys() & theirs.keys():
            yield one, mine[path], theirs[path]


def _check_truth(first: EvaluationRecord, later: EvaluationRecord) -> None:
    for document, one, other in _pairs(first, later):
        if one.truth != other.truth:
            raise UsageError(
                f"the runs were made with different truths: {document.example}, {one.path}",
                "Run the older one again with the evaluation set as it is now.",
            )


def _differences(
    run: str, first: EvaluationRecord, later: EvaluationRecord
) -> Iterator[Difference]:
    names: dict[tuple[str, str, str], Callable[[Judgement], bool]] = {}
    for document in (*first.documents, *later.documents):
        for judgement in document.judgements:
            scope, pattern = scope_of(judgement), judgement.pattern
            names[document.doc_type, scope, ALL] = lambda j, s=scope: scope_of(j) == s
            names[document.doc_type, scope, pattern] = lambda j, p=pattern: j.pattern == p
    pairs = list(_pairs(first, later))
    for (doc_type, scope, name), chosen in sorted(names.items(), key=lambda item: item[0]):
        own = [(mine.right, theirs.right) for document, mine, theirs in pairs
               if document.doc_type == doc_type and chosen(mine)]  # fmt: skip
        counts = [_counts(record, doc_type, chosen) for record in (first, later)]
        f1s = [sum(documents, Counts()).f1 for documents in counts]
        lost, gained = own.count((True, False)), own.count((False, True))
        yield Difference(
            run=run,
            doc_type=doc_type,
            scope=scope,
            name=name,
            documents=len(counts[0]),
            values=len(own),
            lost=lost,
            gained=gained,
            p=mcnemar(lost, gained),
            first_f1=f1s[0],
            f1=f1s[1],
            difference=None if f1s[0] is None or f1s[1] is None else f1s[1] - f1s[0],
            interval=f1_difference_interval(*counts),
        )


def _counts(
    record: EvaluationRecord, doc_type: str, chosen: Callable[[Judgement], bool]
) -> list[Counts]:
    return [
        counts_of(judgement for judgement in document.judgements if chosen(judgement))
        for document in record.documents
        if document.doc_type == doc_type
    ]


def _changes(run: str, first: EvaluationRecord, later: EvaluationRecord) -> Iterator[Change]:
    for document, mine, theirs in _pairs(first, later):
        if mine.right != theirs.right:
            yield Change(
                run=run,
                example=document.example,
                path=mine.path,
                truth=mine.truth,
                first=mine.value,
                later=theirs.value,
                gained=theirs.right,
            )


def _figures(
    summaries: Sequence[Summary], records: Sequence[EvaluationRecord]
) -> Iterator[Figures]:
    """Whatever any run has a figure for, in the order of the first that has it."""
    tables = [dict(_named_figures(summary)) for summary in summaries]
    for doc_type, name in dict.fromkeys(key for table in tables for key in table):
        values = tuple(table.get((doc_type, name)) for table in tables)
        yield Figures(doc_type=doc_type, name=name, values=values)
    speeds = tuple(record.pages_per_second for record in records)
    yield Figures(doc_type=ALL, name="pages per second, whole run", values=speeds)


def _named_figures(summary: Summary) -> Iterator[tuple[tuple[str, str], float | None]]:
    for group in summary.choose(ALL):
        yield (group.doc_type, f"F1 of {group.scope}"), group.f1
        yield (group.doc_type, f"strict F1 of {group.scope}"), group.strict_f1
    for text in summary.text:
        yield (text.doc_type, "median CER"), text.median_cer
        yield (text.doc_type, "median CER, any order"), text.median_cer_any_order
        yield (text.doc_type, "word recall"), text.word_recall
    for table in summary.tables:
        yield (table.doc_type, "F1 of table cells"), table.position.f1
        yield (table.doc_type, "adjacency F1"), table.adjacency.f1
    for entry in summary.invented:
        rate = entry.invented / entry.given_values if entry.given_values else None
        yield (entry.doc_type, "invented values"), rate
    confidence = summary.confidence
    yield (ALL, "calibration error"), confidence.expected_calibration_error
    yield (ALL, "AUROC of confidence"), confidence.auroc


def comparison_tables(comparison: Comparison) -> tuple[FigureTable, ...]:
    """The comparison as tables of text."""
    figures = FigureTable(
        title="Side by side",
        note=f"Over the {comparison.shared_documents} documents that all runs have.",
        head=("document type", "figure", *comparison.runs),
        rows=tuple(
            (entry.doc_type, entry.name, *map(share, entry.values)) for entry in comparison.figures
        ),
        names=2,
    )
    ordered = sorted(comparison.differences, key=lambda d: (d.run, d.doc_type, d.scope))
    differences = FigureTable(
        title=f"Differences to {comparison.runs[0]}",
        note="Gained and lost: true values that only the later, or only the first run got right. "
        "p: McNemar's exact test, not corrected for many comparisons; * below 0.05.",
        head=(
            *("run", "document type", "field", "n", "gained", "lost", "p"),
            *("F1 first", "F1", "difference (95 %)"),
        ),
        rows=tuple(_difference_row(difference) for difference in ordered),
        names=3,
        strong=frozenset(n for n, difference in enumerate(ordered) if difference.name == ALL),
    )
    return (figures, differences)


def _difference_row(difference: Difference) -> tuple[str, ...]:
    interval = difference.interval
    spread = f" ({interval.low:+.3f} to {interval.high:+.3f})" if interval else ""
    change = "–" if difference.difference is None else f"{difference.difference:+.3f}{spread}"
    scope = f"{ALL} {difference.scope}" if difference.name == ALL else difference.name
    return (
        difference.run,
        difference.doc_type,
        scope,
        str(difference.values),
        str(difference.gained),
        str(difference.lost),
        f"{difference.p:.3g}{'*' if difference.significant else ''}",
        share(difference.first_f1),
        share(difference.f1),
        change,
    )
