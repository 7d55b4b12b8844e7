"""`docmill reprocess`: documents of the warehouse, processed again under another configuration."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from docmill.flows.commands.filters import filter_of, filter_options
from docmill.flows.commands.options import (
    extractor_option,
    ocr_option,
    schema_option,
    workers_option,
    workspace_option,
)
from docmill.flows.commands.plan_tables import print_plan
from docmill.flows.commands.run import process
from docmill.infra.planning.reprocess import plan_again
from docmill.infra.settings import load_settings
from docmill.infra.sources import Sources
from docmill.infra.wiring import extractor, ocr_tag
from docmill.schemas.errors import UsageError
from docmill.schemas.loading import load_schemas


@click.command(
    epilog="""\b
Examples:
  docmill reprocess --status failed
  docmill reprocess --schema-name invoice --schema my_invoice.json
  docmill reprocess --where "ocr_engines::VARCHAR LIKE '%tesseract%'" --ocr rapidocr --yes
"""
)
@filter_options
@schema_option
@workspace_option
@ocr_option
@extractor_option
@workers_option
@click.option("--yes", is_flag=True, help="Do not ask before it runs.")
@click.option("--quiet", is_flag=True, help="No progress, no summary; the exit code tells.")
def reprocess(
    schema: str | None,
    workspace: Path | None,
    ocr: str | None,
    extractor_name: str | None,
    workers: int | None,
    yes: bool,
    quiet: bool,
    **filters: Any,
) -> int:
    """Process documents of the warehouse again; first the plan is shown.

    What the present configuration would do again in the very same way is not done: a new schema
    costs extraction alone, new thresholds cost triage alone.

    Exit status: as for `docmill run`; 3 also when documents cannot be reached (they are listed).
    """
    settings = load_settings(
        workspace=workspace, schema=schema, ocr=ocr, extractor=extractor_name, workers=workers
    )
    ocr_tag(settings.ocr, settings.models)
    extractor(settings.extractor)
    wanted = filter_of(filters, settings)
    if wanted is None:
        raise UsageError(
            "say which documents", "With --where SQL, or for all of them: --where true."
        )
    schemas = load_schemas(settings.schema_)
    planned = plan_again(wanted, schemas, settings)
    console = Console(stderr=True, quiet=quiet and yes)
    print_plan(console, planned.plan, "to be processed again")
    reached = 3 if planned.plan.unreachable else 0
    if not planned.objects:
        return reached
    if not yes and not _confirmed():
        click.echo("nothing was run", err=True)
        return reached
    found = Sources(planned.objects, 0)
    return process(found, schemas, settings, Console(stderr=True, quiet=quiet), quiet) or reached


def _confirmed() -> bool:
    if not sys.stdin.isatty():
        raise UsageError("nobody can be asked here", "Say --yes to run what the plan shows.")
    return click.confirm("Run this?", err=True)
