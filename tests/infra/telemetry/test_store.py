from __future__ import annotations

from io import BytesIO
from itertools import islice
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from docmill.infra.lake import Lake
from docmill.infra.storage.opening import open_store
from docmill.infra.telemetry.metrics import Metrics
from docmill.infra.telemetry.store import MeasuredStore
from docmill.schemas.errors import StoreError


def requests(metrics: Metrics) -> dict[tuple[str, str], float]:
    families = text_string_to_metric_families(metrics.exposition().decode())
    return {
        (sample.labels["operation"], sample.labels["outcome"]): sample.value
        for family in families
        for sample in family.samples
        if sample.name == "docmill_lake_requests_total"
    }


def test_every_request_is_counted_by_what_became_of_it(tmp_path: Path) -> None:
    metrics = Metrics()
    store = MeasuredStore(open_store(str(tmp_path)), metrics)
    assert store.put("a/b", b"1")
    assert not store.put("a/b", b"2")
    assert store.get("a/b") == b"1"
    assert store.get("a/c") is None
    assert store.find("a/b")
    assert store.find("a/c") is None
    store.download("a/b", BytesIO())
    assert [found.key for found in store.list("a/")] == ["a/b"]
    assert [found.key for found in islice(store.list("a/"), 1)] == ["a/b"]
    assert requests(metrics) == {
        ("put", "ok"): 1,
        ("put", "kept"): 1,
        ("get", "ok"): 2,
        ("get", "none"): 1,
        ("find", "ok"): 1,
        ("find", "none"): 1,
        ("list", "ok"): 2,
    }


def test_what_fails_is_counted_as_failed(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("no folder")
    metrics = Metrics()
    store = MeasuredStore(open_store(str(tmp_path)), metrics)
    with pytest.raises(StoreError):
        store.put("a/b", b"1")
    assert requests(metrics) == {("put", "failed"): 1}


def test_a_lake_works_on_it(tmp_path: Path) -> None:
    metrics = Metrics()
    lake = Lake(MeasuredStore(open_store(str(tmp_path)), metrics))
    assert list(lake.commit_keys()) == []
    lake.check()
    assert requests(metrics) == {("list", "ok"): 1, ("find", "none"): 1}
