"""The flows that do the work: a batch each, by its key in the lake. Only keys travel.

Everything about documents is in `infra.pipeline`; here are the retries of a whole batch, what
operators see of it, and the spreading of long documents. Inside a process the cage bounds the
work; between processes the work pools' limits do.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextvars import copy_context
from typing import Any

from prefect import flow, task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State
from prefect.runtime import flow_run
from prefect.states import Completed, Crashed
from prefect.tasks import exponential_backoff

from docmill.flows import names
from docmill.flows.artifacts import cost, show_failures, show_totals
from docmill.flows.helpers import Asked, read_elsewhere
from docmill.flows.retrying import JITTER, may_pass
from docmill.flows.run_log import RunLog
from docmill.flows.totals import Totals
from docmill.gpu_workers.page_ocr import pages_by_model
from docmill.infra.found_pages import pages_found
from docmill.infra.ingestion.batches import Batch, file_report, open_batch, schemas_of
from docmill.infra.lake import Lake
from docmill.infra.pipeline import read_range, run_batch
from docmill.infra.reading import PageRange, Spread
from docmill.infra.settings import Settings, load_settings
from docmill.infra.telemetry.tracing import exported, span, traceparent
from docmill.infra.work import Work
from docmill.schemas.batch import BatchReport
from docmill.schemas.errors import SourceGone, WorkerLeaving
from docmill.schemas.outcome import Stage
from docmill.schemas.source import SourceObject


@flow(name=names.READ)
def read_batch(batch: str, pages_on: str | None = None, trace: str | None = None) -> State[Any]:
    """Reads the documents of a batch into the lake; `process_batch` finds the readings there.

    Args:
        batch: the batch's key in the lake.
        pages_on: the work pool that helps with long documents; none without.
        trace: the W3C `traceparent` that it belongs to, where traces are taken.
    """
    with exported(trace):
        return _through(batch, Stage.READ, pages_on)


@flow(name=names.PROCESS)
def process_batch(batch: str, pages_on: str | None = None, trace: str | None = None) -> State[Any]:
    """Takes the documents of a batch to their outcomes; what is done already is skipped.

    Args:
        batch: the batch's key in the lake.
        pages_on: the work pool that helps with long documents; none without.
        trace: the W3C `traceparent` that it belongs to, where traces are taken.
    """
    with exported(trace):
        return _through(batch, Stage.EXTRACT, pages_on)


@flow(name=names.PAGES)
def read_pages(batch: str, uri: str, first: int, last: int, trace: str | None = None) -> State[Any]:
    """Reads pages `first` to `last` (from 1, inclusive) of a long document into the lake.

    Args:
        batch: the key of the batch that the document is in.
        uri: the document's place.
        first: the first page.
        last: the last one.
        trace: the W3C `traceparent` that it belongs to, where traces are taken.
    """
    base = load_settings()
    content = open_batch(base.open_workspace().lake(), batch)
    with exported(trace), span("docmill.pages", first=first, last=last):
        try:
            pages = _range_task(_object(content, uri), (first, last), content.settings(base))
        except WorkerLeaving as leaving:
            return _left(leaving)
    return Completed(message=f"{names.counted(pages, 'page')} of {uri} read")


def _through(key: str, until: Stage, pages_on: str | None) -> State[Any]:
    base = load_settings()
    lake = base.open_workspace().lake()
    batch = open_batch(lake, key)
    settings = batch.settings(base)
    work = _work.with_options(
        retries=base.flows.retries,
        retry_delay_seconds=exponential_backoff(base.flows.retry_seconds),
    )
    try:
        report = work(lake, key, batch, settings, until, pages_on)
    except WorkerLeaving as leaving:
        return _left(leaving)
    totals = Totals.of(report)
    show_totals(batch.source, totals, cost(Work(settings, (), "")), kept=False)
    if totals.failures:
        show_failures(batch.source, totals.failures, base, kept=False)
    if until is Stage.READ:
        read = names.counted(totals.pages_read, "page")
        return Completed(message=f"{read} read, {totals.pages_found:,} found in the lake")
    return Completed(message=totals.sentence())


def _left(leaving: WorkerLeaving) -> State[Any]:
    """The end of a run whose worker was told to end: as a crash, which is started again."""
    return Crashed(message=f"{leaving.message} {leaving.hint}")


@task(
    name="documents",
    cache_policy=NO_CACHE,
    retry_jitter_factor=JITTER,
    retry_condition_fn=may_pass,
)
def _work(
    lake: Lake, key: str, batch: Batch, settings: Settings, until: Stage, pages_on: str | None
) -> BatchReport:
    log = RunLog(batch.source)
    report = run_batch(
        batch.objects,
        schemas_of(lake, batch),
        settings,
        log,
        _not_here,
        until=until,
        spread=_spread(key, batch, settings, pages_on),
        by_model=pages_by_model if pages_on else pages_found,
    )
    log.close()
    file_report(lake, key, report)
    return report


@task(
    name="pages",
    cache_policy=NO_CACHE,
    retries=2,
    retry_delay_seconds=exponential_backoff(10),
    retry_jitter_factor=JITTER,
    retry_condition_fn=may_pass,
)
def _range_task(source: SourceObject, pages: PageRange, settings: Settings) -> int:
    return len(read_range(source, pages, settings, pages_by_model))


def _spread(key: str, batch: Batch, settings: Settings, pages_on: str | None) -> Spread | None:
    if pages_on is None:
        return None
    context = copy_context()
    once = str(flow_run.get_id())

    def read(uri: str, ranges: Sequence[PageRange]) -> None:
        asked = Asked(key, batch.source, uri, traceparent())
        # a context of its own for every document: several may be long
        context.copy().run(read_elsewhere, asked, ranges, pages_on, once)

    return Spread(settings.flows.spread_pages, read)


def _object(batch: Batch, uri: str) -> SourceObject:
    for source in batch.objects:
        if source.uri == uri:
            return source
    raise SourceGone(f"{uri} is not in this batch")


def _not_here() -> None:
    """Publishing is the loader's work, wherever it runs."""
