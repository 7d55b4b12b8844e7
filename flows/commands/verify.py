"""`docmill verify`: whether the warehouse is what the lake says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from docmill.flows.commands.options import workspace_option
from docmill.infra.settings import load_settings
from docmill.infra.warehouse.comparing import Difference, Example
from docmill.infra.warehouse.verifying import Verification
from docmill.infra.warehouse.verifying import verify as verify_warehouse

EXAMPLES = 3
LONGEST_VALUE = 64  # of a document's id


@click.command(
    epilog="""\b
Examples:
  docmill verify
  docmill verify --workspace data --all

\b
Ends with 0 when nothing is wrong, with 1 when something differs or is missing.
"""
)
@workspace_option
@click.option("--all", "every", is_flag=True, help="Show every row that differs, not examples.")
@click.option("--quiet", is_flag=True, help="Nothing but what is wrong.")
def verify(workspace: Path | None, every: bool, quiet: bool) -> int:
    """Compare the warehouse with one built anew from the lake.

    Also reads every object that the lake's commit records refer to. While another process owns
    the warehouse, published.duckdb is checked instead.
    """
    place = load_settings(workspace=workspace).open_workspace()
    console = Console(stderr=True, quiet=quiet)
    with _Bar(console) as bar:
        found = verify_warehouse(place, bar.show, None if every else EXAMPLES)
    for line in _report(found, quiet):
        click.echo(line)
    return 0 if found.clean else 1


class _Bar:
    """A progress bar on a terminal, a line per step elsewhere."""

    def __init__(self, console: Console) -> None:
        self._console = console
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
        self._bar = Progress(
            *columns, TimeElapsedColumn(), console=console, disable=not console.is_terminal
        )
        self._steps: dict[str, Any] = {}

    def __enter__(self) -> _Bar:
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def show(self, step: str, done: int, total: int) -> None:
        """How far a step is."""
        if step not in self._steps:
            self._steps[step] = self._bar.add_task(step, total=total)
            if not self._console.is_terminal:
                self._console.print(f"{step}: {total}")
        self._bar.update(self._steps[step], completed=done, total=total)


def _report(found: Verification, quiet: bool) -> Iterator[str]:
    if not quiet:
        if found.owner:
            yield f"{found.owner}: checked its published copy"
        yield (
            f"checked {found.checked}: {_counted(found.commits, 'commit record')}, "
            f"{_counted(found.objects, 'object')} of the lake"
        )
    for damage in found.damages:
        yield f"damaged: {damage.name}: {damage.what}"
    if found.damaged_documents and not found.not_compared:
        documents = _counted(len(found.damaged_documents), "document")
        yield f"left out of the comparison, for want of their objects: {documents}"
    if found.not_compared:
        yield f"not compared, since no warehouse can be built from this lake: {found.not_compared}"
    for difference in found.differences:
        yield from _told(difference)
    if not quiet:
        yield from _conclusion(found)


def _conclusion(found: Verification) -> Iterator[str]:
    if found.not_loaded:
        records = _counted(len(found.not_loaded), "commit record")
        yield f"note: {records} not loaded yet, the first is {found.not_loaded[0]}"
    if found.clean:
        yield "no differences"
        return
    if found.damages:
        yield "what to do: restore the damaged objects from a backup of the lake"
    if found.differences:
        yield "what to do: docmill warehouse rebuild"


def _told(difference: Difference) -> Iterator[str]:
    if difference.note:
        yield f"{difference.relation} {difference.note}"
        return
    yield (
        f"{difference.relation}: {_counted(difference.only_here, 'row')} only in the warehouse, "
        f"{_counted(difference.only_there, 'row')} only by the lake"
    )
    for example in difference.examples:
        yield f"  {_shown(example.key)}: {_change(example)}"
    left = difference.only_here + difference.only_there - sum(map(_sides, difference.examples))
    if left:
        yield f"  and {_counted(left, 'row')} more; --all shows them"


def _change(example: Example) -> str:
    if example.here is None or example.there is None:
        return "only by the lake" if example.here is None else "only in the warehouse"
    if not example.here:
        return "differs"
    return "; ".join(
        f"{name} is {_text(example.here[name])}, by the lake {_text(example.there[name])}"
        for name in example.here
    )


def _sides(example: Example) -> int:
    return (example.here is not None) + (example.there is not None)


def _shown(key: Mapping[str, Any]) -> str:
    return " ".join(f"{name}={_text(value)}" for name, value in key.items() if value is not None)


def _text(value: object) -> str:
    text = "NULL" if value is None else str(value)
    return text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}…"


def _counted(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"
