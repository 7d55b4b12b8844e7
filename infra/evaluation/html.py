"""Reports as one HTML file each: nothing is loaded from anywhere, and every text is escaped."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from docmill.infra.cage import Cage
from docmill.infra.evaluation.compare import Comparison, comparison_tables
from docmill.infra.evaluation.figures import FigureTable, described, figure_tables
from docmill.infra.evaluation.pictures import PictureOrder, pictures
from docmill.infra.evaluation.plots import comparison_plot, f1_plot, reliability_plot
from docmill.infra.evaluation.summary import ALL, Summary
from docmill.infra.settings import Settings
from docmill.infra.tasks import warm_up
from docmill.schemas.errors import DocmillError
from docmill.schemas.evaluation import (
    DocumentEvaluation,
    EvaluationRecord,
    Judgement,
    PlacedBox,
    Verdict,
    counts_of,
)

WORST = 10
PAGES_SHOWN = 3
CHANGES_SHOWN = 200
_PERMILLE = 1000  # the drawing's units across a page
_BAD_BOXES = frozenset({Verdict.WRONG, Verdict.SPURIOUS})


@dataclass(frozen=True)
class Rectangle:
    """A box in units of a thousandth of the page; `kind` is right, wrong or truth."""

    x: float
    y: float
    width: float
    height: float
    kind: str
    title: str


@dataclass(frozen=True)
class PageView:
    """A page with its boxes; `picture` is a data URI, or empty where it could not be drawn."""

    number: int
    picture: str
    rectangles: tuple[Rectangle, ...]


@dataclass(frozen=True)
class DocumentView:
    """A document that went badly."""

    document: DocumentEvaluation
    f1: float
    pages: tuple[PageView, ...]
    problem: str
    judgements: tuple[Judgement, ...]


def report_html(
    record: EvaluationRecord,
    summary: Summary,
    settings: Settings,
    worst: int = WORST,
    comparison: Comparison | None = None,
) -> str:
    """The report of one evaluation.

    Args:
        record: what was found.
        summary: its figures.
        settings: limits for the workers that draw pages.
        worst: how many documents to show; those with the lowest F1, then the most errors.
        comparison: with an earlier run, to be shown as well.
    """
    drawn = (
        ("F1 by field", f1_plot(summary, ("field", ALL), "fields")),
        ("F1 by stratum and language", f1_plot(summary, ("stratum", "language"), "slices")),
        ("Reliability of confidence", reliability_plot(summary.confidence, "reliability")),
    )
    return _rendered(
        title=record.name,
        subtitle=f"{described(record)}. {record.finished_at:%Y-%m-%d %H:%M} UTC, "
        f"docmill {record.version}.",
        tables=figure_tables(summary),
        plots=[(title, Markup(svg)) for title, svg in drawn if svg],
        documents=list(_worst(record, settings, worst)),
        comparison=comparison,
    )


def comparison_html(comparison: Comparison) -> str:
    """The report of a comparison."""
    return _rendered(
        title=" / ".join(comparison.runs),
        subtitle=f"{comparison.shared_documents} documents in common.",
        tables=(),
        plots=[],
        documents=[],
        comparison=comparison,
    )


def _rendered(
    *,
    title: str,
    subtitle: str,
    tables: Sequence[FigureTable],
    plots: Sequence[tuple[str, Markup]],
    documents: Sequence[DocumentView],
    comparison: Comparison | None,
) -> str:
    template = files("docmill.infra.evaluation").joinpath("templates", "report.html.j2")
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    svg = comparison_plot(comparison, "comparison") if comparison else None
    return environment.from_string(template.read_text("utf-8")).render(
        title=title,
        subtitle=subtitle,
        tables=tables,
        plots=plots,
        documents=documents,
        comparison_tables=comparison_tables(comparison) if comparison else (),
        comparison_plot=Markup(svg) if svg else None,
        changes=comparison.changes[:CHANGES_SHOWN] if comparison else (),
        changes_left_out=max(0, len(comparison.changes) - CHANGES_SHOWN) if comparison else 0,
    )


def _worst(record: EvaluationRecord, settings: Settings, count: int) -> Iterator[DocumentView]:
    judged = [document for document in record.documents if document.judgements]
    flawed = [document for document in judged if _errors(document)]
    chosen = sorted(flawed, key=lambda document: (_f1(document), -_errors(document)))[:count]
    if not chosen:
        return
    with Cage(1, settings.limits.cage(), warm_up) as cage:
        for document in chosen:
            yield _view(document, Path(record.dataset) / document.path, cage, settings)


def _errors(document: DocumentEvaluation) -> int:
    return sum(not judgement.right for judgement in document.judgements)


def _f1(document: DocumentEvaluation) -> float:
    return counts_of(document.judgements).f1 or 0.0


def _view(document: DocumentEvaluation, path: Path, cage: Cage, settings: Settings) -> DocumentView:
    numbers = _pages_to_show(document)
    images: Sequence[bytes] = ()
    problem = ""
    if path.is_file():
        try:
            images = cage.call(pictures, PictureOrder(path, numbers, settings.limits.opening()))
        except DocmillError as error:
            problem = f"The pages cannot be shown: {error.message}"
    else:
        problem = f"There is no file {document.path}."
    views = tuple(
        PageView(number, _data_uri(image), tuple(_rectangles(document.judgements, number)))
        for number, image in zip(numbers, images, strict=False)
    )
    ordered = sorted(document.judgements, key=lambda judgement: judgement.right)
    return DocumentView(document, _f1(document), views, problem, tuple(ordered))


def _pages_to_show(document: DocumentEvaluation) -> tuple[int, ...]:
    """Pages with boxes, those of values that are not right first; else the first page."""
    ordered = sorted(document.judgements, key=lambda judgement: judgement.right)
    places = (place for j in ordered for place in (j.place, j.truth_place) if place)
    pages = dict.fromkeys(place.page for place in places)
    return tuple(sorted(tuple(pages)[:PAGES_SHOWN])) or (1,)


def _rectangles(judgements: Sequence[Judgement], page: int) -> Iterator[Rectangle]:
    for judgement in judgements:
        if judgement.truth_place and judgement.truth_place.page == page:
            title = f"{judgement.path}, truth: {judgement.truth}"
            yield _rectangle(judgement.truth_place, "truth", title)
        if judgement.place and judgement.place.page == page:
            kind = "wrong" if judgement.verdict in _BAD_BOXES else "right"
            yield _rectangle(judgement.place, kind, f"{judgement.path}: {judgement.value}")


def _rectangle(place: PlacedBox, kind: str, title: str) -> Rectangle:
    box = place.box
    x, y, width, height = (
        round(number * _PERMILLE, 2) for number in (box.x0, box.y0, box.width, box.height)
    )
    return Rectangle(x, y, width, height, kind, title)


def _data_uri(jpeg: bytes) -> str:
    return f"data:image/jpeg;base64,{base64.b64encode(jpeg).decode()}"
