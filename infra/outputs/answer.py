"""What came of handing a message over, and who hands it over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Protocol

from docmill.infra.outputs.message import Message


class Verdict(StrEnum):
    """`LATER`: it may succeed later. `REFUSED`: not without a person. `GONE`: nobody is there."""

    DELIVERED = "delivered"
    LATER = "later"
    REFUSED = "refused"
    GONE = "gone"


@dataclass(frozen=True)
class Answer:
    """What a target said to one message.

    `status` is the HTTP status, None where there was none. `asked` is the pause that the receiver
    asked for, of everybody.
    """

    verdict: Verdict
    status: int | None = None
    error: str = ""
    hint: str = ""
    asked: timedelta | None = None


class Target(Protocol):
    """Where messages go. Used by one thread."""

    @property
    def parallel(self) -> int:
        """How many messages it takes at once."""
        ...

    @property
    def longest(self) -> timedelta:
        """The longest time that one `send` takes."""
        ...

    def send(self, messages: Sequence[Message]) -> list[Answer]:
        """Hand over some messages, at most `parallel`; one answer each, in their order."""
        ...

    def close(self) -> None:
        """Let go of connections."""
        ...
