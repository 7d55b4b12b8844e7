"""Dead letters of outputs: listed, and put back by a person."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from docmill.infra.lake import utc_now
from docmill.infra.outputs.ledger import Ledger, Trouble
from docmill.infra.settings import Settings
from docmill.schemas.errors import UsageError


@dataclass(frozen=True)
class DeadLetter:
    """A document that an output gave up."""

    output: str
    letter: Trouble


def dead_letters(settings: Settings, outputs: Iterable[str]) -> Iterator[DeadLetter]:
    """What was given up and neither delivered nor put back since.

    Raises:
        StoreError: the lake failed.
    """
    lake = settings.open_workspace().lake()
    for output in outputs:
        for letter in Ledger(lake, output).dead_letters():
            yield DeadLetter(output, letter)


def put_back(settings: Settings, outputs: Iterable[str], ids: Iterable[str] = ()) -> int:
    """Put dead letters back, to be delivered with all their attempts anew; returns how many.

    Args:
        settings: name the lake.
        outputs: whose.
        ids: ids of events or documents, or beginnings of them; all if none is given.

    Raises:
        UsageError: an id fits no dead letter.
        StoreError: the lake failed.
    """
    lake = settings.open_workspace().lake()
    found = list(dead_letters(settings, outputs))
    wanted = tuple(ids)
    for each in wanted:
        if not any(_fits(dead.letter, each) for dead in found):
            raise UsageError(f"no dead letter has the id {each}", "docmill deliver --dead")
    chosen = [
        dead for dead in found if not wanted or any(_fits(dead.letter, each) for each in wanted)
    ]
    for dead in chosen:
        Ledger(lake, dead.output).put_again(dead.letter, utc_now())
    return len(chosen)


def resume(settings: Settings, outputs: Iterable[str]) -> None:
    """End the pauses of outputs whose receivers said that they were gone.

    Raises:
        StoreError: the lake failed.
    """
    lake = settings.open_workspace().lake()
    for output in outputs:
        Ledger(lake, output).resume(utc_now())


def _fits(letter: Trouble, beginning: str) -> bool:
    return letter.event_id.startswith(beginning) or letter.document_id.startswith(beginning)
