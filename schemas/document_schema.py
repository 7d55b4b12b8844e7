"""What a user wants to know about a document: the one form that every extractor works from.

A schema starts as a Pydantic model or a JSON Schema; both become a `DocumentSchema` the very
same way, by way of JSON Schema (`docmill.schemas.parsing`).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from enum import StrEnum
from functools import cached_property
from typing import Any

from docmill.schemas.frozen import Frozen


class FieldKind(StrEnum):
    """What sort of value a field takes: decides candidates, normal form and comparison.

    Normal forms: `DATE` ISO 8601; `AMOUNT`, `NUMBER`, `PERCENT` plain decimals with a dot;
    `INTEGER` digits; `CURRENCY` ISO 4217; `IBAN` and `VAT_ID` without spaces; `DURATION` number
    and unit in English (`2 years`, `1 month`); `BOOLEAN` true/false; `CHOICE` one of `choices`;
    the rest as printed with white space folded.
    """

    TEXT = "text"
    NAME = "name"
    ADDRESS = "address"
    IDENTIFIER = "identifier"
    DATE = "date"
    AMOUNT = "amount"
    NUMBER = "number"
    PERCENT = "percent"
    INTEGER = "integer"
    CURRENCY = "currency"
    IBAN = "iban"
    VAT_ID = "vat_id"
    DURATION = "duration"
    BOOLEAN = "boolean"
    CHOICE = "choice"


class Role(StrEnum):
    """Whom or what a value belongs to, where labels alone cannot tell."""

    ISSUER = "issuer"
    RECIPIENT = "recipient"


class FieldSpec(Frozen):
    """One scalar field.

    `name` is the dotted path inside its parent (`total`, `seller.name`; empty for the values of
    a plain list); `labels` are the words printed beside the value, in any language. `cues` are
    phrases that surround it in running text, `{}` for the value and `…` for words left open:
    `governed by the laws of {}`; without `{}` the value follows the phrase.
    """

    name: str
    kind: FieldKind
    description: str = ""
    labels: tuple[str, ...] = ()
    cues: tuple[str, ...] = ()
    required: bool = False
    choices: tuple[str, ...] = ()
    pattern: str | None = None
    role: Role | None = None


class ListShape(StrEnum):
    """What a list's rows are on the page.

    `ROWS`: rows of a table whose columns are known. `PAIRS`: whatever keys are printed, with
    their values; the row's first field takes the key, the second the value. `CHECKBOXES`: tick
    boxes; the first field takes the words beside the box, the second (a boolean) the tick.
    """

    ROWS = "rows"
    PAIRS = "pairs"
    CHECKBOXES = "checkboxes"


class ListSpec(Frozen):
    """A list: of rows with several fields, or (one field with an empty name) of plain values."""

    name: str
    description: str = ""
    labels: tuple[str, ...] = ()
    required: bool = False
    shape: ListShape = ListShape.ROWS
    fields: tuple[FieldSpec, ...]

    @property
    def plain(self) -> bool:
        """Whether its rows are single values without a name."""
        return self.fields[0].name == ""


class SumRule(Frozen):
    """`total` equals the sum of `parts`; a part over a list (`line_items[].line_total`) adds up."""

    total: str
    parts: tuple[str, ...]


class ProductRule(Frozen):
    """In each row, `product` equals the product of `factors` (all in the same list)."""

    product: str
    factors: tuple[str, ...]


class DateOrderRule(Frozen):
    """`earlier` is not after `later`."""

    earlier: str
    later: str


class Fallback(Frozen):
    """Where a document prints no value of its own for `field`, that of `source` is meant."""

    field: str
    source: str


class Rules(Frozen):
    """What holds between the values of a correct document; from `x-rules` in JSON Schema."""

    sums: tuple[SumRule, ...] = ()
    products: tuple[ProductRule, ...] = ()
    date_order: tuple[DateOrderRule, ...] = ()
    fallbacks: tuple[Fallback, ...] = ()


class DocumentSchema(Frozen):
    """A document type: scalar fields and lists.

    `titles` are words that name the type on the document itself (Invoice, Rechnung, …).
    `json_schema` is the JSON Schema it was made from.
    """

    name: str
    description: str = ""
    titles: tuple[str, ...] = ()
    fields: tuple[FieldSpec, ...]
    lists: tuple[ListSpec, ...] = ()
    rules: Rules = Rules()
    json_schema: dict[str, Any]

    @cached_property
    def hash(self) -> str:
        """16 hex digits over everything that guides an extractor."""
        content = self.model_dump(mode="json", exclude={"json_schema"})
        text = json.dumps(content, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def paths(self) -> Iterator[tuple[str, FieldSpec]]:
        """Every field with its path pattern: `total`, `line_items[].quantity`, `parties[]`."""
        for field in self.fields:
            yield field.name, field
        for rows in self.lists:
            for field in rows.fields:
                yield f"{rows.name}[]" + (f".{field.name}" if field.name else ""), field

    def spec_of(self, path: str) -> FieldSpec | None:
        """The field that a concrete path (`line_items[2].quantity`) belongs to."""
        return self._by_pattern.get(pattern_of(path))

    @cached_property
    def _by_pattern(self) -> dict[str, FieldSpec]:
        return dict(self.paths())


def pattern_of(path: str) -> str:
    """A concrete path without row numbers: `line_items[2].quantity` -> `line_items[].quantity`."""
    head, bracket, tail = path.partition("[")
    if not bracket:
        return path
    return f"{head}[]{tail.partition(']')[2]}"
