"""Reviewers' answers as rows of review_events, and back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC
from typing import Any

from docmill.infra.warehouse import ddl
from docmill.infra.warehouse.rows import TableRow, timestamp
from docmill.schemas.geometry import Box
from docmill.schemas.review import ReviewEvent

_CORNERS = ("x0", "y0", "x1", "y1")


def event_row(event: ReviewEvent) -> TableRow:
    """The row of an answer."""
    row = event.model_dump(mode="json", exclude={"box"})
    if event.box is not None:
        row |= dict(zip(_CORNERS, event.box.as_tuple(), strict=True))
    times = {"event_key": event.key, "answered_at": timestamp(event.answered_at)}
    return ddl.REVIEW_EVENTS, {**row, **times}


def event_of(row: Mapping[str, Any]) -> ReviewEvent:
    """The answer that a row of review_events holds."""
    own = {name: row[name] for name in ReviewEvent.model_fields if name in row}
    corners = {name: row[name] for name in _CORNERS}
    box = None if row["x0"] is None else Box(**corners)
    at = row["answered_at"].replace(tzinfo=UTC)
    return ReviewEvent.model_validate({**own, "box": box, "answered_at": at})
