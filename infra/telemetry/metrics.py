"""Every metric, once, as data; and `Metrics`, the object that a process counts with.

A metric is a constant here, with its name by Prometheus' conventions, its help and its labels.
`Metrics` holds the values of one process in a registry of its own: an entry point makes one and
hands it to whom it starts, and two of them (as in tests) know nothing of each other. Where a count
can be had without being handed down, it is: what becomes of documents is counted from their
outcomes (`infra.telemetry.counting`), and the lake's requests by a store around the store
(`infra.telemetry.store`), so the stages know nothing of metrics.

Labels are few and bounded: names of statuses, schemas, engines, stages, error classes, outputs;
never documents, sources or texts.
"""

from __future__ import annotations

import platform
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from time import perf_counter

import prometheus_client as prometheus
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

CONTENT_TYPE = CONTENT_TYPE_LATEST
"""The media type of `Metrics.exposition`."""

# From what one answer costs to what a long document takes.
_LATENCY = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_WORK = (0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800)
_DELAY = (0.25, 0.5, 1, 2, 3, 5, 10, 30, 60, 300, 900, 3600, 21600)


@dataclass(frozen=True)
class Metric:
    """What is measured: its name, one sentence of help, and the names of its labels."""

    name: str
    help: str
    labels: tuple[str, ...] = ()


@dataclass(frozen=True)
class Counter(Metric):
    """A number that only grows; it starts at 0 with its process."""


@dataclass(frozen=True)
class Gauge(Metric):
    """A number that goes up and down."""


@dataclass(frozen=True)
class Histogram(Metric):
    """How often a value fell into which of its `buckets` (upper bounds, in the metric's unit)."""

    buckets: tuple[float, ...] = _LATENCY


# What became of documents.
DOCUMENTS = Counter(
    "docmill_documents_total",
    "Outcomes of documents; a document that is processed again counts again.",
    ("status", "schema"),
)
PAGES = Counter("docmill_pages_total", "Pages of documents with an outcome.", ("engine",))
FAILURES = Counter(
    "docmill_failures_total", "Failures of documents, pages and parts.", ("stage", "code")
)
REVIEW_ITEMS = Counter(
    "docmill_review_items_total", "Values that were sent to review.", ("schema", "reason")
)
STAGE_SECONDS = Histogram(
    "docmill_stage_seconds", "Time a document spent in a stage.", ("stage",), _WORK
)
DOCUMENT_SECONDS = Histogram(
    "docmill_document_seconds", "Time from the start of a document to its outcome.", (), _WORK
)
RUNS = Counter("docmill_runs_total", "Batches that did work.")
SOURCES_UNREAD = Counter(
    "docmill_sources_unread_total", "Objects whose bytes could not be had.", ("code",)
)

# Requests to models.
MODEL_CALLS = Counter(
    "docmill_model_calls_total", "Requests to models.", ("stage", "engine", "outcome")
)
MODEL_TOKENS = Counter(
    "docmill_model_tokens_total",
    "Tokens of requests to models; `kind` is input, cached (a part of input) or output.",
    ("engine", "kind"),
)
MODEL_COST = Counter(
    "docmill_model_cost_usd_total", "Price of requests to models, where it is known.", ("engine",)
)
MODEL_SECONDS = Histogram(
    "docmill_model_seconds", "Time from a request to a model to its answer.", ("engine",), _WORK
)

# The owner of the warehouse.
LOAD_SECONDS = Histogram(
    "docmill_load_seconds", "Time of a load that found something, from listing to rows.", (), _WORK
)
LOAD_COMMITS = Counter(
    "docmill_load_commits_total", "Commit records loaded into the warehouse.", ("kind",)
)
LOAD_FAILURES = Counter("docmill_load_failures_total", "Loads that failed.", ("code",))
LOAD_DELAY = Histogram(
    "docmill_load_delay_seconds",
    "Time from a document's outcome to its rows in the warehouse.",
    (),
    _DELAY,
)
TURN_SECONDS = Histogram(
    "docmill_turn_seconds",
    "Time the right to write the warehouse was held; `holder` is load, answer or publish.",
    ("holder",),
)
TURN_WAIT_SECONDS = Histogram(
    "docmill_turn_wait_seconds", "Time the right to write was waited for.", ("holder",)
)
ANSWERS = Counter(
    "docmill_answers_total", "Answers of reviewers, by what became of them.", ("verdict",)
)
ANSWER_SECONDS = Histogram(
    "docmill_answer_seconds", "Time from the arrival of answers to their being kept."
)
SQL_SECONDS = Histogram(
    "docmill_sql_seconds",
    "Time of a query; `outcome` is ok, refused, time, memory or failed.",
    ("outcome",),
    _LATENCY,
)
PUBLISH_SECONDS = Histogram("docmill_publish_seconds", "Time to publish a snapshot.", (), _LATENCY)
PUBLISH_FAILURES = Counter("docmill_publish_failures_total", "Snapshots that failed.", ("code",))
SNAPSHOT_AGE = Gauge(
    "docmill_snapshot_age_seconds",
    "Age of what analysts see, when there is something newer in the warehouse; else 0.",
)
REVIEW_QUEUE = Gauge("docmill_review_queue_items", "Values that wait for a reviewer.")
WAREHOUSE_BYTES = Gauge(
    "docmill_warehouse_bytes",
    "Size of a file of the warehouse: warehouse, log, snapshot.",
    ("file",),
)
DISK_FREE = Gauge("docmill_disk_free_bytes", "Free space where the workspace is.")

