"""Worker processes read and write a lake on S3 under their limits."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import pytest

from docmill.extractors.render import OpenLimits
from docmill.infra.cage import Cage, CageLimits
from docmill.infra.lake import Lake
from docmill.infra.opening import FileOrder
from docmill.infra.storage.opening import open_store
from docmill.infra.tasks import ReadOrder, read_pages, warm_up
from docmill.schemas.keys import document_id_of

LOADED = "'boto3' in __import__('sys').modules"


def test_boto3_is_loaded_before_memory_is_counted(s3_root: str) -> None:
    with Cage(1, CageLimits(), partial(warm_up, s3_root)) as cage:
        assert cage.call(eval, LOADED)


@pytest.mark.parametrize("lake_root", ["", "a folder"])
def test_a_lake_in_a_folder_does_not_load_it(lake_root: str) -> None:
    with Cage(1, CageLimits(), partial(warm_up, lake_root)) as cage:
        assert not cage.call(eval, LOADED)


def test_a_worker_reads_into_the_lake(s3_root: str, repository: Path) -> None:
    path = next((repository / "sample_docs" / "invoices").glob("*.pdf"))
    file = FileOrder(s3_root, path, document_id_of(path.read_bytes()), OpenLimits())
    order = ReadOrder(file, "text_layer")
    limits = CageLimits(memory_mb=256)
    with Cage(1, limits, partial(warm_up, s3_root)) as cage:
        report = cage.call(read_pages, order)
        again = cage.call(read_pages, order)
    assert [page.key for page in report.pages] == [page.key for page in again.pages]
    assert [page.found for page in (*report.pages, *again.pages)] == [False, True]
    lake = Lake(open_store(s3_root))
    for page in report.pages:
        assert page.key
        reading = lake.page(page.key)
        assert reading is not None
        assert reading.page == page.page


def test_everything_in_the_lake_works_on_s3(mill: Any, s3_root: str) -> None:
    lake: Any = Lake(open_store(s3_root), mill.clock)
    mill.lake = lake
    sighting = mill.sight("a")
    outcome = mill.finish("a")
    mill.clock.forward(hours=2)
    mill.run("run-1")
    assert lake.is_done(outcome.work_key)
    assert not lake.is_done("0" * 40)
    assert lake.commit_sightings([sighting]) == 0
    assert lake.schema(mill.schema.hash) == mill.schema
    assert all(lake.page(key).page for key in outcome.page_keys)
    assert lake.extraction(outcome.parts[0].extraction_key).fields
    kinds = [type(record.content).__name__ for _, record in lake.commits()]
    assert kinds == ["SightingRecord", "DocumentOutcome", "RunRecord"]
    late = [record.content for _, record in lake.commits("2026-11-20T13")]
    assert [record.run_id for record in late] == ["run-1"]
