"""Settings: one frozen object, built once per entry point and handed down in parts.

Sources, strongest first: the command line, environment variables (`DOCMILL_…`, nested names
with `__`, such as `DOCMILL_LIMITS__MAX_PAGES`), `docmill.toml` in the workspace, the defaults.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from docmill.extractors.render import OpenLimits
from docmill.extractors.triage import Thresholds
from docmill.infra.cage import CageLimits
from docmill.infra.model_endpoints.options import Models
from docmill.infra.outputs.options import Output, OutputName
from docmill.infra.workspace import DEFAULT_WORKSPACE, Workspace
from docmill.schemas.errors import UsageError
from docmill.schemas.frozen import Frozen

SETTINGS_FILE = "docmill.toml"


class Limits(Frozen):
    """What is refused or cut off, so that one bad file harms nothing else."""

    max_megabytes: int = Field(default=200, ge=1, description="Largest file, in MiB.")
    max_pages: int = Field(default=1000, ge=1, description="Most pages of one file.")
    max_pixels: int = Field(
        default=100_000_000, ge=1_000_000, description="Most pixels of one page's picture."
    )
    page_seconds: float = Field(default=120, gt=0, description="Longest time for one page.")
    worker_memory_mb: int = Field(
        default=3000,
        ge=256,
        description="Most memory a worker process may add, in MiB; OCR takes up to 2000.",
    )

    def opening(self) -> OpenLimits:
        """The limits that opening a file obeys."""
        return OpenLimits(
            max_bytes=self.max_megabytes * 2**20,
            max_pages=self.max_pages,
            max_pixels=self.max_pixels,
        )

    def cage(self) -> CageLimits:
        """The limits of a worker process."""
        return CageLimits(
            memory_mb=self.worker_memory_mb, wall_s=self.page_seconds, cpu_s=self.page_seconds
        )


class Review(Frozen):
    """Which values go to a person."""

    threshold: float = Field(
        default=0.75, ge=0, le=1, description="Confidence below which a value goes to review."
    )
    fields: dict[str, float] = Field(
        default_factory=dict,
        description="Thresholds of single fields: `total`, or `invoice.total`.",
    )

    def thresholds(self) -> Thresholds:
        """The same as the triage stage takes it."""
        return Thresholds(self.threshold, self.fields)


class Source(Frozen):
    """A place that documents come from, and what is done with them; what is unset is general."""

    uri: str = Field(description="A folder, or `s3://bucket/prefix`.")
    include: tuple[str, ...] = Field(
        default=(), description="Only what matches any of these, of any type; else documents."
    )
    exclude: tuple[str, ...] = Field(default=(), description="Nothing that matches any of these.")
    schema_: str | None = Field(default=None, alias="schema")
    ocr: str | None = None
    extractor: str | None = None
    review: Review | None = None
    egress: Literal["none", "hosted"] = Field(
        default="none", description="`hosted`: engines outside your machines may see documents."
    )
    cron: str | None = Field(default=None, description="When to look: `0 6 * * *`.")
    every_minutes: float | None = Field(default=None, gt=0, description="Or how often to look.")
    timezone: str = Field(default="UTC", description="The time zone of `cron`.")
    batch_documents: int = Field(default=200, ge=1, description="Documents per flow run.")
    batch_megabytes: int = Field(default=2000, ge=1, description="Or so many MiB of them.")
    may_be_empty: bool = Field(
        default=False, description="Whether all its documents may be gone at once."
    )
    fail_share: float = Field(
        default=0.5, gt=0, le=1, description="Share of failed documents that fails the run."
    )
    max_pages_per_run: int | None = Field(
        default=None, ge=1, description="Pages after which a run leaves the rest to the next one."
    )
    read_pool: str | None = Field(
        default=None, description="Work pool that reads pages; the engine's own by default."
    )
    extract_pool: str | None = Field(
        default=None, description="Work pool that fills schemas; the engine's own by default."
    )


class Flows(Frozen):
    """Scheduled runs: how work is spread, tried again, watched and shown."""

    in_flight: int = Field(
        default=8, ge=1, description="Batches of a source that may be waiting or at work at once."
    )
    spread_pages: int = Field(
        default=200, ge=2, description="Documents of more pages are read by several flow runs."
    )
    retries: int = Field(
        default=3, ge=0, description="How often a batch is tried again when waiting may help."
    )
    retry_seconds: float = Field(
        default=30, gt=0, description="Wait before the first such try; doubled for each further."
    )
    starts: int = Field(
        default=3, ge=1, description="How often a flow run is started whose process dies."
    )
    heartbeat_seconds: int = Field(
        default=30, ge=30, description="How often a running flow run says that it lives."
    )
    silent_seconds: int = Field(
        default=95, ge=40, description="Silence after which a flow run counts as crashed."
    )
    pending_minutes: float = Field(
        default=15, gt=0, description="Time to start in, after which a flow run counts as crashed."
    )
    load_minutes: float = Field(
        default=5, gt=0, description="How often the lake is loaded into the warehouse."
    )
    local_batches: int = Field(
        default=1, ge=1, description="Batches at work at once under `docmill deploy --serve`."
    )
    backlog_items: int = Field(
        default=1000, ge=1, description="Values to review from which on the queue is too long."
    )
    backlog_days: float = Field(
        default=7, gt=0, description="Age of the oldest value to review that is too old."
    )
    review_url: str = Field(
        default="", description="Where reviewers find the review page, for links in the run pages."
    )
    notify: str = Field(
        default="",
        description="Prefect notification block for warnings, such as `slack-webhook/operators`.",
    )


class Telemetry(Frozen):
    """Where a process shows its metrics; traces follow the `OTEL_…` variables."""

    metrics_port: int = Field(
        default=0,
        ge=0,
        le=65535,
        description="Port on which `docmill run` shows its metrics while it runs; 0 for none.",
    )
    metrics_host: str = Field(
        default="127.0.0.1", description="The address it listens on, loopback by default."
    )


class Serve(Frozen):
    """The warehouse service: where it listens, how often it publishes, what a query may take."""

    host: str = Field(default="127.0.0.1", description="Address that `docmill serve` listens on.")
    port: int = Field(default=8610, ge=0, le=65535, description="Its port; 0 for any free one.")
    token: SecretStr = Field(
        default=SecretStr(""),
        description="What callers must show; by default made once, in `serve.token`.",
    )
    publish_seconds: float = Field(
        default=60, gt=0, description="How often published.duckdb is replaced, if anything changed."
    )
    lock_ms: float = Field(
        default=25, gt=0, description="Longest time that loading may keep an answer waiting."
    )
    staging_workers: int = Field(
        default=1, ge=1, description="Processes that make new documents ready to be loaded."
    )
    sql_rows: int = Field(default=10_000, ge=1, description="Most rows of one query's answer.")
    sql_seconds: float = Field(default=30, gt=0, description="Longest time for one query.")
    sql_memory_mb: int = Field(default=1000, ge=64, description="Most memory of one query, in MiB.")
    sql_workers: int = Field(default=2, ge=1, description="Queries that may run at once.")


class Settings(BaseSettings):
    """Everything that can be set."""

    model_config = SettingsConfigDict(
        frozen=True,
        extra="forbid",
        env_prefix="DOCMILL_",
        env_prefix_target="all",  # `schema` too, which is an alias
        env_nested_delimiter="__",
    )

    workspace: Path = Field(default=DEFAULT_WORKSPACE, description="Folder of lake and warehouse.")
    lake: str = Field(
        default="",
        description="Where the lake is, if not in the workspace: a folder or `s3://bucket/prefix`.",
    )
    schema_: str = Field(
        default="auto",
        alias="schema",
        description="A built-in name, `auto`, `module:Class`, `path.py:Class` or `FILE.json`.",
    )
    ocr: str = Field(
        default="auto",
        description="Engine that reads pages: `auto`, `text_layer`, `rapidocr`, `tesseract`, "
        "`chandra`, `glm_ocr`.",
    )
    extractor: str = Field(default="local", description="Engine that fills schemas.")
    workers: int = Field(
        default_factory=lambda: max(1, os.cpu_count() or 1),
        ge=1,
        description="Worker processes; one per core by default.",
    )
    sources: dict[str, Source] = Field(
        default_factory=dict, description="Places that are looked at on a schedule, by name."
    )
    outputs: dict[OutputName, Output] = Field(
        default_factory=dict,
        description="Where finished documents are delivered to, by name; see docs/outputs.md.",
    )
    limits: Limits = Limits()
    models: Models = Models()
    review: Review = Review()
    flows: Flows = Flows()
    serve: Serve = Serve()
    telemetry: Telemetry = Telemetry()

    def open_workspace(self) -> Workspace:
        """The workspace with its lake."""
        return Workspace(self.workspace, self.lake)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The command line, the environment, then the workspace's file."""
        file = _settings_file(init_settings, env_settings)
        toml = TomlConfigSettingsSource(settings_cls, toml_file=file)
        return (init_settings, env_settings, toml)


def _settings_file(*sources: PydanticBaseSettingsSource) -> Path:
    workspaces = (source().get("workspace") for source in sources)
    workspace = next((found for found in workspaces if found), DEFAULT_WORKSPACE)
    return Path(workspace) / SETTINGS_FILE


def load_settings(**overrides: Any) -> Settings:
    """The settings, with `overrides` (those that are not None) on top.

    Raises:
        UsageError: a setting is unknown or has a bad value; the message names it.
    """
    given = {name: value for name, value in overrides.items() if value is not None}
    try:
        return Settings(**given)
    except ValidationError as error:
        raise UsageError(_explain(error), f"Correct {SETTINGS_FILE} or the environment.") from error
    except ValueError as error:
        raise UsageError(f"{SETTINGS_FILE} is not valid TOML: {error}") from error


def _explain(error: ValidationError) -> str:
    problems = (
        f"{'.'.join(str(part) for part in item['loc'])}: {item['msg']}" for item in error.errors()
    )
    return "settings: " + "; ".join(problems)
