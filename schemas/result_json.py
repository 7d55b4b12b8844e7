"""A part's result as one JSON value, for those who want all of it at once."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, TypeAlias

from docmill.schemas.extraction import ConfidenceStatus, Extraction, Match

_STEP = re.compile(r"\[(\d+)\]|[^.\[\]]+")
_PRIOR, _NONE = ConfidenceStatus.PRIOR.value, Match.NONE.value
_Steps: TypeAlias = tuple[str | int, ...]


def result_json(extraction: Extraction) -> dict[str, Any]:
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
    return result_of(extraction.model_dump(mode="json"))


def result_of(stored: Mapping[str, Any]) -> dict[str, Any]:
    """The same from an extraction as the lake keeps it: the JSON object of its model.

    Raises:
        KeyError, TypeError, AttributeError, IndexError: it is no such object.
    """
    result: dict[str, Any] = {}
    nodes: dict[_Steps, Any] = {(): result}
    for value in stored["fields"]:
        parent, last = _place(value["path"])
        node = nodes.get(parent)
        if node is None:
            node = nodes[parent] = _made(result, parent, last)
        _child(node, last, None).update(_value_json(value))
    checks = "checks_2" if "checks" in result else "checks"
    return {**result, checks: [_check_json(check) for check in stored.get("checks", ())]}


@lru_cache(maxsize=10_000)  # the paths of one schema's documents are the same again and again
def _place(path: str) -> tuple[_Steps, str | int]:
    """`line_items[2].quantity` -> `(("line_items", 2), "quantity")`."""
    *parent, last = (
        int(match[1]) if match[1] is not None else match[0] for match in _STEP.finditer(path)
    )
    return tuple(parent), last


def _made(node: Any, steps: _Steps, last: str | int) -> Any:
    """What `steps` lead to from `node`; objects and lists between are made where missing."""
    for step, following in zip(steps, (*steps[1:], last), strict=True):
        node = _child(node, step, following)
    return node


def _child(node: Any, step: str | int, following: str | int | None) -> Any:
    """One step from `node`: to a list where a row number follows, to an object otherwise."""
    if isinstance(step, int):
        while len(node) <= step:
            node.append({})
        return node[step]
    return node.setdefault(step, [] if isinstance(following, int) else {})


def _value_json(value: Mapping[str, Any]) -> dict[str, Any]:
    """What stands at a value's place; what an older docmill left out has the model's default."""
    evidence = value.get("evidence")
    box = evidence["box"] if evidence else None
    return {
        "value": value["value"],
        "raw": value["raw"],
        "status": value["status"],
        "confidence": value["confidence"],
        "confidence_status": value.get("confidence_status", _PRIOR),
        "match": evidence["match"] if evidence else _NONE,
        "page": evidence["page"] if evidence else None,
        "box": [box["x0"], box["y0"], box["x1"], box["y1"]] if box else None,
        "derived": value.get("derived", False),
    }


def _check_json(check: Mapping[str, Any]) -> dict[str, Any]:
    return {name: check[name] for name in ("name", "passed", "paths", "detail")}
