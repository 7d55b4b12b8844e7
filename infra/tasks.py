"""The work that runs inside the cage. Orders and reports are small: readings stay in the lake.

Every function here is called in a worker process by `infra.pipeline`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from docmill.extractors.classify import Classification, classify
from docmill.extractors.extract import EXTRACT_VERSION, extract
from docmill.extractors.layout import Layout, layout_of
from docmill.extractors.read import READ_VERSION, PageReader, read_failure_of, read_page
from docmill.extractors.render import OpenedDocument
from docmill.extractors.split import split
from docmill.extractors.triage import Thresholds, triage
from docmill.infra.lake import Lake
from docmill.infra.opening import FileOrder, opened
from docmill.infra.storage.opening import open_store
from docmill.infra.storage.patience import IN_WORKER
from docmill.infra.wiring import extractor as extractor_named
from docmill.infra.wiring import page_reader
from docmill.schemas.document_schema import DocumentSchema
from docmill.schemas.engine import EngineTag
from docmill.schemas.errors import DocmillError, SourceGone
from docmill.schemas.keys import stable_key
from docmill.schemas.outcome import DocumentStatus, Failure, ModelCall, PartOutcome, Stage
from docmill.schemas.page import PageText
from docmill.schemas.reading import DocumentReading, PageReading
from docmill.schemas.review import ReviewItem, ReviewReason


def warm_up(lake_root: str = "") -> None:
    """Importing this module maps what work needs, before memory is counted.

    So does opening the lake where it is on S3, since that imports boto3.
    """
    if lake_root:
        open_store(lake_root, IN_WORKER)


@dataclass(frozen=True)
class ReadOrder:
    """Read pages of one file into the lake; `pages` are numbers from 1, None for the first ones.

    `first_pages` is how many the first call reads when `pages` is None.
    """

    file: FileOrder
    ocr: str
    pages: tuple[int, ...] | None = None
    first_pages: int = 16


def page_key(document_id: str, page: int, engine: EngineTag) -> str:
    """The key of one page's reading."""
    return stable_key(
        "read",
        {"document": document_id, "page": page, "engine": str(engine), "version": READ_VERSION},
    )


def read_pages(order: ReadOrder) -> DocumentReading:
    """Reads the pages that the lake does not hold yet.

    Raises:
        InputError: the file cannot be opened.
        SourceGone: the file vanished, or its bytes changed, since it was listed.
    """
    lake = Lake(open_store(order.file.lake_root, IN_WORKER))
    reader = page_reader(order.ocr)
    with opened(order.file) as document:
        wanted = order.pages or tuple(range(1, min(order.first_pages, document.page_count) + 1))
        return DocumentReading(
            media_type=document.media_type,
            page_count=document.page_count,
            pages=tuple(_read(lake, document, number, reader) for number in wanted),
        )


def _read(lake: Lake, document: OpenedDocument, number: int, reader: PageReader) -> PageReading:
    key = page_key(document.document_id, number, reader.tag)
    try:
        found = lake.page(key)
        text = found or read_page(document.page(number), reader)
        if found is None:
            lake.put_page(key, text)
    except DocmillError as error:
        failure = Failure.of(error, Stage.READ, page=number)
        return PageReading(page=number, key=None, failure=failure)
    return reading_of(text, key, found=found is not None)


def reading_of(
    text: PageText, key: str, *, found: bool = False, calls: tuple[ModelCall, ...] = ()
) -> PageReading:
    """How a page went that the lake holds under `key`."""
    problem = read_failure_of(text)
    failure = Failure.of(problem, Stage.READ, page=text.page) if problem else None
    return PageReading(page=text.page, key=key, failure=failure, found=found, calls=calls)


@dataclass(frozen=True)
class ExtractOrder:
    """Fill a schema from pages in the lake: the one of `schemas`, or the one that fits best.

    Without schemas the document is only read.
    """

    lake_root: str
    page_keys: tuple[str, ...]
    schemas: tuple[DocumentSchema, ...]
    extractor: str
    thresholds: Thresholds


@dataclass(frozen=True)
class ExtractReport:
    """The parts found; `fields` counts values by status, `failures` says what went wrong."""

    parts: tuple[PartOutcome, ...]
    failures: tuple[Failure, ...] = ()
    fields: Mapping[str, int] = field(default_factory=dict[str, int])


