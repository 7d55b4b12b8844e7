"""Evaluating: the whole path over every document of a set, then its results beside the truth."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import TypeVar
from uuid import uuid4

from docmill.infra.cage import Cage
from docmill.infra.commits import DocumentCommit
from docmill.infra.evaluation.dataset import Dataset, Example
from docmill.infra.evaluation.fields import invented_values, judge, present_values
from docmill.infra.evaluation.pictures import RasteriseOrder, rasterise
from docmill.infra.evaluation.tables import compare_tables, found_tables, true_tables
from docmill.infra.evaluation.text import compare_texts, read_text, true_text
from docmill.infra.evaluation.truth import truth_of
from docmill.infra.lake import Lake, utc_now
from docmill.infra.pipeline import Progress, run_batch
from docmill.infra.reading import ByModel
from docmill.infra.service.keeping_up import load_and_publish
from docmill.infra.settings import Settings
from docmill.infra.sources import source_file
from docmill.infra.tasks import warm_up
from docmill.infra.wiring import extractor, ocr_tag
from docmill.infra.work import Work
from docmill.schemas.batch import BatchReport
from docmill.schemas.document_schema import DocumentSchema
from docmill.schemas.errors import CageError, InputError, UsageError
from docmill.schemas.evaluation import DocumentEvaluation, EvaluationRecord, Judgement
from docmill.schemas.extraction import Extraction, FieldValue
from docmill.schemas.keys import document_id_of
from docmill.schemas.outcome import DocumentOutcome
from docmill.schemas.page import PageText

MISSING_FILE = "missing_file"
# Drawing all pages of a PDF may take this long.
RASTERISE_SECONDS = 600.0
T = TypeVar("T")


@dataclass(frozen=True)
class Options:
    """What to do with the documents, and what to look at.

    `schemas` maps document types to what is filled; other types are only read. `aliases` maps
    names in the truth to the schema's. Of the types in `complete`, a document that lacks a value
    which others of its type have truly has none. `fields` restricts judgements to these patterns
    or lists (all, if empty). `rasterise_dpi` reads PDF pages as pictures.
    """

    schemas: Mapping[str, DocumentSchema] = field(default_factory=dict[str, DocumentSchema])
    aliases: Mapping[str, str] = field(default_factory=dict[str, str])
    complete: Collection[str] = ()
    fields: Collection[str] = ()
    rasterise_dpi: int | None = None


Watch = Callable[[str], AbstractContextManager[Progress]]


def evaluate(
    dataset: Dataset,
    folder: Path,
    options: Options,
    settings: Settings,
    watch: Watch,
    by_model: ByModel | None = None,
) -> EvaluationRecord:
    """Runs, measures, and files the record in the workspace's lake and warehouse.

    Args:
        dataset: documents with truth.
        folder: where they come from, for the record.
        options: schemas and variants.
        settings: engines, limits and the workspace that does the work.
        watch: opens a progress display for the work on one document type.
        by_model: as for `run_batch`.

    Raises:
        UsageError: a truth has a form that cannot be read.
        StoreError: the workspace cannot be written.
    """
    started_at = utc_now()
    workspace = settings.open_workspace()
    workspace.create()
    files = _files(dataset, options, settings)
    reports = _process(dataset, files, options, settings, watch, by_model)
    outcomes = _outcomes(workspace.lake(), dataset, files, options, settings)
    complete = _complete_fields(dataset, options)
    documents = tuple(
        _evaluated(
            _Evidence(
                example,
                options.schemas.get(example.doc_type),
                outcomes.get(example.id),
                workspace.lake(),
            ),
            options,
            complete.get(example.doc_type, frozenset()),
        )
        for example in dataset.examples
    )
    record = EvaluationRecord(
        evaluation_id=uuid4().hex,
        name=_name(dataset, options),
        dataset=str(folder),
        started_at=started_at,
        finished_at=utc_now(),
        ocr_engine=str(ocr_tag(settings.ocr, settings.models)),
        extractor=str(extractor(settings.extractor).tag),
        rasterised_dpi=options.rasterise_dpi,
        schemas={
            doc_type: f"{schema.name}:{schema.hash}" for doc_type, schema in options.schemas.items()
        },
        pages_per_second=_speed(reports),
        version=version("docmill"),
        documents=documents,
    )
    workspace.lake().commit_evaluation(record)
    load_and_publish(settings)
    return record


def _name(dataset: Dataset, options: Options) -> str:
    dpi = options.rasterise_dpi
    return f"{dataset.name} at {dpi} dpi" if dpi else dataset.name


def _speed(reports: Sequence[BatchReport]) -> float | None:
    """Pages per second over the batches that did work."""
    runs = [report.run for report in reports if report.outcomes]
    seconds = sum((run.finished_at - run.started_at).total_seconds() for run in runs)
    return sum(run.pages for run in runs) / seconds if seconds else None


def _files(dataset: Dataset, options: Options, settings: Settings) -> dict[str, Path]:
    """The file to read for every example that has one."""
    there = {example.id: example.file.resolve() for example in dataset.examples
             if example.file.is_file()}  # fmt: skip
    if options.rasterise_dpi is None:
        return there
    dpi, limits = options.rasterise_dpi, settings.limits
    folder = settings.workspace / "rasterised" / str(dpi)
    with Cage(1, limits.cage(), warm_up) as cage:
        for example, source in there.items():
            target = folder / f"{document_id_of(source.read_bytes())}.tiff"
            order = RasteriseOrder(source, target.absolute(), dpi, limits.opening())
            try:
                if cage.call(rasterise, order, wall_s=RASTERISE_SECONDS):
                    there[example] = target.absolute()
            except (InputError, CageError):
                continue  # the run over the file itself ends in the failure that says why
    return there


def _process(
    dataset: Dataset,
    files: Mapping[str, Path],
    options: Options,
    settings: Settings,
    watch: Watch,
    by_model: ByModel | None,
) -> list[BatchReport]:
    """One batch per document type, as each has a schema of its own."""
    reports: list[BatchReport] = []
    for doc_type in dict.fromkeys(example.doc_type for example in dataset.examples):
        schemas = _schemas(doc_type, options)
        paths = sorted(
            {
                files[example.id]
                for example in dataset.examples
                if example.doc_type == doc_type and example.id in files
            }
        )
        sources = [source_file(path) for path in paths]
        with watch(doc_type) as progress:
            reports.append(
                run_batch(sources, schemas, settings, progress, lambda: None, by_model=by_model)
            )
    return reports


def _schemas(doc_type: str, options: Options) -> tuple[DocumentSchema, ...]:
    schema = options.schemas.get(doc_type)
    return (schema,) if schema else ()


def _outcomes(
    lake: Lake, dataset: Dataset, files: Mapping[str, Path], options: Options, settings: Settings
) -> dict[str, DocumentOutcome]:
    """Each example's outcome under this very configuration, whatever else the lake holds."""
    keys = {
        example.id: Work(settings, _schemas(example.doc_type, options), "").key(
            document_id_of(files[example.id].read_bytes())
        )
        for example in dataset.examples
        if example.id in files
    }
    wanted, found = set(keys.values()), dict[str, DocumentOutcome]()
    for _, commit in lake.commits():
        if isinstance(commit, DocumentCommit) and commit.content.work_key in wanted:
            found[commit.content.work_key] = commit.content
    return {example: found[key] for example, key in keys.items() if key in found}


