"""Flow runs that a flow run starts and waits for, a bounded number at a time.

They are started from deployments, so any worker of their pool takes them. All are watched by one
query. A run whose process died is started again by the shipped automation; here it only counts as
ended once that has not happened for a while, or when its starts are used up. One that died before
it ever began is replaced, as the server does not count its attempts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from time import monotonic, sleep
from typing import Any, Generic, TypeVar, cast
from uuid import UUID

import httpx
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterId
from prefect.client.schemas.objects import FlowRun, State
from prefect.client.schemas.sorting import FlowRunSort
from prefect.deployments import run_deployment
from prefect.exceptions import PrefectHTTPStatusError
from prefect.logging import get_logger

POLL_S = 2.0
# A server that is away for so long ends the run; its batches go on without it.
PATIENCE_S = 600.0
# What the automation that starts crashed runs again may take.
GRACE_S = 60.0
Key = TypeVar("Key")


@dataclass(frozen=True)
class Order(Generic[Key]):
    """A flow run to start: `key` says what it is for; equal `once` never starts two of them."""

    key: Key
    deployment: str
    parameters: Mapping[str, Any]
    name: str
    once: str
    tags: tuple[str, ...] = ()


@dataclass(frozen=True)
class Ended(Generic[Key]):
    """A flow run that came to its end; `state` is None where it was deleted."""

    key: Key
    name: str
    state: State[Any] | None

    @property
    def completed(self) -> bool:
        """Whether it did its work."""
        return self.state is not None and self.state.is_completed()

    def why(self) -> str:
        """How it ended, in words."""
        if self.state is None:
            return "was deleted"
        message = f": {self.state.message}" if self.state.message else ""
        return f"{(self.state.name or self.state.type.value).lower()}{message}"


@dataclass
class _Child(Generic[Key]):
    order: Order[Key]
    run_id: UUID
    replaced: int = 0
    crashed_at: float | None = None


@dataclass
class Children(Generic[Key]):
    """Flow runs under way.

    Args:
        starts: how often a run is started whose process dies.
        poll_s: seconds between looks at the server.
    """

    starts: int
    poll_s: float = POLL_S
    _running: dict[UUID, _Child[Key]] = field(default_factory=dict[UUID, Any])

    def __len__(self) -> int:
        """How many are under way."""
        return len(self._running)

    def start(self, order: Order[Key]) -> None:
        """Starts one, or finds the one that an earlier attempt of this run has started."""
        self._start(order, 0)

    def ended(self) -> Iterator[Ended[Key]]:
        """Those that ended since the last look; waits until there is one, or none is left."""
        deaf_since: float | None = None
        while self._running:
            try:
                found = self.look()
            except (httpx.TransportError, PrefectHTTPStatusError) as error:
                deaf_since = deaf_since or monotonic()
                if monotonic() - deaf_since > PATIENCE_S:
                    raise
                get_logger("docmill").warning("the server does not answer, asking again: %s", error)
                found = []
            if found:
                yield from found
                return
            sleep(self.poll_s)

    def look(self) -> list[Ended[Key]]:
        """Those that ended since the last look, without waiting."""
        return list(self._look())

    def call_off_waiting(self) -> None:
        """Deletes the runs that no worker has taken yet."""
        with get_client(sync_client=True) as client:
            for run in self._read():
                if run.state and run.state.is_scheduled():
                    client.delete_flow_run(run.id)
                    del self._running[run.id]

    def _start(self, order: Order[Key], replaced: int) -> None:
        once = f"{order.once}:{replaced}" if replaced else order.once
        run = cast(
            FlowRun,
            run_deployment(
                order.deployment,
                parameters=dict(order.parameters),
                flow_run_name=order.name,
                tags=order.tags,
                idempotency_key=once,
                timeout=0,
                as_subflow=True,
            ),
        )
        self._running[run.id] = _Child(order, run.id, replaced)

    def _look(self) -> Iterator[Ended[Key]]:
        runs = {run.id: run for run in self._read()}
        for run_id, child in tuple(self._running.items()):
            run = runs.get(run_id)
            if run is not None and not self._is_over(child, run):
                continue
            del self._running[run_id]
            if run and _never_began(run) and child.replaced + 1 < self.starts:
                self._start(child.order, child.replaced + 1)
            else:
                yield Ended(child.order.key, child.order.name, run.state if run else None)

    def _is_over(self, child: _Child[Key], run: FlowRun) -> bool:
        if run.state is None or not run.state.is_final():
            child.crashed_at = None
            return False
        if not run.state.is_crashed() or _never_began(run) or run.run_count >= self.starts:
            return True
        child.crashed_at = child.crashed_at or monotonic()
        return monotonic() - child.crashed_at > GRACE_S

    def _read(self) -> list[FlowRun]:
        ids = FlowRunFilter(id=FlowRunFilterId(any_=list(self._running)))
        with get_client(sync_client=True) as client:
            return client.read_flow_runs(
                flow_run_filter=ids, sort=FlowRunSort.ID_DESC, limit=len(self._running)
            )


def _never_began(run: FlowRun) -> bool:
    return run.state is not None and run.state.is_crashed() and run.run_count == 0
