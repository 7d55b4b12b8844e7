"""What is registered on the Prefect server, from the settings alone.

Flow runs load their flows by dotted module path from the installed package, so nothing depends on
a checkout; and they get the settings of whoever deployed through their environment, so a worker
needs the package, its credentials and the network, but no docmill.toml. Secrets are never among
them: workers have their own.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from itertools import count
from pathlib import Path
from typing import Any, cast
from zoneinfo import ZoneInfo

from prefect import Flow
from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.actions import WorkPoolCreate
from prefect.client.schemas.filters import DeploymentFilter, DeploymentFilterTags
from prefect.client.schemas.objects import ConcurrencyLimitConfig, ConcurrencyLimitStrategy
from prefect.client.schemas.responses import DeploymentResponse
from prefect.client.schemas.sorting import DeploymentSort
from prefect.deployments.runner import RunnerDeployment
from prefect.exceptions import ObjectAlreadyExists, ObjectNotFound
from prefect.schedules import Cron, Interval, Schedule
from prefect.types.entrypoint import EntrypointType
from prefect.utilities.callables import parameter_schema

from docmill.flows import names
from docmill.flows.batches import process_batch, read_batch, read_pages
from docmill.flows.ingest import ingest
from docmill.flows.load import load_warehouse
from docmill.flows.placement import pools_for, pools_of
from docmill.flows.registry import Action, Change
from docmill.flows.reprocess import reprocess
from docmill.infra.settings import Settings, Source
from docmill.schemas.errors import UsageError

# Intervals count from here, so that deploying again moves nothing.
_EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
# A run that would overlap one of the same deployment is not begun at all.
ONE_AT_A_TIME = ConcurrencyLimitConfig(
    limit=1, collision_strategy=ConcurrencyLimitStrategy.CANCEL_NEW
)
# Deployments asked for at a time.
_PAGE = 100
# Settings that follow the work; the others belong to a machine.
_SHARED = ("schema", "ocr", "extractor", "limits", "models", "review", "sources", "flows")

_SECRETS = {"models": {"chandra": {"key"}, "glm_ocr": {"key"}}}


@dataclass(frozen=True)
class Wanted:
    """A deployment as it should be.

    `pool` is the work pool whose workers run it; `env` the environment of its flow runs.
    """

    flow: Flow[Any, Any]
    name: str
    pool: str
    description: str
    parameters: Mapping[str, Any] = field(default_factory=dict[str, Any])
    schedule: Schedule | None = None
    tags: tuple[str, ...] = ()
    concurrency: ConcurrencyLimitConfig | None = None
    env: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def full_name(self) -> str:
        """The name by which runs are started: `process/cpu`."""
        return names.deployment(self.flow.name, self.name)

    def when(self) -> str:
        """The schedule in words."""
        if self.schedule is None:
            return "on demand"
        if self.schedule.cron:
            return f"cron {self.schedule.cron} ({self.schedule.timezone})"
        minutes = (self.schedule.interval or timedelta()).total_seconds() / 60
        return f"every {minutes:g} min"

    def build(self, *, served: bool) -> RunnerDeployment:
        """The same for Prefect; `served`: by this process, without a work pool."""
        pooled: dict[str, Any] = (
            {} if served else {"work_pool_name": self.pool, "job_variables": {"env": self.env}}
        )
        built = self.flow.to_deployment(
            self.name,
            schedule=self.schedule,
            parameters=dict(self.parameters),
            description=self.description,
            tags=[names.TAG, *self.tags],
            concurrency_limit=self.concurrency,
            entrypoint_type=EntrypointType.MODULE_PATH,
            # else Prefect takes the git commit of whatever folder one stands in
            version=version("docmill"),
            **pooled,
        )
        return cast(RunnerDeployment, built)


def wanted(settings: Settings) -> tuple[Wanted, ...]:
    """All deployments that the settings ask for.

    Raises:
        UsageError: there are no sources, or one has a schedule that cannot be.
    """
    if not settings.sources:
        raise UsageError("no sources are configured, so there is nothing to schedule", _EXAMPLE)
    env = environment(settings)
    return (*_ingests(settings, env), *_workers(settings, env), *_by_warehouse(settings, env))


_EXAMPLE = """Add one to docmill.toml in the workspace, for example:
[sources.invoices]
uri = "s3://inbox/invoices"
schema = "invoice"
cron = "0 6 * * *"
timezone = "Europe/Berlin\""""


