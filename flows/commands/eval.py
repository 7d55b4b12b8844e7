"""`docmill eval`: how often values are right, on documents whose values are known."""

from __future__ import annotations

import platform
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from docmill.flows.commands.options import extractor_option, ocr_option, workers_option
from docmill.flows.commands.run import ConsoleProgress
from docmill.gpu_workers.page_ocr import pages_by_model
from docmill.infra.evaluation.compare import compare_runs, comparison_tables
from docmill.infra.evaluation.dataset import Dataset, read_dataset
from docmill.infra.evaluation.figures import FigureTable, described, figure_tables, markdown
from docmill.infra.evaluation.files import read_evaluation, write_evaluation, write_file
from docmill.infra.evaluation.html import WORST, comparison_html, report_html
from docmill.infra.evaluation.run import Options, evaluate
from docmill.infra.evaluation.summary import summarise
from docmill.infra.settings import load_settings
from docmill.infra.wiring import extractor, ocr_tag
from docmill.schemas.document_schema import DocumentSchema
from docmill.schemas.errors import UsageError
from docmill.schemas.evaluation import EvaluationRecord
from docmill.schemas.loading import builtin_schemas, load_schema

WORKSPACES = Path("docmill-eval")
FILE_COLUMNS = 150
_FILE = click.Path(path_type=Path, dir_okay=False)


class DatasetOrCompare(click.Group):
    """`docmill eval compare …` compares; anything else evaluates a dataset."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """What is no subcommand goes to the one for datasets, with all its options."""
        if not args or args[0] not in self.commands:
            args = ["dataset", *args]
        return super().parse_args(ctx, args)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The subcommand; the one for datasets has no name of its own in messages."""
        name, command, rest = super().resolve_command(ctx, args)
        return ("" if name == "dataset" else name), command, rest


class Nameless(click.Command):
    """A command without a name of its own in its usage."""

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The usage, without the gap where the name would stand."""
        pieces = self.collect_usage_pieces(ctx)
        formatter.write_usage(" ".join(ctx.command_path.split()), " ".join(pieces))


@click.group(cls=DatasetOrCompare, name="eval")
def eval_group() -> None:
    """Measure docmill on documents with known values."""


@eval_group.command(
    "dataset",
    cls=Nameless,
    epilog="""\b
Examples:
  docmill eval sample_docs
  docmill eval ../sets/invoices --html report.html --json run.json
  docmill eval set --doc-type form --ocr rapidocr --limit 20
  docmill eval set --schema order=order.json --alias party=parties
  docmill eval set --rasterise 150 --against run.json
  docmill eval compare before.json after.json --html comparison.html
""",
)
@click.argument("dataset", type=click.Path(path_type=Path))
@click.option("--schema", "schemas", multiple=True, metavar="DOC_TYPE=NAME|FILE",
              help="Schema of a document type.  [default: the built-in of the same name; "
              "types without one are only read]")  # fmt: skip
@click.option("--alias", "aliases", multiple=True, metavar="TRUTH=FIELD",
              help="The schema's field for a truth of another name.")  # fmt: skip
@click.option("--complete", multiple=True, metavar="DOC_TYPE",
              help="A field that other documents of this type have, and one does not list, is "
              "truly not there: a value given for it is wrong.")  # fmt: skip
@click.option("--doc-type", "doc_types", multiple=True, metavar="T", help="Only these types.")
@click.option("--field", "fields", multiple=True, metavar="PATH",
              help="Only these fields or lists: total, line_items, "
              "line_items[].quantity.")  # fmt: skip
@click.option("--limit", type=click.IntRange(min=1), help="Only the first N documents.")
@ocr_option
@extractor_option
@click.option("--rasterise", type=click.IntRange(30, 1200), metavar="DPI",
              help="Read PDF pages as scans: pictures at DPI without a text layer.")  # fmt: skip
@workers_option
@click.option("--workspace", type=click.Path(path_type=Path, file_okay=False),
              help="Folder of lake and warehouse, by default not that of your own data; work "
              "done in it before is used again.  [default: ./docmill-eval/NAME]")  # fmt: skip
@click.option("--fresh", is_flag=True,
              help="Do all work anew in a workspace that is removed afterwards.")  # fmt: skip
@click.option("--json", "json_file", type=_FILE, help="Write figures and every value as JSON.")
@click.option("--markdown", "markdown_file", type=_FILE, help="Write the tables as Markdown.")
@click.option("--html", "html_file", type=_FILE, help="Write a report with plots and pages.")
@click.option("--worst", type=click.IntRange(min=0), default=WORST, show_default=True,
              help="Documents that the HTML report shows, the worst first.")  # fmt: skip
@click.option("--against", type=_FILE, metavar="RUN.json",
              help="Compare with an earlier run's --json.")  # fmt: skip
@click.option("--quiet", is_flag=True, help="No progress, no tables.")
def dataset_command(
    dataset: Path,
    schemas: tuple[str, ...],
    aliases: tuple[str, ...],
    complete: tuple[str, ...],
    doc_types: tuple[str, ...],
    fields: tuple[str, ...],
    limit: int | None,
    rasterise: int | None,
    workspace: Path | None,
    fresh: bool,
    against: Path | None,
    quiet: bool,
    **others: Any,
) -> None:
    """Run the whole path over DATASET and measure what comes out.

    DATASET is a folder with manifest.jsonl: one line of JSON per document with id, path, doc_type
    and fields (docs/evaluation.md has the format). Measured are fields, lists, text, tables,
    boxes, invented values and confidence; documents that fail count as missing values.

    Every run is kept: tables eval_runs, eval_documents and eval_values of its workspace.
    """
    before = [read_evaluation(against)] if against else []
    chosen = read_dataset(dataset).chosen(doc_types, limit)
    options = Options(
        schemas=_schemas(chosen, schemas),
        aliases=dict(_pair(text, "--alias TRUTH=FIELD") for text in aliases),
        complete=complete,
        fields=fields,
        rasterise_dpi=rasterise,
    )
    console = Console(stderr=True, quiet=quiet)
    with _workspace(workspace or WORKSPACES / chosen.name, fresh) as place:
        settings = load_settings(
            workspace=place,
            ocr=others["ocr"],
            extractor=others["extractor_name"],
            workers=others["workers"],
        )
        ocr_tag(settings.ocr, settings.models)
        extractor(settings.extractor)
        record = evaluate(
            chosen,
            dataset.resolve(),
            options,
            settings,
            lambda name: _watch(console, name),
            pages_by_model,
        )
    summary = summarise(record)
    comparison = compare_runs([*before, record], ["before", "now"]) if before else None
    console = _output(quiet)
    console.print(f"\n{escape(record.name)}: {escape(described(record))}")
    tables = (*figure_tables(summary), *(comparison_tables(comparison) if comparison else ()))
    _print_tables(console, tables)
    if path := others["json_file"]:
        write_evaluation(path, record, summary)
    if path := others["markdown_file"]:
        write_file(path, f"{_measured(record)}\n\n{markdown(tables)}")
    if path := others["html_file"]:
        write_file(path, report_html(record, summary, settings, others["worst"], comparison))


@eval_group.command(
    "compare",
    epilog="""\b
