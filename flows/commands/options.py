"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path

import click

workspace_option = click.option(
    "--workspace",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder of lake and warehouse.  [default: ./docmill-data, or DOCMILL_WORKSPACE]",
)
