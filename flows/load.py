"""The flow that loads the lake into the warehouse, publishes it, and looks at its health.

Where the settings name outputs, what got finished is delivered to them, too.
"""

from __future__ import annotations

from typing import Any

from prefect import flow, task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State
from prefect.logging import get_run_logger
from prefect.runtime import flow_run
from prefect.states import Completed
from prefect.tasks import exponential_backoff

from docmill.flows import events, names
from docmill.flows.retrying import JITTER, may_pass
from docmill.infra.outputs.deliverer import Deliverer
from docmill.infra.service.keeping_up import load_and_publish
from docmill.infra.service.reports import PublishReport
from docmill.infra.settings import Settings, load_settings
from docmill.infra.telemetry.tracing import exported
from docmill.infra.warehouse.health import Health, health_of
from docmill.infra.warehouse.query import open_published
from docmill.schemas.errors import WorkspaceBusy

# A warehouse that another process holds is asked for again after this, twice as long each time.
BUSY_S = 5.0


def _run_name() -> str:
    return f"load · {flow_run.get_scheduled_start_time():%Y-%m-%d %H:%M}"


@flow(name=names.LOAD, flow_run_name=_run_name)
def load_warehouse() -> State[Any]:
    """Loads and publishes what was committed; then backlog and drift become events.

    Where `docmill serve` owns the warehouse, it is asked to. A warehouse in other hands is no
    failure: the next scheduled run asks again.
    """
    settings = load_settings()
    workspace = settings.open_workspace()
    try:
        with exported():
            report = _load(settings)
    except WorkspaceBusy as error:
        return Completed(name="Skipped", message=f"{error.message}; the next run asks again")
    if settings.outputs:
        _deliver(settings)
    if not workspace.published.exists():
        return Completed(message="nothing was ever committed")
    health = _look_at(settings)
    _tell(health)
    found = "; ".join(health.texts) or "queue and figures are as usual"
    return Completed(message=f"{names.counted(report.documents, 'document')} loaded; {found}")


@task(
    name="load and publish",
    cache_policy=NO_CACHE,
    retries=3,
    retry_delay_seconds=exponential_backoff(BUSY_S),
    retry_jitter_factor=JITTER,
    retry_condition_fn=may_pass,
)
def _load(settings: Settings) -> PublishReport:
    return load_and_publish(settings)


@task(name="look at queue and figures", cache_policy=NO_CACHE)
def _look_at(settings: Settings) -> Health:
    connection = open_published(settings.open_workspace())
    try:
        return health_of(connection, settings)
    finally:
        connection.close()


@task(name="deliver to outputs", cache_policy=NO_CACHE)
def _deliver(settings: Settings) -> None:
    """One pass; what could not be delivered waits in the lake for the next one.

    Never a failure of the load: what is wrong with an output is its report's to say.
    """
    logger = get_run_logger()
    for report in Deliverer(settings).once():
        log = logger.warning if report.needs_attention else logger.info
        log("output %s: %s", report.output, report.text)


def _tell(health: Health) -> None:
    logger = get_run_logger()
    for text in health.texts:
        logger.warning("%s", text)
    if health.backlog_text:
        events.queue_backlog(health.backlog_text, health.backlog.model_dump(mode="json"))
    for drift in health.drifts:
        events.drift_found(drift.text, drift.model_dump(mode="json"))
