"""Calls to models, their tokens, and money."""

from __future__ import annotations

from docmill.infra.planning.figure import Figure
from docmill.infra.planning.history import History
from docmill.infra.planning.prices import (
    CHARACTERS_PER_TOKEN,
    PriceList,
    is_embedded,
    is_on_own_servers,
)
from docmill.schemas.engine import EngineTag
from docmill.schemas.frozen import Frozen

_MILLION = 1_000_000


class Cost(Frozen):
    """What model servers would be asked, and what they charge; `price` says by which price."""

    model_calls: Figure = Figure()
    input_tokens: Figure = Figure()
    output_tokens: Figure = Figure()
    money: Figure = Figure()
    currency: str | None = None
    price: str = "engines in docmill's own processes: no calls, no cost"


def cost_of(
    ocr_engine: EngineTag,
    extractor: EngineTag,
    history: History,
    prices: PriceList,
    *,
    pages: Figure,
    parts: Figure,
    characters: Figure,
) -> Cost:
    """The cost of reading `pages` and filling schemas from `parts` with `characters` of text.

    Embedded engines make no calls. A hosted extractor is called once per part, with the text; a
    hosted OCR engine once per page, with a picture whose tokens nobody knows beforehand.
    """
    if is_embedded(extractor) and is_embedded(ocr_engine):
        return Cost()
    calls = read_input = read_output = Figure()
    if not is_embedded(ocr_engine):
        calls += pages
        read_input = read_output = Figure(unknown=int(pages.known + pages.estimated > 0))
    if is_embedded(extractor):
        return _priced(ocr_engine, prices, calls, read_input, read_output)
    answer = history.answer_characters and history.answer_characters / CHARACTERS_PER_TOKEN
    return _priced(
        extractor,
        prices,
        calls + parts,
        read_input + characters.times(1 / CHARACTERS_PER_TOKEN),
        read_output + parts.times(answer),
    )


def _priced(
    engine: EngineTag, prices: PriceList, calls: Figure, asked: Figure, answered: Figure
) -> Cost:
    price = prices.of(engine)
    if is_on_own_servers(engine):
        money = Figure()
        text = f"{engine.name} on your own servers: no price per token"
    elif price is None:
        money = asked.times(None) + answered.times(None)
        text = f"the price list has no {engine}"
    else:
        money = asked.times(price.per_million_input_tokens / _MILLION) + answered.times(
            price.per_million_output_tokens / _MILLION
        )
        text = f"{engine.model} as of {price.as_of}, {price.source}"
    return Cost(
        model_calls=calls,
        input_tokens=asked,
        output_tokens=answered,
        money=money,
        currency=price and price.currency,
        price=text,
    )
