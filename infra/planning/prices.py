"""What engines cost: nothing for those in docmill's own processes, a price list for the others."""

from __future__ import annotations

import tomllib
from datetime import date
from importlib.resources import files

from pydantic import Field, ValidationError

from docmill.schemas.engine import EngineTag
from docmill.schemas.errors import UsageError
from docmill.schemas.frozen import Frozen

# Engines without a model server behind them: no calls, no tokens, no bill.
EMBEDDED = frozenset({"by_page", "text_layer", "rapidocr", "tesseract", "local"})
# Model servers of one's own: calls and tokens, but no bill for them.
OWN_SERVERS = frozenset({"chandra", "glm_ocr", "glm_ocr_regions"})
# English print has about four characters per token; other languages have fewer.
CHARACTERS_PER_TOKEN = 4


class Price(Frozen):
    """What a model cost on a day, and who says so."""

    engine: str
    model: str
    currency: str
    per_million_input_tokens: float = Field(ge=0)
    per_million_output_tokens: float = Field(ge=0)
    as_of: date
    source: str


class PriceList(Frozen):
    """Prices by engine and model."""

    price: tuple[Price, ...] = ()

    def of(self, engine: EngineTag) -> Price | None:
        """The price of an engine; None where it is not known."""
        for price in self.price:
            if (price.engine, price.model) == (engine.name, engine.model):
                return price
        return None


def is_embedded(engine: EngineTag) -> bool:
    """Whether an engine calls no model server."""
    return engine.name in EMBEDDED


def is_on_own_servers(engine: EngineTag) -> bool:
    """Whether an engine's model runs on machines of one's own."""
    return engine.name in OWN_SERVERS


def price_list(text: str | None = None) -> PriceList:
    """The shipped list, or the one in `text` (TOML).

    Raises:
        UsageError: it is no price list.
    """
    if text is None:
        text = files("docmill.infra.planning").joinpath("prices.toml").read_text("utf-8")
    try:
        return PriceList.model_validate(tomllib.loads(text))
    except (ValidationError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"the price list cannot be used: {error}", "Correct the file.") from error
