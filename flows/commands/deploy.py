"""`docmill deploy`: flows, schedules and automations, from the settings to the Prefect server."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from uuid import UUID

import click
from prefect import serve
from prefect.client.orchestration import SyncPrefectClient
from prefect.exceptions import ObjectNotFound
from rich.console import Console
from rich.table import Table

from docmill.flows import automations, deployments
from docmill.flows.commands.options import workspace_option
from docmill.flows.deployments import Wanted
from docmill.flows.registry import Action, Change
from docmill.flows.server import api_url, connected
from docmill.infra.settings import Settings, load_settings
from docmill.schemas.errors import UsageError

# A long document gains nothing from flow runs on the machine that reads it anyway.
_NEVER = 10**9


@click.command(
    epilog="""\b
Examples:
  prefect server start                        one server, for everybody
  docmill deploy --serve                      one machine does everything
  docmill deploy --dry-run                    what would be registered
  docmill deploy                              register for workers on any machines, then there:
  prefect worker start -p ingest
  prefect worker start -p cpu --limit 4
  prefect worker start -p warehouse           where the warehouse file is
"""
)
@workspace_option
@click.option("--serve", "serving", is_flag=True, help="Run the flows too, all in this process.")
@click.option("--dry-run", is_flag=True, help="Only list what would be registered.")
def deploy(workspace: Path | None, serving: bool, dry_run: bool) -> int:
    """Register flows, schedules and automations on the Prefect server.

    Sources, their schedules and engines come from docmill.toml. Deploying again brings what is
    registered up to date and changes nothing else; what operators paused stays paused. Deployments
    of sources that are no longer there are paused.

    Workers need this package, credentials of their own for object storage, and
    PREFECT_API_URL; the settings reach them through the server.
    """
    settings = load_settings(workspace=workspace)
    if serving:
        settings = _on_one_machine(settings)
    wanted = deployments.wanted(settings)
    if serving:
        wanted = tuple(each for each in wanted if each.flow.name != deployments.names.PAGES)
    console = Console(soft_wrap=True)
    if dry_run:
        _list(console, wanted, served=serving)
        return 0
    with connected() as client:
        _print(console, _register(client, settings, wanted, served=serving))
    console.print(f"\nsee them at {api_url().removesuffix('/api')}/deployments", highlight=False)
    if serving:
        _serve(console, settings, wanted)
    return 0


def _on_one_machine(settings: Settings) -> Settings:
    flows = settings.flows.model_copy(update={"spread_pages": _NEVER})
    return settings.model_copy(update={"flows": flows})


def _register(
    client: SyncPrefectClient, settings: Settings, wanted: tuple[Wanted, ...], *, served: bool
) -> Iterator[Change]:
    if not served:
        yield from deployments.apply_pools(client, wanted)
    for each in wanted:
        yield deployments.apply(client, each, served=served)
    yield from deployments.pause_others(client, wanted)
    block = _notification_block(client, settings.flows.notify)
    for automation in automations.automations(settings.flows, block):
        yield automations.apply(client, automation)


def _notification_block(client: SyncPrefectClient, name: str) -> UUID | None:
    if not name:
        return None
    kind, _, block = name.partition("/")
    try:
        return client.read_block_document_by_name(block, kind).id
    except ObjectNotFound as error:
        raise UsageError(
            f"there is no notification block “{name}” on the server (flows.notify)",
            "Make one in the UI under Blocks; it is named type/name, as in slack-webhook/ops.",
        ) from error


def _serve(console: Console, settings: Settings, wanted: tuple[Wanted, ...]) -> None:
    for each in wanted:
        os.environ.update(each.env)  # what a work pool would give to its flow runs
    # every source may wait for its batches, so these need places of their own; one is the loader's
    places = len(settings.sources) + settings.flows.local_batches + 1
    console.print("serving; stop with Ctrl-C, which also pauses the schedules", highlight=False)
    serve(
        *(each.build(served=True) for each in wanted),
        limit=places,
        heartbeat_seconds=settings.flows.heartbeat_seconds,
        print_starting_message=False,
    )


def _list(console: Console, wanted: Iterable[Wanted], *, served: bool) -> None:
    table = Table("deployment", "schedule", "runs on", "", box=None, header_style="dim")
    for each in wanted:
        where = "this process" if served else f"pool {each.pool}"
        table.add_row(each.full_name, each.when(), where, each.description)
    console.print(table)


def _print(console: Console, changes: Iterable[Change]) -> None:
    table = Table(box=None, show_header=False)
    unchanged = 0
    for change in changes:
        unchanged += change.action is Action.UNCHANGED
        if change.action is not Action.UNCHANGED:
            table.add_row(change.action.value, change.kind, change.name, change.note)
    if table.row_count:
        console.print(table)
    if unchanged:
        console.print(f"{unchanged} unchanged", highlight=False)
