"""Traces by OpenTelemetry: where a batch's time goes, over threads and machines.

    docmill.ingest                a run over a source
    └── docmill.batch             one flow run, or one `docmill run`
        └── docmill.document      one document; its id and status
            ├── docmill.fetch
            ├── docmill.read
            └── docmill.extract
    docmill.load, docmill.publish, docmill.answer      in the owner of the warehouse

The stages only use OpenTelemetry's interface, which does nothing by itself. Spans are sent where
`OTEL_EXPORTER_OTLP_ENDPOINT` says, by OTLP over HTTP, when the extra `telemetry` is installed; the
other `OTEL_…` variables (service name, sampling, headers, timeouts) hold as well.

Attributes are ids, names, numbers and error classes: no texts of documents, and no messages of
errors, since those may quote them.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import ParamSpec, TypeVar

from opentelemetry import context, trace
from opentelemetry.trace import ProxyTracerProvider, Span, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
SERVICE = "docmill"

_TRACEPARENT = "traceparent"
_W3C = TraceContextTextMapPropagator()
_TRACER = trace.get_tracer(SERVICE)
_LOGGER = logging.getLogger(SERVICE)
P = ParamSpec("P")
T = TypeVar("T")


@contextmanager
def span(name: str, **attributes: str | int | float | bool) -> Generator[Span]:
    """A span around the block, below the present one; an error marks it by its class alone.

    Args:
        name: `docmill.` and what is done.
        **attributes: as the module says; they get `docmill.` before their names.
    """
    with _TRACER.start_as_current_span(
        name, record_exception=False, set_status_on_exception=False
    ) as opened:
        describe(opened, **attributes)
        try:
            yield opened
        except BaseException as error:
            opened.set_attribute("error.type", type(error).__name__)
            opened.set_status(StatusCode.ERROR)
            raise


def noted(name: str, began_ns: int, **attributes: str | int | float | bool) -> None:
    """A span of what has just ended, for work of which one knows only then whether it was any.

    Args:
        name: `docmill.` and what was done.
        began_ns: when it began, as `time.time_ns` tells.
        **attributes: as for `span`.
    """
    opened = _TRACER.start_span(name, start_time=began_ns)
    describe(opened, **attributes)
    opened.end()


def describe(opened: Span, **attributes: str | int | float | bool) -> None:
    """More attributes for a span, such as what only its end tells."""
    if opened.is_recording():
        for name, value in attributes.items():
            opened.set_attribute(f"docmill.{name}", value)


def carried(function: Callable[P, T]) -> Callable[P, T]:
    """The function, for other threads, in which the present span is the present one too."""
    here = context.get_current()

    def call(*args: P.args, **kwargs: P.kwargs) -> T:
        token = context.attach(here)
        try:
            return function(*args, **kwargs)
        finally:
            context.detach(token)

    return call


def traceparent() -> str | None:
    """The present span as W3C trace context, to be told to another process; None without one."""
    carrier: dict[str, str] = {}
    _W3C.inject(carrier)
    return carrier.get(_TRACEPARENT)


@contextmanager
def exported(parent: str | None = None) -> Generator[None]:
    """Sends what spans the block makes, if the environment says where; at its end, the rest.

    Where OpenTelemetry was set up already, as by `opentelemetry-instrument`, that is used.

    Args:
        parent: the span of another process (`traceparent`) that these belong below.
    """
    provider = trace.get_tracer_provider()
    if isinstance(provider, ProxyTracerProvider) and any(map(os.environ.get, ENDPOINTS)):
        _set_up()
    carrier = {_TRACEPARENT: parent} if parent else {}
    token = context.attach(_W3C.extract(carrier))
    try:
        yield
    finally:
        context.detach(token)
        flush = getattr(trace.get_tracer_provider(), "force_flush", None)
        if flush is not None:
            flush()


def _set_up() -> None:
    try:  # in the extra `telemetry`
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError:
        _LOGGER.warning("no traces are sent: install docmill with its extra, docmill[telemetry]")
        return
    named = "OTEL_SERVICE_NAME" in os.environ or "service.name=" in os.environ.get(
        "OTEL_RESOURCE_ATTRIBUTES", ""
    )
    provider = TracerProvider(resource=Resource.create({} if named else {"service.name": SERVICE}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)
