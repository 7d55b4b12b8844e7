"""The flow that follows a source: what is new or changed is cut into batches and handed out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.logging import get_run_logger
from prefect.runtime import flow_run
from prefect.states import Completed, Failed

from docmill.flows import events, names
from docmill.flows.artifacts import (
    ProgressBar,
    cost,
    show_failures,
    show_review_link,
    show_totals,
)
from docmill.flows.handout import HandOut, start_load
from docmill.flows.placement import pools_of
from docmill.infra.ingestion.changes import Kind
from docmill.infra.ingestion.followed import Followed, follow
from docmill.infra.ingestion.scan import Scan
from docmill.infra.settings import Settings, load_settings
from docmill.infra.telemetry.tracing import describe, exported, span
from docmill.infra.work import Work
from docmill.schemas.errors import DocmillError


def _run_name() -> str:
    when = flow_run.get_scheduled_start_time()
    return f"{flow_run.get_parameters()['source']} · {when:%Y-%m-%d %H:%M}"


@flow(name=names.INGEST, flow_run_name=_run_name)
def ingest(source: str) -> State[Any]:
    """Brings new and changed documents of a source to their rows.

    Completed means that every document had its turn, failed ones included, which are counted.
    Failed means that the run itself broke: the source could not be listed, batches did not come
    to their end (their documents wait for the next run), or more documents failed than the
    source's `fail_share` allows.

    Args:
        source: its name in the settings.
    """
    settings = load_settings()
    run = _Run(settings, follow(source, settings))
    with exported(), span("docmill.ingest", source=source) as opened:
        broken = run.hand_out()
        run.scan.finish()
        describe(opened, documents=run.handout.totals.documents)
    run.show()
    if run.handout.totals.documents or run.scan.counts[Kind.GONE]:
        start_load()
    return run.state(broken)


@dataclass
class _Run:
    settings: Settings
    followed: Followed

    def __post_init__(self) -> None:
        self.work = Work(self.followed.settings, self.followed.schemas, "")
        lake = self.settings.open_workspace().lake()
        pools = pools_of(self.settings, self.followed.name)
        self.handout = HandOut(lake, pools, self.settings.flows, self._move)
        self.scan = Scan(lake, self.followed, self.work.key, self._within_budget)
        self.bar = ProgressBar(f"listing {self.followed.source.uri}")

    def hand_out(self) -> DocmillError | None:
        """All batches, as they are cut; returns what broke the listing."""
        broken = None
        logger = get_run_logger()
        try:
            self.handout.hand_out(self.scan)
        except DocmillError as error:
            logger.error("%s. %s", error.message, error.hint)
            broken = error
        logger.info("%s", self._listed())
        self.handout.finish()
        return broken

    def show(self) -> None:
        """The artifacts of the end, and the event of a limit that was reached."""
        name, totals = self.followed.name, self.handout.totals
        totals.left += self.scan.left
        limit = self.followed.source.max_pages_per_run
        if self.scan.left and limit:
            events.budget_reached(name, limit, self.scan.left)
        self.bar.move(1, 1, totals.sentence())
        show_totals(name, totals, cost(self.work))
        show_failures(name, totals.failures, self.settings)
        if totals.to_review:
            show_review_link(name, totals.to_review, self.settings)

    def state(self, broken: DocmillError | None) -> State[Any]:
        """How the run ended."""
        totals, share = self.handout.totals, self.followed.source.fail_share
        sentence = totals.sentence()
        if broken:
            return Failed(message=f"{broken.message} ({sentence}). {broken.hint}")
        if unfinished := self.handout.broken():
            return Failed(message=f"{sentence}. {unfinished}")
        if totals.fail_share > share:
            return Failed(message=f"{sentence}: more than {share:.0%} failed, see `fail_share`")
        return Completed(message=sentence)

    def _within_budget(self) -> bool:
        limit = self.followed.source.max_pages_per_run
        return limit is None or self.handout.totals.pages_read < limit

    def _move(self) -> None:
        sentence = f"{self._listed()}; {self.handout.totals.sentence()}"
        self.bar.move(self.handout.settled, self.handout.offered, sentence)

    def _listed(self) -> str:
        counts = self.scan.counts
        parts = [f"{counts[kind]:,} {kind.replace('_', ' ')}" for kind in Kind if counts[kind]]
        return f"{names.counted(self.scan.listed, 'object')}: {', '.join(parts) or 'none'}"
