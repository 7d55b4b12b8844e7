"""`docmill plan`: what would run, before anything does."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from docmill.flows.commands.filters import filter_of, filter_options
from docmill.flows.commands.options import (
    exclude_option,
    extractor_option,
    ocr_option,
    schema_option,
    workspace_option,
)
from docmill.flows.commands.plan_tables import print_plan
from docmill.infra.planning.plan import Plan, plan_of
from docmill.infra.planning.reprocess import plan_again
from docmill.infra.planning.source import plan_source
from docmill.infra.settings import Settings, load_settings
from docmill.infra.sources import find_sources
from docmill.schemas.errors import UsageError
from docmill.schemas.loading import load_schemas


@click.command(
    epilog="""\b
Examples:
  docmill plan invoices/ --exact
  docmill plan inbox                      (a source of docmill.toml)
  docmill plan --where "status = 'failed' AND page_count > 3"
  docmill plan --schema-name invoice --ocr-engine rapidocr --before 2026-11-01 --ocr tesseract
"""
)
@click.argument("sources", nargs=-1, metavar="[SOURCE]...")
@schema_option
@workspace_option
@ocr_option
@extractor_option
@exclude_option
@click.option("--exact", is_flag=True, help="Open unknown local files to count their pages.")
@filter_options
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def plan(
    sources: tuple[str, ...],
    schema: str | None,
    workspace: Path | None,
    ocr: str | None,
    extractor_name: str | None,
    exclude: tuple[str, ...],
    exact: bool,
    as_json: bool,
    **filters: Any,
) -> None:
    """Show what would run for SOURCEs, or for documents of the warehouse; nothing is run.

    Documents, pages, calls to models, tokens, money, minutes. What was counted and what is an
    estimate from this workspace's own past is told apart; what nobody can know is unknown.
    """
    settings = load_settings(workspace=workspace, schema=schema, ocr=ocr, extractor=extractor_name)
    wanted = filter_of(filters, settings)
    if bool(sources) == bool(wanted):
        raise UsageError(
            "name SOURCEs, or choose documents of the warehouse",
            "`docmill plan SOURCE`, or `docmill plan --where SQL` and its like; not both.",
        )
    if wanted:
        again = plan_again(wanted, load_schemas(settings.schema_), settings)
        plans = [("documents of the warehouse", again.plan)]
    else:
        plans = list(_source_plans(sources, settings, exclude, exact))
    if as_json:
        shown = [{"title": title, **plan.model_dump(mode="json")} for title, plan in plans]
        click.echo(json.dumps(shown, indent=1, ensure_ascii=False))
        return
    for title, each in plans:
        print_plan(Console(), each, title)


def _source_plans(
    sources: tuple[str, ...], settings: Settings, exclude: tuple[str, ...], exact: bool
) -> Iterator[tuple[str, Plan]]:
    """One plan per source of docmill.toml, by its own settings, and one for all the rest."""
    places: list[str] = []
    for source in sources:
        if source in settings.sources:
            yield f"source {source}", plan_source(source, settings, exact=exact).plan
        else:
            places.append(source)
    if places:
        found = find_sources(places, exclude)
        schemas = load_schemas(settings.schema_)
        yield ", ".join(places), plan_of(found.objects, schemas, settings, exact=exact).plan
