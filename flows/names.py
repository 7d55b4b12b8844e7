"""What things are called in Prefect: the words operators see and search for."""

from __future__ import annotations

from docmill.schemas.errors import UsageError

# On every deployment, and so on every flow run: automations watch runs with this tag only.
TAG = "docmill"

INGEST_POOL = "ingest"
WAREHOUSE_POOL = "warehouse"

READ = "read"
PROCESS = "process"
PAGES = "pages"
INGEST = "ingest"
LOAD = "load"
REPROCESS = "reprocess"

_BANNED = frozenset("/%&<>")


def deployment(flow: str, name: str) -> str:
    """The full name of a deployment, such as `process/cpu`."""
    return f"{flow}/{name}"


def source_tag(source: str) -> str:
    """The tag on all runs that belong to a source."""
    return f"source:{source}"


def batch_run(source: str, number: int, documents: int, step: str | None = None) -> str:
    """The name of a batch's flow run: `invoices · batch 3 · 200 documents`."""
    parts = (source, f"batch {number}", counted(documents, "document"), step)
    return " · ".join(part for part in parts if part)


def counted(number: int, noun: str) -> str:
    """A number with its noun: `1 document`, `2,000 documents`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def checked_source(name: str) -> str:
    """The name itself, if it can be the name of a deployment.

    Raises:
        UsageError: it has a character that Prefect refuses.
    """
    if not name.strip() or _BANNED & set(name):
        raise UsageError(
            f"the source name “{name}” cannot be used as the name of a deployment",
            "Name it without / % & < >, for example [sources.supplier-invoices].",
        )
    return name
