"""`docmill serve`: the process that owns a workspace's warehouse."""

from __future__ import annotations

import logging
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

import click

from docmill.flows.commands.options import workspace_option
from docmill.flows.stopping import told_to_stop
from docmill.infra.outputs.deliverer import Deliverer
from docmill.infra.service.application import create_app
from docmill.infra.service.listening import Listening
from docmill.infra.service.owner_service import OwnerService
from docmill.infra.service.token import check_host, token_file, token_of
from docmill.infra.settings import Settings, load_settings
from docmill.infra.telemetry.metrics import Metrics
from docmill.infra.telemetry.store import measured_lake
from docmill.infra.telemetry.tracing import exported
from docmill.schemas.errors import InternalError

_LOOK_S = 1.0
# An answer passes through several threads beside one that loads; each change of threads may take
# this long, by default 5 ms.
_SWITCH_S = 0.0005


@click.command(
    epilog="""\b
Examples:
  docmill serve
  docmill serve --workspace data --port 0
  DOCMILL_SERVE__TOKEN=... docmill serve --host 0.0.0.0
"""
)
@workspace_option
@click.option("--host", help="Address to listen on.  [default: 127.0.0.1]")
@click.option("--port", type=click.IntRange(0, 65535), help="Port; 0 for any.  [default: 8610]")
def serve(workspace: Path | None, host: str | None, port: int | None) -> None:
    """Load the lake as it grows, publish it, take review answers and serve SQL over HTTP.

    Runs until SIGTERM or Ctrl-C; then it answers what it accepted, publishes, and ends.
    """
    settings = load_settings(workspace=workspace)
    given = {name: value for name, value in {"host": host, "port": port}.items()
             if value is not None}  # fmt: skip
    chosen = settings.model_copy(update={"serve": settings.serve.model_copy(update=given)})
    logging.basicConfig(format="%(asctime)s %(levelname)s %(message)s")
    logging.getLogger("docmill").setLevel(logging.INFO)
    sys.setswitchinterval(_SWITCH_S)
    with told_to_stop() as stop:
        run(chosen, stop)


def run(settings: Settings, stop: Event) -> None:
    """Serves until `stop` is set.

    Raises:
        UsageError: a setting does not allow it, or the address is taken.
        WorkspaceBusy: another process owns the workspace; the message names it.
        InternalError: the server ended by itself.
    """
    place = settings.open_workspace()
    check_host(settings.serve)
    place.create()
    token = token_of(place, settings.serve)
    metrics = Metrics()
    with (
        exported(),
        OwnerService(place, settings.serve, token, metrics) as service,
        _delivering(settings, metrics),
        Listening(create_app(service), settings.serve.host, settings.serve.port) as listening,
    ):
        service.announce(listening.url)
        _tell(settings, listening.url)
        while not stop.wait(_LOOK_S):
            if not listening.alive:
                raise InternalError("the HTTP server ended by itself")
        click.echo("ending: answering what was accepted, then publishing", err=True)


@contextmanager
def _delivering(settings: Settings, metrics: Metrics) -> Generator[None]:
    """Results go to the outputs of the settings while the block runs."""
    if not settings.outputs:
        yield
        return
    stop = Event()
    lake = measured_lake(settings.open_workspace().lake_root, metrics)
    deliverer = Deliverer(settings, lake=lake, metrics=metrics)
    thread = Thread(target=deliverer.run, args=(stop,), name="outputs")
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _tell(settings: Settings, url: str) -> None:
    place = settings.open_workspace()
    own = settings.serve.token.get_secret_value() == ""
    token = token_file(place) if own else "set in DOCMILL_SERVE__TOKEN or docmill.toml"
    click.echo(f"serving {place.root.absolute()} at {url}")
    click.echo(f"token:  {token}")
    click.echo(f"lake:   {place.lake_root}, loaded as it grows")
    click.echo(f"shown:  {place.published}, every {settings.serve.publish_seconds:g} s")