def extraction_key(
    page_keys: Sequence[str], schema: DocumentSchema, engine: EngineTag, part: int
) -> str:
    """The key of one part's extraction."""
    return stable_key(
        "extract",
        {
            "pages": list(page_keys),
            "schema": schema.hash,
            "engine": str(engine),
            "part": part,
            "version": EXTRACT_VERSION,
        },
    )


def extract_parts(order: ExtractOrder) -> ExtractReport:
    """Splits a file into its documents; each is classified, extracted and triaged by itself."""
    lake = Lake(open_store(order.lake_root, IN_WORKER))
    pages = tuple(_pages(lake, order.page_keys))
    if not order.schemas:
        return ExtractReport((_only_read(pages),))
    keys = {page.page: key for page, key in zip(pages, order.page_keys, strict=True)}
    reports = [
        _part(lake, order, _Part(number, layout, keys))
        for number, layout in enumerate(split(layout_of(pages), order.schemas), start=1)
    ]
    return ExtractReport(
        tuple(part for report in reports for part in report.parts),
        tuple(failure for report in reports for failure in report.failures),
        sum((Counter(report.fields) for report in reports), Counter[str]()),
    )


@dataclass(frozen=True)
class _Part:
    """One document of a file: its number, its pages, and the lake keys of all pages."""

    number: int
    layout: Layout
    keys: Mapping[int, str]

    @property
    def pages(self) -> tuple[PageText, ...]:
        return tuple(page.text for page in self.layout.pages)

    @property
    def page_keys(self) -> tuple[str, ...]:
        return tuple(self.keys[page.page] for page in self.pages)

    def outcome(
        self,
        status: DocumentStatus,
        found: Classification,
        extraction_key: str | None = None,
        review: tuple[ReviewItem, ...] = (),
    ) -> PartOutcome:
        named = extraction_key is not None and found.schema is not None
        return PartOutcome(
            part=self.number,
            page_from=self.pages[0].page,
            page_to=self.pages[-1].page,
            status=status,
            schema_name=found.schema.name if named and found.schema else None,
            schema_confidence=found.confidence if found.scores else None,
            extraction_key=extraction_key,
            review=review,
        )


def _part(lake: Lake, order: ExtractOrder, part: _Part) -> ExtractReport:
    found = _classified(part.layout, order.schemas)
    schema = found.schema
    if schema is None:
        review = (_unknown(part, order.schemas),)
        return ExtractReport((part.outcome(DocumentStatus.NEEDS_REVIEW, found, review=review),))
    engine = extractor_named(order.extractor)
    key = extraction_key(part.page_keys, schema, engine.tag, part.number)
    extraction = lake.extraction(key)
    try:
        extraction = extraction or extract(
            part.pages, schema, engine, part=part.number, layout=part.layout
        )
    except DocmillError as error:
        failure = Failure.of(error, Stage.EXTRACT, page=part.pages[0].page)
        return ExtractReport((part.outcome(DocumentStatus.FAILED, found),), (failure,))
    lake.put_schema(schema)
    lake.put_extraction(key, extraction)
    sureness = found.confidence if found.scores else None
    review = triage(extraction, schema, part.pages, order.thresholds, sureness)
    status = DocumentStatus.NEEDS_REVIEW if review else DocumentStatus.DONE
    counts = Counter[str](value.status.value for value in extraction.fields)
    return ExtractReport((part.outcome(status, found, key, review),), fields=counts)


def _pages(lake: Lake, keys: Sequence[str]) -> Iterator[PageText]:
    for key in keys:
        page = lake.page(key)
        if page is None:
            raise SourceGone(f"the lake has lost the page reading {key}", "Run the command again.")
        yield page


def _classified(layout: Layout, schemas: Sequence[DocumentSchema]) -> Classification:
    """The only schema there is, taken on the user's word, or the one that fits best."""
    if len(schemas) == 1:
        return Classification(schemas[0], 1.0, {})
    return classify(layout, schemas)


def _only_read(pages: Sequence[PageText]) -> PartOutcome:
    return PartOutcome(
        part=1,
        page_from=pages[0].page,
        page_to=pages[-1].page,
        status=DocumentStatus.DONE,
        schema_name=None,
        extraction_key=None,
    )


def _unknown(part: _Part, schemas: Sequence[DocumentSchema]) -> ReviewItem:
    names = ", ".join(schema.name for schema in schemas)
    return ReviewItem(
        document_id=part.pages[0].document_id,
        part=part.number,
        schema_name="",
        path="",
        reason=ReviewReason.UNKNOWN_KIND,
        explanation=f"none of the known document types fits ({names}); name one with --schema",
        confidence=0.0,
    )
