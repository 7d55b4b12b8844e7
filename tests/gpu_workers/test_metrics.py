from __future__ import annotations

import re

import pytest
from prometheus_client.parser import text_string_to_metric_families

from docmill.gpu_workers import metrics as m
from docmill.gpu_workers.gpus import Gpu
from docmill.gpu_workers.local import Counts, State
from docmill.gpu_workers.metrics import WorkerMetrics
from docmill.infra.model_endpoints.figures import ServerFigures
from docmill.infra.telemetry.metrics import BUILD, Counter


def values(metrics: WorkerMetrics) -> dict[str, float]:
    """Values by name and label."""
    text = metrics.metrics.exposition().decode()
    return {
        " ".join((sample.name.removeprefix("docmill_gpu_"), *sample.labels.values())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_names_follow_the_conventions() -> None:
    for metric in m.ALL:
        assert re.fullmatch(r"docmill_gpu(_[a-z]+)+", metric.name) or metric is BUILD
        assert metric.help.endswith(".")
        assert metric.name.endswith("_total") == isinstance(metric, Counter)


def test_counters_go_on_over_restarts_of_the_server() -> None:
    metrics = WorkerMetrics()
    metrics.started()
    metrics.show(ServerFigures(3, 1, 0.5, 1000, 200, 900, 300, (("stop", 4), ("length", 1))))
    metrics.show(ServerFigures(2, 0, 0.4, 1500, 300, 1400, 700, (("stop", 6), ("length", 1))))
    metrics.started()
    metrics.show(ServerFigures(1, 0, 0.1, 100, 10, 100, 0, (("stop", 1),)))
    found = values(metrics)
    assert found["tokens_total input"] == 1600
    assert found["tokens_total output"] == 310
    assert found["prefix_tokens_total hit"] == 700
    assert found["prefix_tokens_total miss"] == 800
    assert found["requests_total stop"] == 7
    assert found["requests_total length"] == 1
    assert found["requests_running"] == 1
    assert found["cache_used_ratio"] == pytest.approx(0.1)
    assert found["server_starts_total"] == 2


def test_a_restart_that_nobody_told_of_loses_nothing() -> None:
    metrics = WorkerMetrics()
    metrics.show(ServerFigures(output_tokens=500))
    metrics.show(ServerFigures(output_tokens=20))
    assert values(metrics)["tokens_total output"] == 520


def test_there_is_one_state() -> None:
    metrics = WorkerMetrics()
    for state in State:
        metrics.state(state)
        shown = {s.value: values(metrics)[f"worker_state {s.value}"] for s in State}
        assert shown == {s.value: float(s is state) for s in State}


def test_pages_and_memory() -> None:
    metrics = WorkerMetrics()
    metrics.count(Counts(10, 2, 1))
    metrics.count(Counts(5, 0, 0))
    metrics.gpu(Gpu("0", "L4", 24_000, 9_000))
    found = values(metrics)
    assert (found["pages_total"], found["retries_total"], found["fallbacks_total"]) == (15, 2, 1)
    assert (found["memory_bytes total"], found["memory_bytes used"]) == (24_000, 9_000)


def test_nothing_runs_in_a_server_that_is_gone() -> None:
    metrics = WorkerMetrics()
    metrics.show(ServerFigures(running=9, waiting=3, cache_used=1.0))
    metrics.idle()
    found = values(metrics)
    assert (found["requests_running"], found["requests_waiting"]) == (0, 0)
    assert found["cache_used_ratio"] == 0
