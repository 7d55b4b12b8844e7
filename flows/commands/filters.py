"""Options that choose documents of the warehouse."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar

import click

from docmill.infra.ingestion.followed import follow
from docmill.infra.planning.selection import Filter
from docmill.infra.settings import Settings

_Command = TypeVar("_Command", bound=Callable[..., Any])

_OPTIONS = (
    click.option("--where", metavar="SQL", help="Documents that fulfil an SQL condition."),
    click.option("--schema-name", metavar="NAME", help="Documents read with this schema."),
    click.option("--ocr-engine", metavar="NAME", help="Documents with a page this engine read."),
    click.option("--extracted-by", metavar="NAME", help="Documents this extractor worked on."),
    click.option("--before", type=click.DateTime(), help="Documents finished before (UTC)."),
    click.option(
        "--status",
        type=click.Choice(["done", "partial", "failed", "needs_review"]),
        help="Documents with this outcome.",
    ),
    click.option("--source", metavar="NAME|URI", help="Documents of a source in docmill.toml, or "
                 "whose URI begins so."),
)  # fmt: skip
NAMES = ("where", "schema_name", "ocr_engine", "extracted_by", "before", "status", "source")


def filter_options(command: _Command) -> _Command:
    """Adds the options; the command gets them by `NAMES`."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def filter_of(options: Mapping[str, Any], settings: Settings) -> Filter | None:
    """The filter that the options stand for; None where none is given.

    Raises:
        UsageError: the named source cannot be used.
    """
    given = {name: options[name] for name in NAMES if options[name] is not None}
    if not given:
        return None
    if "extracted_by" in given:
        given["extractor"] = given.pop("extracted_by")
    if given.get("source") in settings.sources:
        given["source"] = follow(given["source"], settings).place.store.uri
    before: datetime | None = given.get("before")
    if before is not None:
        given["before"] = before.replace(tzinfo=UTC)
    return Filter(**given)