@dataclass(frozen=True)
class _Evidence:
    """What there is to judge about one example."""

    example: Example
    schema: DocumentSchema | None
    outcome: DocumentOutcome | None
    lake: Lake

    def pages(self) -> tuple[PageText, ...]:
        keys = self.outcome.page_keys if self.outcome else ()
        return tuple(page for key in keys if key and (page := self.lake.page(key)))

    def values(self) -> Mapping[str, FieldValue]:
        """Present values; of a file taken for several documents, the fullest one's."""
        parts = self.outcome.parts if self.outcome else ()
        found = [
            present_values(extraction.fields)
            for part in parts
            if part.extraction_key
            and isinstance(extraction := self.lake.extraction(part.extraction_key), Extraction)
        ]
        return max(found, key=len, default=dict[str, FieldValue]())


def _evaluated(
    evidence: _Evidence, options: Options, complete: Collection[str]
) -> DocumentEvaluation:
    example, outcome, schema = evidence.example, evidence.outcome, evidence.schema
    pages, given = evidence.pages(), evidence.values()
    judgements: tuple[Judgement, ...] = ()
    unscored = tuple(example.fields)
    if schema is not None:
        by_number = {page.page: page for page in pages}
        truth = _understood(example, lambda: truth_of(example, schema, by_number, options.aliases))
        judgements = tuple(_wanted(judge(truth, given, schema, complete), options.fields))
        unscored = truth.unscored
    text = _understood(example, lambda: true_text(example))
    tables = _understood(example, lambda: true_tables(example))
    return DocumentEvaluation(
        example=example.id,
        path=example.path,
        doc_type=example.doc_type,
        stratum=example.stratum,
        language=example.language,
        document_id=outcome.document_id if outcome else None,
        schema_name=schema.name if schema else None,
        outcome=outcome.status.value if outcome else MISSING_FILE,
        failures=tuple(failure.code for failure in outcome.failures) if outcome else (),
        pages=outcome.page_count if outcome else 0,
        seconds=(outcome.finished_at - outcome.started_at).total_seconds() if outcome else None,
        given_values=len(given),
        boxed=sum(value.evidence is not None for value in given.values()),
        invented=invented_values(given, pages),
        judgements=judgements,
        unscored=unscored,
        text=None if text is None else compare_texts(text, read_text(pages)),
        tables=None if tables is None else compare_tables(tables, found_tables(pages)),
    )


def _understood(example: Example, read: Callable[[], T]) -> T:
    """The truth, or an error that names the document whose truth has another form."""
    try:
        return read()
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
        raise UsageError(
            f"the truth of “{example.id}” has a form that cannot be read: "
            f"{type(error).__name__}: {error}",
            "See docs/evaluation.md for the forms of `fields`, `boxes` and truth files.",
        ) from error


def _wanted(judgements: Sequence[Judgement], fields: Collection[str]) -> Iterator[Judgement]:
    for judgement in judgements:
        names = {judgement.pattern, judgement.pattern.partition("[")[0]}
        if not fields or names & set(fields):
            yield judgement


def _complete_fields(dataset: Dataset, options: Options) -> Mapping[str, Collection[str]]:
    """By complete document type: what any of its documents has a truth for, in schema names."""
    names: dict[str, set[str]] = {doc_type: set() for doc_type in options.complete}
    for example in dataset.examples:
        if example.doc_type in names:
            lists = (name for name, value in example.record.items() if isinstance(value, list))
            named = (*example.fields, *lists)
            names[example.doc_type] |= {options.aliases.get(name, name) for name in named}
    return names
