"""Values, pages and examples to judge, made by hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from docmill.infra.evaluation.dataset import Example
from docmill.schemas.document_schema import DocumentSchema, FieldKind, FieldSpec, ListSpec
from docmill.schemas.engine import EngineTag
from docmill.schemas.extraction import Evidence, FieldValue, Match, ValueStatus
from docmill.schemas.geometry import Box
from docmill.schemas.page import PageStatus, PageText, Word

ENGINE = EngineTag(name="text_layer", version="1")


def field(name: str, kind: FieldKind) -> FieldSpec:
    return FieldSpec(name=name, kind=kind)


SHOP = DocumentSchema(
    name="shop",
    fields=(
        field("number", FieldKind.IDENTIFIER),
        field("day", FieldKind.DATE),
        field("seller", FieldKind.NAME),
        field("total", FieldKind.AMOUNT),
    ),
    lists=(
        ListSpec(
            name="rows",
            fields=(field("what", FieldKind.TEXT), field("price", FieldKind.AMOUNT)),
        ),
        ListSpec(name="parties", fields=(field("", FieldKind.NAME),)),
    ),
    json_schema={},
)
FORM = DocumentSchema(
    name="form",
    fields=(),
    lists=(
        ListSpec(
            name="pairs",
            fields=(field("key", FieldKind.TEXT), field("value", FieldKind.TEXT)),
        ),
        ListSpec(
            name="checkboxes",
            fields=(field("label", FieldKind.TEXT), field("checked", FieldKind.BOOLEAN)),
        ),
    ),
    json_schema={},
)


@pytest.fixture(scope="session")
def shop() -> DocumentSchema:
    return SHOP


@pytest.fixture(scope="session")
def form() -> DocumentSchema:
    return FORM


def given_values(
    values: Mapping[str, str], boxes: Mapping[str, Sequence[float]] | None = None
) -> dict[str, FieldValue]:
    return {path: one_value(path, text, (boxes or {}).get(path)) for path, text in values.items()}


def one_value(path: str, text: str, box: Sequence[float] | None) -> FieldValue:
    x0, y0, x1, y1 = box or (0.1, 0.1, 0.2, 0.2)
    evidence = Evidence(
        page=1, box=Box(x0=x0, y0=y0, x1=x1, y1=y1), words=(0,), quote=text, match=Match.EXACT
    )
    return FieldValue(
        path=path,
        value=text,
        raw=text,
        status=ValueStatus.PRESENT,
        confidence=0.8,
        evidence=evidence,
    )


@pytest.fixture(scope="session")
def values() -> Callable[..., dict[str, FieldValue]]:
    """Makes present values: ({path: text}, {path: box} = {})."""
    return given_values


def one_page(*words: str, page: int = 1, **changes: Any) -> PageText:
    box = Box(x0=0.1, y0=0.1, x1=0.2, y1=0.2)
    return PageText(
        document_id="d" * 64,
        page=page,
        width_px=1000,
        height_px=2000,
        engine=ENGINE,
        status=PageStatus.OK,
        words=tuple(Word(text=word, box=box, block=0, line=0) for word in words),
    ).model_copy(update=changes)


@pytest.fixture(scope="session")
def page() -> Callable[..., PageText]:
    """Makes a page of 1000 x 2000 pixels: (*words, page=1, **changes)."""
    return one_page


def one_example(**record: Any) -> Example:
    fields = record.get("fields", {})
    return Example(
        id="e1",
        path="e1.pdf",
        file=Path("e1.pdf"),
        doc_type=record.get("doc_type", "shop"),
        stratum="s",
        language="en",
        fields=fields,
        record=record,
        ground_truth=record.get("gt", {}),
    )


@pytest.fixture(scope="session")
def example() -> Callable[..., Example]:
    """Makes an example from a manifest line; `gt` is the content of its truth file."""
    return one_example
