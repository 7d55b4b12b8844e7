"""What a GPU worker shows to Prometheus: its server's figures, its GPU, and its flow runs' pages.

These live as long as the worker does, unlike flow runs; so they are scraped here, whereas what
becomes of documents is counted by the owner of the warehouse. Rates are Prometheus' own work:
pages per second are `rate(docmill_gpu_pages_total[5m])`.
"""

from __future__ import annotations

from docmill.gpu_workers.gpus import Gpu
from docmill.gpu_workers.local import Counts, State
from docmill.infra.model_endpoints.figures import ServerFigures
from docmill.infra.telemetry.metrics import BUILD, Counter, Gauge, Metric, Metrics

PAGES = Counter("docmill_gpu_pages_total", "Pages that the flow runs of this worker read.")
RETRIES = Counter("docmill_gpu_retries_total", "Further tries of pages whose answer was no good.")
FALLBACKS = Counter("docmill_gpu_fallbacks_total", "Pages that another engine had to read.")
REQUESTS = Counter(
    "docmill_gpu_requests_total",
    "Requests that the model server finished; `reason` is vLLM's: stop, length, abort, ….",
    ("reason",),
)
TOKENS = Counter(
    "docmill_gpu_tokens_total",
    "Tokens of the model server's requests; `kind` is input or output.",
    ("kind",),
)
PREFIX = Counter(
    "docmill_gpu_prefix_tokens_total",
    "Input tokens looked up in the prefix cache; `outcome` is hit or miss.",
    ("outcome",),
)
RUNNING = Gauge("docmill_gpu_requests_running", "Requests that the model server works on.")
WAITING = Gauge("docmill_gpu_requests_waiting", "Requests that wait in the model server.")
CACHE_USED = Gauge("docmill_gpu_cache_used_ratio", "Used share of the cache of keys and values.")
MEMORY = Gauge("docmill_gpu_memory_bytes", "Memory of the GPU; `kind` is total or used.", ("kind",))
STATE = Gauge(
    "docmill_gpu_worker_state",
    "1 for the present state: starting, ready, down, draining or ended.",
    ("state",),
)
STARTS = Counter("docmill_gpu_server_starts_total", "Starts of the model server.")

ALL: tuple[Metric, ...] = (
    PAGES, RETRIES, FALLBACKS, REQUESTS, TOKENS, PREFIX, RUNNING, WAITING, CACHE_USED, MEMORY,
    STATE, STARTS, BUILD,
)  # fmt: skip


class WorkerMetrics:
    """A worker's metrics, told as things happen. Labels are in `metrics` from the start."""

    def __init__(self) -> None:
        self.metrics = Metrics(ALL)
        self._last = ServerFigures()
        self.show(self._last)
        self.count(Counts())
        self.state(State.STARTING)

    def state(self, state: State) -> None:
        """This is the state now."""
        for each in State:
            self.metrics.set(STATE, float(each is state), each.value)

    def started(self) -> None:
        """The server was started, and counts from 0 again."""
        self._last = ServerFigures()
        self.metrics.count(STARTS)

    def count(self, counts: Counts) -> None:
        """So much more was done by flow runs."""
        self.metrics.count(PAGES, by=counts.pages)
        self.metrics.count(RETRIES, by=counts.retries)
        self.metrics.count(FALLBACKS, by=counts.fallbacks)

    def show(self, now: ServerFigures) -> None:
        """What the server says of itself; its counters go on in ours over its restarts."""
        last, self._last = self._last, now
        self.metrics.set(RUNNING, now.running or 0)
        self.metrics.set(WAITING, now.waiting or 0)
        self.metrics.set(CACHE_USED, now.cache_used)
        self._count(TOKENS, "input", last.input_tokens, now.input_tokens)
        self._count(TOKENS, "output", last.output_tokens, now.output_tokens)
        self._count(PREFIX, "hit", last.prefix_hits, now.prefix_hits)
        missed = (each.prefix_queries - each.prefix_hits for each in (last, now))
        self._count(PREFIX, "miss", *missed)
        before = dict(last.finished)
        for reason, number in now.finished:
            self._count(REQUESTS, reason, before.get(reason, 0), number)

    def idle(self) -> None:
        """There is no server now, so nothing runs or waits in it."""
        for gauge in (RUNNING, WAITING, CACHE_USED):
            self.metrics.set(gauge, 0)

    def gpu(self, gpu: Gpu) -> None:
        """What the driver says."""
        self.metrics.set(MEMORY, gpu.memory, "total")
        if gpu.used is not None:
            self.metrics.set(MEMORY, gpu.used, "used")

    def _count(self, metric: Counter, label: str, before: int, now: int) -> None:
        self.metrics.count(metric, label, by=now - before if now >= before else now)
