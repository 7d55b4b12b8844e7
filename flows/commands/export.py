"""`docmill export`: tables as files, once or again and again."""

from __future__ import annotations

from pathlib import Path

import click
import duckdb

from docmill.flows.commands.options import workspace_option
from docmill.infra.lake import utc_now
from docmill.infra.settings import load_settings
from docmill.infra.storage.opening import is_on_s3, open_store
from docmill.infra.warehouse import layout
from docmill.infra.warehouse.ddl import literal, quoted
from docmill.infra.warehouse.exporting import ExportReport
from docmill.infra.warehouse.exporting import export as export_increment
from docmill.infra.warehouse.query import open_published
from docmill.schemas.errors import UsageError

COPY_OPTIONS = {"parquet": "FORMAT parquet", "csv": "FORMAT csv, HEADER", "jsonl": "FORMAT json"}


@click.command(
    epilog="""\b
Examples:
  docmill export --to out
  docmill export invoice invoice_line_items --to out --format csv
  docmill export --to s3://bucket/lakehouse --incremental
"""
)
@click.argument("names", nargs=-1, metavar="[TABLE_OR_VIEW]...")
@workspace_option
@click.option(
    "--to", "target", required=True,
    help="Folder that gets one file per table; in parts also `s3://bucket/prefix`.",
)  # fmt: skip
@click.option(
    "--format", "form", type=click.Choice(sorted(COPY_OPTIONS)), default="parquet",
    show_default=True, help="File format.",
)  # fmt: skip
@click.option(
    "--partitioned", is_flag=True, help="Parquet in folders by schema and month, for a lakehouse."
)
@click.option(
    "--incremental", is_flag=True,
    help="The same, into a target that has exports already: only what is new or changed.",
)  # fmt: skip
def export(
    names: tuple[str, ...],
    workspace: Path | None,
    target: str,
    form: str,
    partitioned: bool,
    incremental: bool,
) -> None:
    """Write tables and views to files.

    One file each of all there are, if none is named; in parts, of all tables, but not of views
    that can be made from them again.
    """
    in_parts = partitioned or incremental
    if in_parts and form != "parquet":
        raise UsageError("parts are always Parquet", "Leave out `--format`.")
    if is_on_s3(target) and not in_parts:
        raise UsageError("single files go into folders", "Add `--partitioned` or `--incremental`.")
    connection = open_published(load_settings(workspace=workspace).open_workspace())
    try:
        known = [name for (name,) in connection.execute("SHOW TABLES").fetchall()]
        unknown = sorted(set(names) - set(known))
        if unknown:
            raise UsageError(f"no table {', '.join(unknown)}", f"There are: {', '.join(known)}.")
        if not in_parts:
            _write_files(connection, names or known, Path(target), form)
            return
        chosen = names or [it.name for it in layout.PUBLIC if it.name != "snapshot"]
        report = export_increment(
            connection, open_store(target), chosen, incremental=incremental, now=utc_now()
        )
        _tell(report, target)
    except duckdb.Error as error:
        raise UsageError(f"cannot write to {target}: {error}", "Choose another folder.") from error
    finally:
        connection.close()


def _write_files(
    connection: duckdb.DuckDBPyConnection,
    names: tuple[str, ...] | list[str],
    target: Path,
    form: str,
) -> None:
    target.mkdir(parents=True, exist_ok=True)
    for name in names:
        path = target / f"{name}.{form}"
        connection.execute(
            f"COPY (FROM {quoted(name)}) TO {literal(str(path))} ({COPY_OPTIONS[form]})"
        )
        click.echo(path)


def _tell(report: ExportReport, target: str) -> None:
    if report.export_id is None:
        click.echo(f"nothing has changed since the last export to {target}")
        return
    for table in report.tables:
        if table.changed or table.gone:
            gone = f", {table.gone:,} gone" if table.gone else ""
            click.echo(f"{table.name}: {table.rows:,} rows of {table.changed:,} changed{gone}")
    click.echo(f"export {report.export_id}: {target}/manifests/{report.export_id}.json")
