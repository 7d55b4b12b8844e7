"""Metrics over HTTP, for processes that serve nothing else."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

from prometheus_client import start_http_server

from docmill.infra.settings import Telemetry
from docmill.infra.telemetry.metrics import Metrics
from docmill.schemas.errors import UsageError


@contextmanager
def scraped(metrics: Metrics, settings: Telemetry) -> Generator[None]:
    """Serves `/metrics` as long as the block runs; not at all where the port is 0.

    Raises:
        UsageError: the port cannot be had.
    """
    if not settings.metrics_port:
        yield
        return
    host, port = settings.metrics_host, settings.metrics_port
    try:
        server, thread = start_http_server(port, host, metrics.registry)
    except OSError as error:
        raise UsageError(
            f"metrics cannot be served on {host}:{port}: {error.strerror}",
            "Choose another `telemetry.metrics_port`, or 0 for none.",
        ) from error
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
