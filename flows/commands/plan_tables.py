"""A plan as people read it."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from docmill.infra.planning.figure import Figure
from docmill.infra.planning.plan import Plan
from docmill.infra.planning.steps import Step

# Unreachable documents that are spelled out.
MOST_LISTED = 20

STEPS = {
    Step.NOTHING: "settled, nothing to do",
    Step.TRIAGE: "only judged anew",
    Step.EXTRACT: "extracted from readings",
    Step.READ: "read and extracted",
    Step.FETCH: "never looked into",
}


def print_plan(console: Console, plan: Plan, title: str) -> None:
    """Prints what would run, what it would cost, and what the figures rest on."""
    table = Table(show_header=False, box=None, pad_edge=False)
    table.add_column(no_wrap=True)
    table.add_column(justify="right")
    for name, value in _rows(plan):
        table.add_row(escape(name), escape(value))
    console.print(f"[bold]{escape(title)}[/bold]", highlight=False)
    console.print(table)
    for note in _notes(plan):
        console.print(escape(f"  {note}"), style="dim", highlight=False, soft_wrap=True)
    _print_unreachable(console, plan)


def _rows(plan: Plan) -> Iterator[tuple[str, str]]:
    yield f"documents (of {plan.objects:,} objects)", f"{plan.documents:,}"
    for step, text in STEPS.items():
        if plan.steps.get(step):
            yield f"  {text}", f"{plan.steps[step]:,}"
    if plan.unreachable:
        yield "documents that cannot be reached", f"{len(plan.unreachable):,}"
    if not plan.todo:
        return
    cost = plan.cost
    yield "pages to read", plan.pages_to_read.text()
    yield "pages found in the lake", f"{plan.pages_found:,}"
    yield "parts to extract", plan.parts.text()
    yield "calls to models", cost.model_calls.text()
    if cost.model_calls != Figure():
        yield "tokens in", cost.input_tokens.text()
        yield "tokens out", cost.output_tokens.text()
    yield "money", f"{cost.money.text(2)} {cost.currency or ''}".strip()
    yield "minutes", plan.minutes.text(1)


def _notes(plan: Plan) -> Iterator[str]:
    if not plan.todo:
        return
    yield f"reads with {plan.ocr_engine}"
    yield f"extracts with {plan.extractor}: {', '.join(plan.schemas)}"
    yield plan.cost.price
    yield from plan.notes
    if plan.unreadable:
        yield f"{plan.unreadable:,} files cannot be opened and would fail"


def _print_unreachable(console: Console, plan: Plan) -> None:
    if not plan.unreachable:
        return
    console.print("\n[bold]cannot be reached[/bold]")
    for each in plan.unreachable[:MOST_LISTED]:
        where = each.uri.removeprefix("file://")
        console.print(escape(f"  {where}: {each.reason}"), highlight=False, soft_wrap=True)
    if len(plan.unreachable) > MOST_LISTED:
        console.print(f"  … and {len(plan.unreachable) - MOST_LISTED:,} more: see --json")
