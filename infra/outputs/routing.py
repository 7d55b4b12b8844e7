"""Which documents an output takes, and where in its source a document was."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from docmill.infra.outputs.options import OutputOptions
from docmill.infra.settings import Source
from docmill.infra.sources import open_place
from docmill.schemas.outcome import DocumentOutcome


@dataclass(frozen=True)
class Origin:
    """A configured source, and the path of an object below its place."""

    source: str
    path: str


class Sources:
    """The configured sources, by their places."""

    def __init__(self, sources: Mapping[str, Source]) -> None:
        places = ((open_place(source.uri).store.uri, name) for name, source in sources.items())
        self._places = sorted(places, key=lambda place: (-len(place[0]), place))

    def origin(self, uri: str) -> Origin | None:
        """Where a document comes from: of nested sources the innermost; None for no source."""
        for place, name in self._places:
            if uri.startswith(place):
                return Origin(name, uri.removeprefix(place))
        return None


def wanted(outcome: DocumentOutcome, options: OutputOptions, sources: Sources) -> bool:
    """Whether an output takes a document."""
    return (
        outcome.status in options.statuses
        and (not options.schemas or _has_schema(outcome, options))
        and (not options.sources or _is_from(outcome, options, sources))
    )


def _has_schema(outcome: DocumentOutcome, options: OutputOptions) -> bool:
    return any(part.schema_name in options.schemas for part in outcome.parts)


def _is_from(outcome: DocumentOutcome, options: OutputOptions, sources: Sources) -> bool:
    origin = sources.origin(outcome.uri)
    return origin is not None and origin.source in options.sources
