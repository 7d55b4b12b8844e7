"""Rules between values, from the `x-rules` of a JSON Schema."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import ValidationError

from docmill.schemas.document_schema import Rules
from docmill.schemas.errors import SchemaError
from docmill.schemas.hints import RULES


def rules_from(json_schema: Mapping[str, Any], paths: Iterable[str]) -> Rules:
    """The rules of a schema.

    Args:
        json_schema: the root of the JSON Schema.
        paths: every path pattern the schema has (`total`, `line_items[].line_total`).

    Raises:
        SchemaError: a rule has the wrong shape or names a field that does not exist.
    """
    try:
        rules = Rules.model_validate(json_schema.get(RULES, {}))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise SchemaError(f"{RULES}: {where}: {first['msg']}") from error
    unknown = sorted(set(_named(rules)) - set(paths))
    if unknown:
        raise SchemaError(f"{RULES} names fields that do not exist: {', '.join(unknown)}")
    return rules


def _named(rules: Rules) -> Iterable[str]:
    for total in rules.sums:
        yield from (total.total, *total.parts)
    for product in rules.products:
        yield from (product.product, *product.factors)
    for order in rules.date_order:
        yield from (order.earlier, order.later)
    for fallback in rules.fallbacks:
        yield from (fallback.field, fallback.source)
