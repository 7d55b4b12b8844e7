"""Forms of any kind: the pairs of key and value on them, and their tick boxes."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from docmill.schemas.document_schema import FieldKind, ListShape
from docmill.schemas.hints import document_hints, printed
from docmill.schemas.kinds import form_labels as labels


class FormPair(BaseModel):
    """One printed key with what was filled in for it."""

    key: str | None = Field(
        default=None,
        description="The key as printed, without a colon at its end.",
        json_schema_extra=printed(kind=FieldKind.TEXT),
    )
    value: str | None = Field(
        default=None,
        description="What was filled in, lines joined.",
        json_schema_extra=printed(kind=FieldKind.TEXT),
    )


class FormCheckbox(BaseModel):
    """One tick box."""

    label: str | None = Field(
        default=None,
        description="The words beside the box.",
        json_schema_extra=printed(kind=FieldKind.TEXT),
    )
    checked: bool | None = Field(default=None, description="Whether the box is ticked.")


class Form(BaseModel):
    """A form of any kind: keys with what was filled in, and tick boxes."""

    model_config = ConfigDict(json_schema_extra=document_hints(labels.TITLES))

    pairs: list[FormPair] = Field(
        default=[],
        description="Every key that has a value, in reading order.",
        json_schema_extra=printed(labels.PAIRS, shape=ListShape.PAIRS, required=True),
    )
    checkboxes: list[FormCheckbox] = Field(
        default=[],
        description="Every tick box with a label, in reading order.",
        json_schema_extra=printed(labels.CHECKBOXES, shape=ListShape.CHECKBOXES),
    )
