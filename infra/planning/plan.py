"""The plan: what would run for some objects, what is there already, what it would cost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from functools import partial

import duckdb

from docmill.infra.pipeline import cage_of
from docmill.infra.planning.cost import Cost, cost_of
from docmill.infra.planning.figure import Figure
from docmill.infra.planning.history import History, Rate, history_of
from docmill.infra.planning.known import KnownDocument, known_documents
from docmill.infra.planning.look import Look, Looked
from docmill.infra.planning.prices import PriceList, price_list
from docmill.infra.planning.steps import Left, Reckoner, Step
from docmill.infra.settings import Settings
from docmill.infra.warehouse.query import open_published
from docmill.infra.work import Work
from docmill.infra.workspace import Workspace
from docmill.schemas.document_schema import DocumentSchema
from docmill.schemas.errors import StoreError
from docmill.schemas.frozen import Frozen
from docmill.schemas.source import SourceObject

# Objects looked up together; threads that ask the lake about them.
CHUNK = 1000
THREADS = 16


class Unreachable(Frozen):
    """A document that cannot be processed again, and why."""

    document_id: str
    uri: str
    reason: str


class Plan(Frozen):
    """What would run.

    `documents` are different ones; objects that were never looked into count as one each, and
    so do those that `--exact` could not open (`unreadable`). `steps` counts documents by the
    first thing to be done. `pages_found` are in the lake already. `notes` say what estimates rest
    on.
    """

    ocr_engine: str
    extractor: str
    schemas: tuple[str, ...]
    objects: int
    documents: int
    steps: Mapping[Step, int]
    pages_found: int
    pages_to_read: Figure
    parts: Figure
    cost: Cost
    minutes: Figure
    unreadable: int = 0
    unreachable: tuple[Unreachable, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def todo(self) -> int:
        """Documents that are not settled."""
        return self.documents - self.steps.get(Step.NOTHING, 0)


@dataclass(frozen=True)
class Planned:
    """A plan, and the objects there is something to do for, one per document."""

    plan: Plan
    objects: tuple[SourceObject, ...]


def plan_of(
    objects: Sequence[SourceObject],
    schemas: Sequence[DocumentSchema],
    settings: Settings,
    *,
    exact: bool = False,
    settled: int = 0,
    unreachable: Sequence[Unreachable] = (),
    prices: PriceList | None = None,
) -> Planned:
    """What `run_batch` would do with these objects; nothing is run and nothing written.

    Args:
        objects: as listed.
        schemas: as for `run_batch`.
        settings: as for `run_batch`.
        exact: look into local files that are not known yet, in the cage: their bytes tell
            whether the document is known, else their pages are counted.
        settled: how many more objects there are whose documents are known to be settled.
        unreachable: documents that were asked for and have no object; they are passed on.
        prices: what hosted models cost; None for the shipped list.

    Raises:
        StoreError: lake or published warehouse cannot be read.
    """
    work = Work(settings, tuple(schemas), "")
    workspace = settings.open_workspace()
    lake = workspace.lake()
    with _past(workspace) as past:
        history = _history(past, work)
        reckoner = Reckoner(work, lake, history)
        tally = _Tally(steps=Counter({Step.NOTHING: settled} if settled else {}))
        with cage_of(settings) as cage, ThreadPoolExecutor(THREADS) as threads:
            look = Look(settings, lake, cage if exact else None)
            for start in range(0, len(objects), CHUNK):
                chunk = tally.new(threads.map(look.at, objects[start : start + CHUNK]))
                known = _known(past, [each.document_id for each in chunk if each.document_id])
                left = threads.map(partial(_left, reckoner, known), chunk)
                tally.add(zip(chunk, left, strict=True))
    plan = Plan(
        ocr_engine=str(work.ocr_engine),
        extractor=str(work.extractor),
        schemas=tuple(schema.name for schema in schemas),
        objects=len(objects) + settled,
        documents=sum(tally.steps.values()),
        steps=dict(tally.steps),
        pages_found=tally.pages_found,
        pages_to_read=tally.pages_to_read,
        parts=tally.parts,
        cost=cost_of(work.ocr_engine, work.extractor, history, prices or price_list(),
                     pages=tally.pages_to_read, parts=tally.parts,
                     characters=tally.characters),
        minutes=_minutes(tally, history),
        unreadable=tally.unreadable,
        unreachable=tuple(unreachable),
        notes=tuple(_notes(tally, history, work)),
    )  # fmt: skip
    return Planned(plan, tuple(tally.todo))


@dataclass
class _Tally:
    """Sums over the documents."""

    seen: set[str] = field(default_factory=set[str])
    todo: list[SourceObject] = field(default_factory=list[SourceObject])
    steps: Counter[Step] = field(default_factory=Counter[Step])
    pages_to_read: Figure = field(default_factory=Figure)
    pages_only_extracted: int = 0
    pages_found: int = 0
    parts: Figure = field(default_factory=Figure)
    characters: Figure = field(default_factory=Figure)
    unreadable: int = 0

    def new(self, looked: Iterator[Looked]) -> list[Looked]:
        """One object per document."""
        found: list[Looked] = []
        for each in looked:
            if each.document_id is None or each.document_id not in self.seen:
                found.append(each)
                self.seen.add(each.document_id or "")
        return found

    def add(self, reckoned: Iterator[tuple[Looked, Left]]) -> None:
        """What is left to do for a chunk."""
        for looked, left in reckoned:
            self.steps[left.step] += 1
            self.pages_found += left.pages_found
            if left.step in (Step.EXTRACT, Step.TRIAGE):
                self.pages_only_extracted += left.pages_found
            self.pages_to_read += left.pages_to_read
            self.parts += left.parts
            self.characters += left.characters
            self.unreadable += looked.unreadable
            if left.step is not Step.NOTHING:
                self.todo.append(looked.source)


def _left(reckoner: Reckoner, known: Mapping[str, KnownDocument], looked: Looked) -> Left:
    if looked.document_id is None:
        return reckoner.unknown(looked.source, looked.pages)
    document = known.get(looked.document_id)
    left = reckoner.left(looked.document_id, looked.source, document)
    if left.step is Step.READ and document is None:
        return reckoner.unknown(looked.source, looked.pages)
    return left


@contextmanager
def _past(workspace: Workspace) -> Generator[duckdb.DuckDBPyConnection | None]:
    """The published warehouse; None where there is none yet."""
    if not workspace.published.exists():
        yield None
        return
    with closing(open_published(workspace)) as connection:
        yield connection


def _history(past: duckdb.DuckDBPyConnection | None, work: Work) -> History:
    if past is None:
        return History()
    try:
        return history_of(past, work.ocr_engine, work.extractor)
    except duckdb.Error as error:
        raise StoreError(
            f"the published warehouse cannot be read: {str(error).splitlines()[0]}",
            "If another version of docmill made it: `docmill warehouse rebuild`.",
        ) from error


def _known(
    past: duckdb.DuckDBPyConnection | None, documents: Sequence[str]
) -> Mapping[str, KnownDocument]:
    return {} if past is None else known_documents(past, documents)


def _minutes(tally: _Tally, history: History) -> Figure:
    reading = history.reading and history.reading.minutes_per_page
    extracting = history.extracting and history.extracting.minutes_per_page
    found = Figure(known=tally.pages_only_extracted)
    return tally.pages_to_read.times(reading) + found.times(extracting)


def _notes(tally: _Tally, history: History, work: Work) -> Iterator[str]:
    if tally.pages_to_read.known or tally.pages_to_read.estimated:
        yield _rate_note("reading", str(work.ocr_engine), history.reading)
    if tally.pages_only_extracted:
        yield _rate_note("extraction alone", str(work.extractor), history.extracting)
    if tally.pages_to_read.estimated:
        yield "pages of objects never looked into: by the workspace's median bytes per page"
    if tally.parts.estimated:
        yield "parts: as the file was split before, else the workspace's mean per document"
    if tally.steps[Step.FETCH]:
        yield "objects never looked into may hold documents that are known: the most it can be"


def _rate_note(what: str, engine: str, rate: Rate | None) -> str:
    if rate is None:
        return f"{what}: no run of this workspace with {engine} yet, so no time can be told"
    return f"{what}: {rate.text}, one run at a time"
