"""`docmill query`: reading what is published."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
import duckdb
from rich.console import Console
from rich.table import Table

from docmill.flows.commands.options import workspace_option
from docmill.infra.settings import load_settings
from docmill.infra.warehouse.query import open_published
from docmill.schemas.errors import UsageError


@click.command(
    epilog="""\b
Examples:
  docmill query "SELECT * FROM invoice"
  docmill query "SELECT uri, value FROM fields WHERE path = 'total'" --format csv
  docmill query "SHOW TABLES"
"""
)
@click.argument("sql")
@workspace_option
@click.option(
    "--format", "form", type=click.Choice(["pretty", "csv", "json"]), default="pretty",
    show_default=True, help="How rows are printed.",
)  # fmt: skip
@click.option("--limit", type=click.IntRange(min=1), help="Print at most this many rows.")
def query(sql: str, workspace: Path | None, form: str, limit: int | None) -> None:
    """Run SQL on the published warehouse, read-only."""
    settings = load_settings(workspace=workspace)
    connection = open_published(settings.open_workspace())
    try:
        names, rows = _result(connection, sql, limit)
    finally:
        connection.close()
    _print(form, names, rows)


def _result(
    connection: duckdb.DuckDBPyConnection, sql: str, limit: int | None
) -> tuple[list[str], Sequence[tuple[Any, ...]]]:
    try:
        cursor = connection.execute(sql)
        rows = cursor.fetchmany(limit) if limit else cursor.fetchall()
    except duckdb.Error as error:
        tables = ", ".join(name for (name,) in connection.execute("SHOW TABLES").fetchall())
        raise UsageError(f"the query failed: {error}", f"There are: {tables}.") from error
    return [column[0] for column in cursor.description or ()], rows


def _print(form: str, names: list[str], rows: Sequence[tuple[Any, ...]]) -> None:
    if form == "json":
        records = [dict(zip(names, row, strict=True)) for row in rows]
        click.echo(json.dumps(records, default=str, ensure_ascii=False, indent=1))
    elif form == "csv":
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(names)
        writer.writerows(rows)
        click.echo(text.getvalue(), nl=False)
    else:
        table = Table(*names, header_style="bold")
        for row in rows:
            table.add_row(*("" if value is None else str(value) for value in row))
        Console().print(table)
        click.echo(f"{len(rows)} rows")
