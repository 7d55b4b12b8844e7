"""`docmill deliver`: finished documents to the outputs of the settings, and what did not arrive."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterable
from pathlib import Path
from types import FrameType

import click
from rich.console import Console
from rich.markup import escape

from docmill.flows.commands.options import workspace_option
from docmill.infra.outputs.dead_letters import DeadLetter, dead_letters, put_back, resume
from docmill.infra.outputs.deliverer import Deliverer
from docmill.infra.outputs.ledger import Trouble
from docmill.infra.outputs.report import OutputReport
from docmill.infra.settings import Settings, load_settings
from docmill.schemas.errors import UsageError


@click.command(
    epilog="""\b
Examples:
  docmill deliver                      what is due, once
  docmill deliver --follow             until Ctrl-C; `docmill serve` does the same
  docmill deliver --dead               what was given up, and why
  docmill deliver --again              put all of it back, and deliver
  docmill deliver --again 3f2a 90bc    only these: ids of events or documents, or their beginnings
  docmill deliver --resume --output erp
"""
)
@click.argument("ids", nargs=-1, metavar="[ID]...")
@workspace_option
@click.option("--output", "names", multiple=True, metavar="NAME", help="Only this output.")
@click.option("--follow", is_flag=True, help="Go on until interrupted.")
@click.option("--dead", is_flag=True, help="List dead letters; deliver nothing.")
@click.option("--again", is_flag=True, help="Put dead letters back first: these, or all.")
@click.option("--resume", "resuming", is_flag=True, help="First end pauses (HTTP 410).")
def deliver(
    ids: tuple[str, ...],
    workspace: Path | None,
    names: tuple[str, ...],
    follow: bool,
    dead: bool,
    again: bool,
    resuming: bool,
) -> int:
    """Deliver finished documents to the outputs in docmill.toml.

    Exit status: 0 when all outputs were served; 3 when one is paused, has new dead letters, or
    documents that wait for another attempt; 1 when one could not be served at all.
    """
    settings = load_settings(workspace=workspace)
    _refuse_nonsense(settings, ids, again=again, dead=dead)
    deliverer = Deliverer(settings, names)
    chosen = names or tuple(settings.outputs)
    console = Console(soft_wrap=True)
    if dead:
        return _list(console, dead_letters(settings, chosen))
    if resuming:
        resume(settings, chosen)
    if again:
        console.print(f"{put_back(settings, chosen, ids)} put back", highlight=False)
    stop = _stop_on_signals()
    if follow:
        deliverer.run(stop, lambda report: _tell_change(console, report))
        return 0
    reports = deliverer.once(stop.is_set)
    for report in reports:
        _tell(console, report)
    return _exit_code(reports)


def _refuse_nonsense(settings: Settings, ids: tuple[str, ...], *, again: bool, dead: bool) -> None:
    if not settings.outputs:
        raise UsageError(
            "there are no outputs in docmill.toml", "docs/outputs.md shows how to set one up."
        )
    if ids and not again:
        raise UsageError("ids of documents go with --again", "docmill deliver --again ID…")
    if dead and again:
        raise UsageError("--dead lists and --again delivers", "Choose one of them.")


def _stop_on_signals() -> threading.Event:
    """Set by Ctrl-C and SIGTERM, so that the request under way is brought to its end."""
    stop = threading.Event()

    def set_stop(number: int, frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGINT, set_stop)
    signal.signal(signal.SIGTERM, set_stop)
    return stop


def _list(console: Console, letters: Iterable[DeadLetter]) -> int:
    """Two lines each, so that ids and sources can be copied whole."""
    hints: dict[str, None] = {}
    for each in letters:
        letter = each.letter
        name = letter.uri or f"commit record {letter.commit_key}"
        console.print(f"{each.output} {letter.event_id} {escape(name)}", highlight=False)
        attempts = f"attempt {letter.attempt} at {letter.at:%Y-%m-%d %H:%M} UTC"
        document = f"document {letter.document_id}" if letter.document_id else "no document"
        told = f"  {attempts}: {letter.error} ({document})"
        console.print(escape(told), highlight=False)
        hints[letter.hint] = None
    if not hints:
        console.print("no dead letters")
        return 0
    for hint in filter(None, hints):
        console.print(f"what to do: {escape(hint)}", highlight=False)
    return 3


def _tell_change(console: Console, report: OutputReport) -> None:
    if report.did_something or report.error or report.paused:
        _tell(console, report)


def _tell(console: Console, report: OutputReport) -> None:
    console.print(f"[bold]{report.output}[/bold]: {escape(report.text)}", highlight=False)
    for trouble in report.troubles:
        console.print(escape(f"  {_trouble(trouble)}"), highlight=False)


def _trouble(trouble: Trouble) -> str:
    state = f"again at {trouble.due:%H:%M:%S} UTC" if trouble.due else f"given up. {trouble.hint}"
    return f"{trouble.uri}: attempt {trouble.attempt}: {trouble.error}: {state}"


def _exit_code(reports: Iterable[OutputReport]) -> int:
    codes = [
        1 if each.error else 3 if each.paused or each.dead or each.waiting or each.unseen else 0
        for each in reports
    ]
    return 1 if 1 in codes else max(codes, default=0)
