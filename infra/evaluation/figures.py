"""The figures of an evaluation as tables of text, for every kind of report alike."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from docmill.infra.evaluation.statistics import Interval, wilson
from docmill.infra.evaluation.summary import ALL, LISTS, SCALARS, Group, Summary
from docmill.schemas.evaluation import Counts, EvaluationRecord

NOT_MEASURED = "not measured"


@dataclass(frozen=True)
class FigureTable:
    """A table with a title; the first `names` columns hold names, the others numbers.

    `strong` are the numbers of rows (from 0) that sum up others. `note` says what is counted.
    """

    title: str
    note: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    names: int = 1
    strong: frozenset[int] = frozenset()


def figure_tables(summary: Summary) -> tuple[FigureTable, ...]:
    """All tables that have rows."""
    tables = (
        _outcomes(summary),
        _fields(summary, SCALARS),
        _fields(summary, LISTS),
        _slices(summary),
        _pairs(summary),
        _invented(summary),
        _text(summary),
        _tables(summary),
        _boxes(summary),
        _confidence(summary),
        _unscored(summary),
    )
    return tuple(table for table in tables if table.rows)


def share(value: float | None) -> str:
    """A share with three decimals; a dash where there is none."""
    return "–" if value is None else f"{value:.3f}"


def with_interval(value: float | None, interval: Interval | None) -> str:
    """A share and its 95 % interval."""
    if value is None or interval is None:
        return share(value)
    return f"{value:.3f} ({interval.low:.2f}–{interval.high:.2f})"


def described(record: EvaluationRecord) -> str:
    """One line: how much was evaluated, by what."""
    pages = sum(document.pages for document in record.documents)
    speed = record.pages_per_second
    rate = f"{speed:.1f} pages/s" if speed else "all work done before"
    engines = f"{record.ocr_engine}, {record.extractor}"
    return f"{len(record.documents)} documents, {pages} pages, {rate}; {engines}"


def _outcomes(summary: Summary) -> FigureTable:
    return FigureTable(
        title="Outcomes",
        note="How the documents ended. Values of a document that failed count as missing.",
        head=("document type", "documents", "outcome", "failures", "pages", "median s/page"),
        rows=tuple(
            (
                entry.doc_type,
                str(entry.documents),
                _counted(entry.statuses),
                _counted(entry.failures),
                str(entry.pages),
                share(entry.median_seconds_per_page),
            )
            for entry in summary.outcomes
        ),
    )


def _counted(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in sorted(counts.items())) or "–"


_GROUP_HEAD = ("n", "precision", "recall", "F1", "strict F1")


def _group_cells(group: Group) -> tuple[str, ...]:
    return (
        str(group.counts.wanted),
        with_interval(group.precision, group.precision_interval),
        with_interval(group.recall, group.recall_interval),
        with_interval(group.f1, group.f1_interval),
        share(group.strict_f1),
    )


def _fields(summary: Summary, scope: str) -> FigureTable:
    chosen = list(_by_field(summary, scope))
    notes = {
        SCALARS: "n: true values. Dates, numbers and codes must be equal after normalisation, "
        "names and texts alike to 0.9; strict: equal. In brackets 95 % intervals.",
        LISTS: "Rows are paired for the most right cells, then counted cell by cell; key-value "
        "pairs are right as a whole.",
    }
    return FigureTable(
        title="Fields" if scope == SCALARS else "Lists",
        note=notes[scope],
        head=("document type", "field", *_GROUP_HEAD),
        rows=tuple((group.doc_type, group.name, *_group_cells(group)) for group in chosen),
        names=2,
        strong=frozenset(number for number, group in enumerate(chosen) if group.dimension == ALL),
    )


def _by_field(summary: Summary, scope: str) -> Iterator[Group]:
    """Fields of each type, then all of them."""
    for total in summary.choose(ALL, scope):
        for group in summary.choose("field", scope):
            if group.doc_type == total.doc_type:
                yield group
        yield total


def _slices(summary: Summary) -> FigureTable:
    chosen = [*summary.choose("stratum"), *summary.choose("language")]
    return FigureTable(
        title="By stratum and language",
        note="Fields outside lists, and lists, apart.",
        head=("document type", "counted", "slice", "documents", *_GROUP_HEAD),
        rows=tuple(
            (
                group.doc_type,
                group.scope,
                f"{group.dimension}: {group.name}",
                str(group.documents),
                *_group_cells(group),
            )
            for group in sorted(chosen, key=lambda group: (group.doc_type, group.scope))
        ),
        names=3,
    )


def _pairs(summary: Summary) -> FigureTable:
    return FigureTable(
        title="Key-value pairs",
        note="Values that are right, of the pairs whose key is.",
        head=("document type", "right keys", "right values", "share"),
        rows=tuple(
            (
                pairs.doc_type,
                str(pairs.keys),
                str(pairs.values),
                with_interval(
                    pairs.values / pairs.keys if pairs.keys else None,
                    wilson(pairs.values, pairs.keys),
                ),
            )
            for pairs in summary.pairs
        ),
    )


def _invented(summary: Summary) -> FigureTable:
    return FigureTable(
        title="Invented values",
        note="Invented: the value stands nowhere in the document's words. Denied: the truth says "
        "that there is no such value or row.",
        head=("document type", "given", "invented", "share", "judged", "denied"),
        rows=tuple(
            (
                entry.doc_type,
                str(entry.given_values),
                str(entry.invented),
                with_interval(
                    entry.invented / entry.given_values if entry.given_values else None,
                    entry.interval,
                ),
                str(entry.judged),
                str(entry.spurious),
            )
            for entry in summary.invented
        ),
    )


def _text(summary: Summary) -> FigureTable:
    return FigureTable(
        title="Text",
        note="CER: character error rate in reading order, and with words in any order; pooled "
        "(median). Words without letter case; runs of letters and digits.",
        head=(
            "document type",
            "documents",
            "CER",
            "CER, any order",
            "word recall",
            "word precision",
            "run recall",
        ),
        rows=tuple(
            (
                text.doc_type,
                str(text.documents),
                f"{text.cer:.3f} ({text.median_cer:.3f})",
                f"{text.cer_any_order:.3f} ({text.median_cer_any_order:.3f})",
                f"{share(text.word_recall)} ({text.median_word_recall:.3f})",
                share(text.word_precision),
                f"{share(text.run_recall)} ({text.median_run_recall:.3f})",
            )
            for text in summary.text
        ),
    )


def _tables(summary: Summary) -> FigureTable:
    return FigureTable(
        title="Tables",
        note="Cells with the right text, row and column; cells whose text is in the table; "
        "neighbouring cells (ICDAR 2013), also as the mean of the documents.",
        head=(
            "document type",
            "documents",
            "tables",
            "found",
            "cells F1",
            "content F1",
            "adjacency precision",
            "adjacency recall",
            "adjacency F1",
            "mean F1",
        ),
        rows=tuple(
            (
                table.doc_type,
                str(table.documents),
                str(table.tables_wanted),
                str(table.tables_given),
                share(table.position.f1),
                share(table.content.f1),
                share(table.adjacency.precision),
                share(table.adjacency.recall),
                share(table.adjacency.f1),
                share(table.mean_adjacency_f1),
            )
            for table in summary.tables
        ),
    )


def _boxes(summary: Summary) -> FigureTable:
    return FigureTable(
        title="Boxes",
        note="With box: of all given values. The others: right values whose true box or text "
        "line is known.",
        head=(
            "document type",
            "with box",
            "compared",
            "IoU ≥ 0.5",
            "median IoU",
            "in lines of the truth",
        ),
        rows=tuple(
            (
                entry.doc_type,
                share(entry.boxed / entry.given_values if entry.given_values else None),
                str(entry.compared),
                _part(entry.good_iou, entry.compared),
                share(entry.median_iou) if entry.compared else NOT_MEASURED,
                _part(entry.good_inside, entry.in_lines),
            )
            for entry in summary.boxes
        ),
    )


def _part(part: int, whole: int) -> str:
    return f"{part / whole:.3f} of {whole}" if whole else NOT_MEASURED


def _confidence(summary: Summary) -> FigureTable:
    measured = summary.confidence
    filled = [bin_ for bin_ in measured.bins if bin_.values]
    rows = [
        (
            f"{bin_.low:.1f}–{bin_.high:.1f}",
            str(bin_.values),
            share(bin_.mean_confidence),
            with_interval(bin_.right / bin_.values, wilson(bin_.right, bin_.values)),
        )
        for bin_ in filled
    ]
    total = Counts(right=measured.right, given=measured.values).precision
    return FigureTable(
        title="Confidence",
        note=f"Expected calibration error {share(measured.expected_calibration_error)}, AUROC "
        f"{share(measured.auroc)}, {share(total)} of {measured.values} given values right.",
        head=("confidence", "values", "mean confidence", "right"),
        rows=tuple(rows),
    )


def _unscored(summary: Summary) -> FigureTable:
    return FigureTable(
        title="Truth without a field",
        note="What the schema has no field for is not scored.",
        head=("document type", "documents with"),
        rows=tuple(
            (entry.doc_type, _counted(entry.unscored))
            for entry in summary.outcomes
            if entry.unscored
        ),
        names=2,
    )


def markdown(tables: Sequence[FigureTable], heading: str = "###") -> str:
    """The tables in Markdown."""
    return "\n".join(line for table in tables for line in _markdown_table(table, heading))


def _markdown_table(table: FigureTable, heading: str) -> Iterator[str]:
    yield from (f"{heading} {table.title}", "", table.note, "")
    yield f"| {' | '.join(table.head)} |"
    rules = ["---" if column < table.names else "---:" for column in range(len(table.head))]
    yield f"|{'|'.join(rules)}|"
    for number, row in enumerate(table.rows):
        cells = [" ".join(cell.split()).replace("|", r"\|") for cell in row]
        if number in table.strong:
            cells = [f"**{cell}**" for cell in cells]
        yield f"| {' | '.join(cells)} |"
    yield ""
