"""What a Pydantic field tells docmill beyond its type: the `x-` keys of its JSON Schema."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from pydantic.config import JsonDict

from docmill.schemas.document_schema import FieldKind, Role

LABELS: Final = "x-labels"
KIND: Final = "x-kind"
ROLE: Final = "x-role"
REQUIRED: Final = "x-required"
TITLES: Final = "x-titles"
KEYS: Final = (LABELS, KIND, ROLE, REQUIRED, TITLES)


def printed(
    labels: Mapping[str, str] | None = None,
    *,
    kind: FieldKind | None = None,
    role: Role | None = None,
    required: bool = False,
) -> JsonDict:
    """The `json_schema_extra` of one field.

    Args:
        labels: language code -> the words printed beside the value, separated by ` | `, the
            most telling first.
        kind: what sort of value it is, where type and name do not tell.
        role: whom the value belongs to.
        required: whether a document without it goes to review.
    """
    hints: JsonDict = {}
    if labels:
        hints[LABELS] = by_language(labels)
    if kind:
        hints[KIND] = kind.value
    if role:
        hints[ROLE] = role.value
    if required:
        hints[REQUIRED] = True
    return hints


def by_language(labels: Mapping[str, str]) -> JsonDict:
    """Language code -> list of words, from words separated by `|`."""
    return {
        language: [word.strip() for word in words.split("|")] for language, words in labels.items()
    }
