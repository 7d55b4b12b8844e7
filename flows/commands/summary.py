"""What a run says at its end: taken from what is published, for the run's own documents."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import duckdb
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from docmill.infra.warehouse.query import open_published
from docmill.infra.workspace import Workspace
from docmill.schemas.batch import BatchReport

# Examples of doubtful values and failures that are spelled out; the rest is one query away.
EXAMPLES = 6
MOST_FAILURES = 20


def print_summary(
    console: Console, workspace: Workspace, report: BatchReport, passed_over: int
) -> int:
    """Prints the summary; returns how many documents and sources failed."""
    connection = open_published(workspace)
    try:
        connection.execute("CREATE TEMP TABLE mine (document_id VARCHAR)")
        connection.execute("INSERT INTO mine SELECT unnest(?)", [list(report.document_ids)])
        _header(console, report, passed_over)
        _documents(console, connection)
        _fields(console, connection)
        _review(console, connection)
        failed = _failures(console, connection, report)
        _next_steps(console, workspace)
    finally:
        connection.close()
    return failed


def _rows(connection: duckdb.DuckDBPyConnection, sql: str) -> Sequence[tuple[Any, ...]]:
    return connection.execute(sql).fetchall()


def _header(console: Console, report: BatchReport, passed_over: int) -> None:
    run = report.run
    seconds = (run.finished_at - run.started_at).total_seconds()
    console.print()
    if report.outcomes:
        rate = run.pages / max(seconds, 0.001)
        console.print(
            f"[bold]{report.outcomes} documents, {run.pages} pages in {seconds:.1f} s[/bold]"
            f" ({rate:.1f} pages/s); {run.already_done} more were done before"
        )
    else:
        console.print(
            f"[bold]nothing to do: all {run.already_done} documents were done before[/bold]"
        )
    if passed_over:
        console.print(f"{passed_over} files were left out (other types, or excluded)")


def _documents(console: Console, connection: duckdb.DuckDBPyConnection) -> None:
    table = Table("documents", "schema", "outcome", "pages", box=None, header_style="dim")
    for row in _rows(
        connection,
        """SELECT count(*), coalesce(schema_name, '-'), status, sum(page_to - page_from + 1)
        FROM documents JOIN mine USING (document_id) GROUP BY 2, 3 ORDER BY 2, 3""",
    ):
        table.add_row(*(str(value if value is not None else "-") for value in row))
    console.print(table)


def _fields(console: Console, connection: duckdb.DuckDBPyConnection) -> None:
    rows = _rows(
        connection,
        """SELECT status, count(*), count(x0), count(*) FILTER (derived)
        FROM fields JOIN mine USING (document_id) GROUP BY 1 ORDER BY 2 DESC""",
    )
    for status, count, boxed, derived in rows:
        note = f", {boxed} with their box on the page" if status == "present" else ""
        note += f", {derived} derived from others" if derived else ""
        console.print(f"values {status.replace('_', ' ')}: {count}{note}")


def _review(console: Console, connection: duckdb.DuckDBPyConnection) -> None:
    reasons = _rows(
        connection,
        """SELECT reason, count(*) FROM review_queue JOIN mine USING (document_id)
        GROUP BY 1 ORDER BY 2 DESC""",
    )
    if not reasons:
        console.print("nothing to review")
        return
    total = sum(count for _, count in reasons)
    listed = ", ".join(f"{count} {reason.replace('_', ' ')}" for reason, count in reasons)
    console.print(f"\n[bold]to review: {total}[/bold] ({listed}), for example")
    examples = _rows(
        connection,
        f"""SELECT parse_filename(uri), path, coalesce(raw, '-'), explanation
        FROM review_queue JOIN mine USING (document_id)
        QUALIFY row_number() OVER (PARTITION BY reason ORDER BY path NOT LIKE '%[%' DESC,
            confidence, uri, path) <= 2
        ORDER BY reason, uri, path LIMIT {EXAMPLES}""",
    )
    for name, path, raw, explanation in examples:
        shown = raw if len(raw) <= 40 else f"{raw[:39]}…"
        console.print(escape(f"  {name}: {path or 'document'} = {shown}: {explanation}"))


def _failures(console: Console, connection: duckdb.DuckDBPyConnection, report: BatchReport) -> int:
    rows = _rows(
        connection,
        f"""SELECT uri, page, message, hint FROM failures JOIN mine USING (document_id)
        WHERE current ORDER BY uri, page LIMIT {MOST_FAILURES + 1}""",
    )
    unread = [
        (item.uri, None, item.failure.message, item.failure.hint)
        for item in report.run.unread_sources
    ]
    shown = [*unread, *rows]
    if shown:
        console.print("\n[bold]failed[/bold]")
    for uri, page, message, hint in shown[:MOST_FAILURES]:
        where = uri.removeprefix("file://") + (f", page {page}" if page else "")
        console.print(escape(f"  {where}: {message}\n    {hint}"))
    if len(shown) > MOST_FAILURES:
        console.print("  … more: docmill query 'SELECT * FROM failures WHERE current'")
    counted = _rows(
        connection,
        """SELECT count(DISTINCT document_id) FROM documents JOIN mine USING (document_id)
        WHERE status = 'failed'""",
    )
    return int(counted[0][0]) + len(unread)


def _next_steps(console: Console, workspace: Workspace) -> None:
    option = "" if str(workspace.root) == "docmill-data" else f" --workspace {workspace.root}"
    console.print(
        "\nlook next\n"
        + escape(
            f'  docmill query{option} "SELECT * FROM invoice"\n'
            f'  docmill query{option} "SELECT uri, path, value, confidence, page FROM fields"\n'
            f'  docmill query{option} "SELECT uri, path, explanation FROM review_queue"\n'
            f"  {workspace.published} opens in any DuckDB client"
        ),
        highlight=False,
    )