Examples:
  docmill eval compare before.json after.json
  docmill eval compare text.json scan150.json scan300.json --html comparison.html
""",
)
@click.argument("runs", nargs=-1, required=True, type=_FILE, metavar="RUN.json RUN.json...")
@click.option("--json", "json_file", type=_FILE, help="Write the comparison as JSON.")
@click.option("--markdown", "markdown_file", type=_FILE, help="Write the tables as Markdown.")
@click.option("--html", "html_file", type=_FILE, help="Write the comparison with plots.")
def compare_command(
    runs: tuple[Path, ...],
    json_file: Path | None,
    markdown_file: Path | None,
    html_file: Path | None,
) -> None:
    """Set two or more runs side by side, each against the first, value by value.

    Values are paired by document and field. McNemar's exact test says whether they differ in
    what is right; the interval of the F1 difference comes from resampling documents.
    """
    if len(runs) < 2:
        raise UsageError("one run alone cannot be compared", "Name two or more files.")
    comparison = compare_runs([read_evaluation(path) for path in runs],
                              [path.stem for path in runs])  # fmt: skip
    tables = comparison_tables(comparison)
    _print_tables(_output(), tables)
    if json_file:
        write_file(json_file, comparison.model_dump_json(indent=1))
    if markdown_file:
        write_file(markdown_file, markdown(tables))
    if html_file:
        write_file(html_file, comparison_html(comparison))


def _pair(text: str, form: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not (name and sign and value):
        raise UsageError(f"“{text}” is not of the form {form.split()[-1]}", f"Write {form}.")
    return name, value


def _schemas(dataset: Dataset, given: Sequence[str]) -> dict[str, DocumentSchema]:
    """Document types of the set with their schemas: those given, else built-ins by name."""
    types = {example.doc_type for example in dataset.examples}
    named = dict(_pair(text, "--schema DOC_TYPE=NAME|FILE") for text in given)
    built_in = {name: name for name in builtin_schemas()}
    return {
        doc_type: load_schema(reference)
        for doc_type, reference in {**built_in, **named}.items()
        if doc_type in types
    }


@contextmanager
def _workspace(place: Path, fresh: bool) -> Generator[Path]:
    if not fresh:
        yield place
        return
    with TemporaryDirectory(prefix="docmill-eval-") as folder:
        yield Path(folder)


@contextmanager
def _watch(console: Console, name: str) -> Generator[ConsoleProgress]:
    console.print(f"[bold]{escape(name)}[/bold]")
    with ConsoleProgress(console) as progress:
        yield progress


def _measured(record: EvaluationRecord) -> str:
    when = f"{record.finished_at:%Y-%m-%d}"
    machine = f"{platform.machine()}, Python {platform.python_version()}"
    return f"{described(record)}. Measured on {when}, {machine}."


def _output(quiet: bool = False) -> Console:
    """As wide as the terminal; wide enough for every table where there is none."""
    console = Console(quiet=quiet)
    return console if console.is_terminal else Console(quiet=quiet, width=FILE_COLUMNS)


def _print_tables(console: Console, tables: Sequence[FigureTable]) -> None:
    for table in tables:
        shown = Table(header_style="bold")
        for column, name in enumerate(table.head):
            justify = "left" if column < table.names else "right"
            shown.add_column(escape(name), justify=justify, overflow="fold")
        for number, row in enumerate(table.rows):
            cells = (escape(cell) for cell in row)
            shown.add_row(*cells, style="bold" if number in table.strong else None)
        console.print(f"\n[bold]{escape(table.title)}[/bold]")
        console.print(escape(table.note), style="dim")
        console.print(shown)
