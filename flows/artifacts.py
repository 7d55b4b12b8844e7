"""Artifacts: what a flow run shows on its page.

Showing never harms the work: when the server cannot take an artifact, that is logged and the run
goes on.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TypeVar, cast
from uuid import UUID

import httpx
from prefect.artifacts import (
    create_link_artifact,
    create_markdown_artifact,
    create_progress_artifact,
    create_table_artifact,
    update_progress_artifact,
)
from prefect.exceptions import PrefectHTTPStatusError
from prefect.logging import get_logger

from docmill.flows.names import counted
from docmill.flows.totals import Totals
from docmill.infra.planning.plan import Plan
from docmill.infra.planning.prices import is_embedded
from docmill.infra.settings import Settings
from docmill.infra.work import Work
from docmill.schemas.batch import DocumentFailure
from docmill.schemas.outcome import DocumentStatus

WORST = 10
_OUTCOMES = {
    DocumentStatus.DONE: "done",
    DocumentStatus.NEEDS_REVIEW: "to review",
    DocumentStatus.PARTIAL: "partly failed",
    DocumentStatus.FAILED: "failed",
}
T = TypeVar("T")


class ProgressBar:
    """A progress artifact on the current flow run's page, in percent."""

    def __init__(self, description: str) -> None:
        self._id = _shown(
            lambda: cast(UUID, create_progress_artifact(0.0, description=description))
        )

    def move(self, done: int, total: int, description: str) -> None:
        """Shows `done` of `total`, and a line of words."""
        artifact = self._id
        if artifact is None:
            return
        percent = min(100.0 * done / total if total else 100.0, 100.0)
        _shown(
            lambda: update_progress_artifact(artifact, progress=percent, description=description)
        )


def cost(work: Work) -> str:
    """What the engines of a run charge, in words."""
    embedded = is_embedded(work.ocr_engine) and is_embedded(work.extractor)
    return "none, own engines" if embedded else "docmill query 'SELECT * FROM model_calls'"


def show_totals(source: str, totals: Totals, cost: str, *, kept: bool = True) -> None:
    """The table of a run: documents by outcome, fields to review, pages, cost, cache hits.

    `kept`: under the source's name, so that the artifact page shows it from run to run.
    """
    rows = [
        *({"figure": name, "this run": totals.statuses[each]} for each, name in _OUTCOMES.items()),
        {"figure": "could not be fetched", "this run": totals.unread},
        {"figure": "known already", "this run": totals.known},
        {"figure": "left for the next run", "this run": totals.left},
        {"figure": "fields to review", "this run": totals.to_review},
        {"figure": "pages read", "this run": totals.pages_read},
        {"figure": "pages found in the lake", "this run": totals.pages_found},
        {"figure": "cache hits", "this run": totals.cache_hits()},
        {"figure": "cost", "this run": cost},
    ]
    _shown(
        lambda: create_table_artifact(
            table=rows,
            key=_key(source, "documents") if kept else None,
            description=f"{source}: {totals.sentence()}",
        )
    )


def show_plan(plan: Plan) -> None:
    """What would run."""
    rows = [
        {"figure": "documents", "would run": f"{plan.documents:,}"},
        *({"figure": f"  {step.value}", "would run": f"{n:,}"} for step, n in plan.steps.items()),
        {"figure": "pages to read", "would run": str(plan.pages_to_read)},
        {"figure": "pages found in the lake", "would run": f"{plan.pages_found:,}"},
        {"figure": "model calls", "would run": str(plan.cost.model_calls)},
        {"figure": f"money {plan.cost.currency or ''}".strip(), "would run": str(plan.cost.money)},
        {"figure": "minutes", "would run": str(plan.minutes)},
        *({"figure": f"cannot be reached: {each.uri}", "would run": each.reason}
          for each in plan.unreachable[:WORST]),
    ]  # fmt: skip
    notes = " ".join((f"{plan.ocr_engine}, {plan.extractor}.", plan.cost.price, *plan.notes))
    _shown(lambda: create_table_artifact(table=rows, description=notes))


def show_failures(
    source: str, failures: Sequence[DocumentFailure], settings: Settings, *, kept: bool = True
) -> None:
    """The ten worst failures with what to do about each, and the way to the review page."""
    _shown(
        lambda: create_markdown_artifact(
            markdown=failures_markdown(failures, settings.flows.review_url),
            key=_key(source, "failures") if kept else None,
            description=f"{source}: {counted(len(failures), 'failure')}",
        )
    )


def show_review_link(source: str, fields: int, settings: Settings) -> None:
    """A link to the review page, where it is known."""
    if url := settings.flows.review_url:
        text = f"{counted(fields, 'field')} to review"
        _shown(
            lambda: create_link_artifact(
                url, link_text=text, key=_key(source, "review"), description=f"{source}: {text}"
            )
        )


def failures_markdown(failures: Sequence[DocumentFailure], review_url: str) -> str:
    """The failures as Markdown: those that concern whole documents first."""
    worst = sorted(failures, key=lambda failed: (failed.failure.page or 0, failed.uri))[:WORST]
    lines = [_failure(failed, review_url) for failed in worst] or ["Nothing failed."]
    if len(failures) > len(worst):
        lines.append(
            f"\n{counted(len(failures) - len(worst), 'failure')} more: "
            '`docmill query "SELECT uri, page, message, hint FROM failures WHERE current"`'
        )
    if review_url:
        lines.append(f"\n[Review page]({review_url})")
    return "\n".join(lines)


def _failure(failed: DocumentFailure, review_url: str) -> str:
    failure = failed.failure
    name = _escaped(failed.uri.rpartition("/")[2])
    if review_url and failed.document_id:
        name = f"[{name}]({review_url.rstrip('/')}/documents/{failed.document_id})"
    page = f", page {failure.page}" if failure.page else ""
    return (
        f"- **{name}**{page}: {_escaped(failure.message)}\n"
        f"  - what to do: {_escaped(failure.hint, code=True)}\n"
        f"  - `{failure.code}` in stage `{failure.stage}`; {_escaped(failed.uri)}"
    )


def _escaped(text: str, *, code: bool = False) -> str:
    """A stranger's words as Markdown that shows just these words, on one line.

    `code`: backticks stay, as in hints, which mark commands with them.
    """
    special = r"[\\*_{}\[\]<>#|!@]" if code else r"[\\`*_{}\[\]<>#|!@]"
    return re.sub(f"({special})", r"\\\1", " ".join(text.split()))


def _key(*parts: str) -> str:
    """An artifact's key: lower-case letters, digits and dashes."""
    return re.sub("[^a-z0-9]+", "-", "-".join(parts).lower()).strip("-")


def _shown(show: Callable[[], T]) -> T | None:
    try:
        return show()
    except (httpx.HTTPError, PrefectHTTPStatusError) as error:
        get_logger("docmill").warning("an artifact could not be shown: %s", error)
        return None
