"""The flow that processes documents of the warehouse again; first it shows what that would be."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import count, islice
from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.runtime import flow_run
from prefect.states import Completed, Failed

from docmill.flows import names
from docmill.flows.artifacts import ProgressBar, cost, show_failures, show_plan, show_totals
from docmill.flows.handout import HandOut, start_load
from docmill.flows.placement import pools_for
from docmill.infra.ingestion.batches import Batch, keep_batch
from docmill.infra.lake import Lake
from docmill.infra.planning.plan import Planned
from docmill.infra.planning.reprocess import plan_again
from docmill.infra.planning.selection import Filter
from docmill.infra.settings import Settings, load_settings
from docmill.infra.telemetry.tracing import exported, span
from docmill.infra.work import Work
from docmill.schemas.document_schema import DocumentSchema
from docmill.schemas.loading import load_schemas

BATCH_DOCUMENTS = 200


def _run_name() -> str:
    asked = flow_run.get_parameters()
    verb = "reprocess" if asked.get("run") else "plan"
    return f"{verb} · {asked['where'][:60]} · {flow_run.get_scheduled_start_time():%Y-%m-%d %H:%M}"


@flow(name=names.REPROCESS, flow_run_name=_run_name)
def reprocess(
    where: str,
    as_schema: str | None = None,
    ocr: str | None = None,
    extractor: str | None = None,
    before: datetime | None = None,
    run: bool = False,
) -> State[Any]:
    """Processes documents again under another schema or other engines.

    What the present configuration would do again in the very same way is not done. Without `run`
    nothing is done at all but a plan, which is an artifact of the flow run: documents, pages,
    calls, money, minutes.

    Args:
        where: which documents, as an SQL condition: `status = 'failed'`, or `true` for all.
        as_schema: a built-in name, or a reference that this machine can load; as set otherwise.
        ocr: engine that reads pages; as set otherwise.
        extractor: engine that fills schemas; as set otherwise.
        before: only documents whose work ended before then.
        run: do it, not only plan it.
    """
    settings = load_settings(schema=as_schema, ocr=ocr, extractor=extractor)
    schemas = load_schemas(settings.schema_)
    planned = plan_again(Filter(where=where, before=before), schemas, settings)
    show_plan(planned.plan)
    todo = names.counted(len(planned.objects), "document")
    if not run or not planned.objects:
        hint = "" if run else "; start it again with `run` to have it done"
        return Completed(message=f"{todo} would be processed again{hint}")
    return _run(planned, schemas, settings)


def _run(planned: Planned, schemas: tuple[DocumentSchema, ...], settings: Settings) -> State[Any]:
    lake = settings.open_workspace().lake()
    bar = ProgressBar("handing out batches")

    def move() -> None:
        bar.move(handout.settled, handout.offered, handout.totals.sentence())

    pools = pools_for(settings.ocr, settings.extractor)
    handout = HandOut(lake, pools, settings.flows, move)
    with exported(), span("docmill.reprocess", objects=len(planned.objects)):
        handout.hand_out(_batches(lake, planned, schemas, settings))
        handout.finish()
    show_totals(names.REPROCESS, handout.totals, cost(Work(settings, schemas, "")), kept=False)
    show_failures(names.REPROCESS, handout.totals.failures, settings, kept=False)
    start_load()
    sentence = handout.totals.sentence()
    if unfinished := handout.broken():
        return Failed(message=f"{sentence}. {unfinished}")
    return Completed(message=sentence)


def _batches(
    lake: Lake, planned: Planned, schemas: tuple[DocumentSchema, ...], settings: Settings
) -> Iterator[str]:
    for schema in schemas:
        lake.put_schema(schema)
    objects = iter(planned.objects)
    for number in count(1):
        chunk = tuple(islice(objects, BATCH_DOCUMENTS))
        if not chunk:
            return
        yield keep_batch(
            lake,
            Batch(
                source=names.REPROCESS,
                number=number,
                objects=chunk,
                schemas=tuple(schema.hash for schema in schemas),
                ocr=settings.ocr,
                extractor=settings.extractor,
                review=settings.review,
                limits=settings.limits,
                egress="none",
                fail_share=1.0,
            ),
        )
