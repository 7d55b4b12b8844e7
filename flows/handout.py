"""Batches handed out to flow runs, a bounded number at a time, and what came of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from prefect.deployments import run_deployment
from prefect.exceptions import ObjectNotFound
from prefect.logging import get_run_logger
from prefect.runtime import flow_run

from docmill.flows import names
from docmill.flows.children import Children, Ended, Order
from docmill.flows.placement import Pools
from docmill.flows.totals import Totals
from docmill.infra.ingestion.batches import Batch, open_batch, reports
from docmill.infra.lake import Lake
from docmill.infra.settings import Flows
from docmill.infra.telemetry.tracing import traceparent
from docmill.schemas.batch import BatchReport


@dataclass(frozen=True)
class Step:
    """A flow run over a batch; `last`: its outcomes are due. `read`: what the reading run did."""

    key: str
    batch: Batch
    last: bool
    read: BatchReport | None = None

    def counted(self, report: BatchReport) -> BatchReport:
        """The report with the pages of the run that read them."""
        if self.read is None:
            return report
        pages = {"pages_read": self.read.pages_read, "pages_found": self.read.pages_found}
        return report.model_copy(update=pages)


@dataclass
class HandOut:
    """Batches on their way through the work pools.

    Args:
        lake: where batches and reports are.
        pools: who reads and who fills schemas.
        flows: how many at once, how many starts.
        moved: is told that something changed.
    """

    lake: Lake
    pools: Pools
    flows: Flows
    moved: Callable[[], None]
    totals: Totals = field(default_factory=Totals)
    unfinished: list[str] = field(default_factory=list[str])
    offered: int = 0
    settled: int = 0

    def __post_init__(self) -> None:
        self._children: Children[Step] = Children(self.flows.starts)
        self._logger = get_run_logger()

    def hand_out(self, keys: Iterable[str]) -> None:
        """Starts a flow run for every batch, as soon as there is room for it."""
        for key in keys:
            while len(self._children) >= self.flows.in_flight:
                self._wait()
            batch = open_batch(self.lake, key)
            self.offered += len(batch.objects)
            self._children.start(self._order(Step(key, batch, self.pools.together)))
            self.moved()

    def finish(self) -> None:
        """Waits for all that are under way."""
        while self._children:
            self._wait()

    def broken(self) -> str | None:
        """The batches that did not come to their end, in words; None when all did."""
        if not self.unfinished:
            return None
        runs = names.counted(len(self.unfinished), "batch run")
        return f"{runs} did not finish: {'; '.join(self.unfinished[:3])}"

    def _wait(self) -> None:
        for ended in self._children.ended():
            self._settle(ended)
        self.moved()

    def _order(self, step: Step) -> Order[Step]:
        flow_name, pool, word = (
            (names.PROCESS, self.pools.extract, None if self.pools.together else "extract")
            if step.last
            else (names.READ, self.pools.read, "read")
        )
        reads = self.pools.together or not step.last
        batch = step.batch
        return Order(
            key=step,
            deployment=names.deployment(flow_name, pool),
            parameters={
                "batch": step.key,
                "pages_on": self.pools.read if reads else None,
                "trace": traceparent(),
            },
            name=names.batch_run(batch.source, batch.number, len(batch.objects), word),
            once=f"{flow_run.get_id()}:{flow_name}:{step.key}",
            tags=(names.source_tag(batch.source),),
        )

    def _settle(self, ended: Ended[Step]) -> None:
        step = ended.key
        (report,) = reports(self.lake, [step.key])
        if ended.completed and not step.last:
            self._children.start(self._order(Step(step.key, step.batch, True, report)))
            return
        self.settled += len(step.batch.objects)
        if ended.completed and report:
            counted = step.counted(report)
            self.totals.add(counted)
            self._logger.info("%s ended: %s", ended.name, Totals.of(counted).sentence())
            return
        self.totals.left += len(step.batch.objects)
        self.unfinished.append(f"“{ended.name}” {ended.why()}")
        self._logger.error(
            "%s %s; its documents wait for the next run, from %s to %s",
            ended.name,
            ended.why(),
            step.batch.objects[0].uri,
            step.batch.objects[-1].uri,
        )


def start_load() -> None:
    """Has the lake loaded soon; a load that is under way already is enough."""
    name = names.deployment(names.LOAD, names.WAREHOUSE_POOL)
    try:
        run_deployment(name, timeout=0, as_subflow=False)
    except ObjectNotFound:
        get_run_logger().warning("there is no deployment %s: nothing loads the lake", name)
