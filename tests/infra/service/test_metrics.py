"""What a running service shows at /metrics, as Prometheus' own parser reads it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
from prometheus_client.parser import text_string_to_metric_families

from docmill.infra.workspace import Workspace

Samples = dict[tuple[str, ...], float]


def scrape(running: Any) -> Samples:
    """Samples by name and the values of their labels, in the order of the labels' names."""
    answer = httpx.get(f"{running.url}/metrics", trust_env=False)
    answer.raise_for_status()
    assert answer.headers["content-type"].startswith("text/plain")
    return {
        (sample.name, *(value for _, value in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def test_every_loaded_outcome_counts_once(running: Any, live_mill: Any) -> None:
    documents = ("docmill_documents_total", live_mill.schema.name, "needs_review")
    for number in range(5):
        live_mill.finish(str(number))
    live_mill.fail("broken", retryable=False)
    live_mill.finish("0")  # the same work by another machine: the same record, committed again
    live_mill.run()
    running.client.publish()
    found = scrape(running)
    assert found[documents] == 5
    assert found["docmill_documents_total", "", "failed"] == 1
    assert found["docmill_failures_total", "UnreadableFile", "open"] == 1
    assert found["docmill_runs_total",] == 1
    assert found["docmill_load_commits_total", "document"] == 6
    assert found["docmill_load_delay_seconds_count",] == 6
    assert found["docmill_load_seconds_count",] >= 1
    assert found["docmill_turn_seconds_count", "load"] >= 1
    assert found["docmill_turn_wait_seconds_count", "publish"] >= 1
    assert found["docmill_publish_seconds_count",] >= 1
    assert found["docmill_review_queue_items",] == 5
    assert found["docmill_lake_requests_total", "list", "ok"] >= 1
    running.client.rebuild()
    running.client.publish()
    assert scrape(running)[documents] == 5


def test_the_state_of_disk_and_snapshot(running: Any, live_mill: Any, workspace: Workspace) -> None:
    live_mill.finish("1")
    running.client.publish()
    found = scrape(running)
    assert found["docmill_disk_free_bytes",] > 0
    assert found["docmill_snapshot_age_seconds",] == 0
    snapshot: Path = workspace.published
    assert found["docmill_warehouse_bytes", "snapshot"] == snapshot.stat().st_size
    assert found["docmill_warehouse_bytes", "warehouse"] > 0


def test_queries_count_by_what_became_of_them(running: Any, live_mill: Any) -> None:
    live_mill.finish("1")
    running.client.publish()
    running.client.sql("SELECT 1")
    http = httpx.Client(
        base_url=running.url,
        headers={"Authorization": f"Bearer {running.service.token}"},
        trust_env=False,
        timeout=30,
    )
    with http:
        assert http.post("/api/sql", json={"sql": "SELECT nothing"}).status_code == 400
        slow = {"sql": "SELECT count(*) FROM range(100000) a, range(100000) b, range(1000) c"}
        assert http.post("/api/sql", json=slow).status_code == 408
    found = scrape(running)
    assert found["docmill_sql_seconds_count", "ok"] == 1
    assert found["docmill_sql_seconds_count", "refused"] == 1
    assert found["docmill_sql_seconds_count", "time"] == 1


def test_answers_count_by_their_verdicts(running: Any, live_mill: Any, answer: Any) -> None:
    outcome = live_mill.finish("1")
    running.client.publish()
    first = answer(outcome)
    assert running.decide(first) == "accepted"
    running.answer(first, answer(outcome))
    found = scrape(running)
    assert found["docmill_answers_total", "accepted"] == 1
    assert found["docmill_answers_total", "repeated"] == 1
    assert found["docmill_answers_total", "conflict"] == 1
    assert found["docmill_answer_seconds_count",] == 2
    assert found["docmill_turn_seconds_count", "answer"] >= 1
