"""`docmill schemas`: what can be extracted."""

from __future__ import annotations

import click
from rich.console import Console
from rich.table import Table

from docmill.schemas.document_schema import DocumentSchema
from docmill.schemas.loading import builtin_schemas, check_schema, load_schema


@click.group(
    epilog="""\b
Examples:
  docmill schemas list
  docmill schemas show invoice
  docmill schemas check my_schema.json
"""
)
def schemas() -> None:
    """List, show and check document schemas."""


@schemas.command("list")
def list_() -> None:
    """The built-in document types."""
    table = Table("schema", "fields", "what it is", header_style="bold")
    for schema in builtin_schemas().values():
        table.add_row(schema.name, str(len(list(schema.paths()))), schema.description)
    Console().print(table)


@schemas.command()
@click.argument("reference", metavar="NAME|FILE")
def show(reference: str) -> None:
    """The fields of one schema."""
    _print_fields(load_schema(reference))


@schemas.command()
@click.argument("reference", metavar="FILE")
def check(reference: str) -> int:
    """Whether a schema of your own can be used, and what would work better."""
    report = check_schema(reference)
    for problem in report.problems:
        click.echo(f"problem: {problem.path}: {problem.message}\n  what to do: {problem.hint}")
    for warning in report.warnings:
        click.echo(f"note: {warning}")
    if report.schema is None:
        click.echo(f"{reference} cannot be used: {len(report.problems)} problem(s)")
        return 2
    _print_fields(report.schema)
    click.echo(f"{reference} is fine. Use it:  docmill run SOURCE --schema {reference}")
    return 0


def _print_fields(schema: DocumentSchema) -> None:
    table = Table("field", "kind", "needed", "labels", header_style="bold")
    for path, spec in schema.paths():
        labels = ", ".join(spec.labels[:4]) + (" …" if len(spec.labels) > 4 else "")
        table.add_row(path, spec.kind, "yes" if spec.required else "", labels)
    Console().print(table)
