"""What passes over outputs come to, as metrics."""

from __future__ import annotations

from docmill.infra.outputs.report import OutputReport
from docmill.infra.telemetry.metrics import (
    DEAD_LETTERS,
    DELIVERIES,
    DELIVERIES_WAITING,
    DELIVERY_SECONDS,
    Metrics,
)


def count_pass(metrics: Metrics, report: OutputReport) -> None:
    """Count one pass; how much waits and is dead is known from full passes alone."""
    name = report.output
    outcomes = {"delivered": report.delivered, "retried": report.failed, "dead": report.dead}
    for outcome, number in outcomes.items():
        metrics.count(DELIVERIES, name, outcome, by=number)
    for seconds in report.seconds:
        metrics.observe(DELIVERY_SECONDS, seconds, name)
    if report.dead_letters is not None:
        metrics.set(DELIVERIES_WAITING, report.waiting + report.unseen, name)
        metrics.set(DEAD_LETTERS, report.dead_letters, name)
