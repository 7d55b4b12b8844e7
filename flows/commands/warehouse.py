"""`docmill warehouse`: the owner's work by hand."""

from __future__ import annotations

from pathlib import Path

import click

from docmill.flows.commands.options import workspace_option
from docmill.infra.service.keeping_up import load_and_publish, rebuild_and_publish
from docmill.infra.settings import load_settings


@click.group()
def warehouse() -> None:
    """Rebuild the warehouse from the lake, or publish what was committed.

    Where `docmill serve` owns the workspace, it does the work.
    """


@warehouse.command()
@workspace_option
def rebuild(workspace: Path | None) -> None:
    """Build the warehouse anew from the lake alone, and publish it."""
    settings = load_settings(workspace=workspace)
    rebuild_and_publish(settings)
    click.echo(f"rebuilt from the lake and published: {settings.open_workspace().published}")


@warehouse.command()
@workspace_option
def publish(workspace: Path | None) -> None:
    """Load what was committed since, and replace published.duckdb."""
    settings = load_settings(workspace=workspace)
    report = load_and_publish(settings)
    state = "published" if report.changed else "already published"
    place = settings.open_workspace().published
    click.echo(f"loaded {report.documents} documents; {state}: {place}")
