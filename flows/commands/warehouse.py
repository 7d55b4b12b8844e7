"""`docmill warehouse`: the owner's work by hand."""

from __future__ import annotations

from pathlib import Path

import click

from docmill.flows.commands.options import workspace_option
from docmill.infra.settings import load_settings
from docmill.infra.warehouse.owner import WarehouseOwner
from docmill.infra.warehouse.owner import rebuild as rebuild_warehouse


@click.group()
def warehouse() -> None:
    """Rebuild the warehouse from the lake, or publish what was committed."""


@warehouse.command()
@workspace_option
def rebuild(workspace: Path | None) -> None:
    """Build the warehouse anew from the lake alone, and publish it."""
    place = load_settings(workspace=workspace).open_workspace()
    report = rebuild_warehouse(place)
    with WarehouseOwner(place) as owner:
        owner.publish()
    click.echo(f"rebuilt from {report.commits} commit records: {report.documents} documents")


@warehouse.command()
@workspace_option
def publish(workspace: Path | None) -> None:
    """Load what was committed since, and replace published.duckdb."""
    place = load_settings(workspace=workspace).open_workspace()
    with WarehouseOwner(place) as owner:
        report = owner.load(place.lake())
        changed = owner.publish()
    state = "published" if changed else "already published"
    click.echo(f"loaded {report.documents} documents; {state}: {place.published}")
