"""Spans as a real receiver gets them, from real processes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from otlp_receiver import OtlpReceiver, ReceivedSpan

from docmill.infra.telemetry.tracing import span, traceparent


def docmill(*arguments: object, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "docmill.flows.cli", *map(str, arguments)],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)} | variables,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.fixture
def inbox(repository: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "inbox"
    folder.mkdir()
    samples = repository / "sample_docs"
    for path in (
        samples / "invoices" / "ie-software-reverse-charge.pdf",
        samples / "broken" / "encrypted.pdf",
    ):
        (folder / path.name).write_bytes(path.read_bytes())
    return folder


def run(inbox: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    options = ("--schema", "invoice", "--ocr", "text_layer", "--workers", "1", "--quiet")
    return docmill("run", inbox, "--workspace", inbox.parent / "data", *options, **variables)


def below(spans: list[ReceivedSpan], parent: ReceivedSpan) -> Counter[str]:
    return Counter(span.name for span in spans if span.parent == parent.id)


def test_a_run_is_one_tree_of_spans_over_threads(inbox: Path) -> None:
    with OtlpReceiver() as receiver:
        done = run(inbox, **receiver.environment())
        spans = receiver.spans()
    assert done.returncode == 3, done.stderr
    (batch,) = (span for span in spans if span.name == "docmill.batch")
    assert batch.parent == ""
    tree = [span for span in spans if span.trace == batch.trace]
    assert below(tree, batch) == {"docmill.document": 2}
    documents = {
        span.attributes["docmill.status"]: span for span in tree if span.name == "docmill.document"
    }
    assert below(tree, documents["failed"]) == {"docmill.fetch": 1, "docmill.read": 1}
    assert below(tree, documents["needs_review"]) == {
        "docmill.fetch": 1,
        "docmill.read": 1,
        "docmill.extract": 1,
    }
    assert len(documents["failed"].attributes["docmill.document_id"]) == 64
    assert {span.service for span in spans} == {"docmill"}
    assert all(child.seconds <= batch.seconds for child in tree)


def test_no_span_tells_what_a_document_says_or_is_called(inbox: Path) -> None:
    with OtlpReceiver() as receiver:
        run(inbox, **receiver.environment(), OTEL_SERVICE_NAME="mill")
        spans = receiver.spans()
    assert {span.service for span in spans} == {"mill"}
    told = json.dumps([span.attributes for span in spans])
    assert "docmill.document_id" in told
    for word in ("ie-software", "encrypted.pdf", str(inbox), "password"):
        assert word not in told.lower()
    assert sum(span.events for span in spans) == 0


def test_without_an_endpoint_nothing_is_sent_and_nothing_changes(inbox: Path) -> None:
    with OtlpReceiver() as receiver:
        assert run(inbox).returncode == 3
        assert receiver.spans() == []


def test_a_receiver_that_is_away_harms_no_run(inbox: Path) -> None:
    away = {
        "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9",
        "OTEL_EXPORTER_OTLP_TIMEOUT": "1",
    }
    assert run(inbox, **away).returncode == 3


def test_without_a_provider_there_is_no_trace_to_pass_on() -> None:
    with span("docmill.document", document_id="d") as opened:
        assert not opened.is_recording()
        assert traceparent() is None


PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
ELSEWHERE = """
import sys
from concurrent.futures import ThreadPoolExecutor
from docmill.infra.telemetry.tracing import carried, exported, span, traceparent

def work(number):
    with span("docmill.document", number=number):
        sys.stdout.write(traceparent() + "\\n")

with exported(sys.argv[1]), ThreadPoolExecutor(2) as pool:
    with span("docmill.batch"):
        list(pool.map(carried(work), range(4)))
    try:
        with span("docmill.load"):
            raise OSError("IBAN DE00 in a message")
    except OSError:
        pass
"""


def test_a_trace_goes_on_in_another_process_and_in_its_threads() -> None:
    with OtlpReceiver() as receiver:
        done = subprocess.run(
            [sys.executable, "-c", ELSEWHERE, PARENT],
            env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)} | receiver.environment(),
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
        (batch,) = receiver.spans("docmill.batch")
        (load,) = receiver.spans("docmill.load")
        documents = receiver.spans("docmill.document")
    assert (batch.trace, batch.parent) == (PARENT.split("-")[1], PARENT.split("-")[2])
    assert {span.parent for span in documents} == {batch.id}
    assert {span.trace for span in documents} == {batch.trace}
    assert set(done.stdout.split()) == {f"00-{batch.trace}-{each.id}-01" for each in documents}
    assert load.failed
    assert load.attributes["error.type"] == "OSError"
    assert "IBAN" not in json.dumps(load.attributes)
    assert load.events == 0
