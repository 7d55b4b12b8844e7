"""The command line, and the only entry point. Commands are imported when they are called."""

from __future__ import annotations

import sys
import traceback
from importlib import import_module
from typing import Any, cast

import click

from docmill.schemas.errors import DocmillError, UsageError

# Command -> the module that holds it, and its one line of help.
COMMANDS = {
    "run": ("run", "Process files and folders into rows."),
    "plan": ("plan", "Show what would run, and what it would cost."),
    "reprocess": ("reprocess", "Process documents of the warehouse again."),
    "serve": ("serve", "Own the warehouse: load, publish, take answers, serve SQL."),
    "query": ("query", "Ask the published warehouse in SQL."),
    "export": ("export", "Write tables and views to files."),
    "deliver": ("deliver", "Send what is finished to webhooks and files."),
    "eval": ("eval", "Measure quality on documents with known values."),
    "deploy": ("deploy", "Register flows and schedules on a Prefect server."),
    "gpu-worker": ("gpu_worker", "Serve a model on a GPU, and take the pages for it."),
    "schemas": ("schemas", "List, show and check document schemas."),
    "status": ("status", "What is in the workspace."),
    "doctor": ("doctor", "Check this machine and the workspace."),
    "verify": ("verify", "Compare the warehouse with one built anew from the lake."),
    "warehouse": ("warehouse", "Rebuild or publish the warehouse."),
}

# Where a command's name is none that Python allows, or one that it uses itself.
ATTRIBUTES = {"eval": "eval_group", "gpu-worker": "gpu_worker"}


class LazyGroup(click.Group):
    """A group whose commands are imported on use, so that `--help` is quick."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All names, in the order of a working day."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of this name, imported now."""
        if cmd_name not in COMMANDS:
            return None
        module = import_module(f"docmill.flows.commands.{COMMANDS[cmd_name][0]}")
        return cast(click.Command, getattr(module, ATTRIBUTES.get(cmd_name, cmd_name)))

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of commands, without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Start with:  docmill run sample_docs --exclude 'broken/*'",
)
@click.version_option(package_name="docmill")
@click.option("--debug", is_flag=True, help="Show the full traceback of an error.")
@click.pass_context
def docmill(ctx: click.Context, debug: bool) -> None:
    """Turn PDFs into rows you can trust.

    Every value shows where it stands on the page and how likely it is right; doubtful ones go to
    a review queue; all of it lands in DuckDB.
    """
    ctx.obj = debug


def main(arguments: list[str] | None = None) -> None:
    """Runs the command line and ends the process with its exit code.

    0: all went well. 1: the run itself broke. 2: wrong usage. 3: some documents failed.
    130: interrupted.
    """
    arguments = sys.argv[1:] if arguments is None else arguments
    debug = "--debug" in arguments
    try:
        result: Any = docmill.main(args=arguments, standalone_mode=False)
        code = result if isinstance(result, int) else 0
    except click.Abort:
        click.echo("interrupted; what was finished before stays", err=True)
        code = 130
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except DocmillError as error:
        _explain(error, debug)
        code = 2 if isinstance(error, UsageError) else 1
    except Exception as error:  # a defect: said as such, with what helps to find it
        click.echo(f"error: docmill broke: {type(error).__name__}: {error}", err=True)
        click.echo("what to do: run again with --debug and report what it prints", err=True)
        if debug:
            traceback.print_exc()
        code = 1
    sys.exit(code)


def _explain(error: DocmillError, debug: bool) -> None:
    click.echo(f"error: {error.message}", err=True)
    if error.hint:
        click.echo(f"what to do: {error.hint}", err=True)
    if debug:
        traceback.print_exc()


if __name__ == "__main__":
    main()
