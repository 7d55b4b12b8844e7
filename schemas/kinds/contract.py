"""Contracts: who agreed, from when, for how long, under whose law."""

from __future__ import annotations

from datetime import date as Date

from pydantic import BaseModel, ConfigDict, Field

from docmill.schemas.document_schema import FieldKind
from docmill.schemas.hints import document_hints, printed
from docmill.schemas.kinds import contract_labels as labels


class Contract(BaseModel):
    """A contract or agreement between two or more parties, as a document or a letter."""

    model_config = ConfigDict(json_schema_extra=document_hints(labels.TITLES))

    parties: list[str] = Field(
        default=[],
        description="The names of the people and firms that agree, in the order of mention.",
        json_schema_extra=printed(
            labels.PARTIES, cues=labels.PARTIES_CUES, kind=FieldKind.NAME, required=True
        ),
    )
    effective_date: Date | None = Field(
        default=None,
        description="The day from which the contract holds; else the day it was made.",
        json_schema_extra=printed(
            labels.EFFECTIVE_DATE, cues=labels.EFFECTIVE_DATE_CUES, required=True
        ),
    )
    term: str | None = Field(
        default=None,
        description="How long the contract holds, as number and unit: 2 years, 18 months.",
        json_schema_extra=printed(labels.TERM, cues=labels.TERM_CUES, kind=FieldKind.DURATION),
    )
    jurisdiction: str | None = Field(
        default=None,
        description="The state or country whose law governs the contract, by its name.",
        json_schema_extra=printed(
            labels.JURISDICTION, cues=labels.JURISDICTION_CUES, kind=FieldKind.NAME
        ),
    )