# The lake, as the process that counts uses it.
LAKE_REQUESTS = Counter(
    "docmill_lake_requests_total",
    "Requests to the lake; `outcome` is ok, none (no such object), kept (there already) or failed.",
    ("operation", "outcome"),
)
LAKE_SECONDS = Histogram(
    "docmill_lake_request_seconds",
    "Time of a request to the lake; of a listing, its pages as they come.",
    ("operation",),
)

# Outputs elsewhere.
DELIVERIES = Counter(
    "docmill_deliveries_total",
    "Attempts to deliver a result; `outcome` is delivered, retried or dead.",
    ("output", "outcome"),
)
DELIVERY_SECONDS = Histogram(
    "docmill_delivery_seconds", "Time of an attempt to deliver a result.", ("output",)
)
DELIVERIES_WAITING = Gauge(
    "docmill_deliveries_waiting", "Results that wait for their delivery.", ("output",)
)
DEAD_LETTERS = Gauge(
    "docmill_dead_letters", "Results that could not be delivered and are listed.", ("output",)
)

BUILD = Gauge(
    "docmill_build_info", "1, with the versions of docmill and Python.", ("version", "python")
)

ALL: tuple[Metric, ...] = tuple(
    value for value in list(globals().values()) if isinstance(value, Metric)
)


class Metrics:
    """The values of one process. Every method may be called from any thread.

    Labels are given in the order of the metric's own.

    Args:
        metrics: what can be counted; everything by default.
    """

    def __init__(self, metrics: Sequence[Metric] = ALL) -> None:
        self._registry = CollectorRegistry()
        self._counters = {m: self._counter(m) for m in metrics if isinstance(m, Counter)}
        self._gauges = {m: self._gauge(m) for m in metrics if isinstance(m, Gauge)}
        self._histograms = {m: self._histogram(m) for m in metrics if isinstance(m, Histogram)}
        if BUILD in self._gauges:
            self.set(BUILD, 1, version("docmill"), platform.python_version())

    def count(self, metric: Counter, *labels: str, by: float = 1) -> None:
        """So many more."""
        counter = self._counters[metric]
        (counter.labels(*labels) if labels else counter).inc(by)

    def set(self, metric: Gauge, value: float, *labels: str) -> None:
        """The present value."""
        gauge = self._gauges[metric]
        (gauge.labels(*labels) if labels else gauge).set(value)

    def ask(self, metric: Gauge, value: Callable[[], float], *labels: str) -> None:
        """Have the value asked for at every scrape; it must be quick and must not raise."""
        gauge = self._gauges[metric]
        (gauge.labels(*labels) if labels else gauge).set_function(value)

    def observe(self, metric: Histogram, value: float, *labels: str) -> None:
        """One more value."""
        histogram = self._histograms[metric]
        (histogram.labels(*labels) if labels else histogram).observe(value)

    @contextmanager
    def timed(self, metric: Histogram, *labels: str) -> Generator[None]:
        """Observe how long the block takes, in seconds, however it ends."""
        began = perf_counter()
        try:
            yield
        finally:
            self.observe(metric, perf_counter() - began, *labels)

    def exposition(self) -> bytes:
        """All values in the text format that Prometheus scrapes (`CONTENT_TYPE`)."""
        return generate_latest(self._registry)

    @property
    def registry(self) -> CollectorRegistry:
        """The registry, for servers that take one."""
        return self._registry

    def _counter(self, metric: Metric) -> prometheus.Counter:
        return prometheus.Counter(metric.name, metric.help, metric.labels, registry=self._registry)

    def _gauge(self, metric: Metric) -> prometheus.Gauge:
        return prometheus.Gauge(metric.name, metric.help, metric.labels, registry=self._registry)

    def _histogram(self, metric: Histogram) -> prometheus.Histogram:
        return prometheus.Histogram(
            metric.name,
            metric.help,
            metric.labels,
            registry=self._registry,
            buckets=metric.buckets,
        )
