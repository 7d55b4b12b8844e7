"""Batches: objects to process and how, in the lake, so that any machine can do the work."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal

from pydantic import Field

from docmill.infra.ingestion.followed import Followed
from docmill.infra.lake import Lake
from docmill.infra.settings import Limits, Review, Settings
from docmill.schemas.batch import BatchReport
from docmill.schemas.document_schema import DocumentSchema
from docmill.schemas.errors import StoreError
from docmill.schemas.frozen import Frozen
from docmill.schemas.keys import stable_key
from docmill.schemas.source import SourceObject


class Batch(Frozen):
    """Objects of one source in the order of their keys, and all that a worker must know.

    `number` counts from 1 in the pass that found them. `schemas` are hashes of schemas in the
    lake, in order. Whatever else a worker needs (workspace, processes) are its own settings.
    """

    source: str
    number: int = Field(ge=1)
    objects: tuple[SourceObject, ...]
    schemas: tuple[str, ...]
    ocr: str
    extractor: str
    review: Review
    limits: Limits
    egress: Literal["none", "hosted"]
    fail_share: float

    def settings(self, base: Settings) -> Settings:
        """A worker's settings with the batch's engines, thresholds and limits in their place."""
        return base.model_copy(
            update={
                "ocr": self.ocr,
                "extractor": self.extractor,
                "review": self.review,
                "limits": self.limits,
            }
        )


def put_batch(lake: Lake, followed: Followed, number: int, objects: Iterable[SourceObject]) -> str:
    """Keep a batch in the lake, its schemas too; equal batches have equal keys.

    Returns:
        Its key.
    """
    settings = followed.settings
    batch = Batch(
        source=followed.name,
        number=number,
        objects=tuple(objects),
        schemas=tuple(schema.hash for schema in followed.schemas),
        ocr=settings.ocr,
        extractor=settings.extractor,
        review=settings.review,
        limits=settings.limits,
        egress=followed.source.egress,
        fail_share=followed.source.fail_share,
    )
    return keep_batch(lake, batch)


def keep_batch(lake: Lake, batch: Batch) -> str:
    """Keep a batch whose schemas the lake has; returns its key."""
    key = stable_key("batch", {"content": batch.model_dump_json()})
    lake.keep(f"{_prefix(key)}.json.gz", batch)
    return key


def open_batch(lake: Lake, key: str) -> Batch:
    """The batch with this key.

    Raises:
        StoreError: the lake failed, or there is no such batch in it.
    """
    batch = lake.kept(Batch, f"{_prefix(key)}.json.gz")
    if batch is None:
        raise StoreError(
            f"there is no batch {key} in the lake",
            "Does this machine look into the same lake as the one that made the batch?",
        )
    return batch


def schemas_of(lake: Lake, batch: Batch) -> tuple[DocumentSchema, ...]:
    """The schemas that a batch is to fill, in its order.

    Raises:
        StoreError: the lake failed, or lacks one.
    """
    return tuple(_schema(lake, schema_hash) for schema_hash in batch.schemas)


def _schema(lake: Lake, schema_hash: str) -> DocumentSchema:
    schema = lake.schema(schema_hash)
    if schema is None:
        raise StoreError(f"the lake lacks schema {schema_hash}, which a batch refers to")
    return schema


def file_report(lake: Lake, key: str, report: BatchReport) -> None:
    """Keep what a run over the batch with this key came to.

    Raises:
        StoreError: the lake failed.
    """
    lake.keep(f"{_prefix(key)}/{report.run.run_id}.json.gz", report)


def reports(lake: Lake, keys: Iterable[str]) -> Iterator[BatchReport | None]:
    """For every batch key its newest report, or None where no run over it ended.

    Raises:
        StoreError: the lake failed.
    """
    for key in keys:
        found = (lake.kept(BatchReport, each) for each in lake.kept_keys(f"{_prefix(key)}/"))
        yield max(
            (report for report in found if report is not None),
            key=lambda report: report.run.finished_at,
            default=None,
        )


def _prefix(key: str) -> str:
    return f"batches/{key[:2]}/{key}"
