"""What a Pydantic field tells docmill beyond its type: the `x-` keys of its JSON Schema."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, cast

from pydantic.config import JsonDict

from docmill.schemas.document_schema import FieldKind, ListShape, Role, Rules

LABELS: Final = "x-labels"
CUES: Final = "x-cues"
KIND: Final = "x-kind"
ROLE: Final = "x-role"
SHAPE: Final = "x-shape"
REQUIRED: Final = "x-required"
TITLES: Final = "x-titles"
RULES: Final = "x-rules"
NO_RULES: Final = Rules()
KEYS: Final = (LABELS, CUES, KIND, ROLE, SHAPE, REQUIRED, TITLES, RULES)


def printed(
    labels: Mapping[str, str] | None = None,
    *,
    cues: Mapping[str, str] | None = None,
    kind: FieldKind | None = None,
    role: Role | None = None,
    shape: ListShape | None = None,
    required: bool = False,
) -> JsonDict:
    """The `json_schema_extra` of one field.

    Args:
        labels: language code -> the words printed beside the value, separated by ` | `, the
            most telling first.
        cues: language code -> phrases that surround the value in running text, `{}` where it
            stands, separated by ` | `.
        kind: what sort of value it is, where type and name do not tell.
        role: whom the value belongs to.
        shape: what the rows of a list are, unless rows of a table.
        required: whether a document without it goes to review.
    """
    hints: JsonDict = {}
    if labels:
        hints[LABELS] = by_language(labels)
    if cues:
        hints[CUES] = by_language(cues)
    if kind:
        hints[KIND] = kind.value
    if role:
        hints[ROLE] = role.value
    if shape:
        hints[SHAPE] = shape.value
    if required:
        hints[REQUIRED] = True
    return hints


def by_language(labels: Mapping[str, str]) -> JsonDict:
    """Language code -> list of words, from words separated by `|`."""
    return {
        language: [word.strip() for word in words.split("|")] for language, words in labels.items()
    }


def document_hints(titles: Mapping[str, str], rules: Rules = NO_RULES) -> JsonDict:
    """The `json_schema_extra` of a whole model.

    Args:
        titles: language code -> words that name the document type on the document itself,
            separated by ` | `.
        rules: what holds between the values of a correct document.
    """
    written = cast(JsonDict, rules.model_dump(mode="json", exclude_defaults=True))
    return {TITLES: by_language(titles), **({RULES: written} if written else {})}
