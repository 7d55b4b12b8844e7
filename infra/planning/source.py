"""The plan for a source that is followed: what its next run would do."""

from __future__ import annotations

from collections import Counter

from docmill.infra.ingestion.changes import Kind
from docmill.infra.ingestion.followed import follow
from docmill.infra.ingestion.scan import find_changes, inventories_of
from docmill.infra.planning.plan import Planned, plan_of
from docmill.infra.settings import Settings
from docmill.infra.work import Work
from docmill.schemas.source import SourceObject


def plan_source(name: str, settings: Settings, *, exact: bool = False) -> Planned:
    """What the next run over a source of docmill.toml would do, under the source's own settings.

    The source is listed once; for what its inventory knows and nothing changed, nothing is asked.

    Raises:
        UsageError: there is no such source, or its place or schema cannot be used.
        StoreError: the source, the lake or the published warehouse cannot be read.
    """
    followed = follow(name, settings)
    lake = followed.settings.open_workspace().lake()
    inventories = inventories_of(lake, followed)
    known = inventories.entries(inventories.newest().chunks)
    work = Work(followed.settings, followed.schemas, "")
    counts: Counter[Kind] = Counter()
    objects: list[SourceObject] = []
    for change in find_changes(followed, known, work.key):
        counts[change.kind] += 1
        if change.found is None or change.kind is Kind.UNCHANGED:
            continue
        source = followed.place.object(change.found)
        known_id = change.entry and change.kind is not Kind.CHANGED and change.entry.document_id
        objects.append(source.model_copy(update={"document_id": known_id or None}))
    return plan_of(
        objects,
        followed.schemas,
        followed.settings,
        exact=exact,
        settled=counts[Kind.UNCHANGED],
    )