def environment(settings: Settings) -> dict[str, str]:
    """The environment of flow runs: the settings that follow the work, and the heartbeat."""
    placed = settings.model_copy(update={"sources": _anywhere(settings.sources)})
    plain = placed.model_dump(mode="json", by_alias=True, exclude_defaults=True, exclude=_SECRETS)
    env = {
        f"DOCMILL_{name.upper()}": value if isinstance(value, str) else json.dumps(value)
        for name, value in plain.items()
        if name in _SHARED
    }
    lake = settings.open_workspace().lake_root
    env["DOCMILL_LAKE"] = lake if "://" in lake else str(Path(lake).absolute())
    env["PREFECT_FLOWS_HEARTBEAT_FREQUENCY"] = str(settings.flows.heartbeat_seconds)
    return env


def _anywhere(sources: Mapping[str, Source]) -> dict[str, Source]:
    """The sources with absolute paths: flow runs have working folders of their own."""
    return {name: source.model_copy(update=_absolute(source)) for name, source in sources.items()}


def _absolute(source: Source) -> dict[str, str]:
    paths = {"uri": source.uri, "schema_": source.schema_ or ""}
    return {
        name: str(Path(path).absolute())
        for name, path in paths.items()
        if "://" not in path and ":" not in path and Path(path).exists() and path
    }


def _ingests(settings: Settings, env: dict[str, str]) -> Iterator[Wanted]:
    for name, source in settings.sources.items():
        yield Wanted(
            flow=ingest,
            name=names.checked_source(name),
            pool=names.INGEST_POOL,
            description=f"New and changed documents of `{source.uri}`, to their rows.",
            parameters={"source": name},
            schedule=_schedule(name, source),
            tags=(names.source_tag(name),),
            concurrency=ONE_AT_A_TIME,
            env=env,
        )


def _workers(settings: Settings, env: dict[str, str]) -> Iterator[Wanted]:
    placed = [pools_of(settings, name) for name in settings.sources]
    placed.append(pools_for(settings.ocr, settings.extractor))  # those of `reprocess`
    for pool in sorted({place.read for place in placed}):
        if any(place.read == pool != place.extract for place in placed):
            yield Wanted(read_batch, pool, pool, "Reads the pages of a batch.", env=env)
        yield Wanted(read_pages, pool, pool, "Reads some pages of a long document.", env=env)
    for pool in sorted({place.extract for place in placed}):
        yield Wanted(process_batch, pool, pool, "Takes a batch to its outcomes.", env=env)


def _by_warehouse(settings: Settings, env: dict[str, str]) -> Iterator[Wanted]:
    home = {**env, "DOCMILL_WORKSPACE": str(settings.workspace.absolute())}
    yield Wanted(
        flow=reprocess,
        name=names.WAREHOUSE_POOL,
        pool=names.WAREHOUSE_POOL,
        description="Plans, and on request does again, work on documents of the warehouse.",
        env=home,
    )
    yield Wanted(
        flow=load_warehouse,
        name=names.WAREHOUSE_POOL,
        pool=names.WAREHOUSE_POOL,
        description="Loads what was committed to the lake, publishes it, checks queue and drift.",
        schedule=Interval(timedelta(minutes=settings.flows.load_minutes), anchor_date=_EPOCH),
        concurrency=ONE_AT_A_TIME,
        env=home,
    )


def _schedule(name: str, source: Source) -> Schedule | None:
    if source.cron and source.every_minutes:
        raise UsageError(
            f"source “{name}” has both `cron` and `every_minutes`", "Leave one of them out."
        )
    try:
        ZoneInfo(source.timezone)
        if source.cron:
            return Cron(source.cron, timezone=source.timezone)
    except (ValueError, KeyError, OSError) as error:
        hint = 'Such as cron = "0 6 * * 1-5" with timezone = "Europe/Berlin".'
        raise UsageError(f"the schedule of source “{name}” cannot be: {error}", hint) from error
    if source.every_minutes:
        return Interval(timedelta(minutes=source.every_minutes), anchor_date=_EPOCH)
    return None


