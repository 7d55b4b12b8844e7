"""What a pass over an output came to, for people."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from docmill.infra.outputs.ledger import Trouble

_MOST_TROUBLES = 10


@dataclass
class OutputReport:
    """One pass.

    `waiting` entries failed before and are due again from `next_due` on; `unseen` ones come after
    a rest, and were not looked at, so not all of them need be for this output. `dead_letters` are
    listed at the end of a full pass; None after other passes, which see a part of all this only.
    `troubles` are the first attempts that failed in this pass, `seconds` the time of each attempt.
    `paused` and `held_by` say why nothing was delivered: the receiver is gone, another process
    delivers. `error` says what broke the pass.
    """

    output: str
    delivered: int = 0
    dead: int = 0
    failed: int = 0
    waiting: int = 0
    unseen: int = 0
    next_due: datetime | None = None
    paused: str = ""
    held_by: str = ""
    error: str = ""
    hint: str = ""
    dead_letters: int | None = None
    seconds: list[float] = field(default_factory=list[float])
    troubles: list[Trouble] = field(default_factory=list[Trouble])

    def continued(self) -> OutputReport:
        """A report of the rest of the pass; what waits was found before."""
        return OutputReport(
            self.output,
            waiting=self.waiting,
            unseen=self.unseen,
            next_due=self.next_due,
            paused=self.paused,
            held_by=self.held_by,
        )

    def add_trouble(self, trouble: Trouble) -> None:
        """An attempt failed, for the last time or not."""
        if trouble.due is None:
            self.dead += 1
        else:
            self.failed += 1
            self.add_waiting(trouble.due)
        if len(self.troubles) < _MOST_TROUBLES:
            self.troubles.append(trouble)

    def add_waiting(self, due: datetime) -> None:
        """An entry is due at a later time."""
        self.waiting += 1
        self.next_due = due if self.next_due is None else min(self.next_due, due)

    @property
    def text(self) -> str:
        """What happened, and what waits, in one line."""
        if self.error:
            return f"{self.error}. {self.hint}".strip()
        told = [f"{self.delivered} delivered"]
        if self.waiting and self.next_due:
            due = f"{self.next_due:%Y-%m-%d %H:%M:%S} UTC"
            told.append(f"{self.waiting} wait, the next until {due}")
        if self.unseen:
            told.append(f"up to {self.unseen} more come after them")
        if self.dead:
            told.append(f"{self.dead} given up: docmill deliver --dead")
        if self.held_by:
            told.append(f"{self.held_by} delivers at present")
        if self.paused:
            resume = f"docmill deliver --resume --output {self.output}"
            told.append(f"paused: {self.paused}; {resume} ends that")
        return "; ".join(told)

    @property
    def needs_attention(self) -> bool:
        """Whether something could not be delivered that was tried."""
        return bool(self.error or self.paused or self.dead or self.failed)

    @property
    def did_something(self) -> bool:
        """Whether any document was handed over, or tried to be."""
        return bool(self.delivered or self.dead or self.failed)
