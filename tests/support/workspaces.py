"""What is in a workspace, for looking at what runs made of it."""

from __future__ import annotations

from pathlib import Path

import duckdb

from docmill.infra.commits import DocumentCommit
from docmill.infra.lake import Lake
from docmill.infra.storage.opening import open_store

TABLES = ("documents", "fields", "results", "pages", "words", "review_queue", "failures")
# Columns that differ between two runs of the same work.
VARYING = {
    "first_seen_at", "finished_at", "created_at", "failed_at", "run_id", "last_seen_at",
    "extracted_at",
}  # fmt: skip


def rows(workspace: Path) -> dict[str, list[tuple[object, ...]]]:
    """All rows of the published tables, but for the columns that vary."""
    connection = duckdb.connect(workspace / "published.duckdb", read_only=True)
    found: dict[str, list[tuple[object, ...]]] = {}
    for table in TABLES:
        names = [row[0] for row in connection.execute(f"DESCRIBE {table}").fetchall()]
        kept = ", ".join(f'"{name}"' for name in names if name not in VARYING)
        found[table] = sorted(
            connection.execute(f"SELECT {kept} FROM {table}").fetchall(), key=repr
        )
    connection.close()
    return found


def committed(workspace: Path) -> list[str]:
    """The ids of the documents whose outcomes were committed, one for each record."""
    return committed_in(str(workspace / "lake"))


def committed_in(lake_root: str) -> list[str]:
    """The same of a lake anywhere."""
    lake = Lake(open_store(lake_root))
    return [
        record.content.document_id
        for _, record in lake.commits()
        if isinstance(record, DocumentCommit)
    ]
