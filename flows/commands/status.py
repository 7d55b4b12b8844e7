"""`docmill status`: what is in the workspace."""

from __future__ import annotations

from pathlib import Path

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from docmill.flows.commands.options import workspace_option
from docmill.infra.settings import load_settings
from docmill.infra.warehouse.health import health_of
from docmill.infra.warehouse.query import open_published

# Title and query of each table shown.
VIEWS = (
    ("documents", "SELECT coalesce(schema_name, '-') AS schema, status, count(*) AS documents "
     "FROM documents GROUP BY 1, 2 ORDER BY 1, 2"),
    ("review queue", "SELECT reason, count(*) AS items FROM review_queue "
     "GROUP BY 1 ORDER BY 2 DESC"),
    ("last runs", "SELECT started_at, documents, pages, failed FROM runs "
     "ORDER BY started_at DESC LIMIT 5"),
)  # fmt: skip


@click.command(epilog="\b\nExample:\n  docmill status --workspace data\n")
@workspace_option
def status(workspace: Path | None) -> None:
    """Documents, review queue, last runs, what is off, size and age of the snapshot."""
    settings = load_settings(workspace=workspace)
    place = settings.open_workspace()
    console = Console()
    connection = open_published(place)
    try:
        for title, sql in VIEWS:
            cursor = connection.execute(sql)
            names = [column[0] for column in cursor.description or ()]
            table = Table(*names, title=title, title_justify="left", header_style="bold")
            for row in cursor.fetchall():
                table.add_row(*(str(value) for value in row))
            console.print(table)
        for text in health_of(connection, settings).texts:
            console.print(f"[bold yellow]look at this:[/bold yellow] {escape(text)}")
        snapshot = connection.execute("SELECT published_at FROM snapshot").fetchone()
    finally:
        connection.close()
    size = sum(path.stat().st_size for path in place.root.rglob("*") if path.is_file())
    console.print(
        f"published {snapshot[0] if snapshot else 'never'} UTC; {size / 1e6:.1f} MB on disk"
    )
