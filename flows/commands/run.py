"""`docmill run`: the whole path, from files to published rows."""

from __future__ import annotations

from pathlib import Path
from time import monotonic

import click
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)

from docmill.flows.commands.options import (
    exclude_option,
    extractor_option,
    ocr_option,
    schema_option,
    workers_option,
    workspace_option,
)
from docmill.flows.commands.summary import print_summary
from docmill.gpu_workers.page_ocr import pages_by_model
from docmill.infra.pipeline import run_batch
from docmill.infra.service.keeping_up import load_and_publish, own_and_publish
from docmill.infra.settings import Settings, load_settings
from docmill.infra.sources import Sources, find_sources
from docmill.infra.telemetry.counting import CountingProgress
from docmill.infra.telemetry.metrics import Metrics
from docmill.infra.telemetry.serving import scraped
from docmill.infra.telemetry.tracing import exported
from docmill.infra.wiring import extractor, ocr_tag
from docmill.schemas.document_schema import DocumentSchema
from docmill.schemas.errors import UsageError, WorkspaceBusy
from docmill.schemas.loading import load_schemas
from docmill.schemas.outcome import DocumentOutcome, DocumentStatus, Failure, SourceFailure
from docmill.schemas.source import SourceObject

# In long runs, finished documents become visible this often.
PUBLISH_EVERY_S = 20.0


@click.command(
    epilog="""\b
Examples:
  docmill run invoices/
  docmill run inbox/*.pdf --schema invoice --workspace data
  docmill run contracts --schema my_schema.json --exclude 'drafts/*'
"""
)
@click.argument("sources", nargs=-1, required=True, metavar="SOURCE...")
@schema_option
@workspace_option
@ocr_option
@extractor_option
@exclude_option
@workers_option
@click.option("--quiet", is_flag=True, help="No progress, no summary; the exit code tells.")
def run(
    sources: tuple[str, ...],
    schema: str | None,
    workspace: Path | None,
    ocr: str | None,
    extractor_name: str | None,
    exclude: tuple[str, ...],
    workers: int | None,
    quiet: bool,
) -> int:
    """Process SOURCEs: files, folders, globs, s3://bucket/prefix.

    Every document ends with an outcome. Work that is already done is not done again.

    Exit status: 0 all documents have an outcome and none failed, 3 some failed (they are listed),
    2 wrong usage, 1 the run itself broke.
    """
    settings = load_settings(
        workspace=workspace,
        schema=schema,
        ocr=ocr,
        extractor=extractor_name,
        workers=workers,
    )
    ocr_tag(settings.ocr, settings.models)
    extractor(settings.extractor)
    schemas = load_schemas(settings.schema_)
    found = find_sources(sources, exclude)
    if not found.objects:
        raise UsageError(
            "no documents among the sources", "Name PDF or picture files, or a folder of them."
        )
    return process(found, schemas, settings, Console(stderr=True, quiet=quiet), quiet)


def process(
    found: Sources,
    schemas: tuple[DocumentSchema, ...],
    settings: Settings,
    console: Console,
    quiet: bool,
) -> int:
    """Runs a batch, publishes it and prints its summary; returns the exit code."""
    workspace = settings.open_workspace()
    publisher = Publisher(settings)
    metrics = Metrics()
    with exported(), scraped(metrics, settings.telemetry):
        with ConsoleProgress(console) as progress:
            counting = CountingProgress(metrics, progress)
            report = run_batch(
                found.objects,
                schemas,
                settings,
                counting,
                publisher.now_and_then,
                by_model=pages_by_model,
            )
        publisher.publish()
    failed = print_summary(
        Console(quiet=quiet, soft_wrap=True), workspace, report, found.passed_over
    )
    return 3 if failed else 0


class Publisher:
    """Loads what was committed and publishes it, at most every `PUBLISH_EVERY_S` on the way."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._last = monotonic()

    def now_and_then(self) -> None:
        """Publishes when enough time went by; another owner's turn is no failure."""
        if monotonic() - self._last < PUBLISH_EVERY_S:
            return
        self._last = monotonic()
        try:
            own_and_publish(self._settings)
        except WorkspaceBusy:
            return  # the run is not harmed; the end of the run, or the owner, loads the rest

    def publish(self) -> None:
        """Loads and publishes now, or has the running service do it."""
        load_and_publish(self._settings)


class ConsoleProgress:
    """A progress bar on a terminal, a line per failure elsewhere."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._started = monotonic()
        self._pages = self._failed = 0
        self._bar = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[note]}"),
            TimeElapsedColumn(),
            console=console,
            disable=not console.is_terminal,
        )
        self._task = self._bar.add_task("documents", total=None, note="")

    def __enter__(self) -> ConsoleProgress:
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def found(self, objects: int) -> None:
        """Sets the goal."""
        self._bar.update(self._task, total=objects)
        if not self._console.is_terminal:
            self._console.print(f"{objects} files")

    def skipped(self, source: SourceObject) -> None:
        """One step on; there was nothing to do."""
        self._bar.update(self._task, advance=1)

    def unread(self, failure: SourceFailure) -> None:
        """One step on; shown at once."""
        self._failed += 1
        self._advance(failure.uri, failure.failure)

    def finished(self, outcome: DocumentOutcome) -> None:
        """One step on; failures are shown at once."""
        self._pages += outcome.page_count
        failed = outcome.status is DocumentStatus.FAILED and outcome.failures
        self._failed += bool(failed)
        self._advance(outcome.uri, outcome.failures[0] if failed else None)

    def _advance(self, uri: str, failure: Failure | None) -> None:
        rate = self._pages / max(0.001, monotonic() - self._started)
        note = f"{rate:.1f} pages/s" + (f", {self._failed} failed" if self._failed else "")
        self._bar.update(self._task, advance=1, note=note)
        if failure:
            self._bar.console.print(f"failed: {uri.rpartition('/')[2]}: {failure.message}")
