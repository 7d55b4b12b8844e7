"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path

import click

workspace_option = click.option(
    "--workspace",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder of lake and warehouse.  [default: ./docmill-data, or DOCMILL_WORKSPACE]",
)
schema_option = click.option(
    "--schema", help="Built-in name, auto, module:Class, path.py:Class or FILE.json."
)
ocr_option = click.option("--ocr", help="Engine that reads pages.  [default: auto]")
extractor_option = click.option(
    "--extractor", "extractor_name", help="Engine that fills schemas.  [default: local]"
)
exclude_option = click.option(
    "--exclude", multiple=True, metavar="PATTERN", help="Leave out matching files."
)
workers_option = click.option(
    "--workers", type=click.IntRange(min=1), help="Processes.  [default: one per core]"
)
