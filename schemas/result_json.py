"""A part's result as one JSON value, for those who want all of it at once."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from docmill.schemas.extraction import Check, Extraction, FieldValue
from docmill.schemas.stored import StoredCheck, StoredExtraction, StoredValue

_STEP = re.compile(r"\[(\d+)\]|[^.\[\]]+")


def result_json(extraction: Extraction | StoredExtraction) -> dict[str, Any]:
    """An extraction in the shape of its schema.

    A field's place is its path: `total` is the key `total`, `seller.name` the key `name` inside
    `seller`, `line_items[2].quantity` the key `quantity` of the third row of `line_items`, and
    `parties[0]` the first element of `parties`. At its place stands an object:

        value              normalised text, or null unless status is "present"
        raw                as printed, or null
        status             "present", "absent", "illegible" or "not_found"
        confidence         0..1
        confidence_status  "prior", "calibrated" or "reviewed"
        match              "exact", "normalised", "fuzzy" or "none"
        page               from 1, or null where match is "none"
        box                [x0, y0, x1, y1] in 0..1 of the displayed page, or null likewise
        derived            true for values that are computed from others

    The key `checks` holds the validators' results, each with `name`, `passed`, `paths` and
    `detail`. A schema that has a field of that name keeps it; the checks are then `checks_2`.
    """
    values = [_value_json(value) for value in extraction.fields]
    result = _shape(tuple([value.path for value in extraction.fields])).filled(values)
    checks = "checks_2" if "checks" in result else "checks"
    return {**result, checks: [_check_json(check) for check in extraction.checks]}


@dataclass
class _Node:
    """A place in a result: of a value (by its number), with keys, or with rows, or of several."""

    value: int | None = None
    keys: dict[str, _Node] = field(default_factory=dict["str", "_Node"])
    rows: list[_Node] = field(default_factory=list["_Node"])

    def at(self, step: str | int) -> _Node:
        """One step further; rows before the one that is named are made, too."""
        if isinstance(step, str):
            return self.keys.setdefault(step, _Node())
        self.rows.extend(_Node() for _ in range(len(self.rows), step + 1))
        return self.rows[step]

    def filled(self, values: list[dict[str, Any]]) -> Any:
        """What stands here."""
        if self.rows:
            return [row.filled(values) for row in self.rows]
        own = {} if self.value is None else values[self.value]
        for key, node in self.keys.items():
            own[key] = node.filled(values)
        return own


@lru_cache(maxsize=200)  # documents of one schema often have the same paths
def _shape(paths: tuple[str, ...]) -> _Node:
    """Where values with these paths stand."""
    root = _Node()
    for number, path in enumerate(paths):
        node = root
        for match in _STEP.finditer(path):
            node = node.at(match[0] if match[1] is None else int(match[1]))
        node.value = number
    return root


def _value_json(value: FieldValue | StoredValue) -> dict[str, Any]:
    """What stands at a value's place."""
    evidence = value.evidence
    box = evidence.box if evidence else None
    return {
        "value": value.value,
        "raw": value.raw,
        "status": value.status,
        "confidence": value.confidence,
        "confidence_status": value.confidence_status,
        "match": value.match,
        "page": evidence.page if evidence else None,
        "box": [box.x0, box.y0, box.x1, box.y1] if box else None,
        "derived": value.derived,
    }


def _check_json(check: Check | StoredCheck) -> dict[str, Any]:
    return {
        "name": check.name,
        "passed": check.passed,
        "paths": list(check.paths),
        "detail": check.detail,
    }
