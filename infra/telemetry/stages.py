"""How long the stages of one document take."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import perf_counter

from opentelemetry.trace import Span

from docmill.infra.telemetry.tracing import span
from docmill.schemas.outcome import Stage


@dataclass
class StageClock:
    """Seconds by stage; used by one thread."""

    seconds: dict[Stage, float] = field(default_factory=dict[Stage, float])

    @contextmanager
    def stage(self, stage: Stage) -> Generator[Span]:
        """The block is this stage's work: its time is added, and it is a span."""
        began = perf_counter()
        try:
            with span(f"docmill.{stage}") as opened:
                yield opened
        finally:
            taken = perf_counter() - began
            self.seconds[stage] = self.seconds.get(stage, 0) + taken
