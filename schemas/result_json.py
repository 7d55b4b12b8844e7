"""A part's result as one JSON value, for those who want all of it at once."""

from __future__ import annotations

import re
from typing import Any

from docmill.schemas.extraction import Check, Extraction, FieldValue

_STEP = re.compile(r"\[(\d+)\]|[^.\[\]]+")


def result_json(extraction: Extraction) -> dict[str, Any]:
    """An extraction in the shape of its schema.

    A field's place is its path: `total` is the key `total`, `seller.name` the key `name` inside
    `seller`, `line_items[2].quantity` the key `quantity` of the third row of `line_items`, and
    `parties[0]` the first element of `parties`. At its place stands an object:

        value              normalised text, or null unless status is "present"
        raw                as printed, or null
        status             "present", "absent", "illegible" or "not_found"
        confidence         0..1
        confidence_status  "prior" or "calibrated"
        match              "exact", "normalised", "fuzzy" or "none"
        page               from 1, or null where match is "none"
        box                [x0, y0, x1, y1] in 0..1 of the displayed page, or null likewise
        derived            true for values that are computed from others

    The key `checks` holds the validators' results, each with `name`, `passed`, `paths` and
    `detail`. A schema that has a field of that name keeps it; the checks are then `checks_2`.
    """
    result: dict[str, Any] = {}
    for value in extraction.fields:
        _place(result, _steps(value.path), _value_json(value))
    checks = "checks_2" if "checks" in result else "checks"
    return {**result, checks: [_check_json(check) for check in extraction.checks]}


def _steps(path: str) -> list[str | int]:
    """`line_items[2].quantity` -> `["line_items", 2, "quantity"]`."""
    return [int(match[1]) if match[1] is not None else match[0] for match in _STEP.finditer(path)]


def _place(node: Any, steps: list[str | int], leaf: dict[str, Any]) -> None:
    """Put `leaf` where `steps` lead from `node`, making the objects and lists between."""
    for step, following in zip(steps, [*steps[1:], None], strict=True):
        if isinstance(step, int):
            node.extend({} for _ in range(step + 1 - len(node)))
            child = node[step]
        else:
            child = node.setdefault(step, [] if isinstance(following, int) else {})
        node = child
    node.update(leaf)


def _value_json(value: FieldValue) -> dict[str, Any]:
    evidence = value.evidence
    return {
        "value": value.value,
        "raw": value.raw,
        "status": value.status.value,
        "confidence": value.confidence,
        "confidence_status": value.confidence_status.value,
        "match": value.match.value,
        "page": evidence.page if evidence else None,
        "box": list(evidence.box.as_tuple()) if evidence else None,
        "derived": value.derived,
    }


def _check_json(check: Check) -> dict[str, Any]:
    return check.model_dump(mode="json")
