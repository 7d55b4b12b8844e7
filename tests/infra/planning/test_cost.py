from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docmill.infra.model_endpoints.options import Models
from docmill.infra.planning.cost import cost_of
from docmill.infra.planning.figure import Figure, total
from docmill.infra.planning.history import History
from docmill.infra.planning.prices import is_embedded, price_list
from docmill.infra.wiring import EMBEDDED_OCR, MODEL_OCR, extractor, ocr_tag, page_reader
from docmill.schemas.engine import EngineTag
from docmill.schemas.errors import UsageError

TEXT_LAYER = EngineTag(name="text_layer", version="1")
HOSTED = EngineTag(name="hosted", version="1", model="m-1")
PRICES = """
[[price]]
engine = "hosted"
model = "m-1"
currency = "EUR"
per_million_input_tokens = 2.0
per_million_output_tokens = 10.0
as_of = 2026-01-31
source = "an offer made for this test"
"""
PAGES = {"pages": Figure(known=10), "parts": Figure(known=4), "characters": Figure(known=40_000)}

figures = st.builds(
    Figure,
    known=st.integers(0, 10**6),
    estimated=st.integers(0, 10**6),
    unknown=st.integers(0, 9),
)


def test_embedded_engines_cost_nothing_and_that_is_known() -> None:
    cost = cost_of(
        page_reader("text_layer").tag, extractor("local").tag, History(), price_list(), **PAGES
    )
    assert cost.money == cost.model_calls == Figure()
    assert cost.money.certainty == "known"


@pytest.mark.parametrize("name", [name for name in EMBEDDED_OCR if "tesseract" not in name])
def test_embedded_engines_are_known_as_such(name: str) -> None:
    assert is_embedded(page_reader(name).tag)


@pytest.mark.parametrize("name", MODEL_OCR)
def test_models_on_own_servers_are_called_and_charge_nothing(name: str) -> None:
    engine = ocr_tag(name, Models())
    cost = cost_of(engine, extractor("local").tag, History(), price_list(), **PAGES)
    assert cost.model_calls == PAGES["pages"]
    assert cost.money == Figure()
    assert "your own servers" in cost.price


def test_a_hosted_extractor_is_paid_by_token() -> None:
    history = History(answer_characters=2000)
    cost = cost_of(TEXT_LAYER, HOSTED, history, price_list(PRICES), **PAGES)
    assert cost.model_calls == Figure(known=4)
    assert cost.input_tokens == Figure(estimated=10_000)
    assert cost.output_tokens == Figure(estimated=2_000)
    assert cost.money.estimated == pytest.approx(0.04)
    assert cost.currency == "EUR"
    assert "2026-01-31" in cost.price


def test_without_a_price_money_is_unknown_not_nothing() -> None:
    cost = cost_of(TEXT_LAYER, HOSTED, History(answer_characters=9), price_list(), **PAGES)
    assert cost.money.value is None
    assert "no hosted@1[m-1]" in cost.price


def test_without_a_past_the_answers_length_is_unknown() -> None:
    cost = cost_of(TEXT_LAYER, HOSTED, History(), price_list(PRICES), **PAGES)
    assert cost.output_tokens.value is None
    assert cost.money.certainty == "unknown"


def test_tokens_of_pictures_are_unknown() -> None:
    cost = cost_of(HOSTED, extractor("local").tag, History(), price_list(PRICES), **PAGES)
    assert cost.model_calls == Figure(known=10)
    assert cost.input_tokens.value is None


def test_a_damaged_price_list_is_refused() -> None:
    with pytest.raises(UsageError):
        price_list("price = [")
    with pytest.raises(UsageError):
        price_list(PRICES.replace("2.0", "-2.0"))


@given(st.lists(figures, max_size=5))
def test_a_sum_is_as_certain_as_its_least_certain_part(parts: list[Figure]) -> None:
    whole = total(parts)
    order = ("known", "estimated", "unknown")
    worst = max((order.index(part.certainty) for part in parts), default=0)
    assert order.index(whole.certainty) == worst
    if whole.value is not None:
        assert whole.value == sum(part.value or 0 for part in parts)


@given(figures, st.floats(0.001, 1000))
def test_another_unit_is_never_more_certain(figure: Figure, factor: float) -> None:
    assert figure.times(None).known == 0
    assert figure.times(factor).known == 0
    assert figure.times(factor).unknown == figure.unknown
    assert Figure().times(None) == Figure()


@pytest.mark.parametrize(
    ("figure", "text"),
    [
        (Figure(known=1200), "1,200"),
        (Figure(estimated=30), "about 30"),
        (Figure(known=120, estimated=30), "about 150 (30 of it estimated)"),
        (Figure(known=120, unknown=2), "at least 120, the rest unknown"),
        (Figure(unknown=2), "unknown"),
    ],
)
def test_figures_in_words(figure: Figure, text: str) -> None:
    assert figure.text() == text
