from __future__ import annotations

import re
import socket
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

import pytest
from prometheus_client.parser import text_string_to_metric_families

from docmill.infra.pipeline import run_batch
from docmill.infra.settings import Telemetry, load_settings
from docmill.infra.sources import find_sources
from docmill.infra.telemetry import metrics as m
from docmill.infra.telemetry.counting import CountingProgress
from docmill.infra.telemetry.metrics import ALL, Counter, Gauge, Histogram, Metrics
from docmill.infra.telemetry.serving import scraped
from docmill.schemas.errors import UsageError
from docmill.schemas.loading import load_schema
from docmill.schemas.outcome import DocumentOutcome, SourceFailure
from docmill.schemas.source import SourceObject

Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


def parsed(text: str) -> Samples:
    """Samples by name and labels, as Prometheus' own parser reads them."""
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def scrape(port: int) -> Samples:
    with urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
        return parsed(answer.read().decode())


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def test_names_follow_the_conventions() -> None:
    names = [metric.name for metric in ALL]
    assert len(set(names)) == len(names)
    for metric in ALL:
        assert re.fullmatch(r"docmill_[a-z]+(_[a-z]+)*", metric.name)
        assert metric.help.endswith(".")
        assert metric.name.endswith("_total") == isinstance(metric, Counter)
        if isinstance(metric, Histogram):
            assert metric.name.endswith("_seconds")
            assert list(metric.buckets) == sorted(set(metric.buckets))


def test_every_metric_that_was_touched_is_exposed_with_its_help() -> None:
    metrics = Metrics()
    for metric in ALL:
        labels = tuple(f"a {name}" for name in metric.labels)
        match metric:
            case Counter():
                metrics.count(metric, *labels, by=2)
            case Gauge():
                metrics.set(metric, 2, *labels)
            case Histogram():
                metrics.observe(metric, 2, *labels)
            case _:
                raise AssertionError(metric)
    text = metrics.exposition().decode()
    found = parsed(text)
    for metric in ALL:
        labels = tuple(sorted((name, f"a {name}") for name in metric.labels))
        name = f"{metric.name}_sum" if isinstance(metric, Histogram) else metric.name
        assert found[name, labels] == 2
        assert f"# HELP {metric.name} " in text


def test_two_of_them_know_nothing_of_each_other() -> None:
    one, other = Metrics(), Metrics()
    one.count(m.RUNS)
    assert parsed(one.exposition().decode())["docmill_runs_total", ()] == 1
    assert parsed(other.exposition().decode())["docmill_runs_total", ()] == 0


def test_a_gauge_that_is_asked_for_shows_the_present_value() -> None:
    metrics, values = Metrics(), [1.0]
    metrics.ask(m.DISK_FREE, lambda: values[-1])
    values.append(7.0)
    assert parsed(metrics.exposition().decode())["docmill_disk_free_bytes", ()] == 7


def test_a_block_that_fails_is_timed_too() -> None:
    metrics = Metrics()
    with pytest.raises(ValueError, match="as expected"), metrics.timed(m.TURN_SECONDS, "load"):
        raise ValueError("as expected")
    assert (
        parsed(metrics.exposition().decode())["docmill_turn_seconds_count", (("holder", "load"),)]
        == 1
    )


class Scraping:
    """Scrapes when a document is finished, which is in the midst of a run."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.scrapes: list[Samples] = []

    def found(self, objects: int) -> None:
        pass

    def skipped(self, source: SourceObject) -> None:
        pass

    def unread(self, failure: SourceFailure) -> None:
        pass

    def finished(self, outcome: DocumentOutcome) -> None:
        self.scrapes.append(scrape(self.port))


@contextmanager
def serving(metrics: Metrics) -> Generator[int]:
    port = free_port()
    with scraped(metrics, Telemetry(metrics_port=port)):
        yield port


def test_a_run_is_scraped_while_it_goes_on(repository: Path, tmp_path: Path) -> None:
    samples = repository / "sample_docs"
    for path in (
        samples / "invoices" / "ie-software-reverse-charge.pdf",
        samples / "broken" / "encrypted.pdf",
    ):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    files = find_sources([str(tmp_path)]).objects
    assert len(files) == 2
    settings = load_settings(workspace=tmp_path / "data", ocr="text_layer", workers=1)
    metrics = Metrics()
    with serving(metrics) as port:
        told = Scraping(port)
        progress = CountingProgress(metrics, told)
        report = run_batch(files, [load_schema("invoice")], settings, progress, lambda: None)
    assert len(report.failures) == 1
    last = told.scrapes[-1]
    counted = {
        labels: value for (name, labels), value in last.items() if name == "docmill_documents_total"
    }
    assert sum(counted.values()) == 2
    assert counted[(("schema", ""), ("status", "failed"))] == 1
    failure = (("code", "EncryptedFile"), ("stage", "open"))
    assert last["docmill_failures_total", failure] == 1
    assert last["docmill_pages_total", (("engine", "text_layer"),)] >= 1
    for stage in ("fetch", "read"):
        assert last["docmill_stage_seconds_count", (("stage", stage),)] == 2
    assert last["docmill_stage_seconds_count", (("stage", "extract"),)] == 1
    assert last["docmill_stage_seconds_sum", (("stage", "extract"),)] > 0
    assert last["docmill_document_seconds_count", ()] == 2
    with pytest.raises(OSError, match="refused"):
        scrape(port)


def test_a_port_that_is_taken_is_named() -> None:
    with (
        serving(Metrics()) as port,
        pytest.raises(UsageError, match=f"127.0.0.1:{port}"),
        scraped(Metrics(), Telemetry(metrics_port=port)),
    ):
        pass
