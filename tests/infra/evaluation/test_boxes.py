from __future__ import annotations

from typing import Any

import pytest

from docmill.infra.evaluation.boxes import inside, overlap
from docmill.infra.evaluation.fields import judge
from docmill.infra.evaluation.truth import TrueLine, truth_of
from docmill.schemas.document_schema import DocumentSchema
from docmill.schemas.evaluation import PlacedBox
from docmill.schemas.geometry import Box


def place(x0: float, y0: float, x1: float, y1: float, page: int = 1) -> PlacedBox:
    return PlacedBox(page=page, box=Box(x0=x0, y0=y0, x1=x1, y1=y1))


LINES = [
    TrueLine("ACME SDN BHD", place(0.1, 0.1, 0.6, 0.2)),
    TrueLine("Lot 7, Jalan 5,", place(0.1, 0.2, 0.6, 0.3)),
    TrueLine("50100 Kuala Lumpur", place(0.1, 0.3, 0.6, 0.4)),
    TrueLine("Total 30.90", place(0.1, 0.6, 0.6, 0.7)),
    TrueLine("Cash 30.90", place(0.1, 0.8, 0.6, 0.9)),
]


def test_overlap_by_hand() -> None:
    assert overlap(place(0, 0, 0.2, 0.1), place(0.1, 0, 0.3, 0.1)) == pytest.approx(1 / 3)
    assert overlap(place(0, 0, 1, 1), place(0, 0, 1, 1)) == 1
    assert overlap(place(0, 0, 1, 1), place(0, 0, 1, 1, page=2)) == 0
    assert overlap(None, place(0, 0, 1, 1)) is None
    assert overlap(place(0, 0, 1, 1), None) is None


def test_a_value_within_its_line() -> None:
    assert inside(place(0.1, 0.1, 0.5, 0.2), "ACME Sdn Bhd", LINES) == pytest.approx(1)
    assert inside(place(0.1, 0.05, 0.5, 0.15), "ACME Sdn Bhd", LINES) == pytest.approx(0.5)
    assert inside(place(0.1, 0.1, 0.5, 0.2, page=2), "ACME Sdn Bhd", LINES) == 0


def test_any_of_the_places_where_a_value_is_printed_will_do() -> None:
    for top in (0.6, 0.8):
        assert inside(place(0.4, top, 0.5, top + 0.1), "30.90", LINES) == pytest.approx(1)
    assert inside(place(0.4, 0.7, 0.5, 0.8), "30.90", LINES) == 0


def test_a_value_over_several_lines() -> None:
    address = "LOT 7, JALAN 5, 50100 KUALA LUMPUR"
    assert inside(place(0.1, 0.2, 0.6, 0.4), address, LINES) == pytest.approx(1)
    assert inside(place(0.1, 0.1, 0.6, 0.4), address, LINES) == pytest.approx(2 / 3)


def test_what_is_not_known_is_not_measured() -> None:
    assert inside(None, "30.90", LINES) is None
    assert inside(place(0, 0, 1, 1), "not printed", LINES) is None
    assert inside(place(0, 0, 1, 1), "30.90", []) is None


def test_truth_in_fractions_and_in_pixels(
    shop: DocumentSchema, example: Any, values: Any, page: Any
) -> None:
    boxes = {"number": {"page": 1, "box": [0.1, 0.1, 0.2, 0.3]}}
    quad = [100, 200, 300, 200, 300, 400, 100, 400]
    entry = example(
        fields={"number": "7", "seller": "ACME", "total": "1"},
        boxes=boxes,
        gt={"text_lines": [{"text": "ACME Ltd", "quad": quad}]},
    )
    truth = truth_of(entry, shop, {1: page()}, {})
    found = values({"number": "7", "seller": "ACME", "total": "1"})
    number, seller, total = judge(truth, found, shop)
    assert number.iou == pytest.approx(0.5)
    assert seller.inside == pytest.approx(1)  # 0.1 0.1 0.3 0.2 of the page holds it
    assert (total.iou, total.inside) == (None, None)