def apply_pools(client: SyncPrefectClient, deployments: tuple[Wanted, ...]) -> Iterator[Change]:
    """Creates the work pools that are missing; those there are stay as they are."""
    for pool in sorted({each.pool for each in deployments}):
        try:
            client.create_work_pool(
                WorkPoolCreate(name=pool, type="process", description=_POOLS.get(pool, ""))
            )
        except ObjectAlreadyExists:
            yield Change("work pool", pool, Action.UNCHANGED)
        else:
            started = _STARTED.get(pool, f"prefect worker start -p {pool}")
            yield Change("work pool", pool, Action.CREATED, f"start a worker: {started}")


# What takes a pool's runs, where that is not Prefect's own worker.
_STARTED = {"gpu": "docmill gpu-worker --model NAME"}
_POOLS = {
    "cpu": "docmill: reading on CPUs, and extraction without a model server",
    "gpu": "docmill: reading on GPUs",
    "llm": "docmill: extraction by language models",
    names.INGEST_POOL: "docmill: listing sources and watching batches; waits most of the time",
    names.WAREHOUSE_POOL: "docmill: the one loader, on the machine that holds the warehouse",
}


def apply(client: SyncPrefectClient, deployment: Wanted, *, served: bool = False) -> Change:
    """Registers a deployment where it is missing or differs.

    Whether it is paused is the operators' choice and stays as it is.
    """
    built = deployment.build(served=served)
    try:
        present = client.read_deployment_by_name(deployment.full_name)
    except ObjectNotFound:
        built.apply()
        return Change("deployment", deployment.full_name, Action.CREATED, deployment.when())
    if served and present.work_queue_name is not None:
        client.delete_deployment(present.id)  # its work pool cannot be taken from it
        built.apply()
        note = "was on a work pool, is served by this process now"
        return Change("deployment", deployment.full_name, Action.UPDATED, note)
    signature = parameter_schema(deployment.flow).model_dump(exclude_unset=True)
    if _plain(present, present.parameter_openapi_schema) == _plain(built, signature):
        return Change("deployment", deployment.full_name, Action.UNCHANGED, deployment.when())
    built.apply()
    return Change("deployment", deployment.full_name, Action.UPDATED, deployment.when())


def pause_others(client: SyncPrefectClient, deployments: tuple[Wanted, ...]) -> Iterator[Change]:
    """Pauses deployments of docmill that the settings no longer ask for; their runs stay."""
    asked = {deployment.full_name for deployment in deployments}
    for present in _ours(client):
        name = names.deployment(client.read_flow(present.flow_id).name, present.name)
        if name not in asked and not present.paused:
            client.pause_deployment(present.id)
            yield Change("deployment", name, Action.PAUSED, "no longer asked for by docmill.toml")


def _ours(client: SyncPrefectClient) -> Iterator[DeploymentResponse]:
    tagged = DeploymentFilter(tags=DeploymentFilterTags(all_=[names.TAG]))
    for offset in count(0, _PAGE):
        page = client.read_deployments(
            deployment_filter=tagged, sort=DeploymentSort.NAME_ASC, limit=_PAGE, offset=offset
        )
        yield from page
        if len(page) < _PAGE:
            return


def _plain(
    deployment: RunnerDeployment | DeploymentResponse, signature: Mapping[str, Any] | None
) -> dict[str, Any]:
    """What makes two registrations equal."""
    limit = (
        deployment.concurrency_limit
        if isinstance(deployment, RunnerDeployment)
        else deployment.global_concurrency_limit and deployment.global_concurrency_limit.limit
    )
    strategy = deployment.concurrency_options and deployment.concurrency_options.collision_strategy
    return {
        "description": deployment.description,
        "tags": sorted(deployment.tags),
        "entrypoint": deployment.entrypoint,
        "parameters": deployment.parameters,
        "job_variables": deployment.job_variables,
        "version": deployment.version,
        "schedules": [
            schedule.schedule and schedule.schedule.model_dump(mode="json")
            for schedule in deployment.schedules or ()
        ],
        "limit": limit,
        "strategy": strategy and str(strategy),
        "signature": signature,
    }
