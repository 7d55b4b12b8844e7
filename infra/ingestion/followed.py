"""A source from the settings, with all that is to be done with its documents."""

from __future__ import annotations

from dataclasses import dataclass

from docmill.infra.settings import Settings, Source
from docmill.infra.sources import Place, Selection, open_place
from docmill.infra.wiring import refuse_egress
from docmill.schemas.document_schema import DocumentSchema
from docmill.schemas.errors import UsageError
from docmill.schemas.loading import load_schemas


@dataclass(frozen=True)
class Followed:
    """A source that is followed.

    `settings` are the general ones with the source's own engines and thresholds in their place.
    """

    name: str
    source: Source
    place: Place
    settings: Settings
    schemas: tuple[DocumentSchema, ...]


def follow(name: str, settings: Settings) -> Followed:
    """The source of this name.

    Raises:
        UsageError: there is none, its place or schema cannot be used, or its engines would send
            documents elsewhere although its `egress` forbids that.
    """
    source = settings.sources.get(name)
    if source is None:
        known = ", ".join(settings.sources) or "none"
        raise UsageError(f"there is no source `{name}`", f"Sources in docmill.toml: {known}.")
    own = {
        "ocr": source.ocr,
        "extractor": source.extractor,
        "schema_": source.schema_,
        "review": source.review,
    }
    given = {setting: value for setting, value in own.items() if value is not None}
    effective = settings.model_copy(update=given)
    if source.egress == "none":
        refuse_egress(name, effective.ocr, effective.extractor)
    return Followed(
        name=name,
        source=source,
        place=open_place(source.uri, Selection(source.include, source.exclude)),
        settings=effective,
        schemas=load_schemas(effective.schema_),
    )
