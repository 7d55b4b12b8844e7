from __future__ import annotations

from typing import Any

from docmill.schemas.engine import EngineTag
from docmill.schemas.extraction import Check, Evidence, Extraction, FieldValue, Match, ValueStatus
from docmill.schemas.geometry import Box
from docmill.schemas.result_json import result_json


def extraction(*paths: str, checks: tuple[Check, ...] = ()) -> Extraction:
    return Extraction(
        document_id="d",
        part=1,
        page_from=1,
        page_to=1,
        schema_name="s",
        schema_hash="h",
        engine=EngineTag(name="e", version="1"),
        fields=tuple(absent(path) for path in paths),
        checks=checks,
    )


def absent(path: str) -> FieldValue:
    return FieldValue(path=path, value=None, raw=None, status=ValueStatus.ABSENT, confidence=0.5)


def shape(node: Any) -> Any:
    """The nesting alone: a value is None."""
    match node:
        case {"status": str()}:
            return None
        case dict():
            return {key: shape(child) for key, child in node.items()}  # pyright: ignore
        case list():
            return [shape(child) for child in node]  # pyright: ignore
        case _:
            return node


def test_a_value_carries_its_evidence() -> None:
    evidence = Evidence(
        page=2,
        box=Box(x0=0.1, y0=0.2, x1=0.3, y1=0.4),
        words=(1, 2),
        quote="12,50",
        match=Match.NORMALISED,
    )
    update = {"value": "12.50", "raw": "12,50", "status": ValueStatus.PRESENT, "derived": True}
    total = absent("total").model_copy(update={**update, "evidence": evidence})
    result = result_json(extraction().model_copy(update={"fields": (total,)}))
    assert result["total"] == {
        "value": "12.50",
        "raw": "12,50",
        "status": "present",
        "confidence": 0.5,
        "confidence_status": "prior",
        "match": "normalised",
        "page": 2,
        "box": [0.1, 0.2, 0.3, 0.4],
        "derived": True,
    }


def test_a_value_without_evidence_has_no_box() -> None:
    total = result_json(extraction("total"))["total"]
    assert (total["value"], total["match"], total["page"], total["box"]) == (
        None,
        "none",
        None,
        None,
    )


def test_paths_become_places() -> None:
    paths = ("total", "seller.name", "seller.vat.id", "items[1].unit.price", "items[0].name")
    assert shape(result_json(extraction(*paths, "parties[0]", "parties[1]"))) == {
        "total": None,
        "seller": {"name": None, "vat": {"id": None}},
        "items": [{"name": None}, {"unit": {"price": None}}],
        "parties": [None, None],
        "checks": [],
    }


def test_checks_are_listed_beside_the_values() -> None:
    check = Check(name="sum", passed=False, paths=("total",), detail="1 is not 2")
    expected = {"name": "sum", "passed": False, "paths": ["total"], "detail": "1 is not 2"}
    assert result_json(extraction(checks=(check,)))["checks"] == [expected]
    clash = result_json(extraction("checks", checks=(check,)))
    assert clash["checks"]["status"] == "absent"
    assert clash["checks_2"] == [expected]
