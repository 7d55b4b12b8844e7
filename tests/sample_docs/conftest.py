"""The sample documents with their truths, one test per document."""

# PyMuPDF has no type annotations to speak of; everything that leaves this module has.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportGeneralTypeIssues=false

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any

import pymupdf
import pytest

Box = tuple[float, float, float, float]
SAMPLE_DOCS = Path(__file__).parents[2] / "sample_docs"


@dataclass(frozen=True)
class Char:
    text: str
    page: int
    middle: tuple[float, float]


@dataclass(frozen=True)
class Span:
    """A run of text; `box` and `sheet` (the page) are x0, y0, x1, y1 in points."""

    text: str
    page: int
    upright: bool
    box: Box
    sheet: Box


@dataclass(frozen=True)
class Entry:
    """A line of the manifest, with its document."""

    data: dict[str, Any]

    @property
    def fields(self) -> dict[str, str]:
        return self.data["fields"]

    def column(self, rows: str, key: str) -> list[Decimal]:
        return [Decimal(row[key]) for row in self.data.get(rows, ()) if key in row]

    @cached_property
    def values(self) -> dict[str, str]:
        """Every value by its path."""
        values = dict(self.fields)
        for name in ("line_items", "taxes"):
            for index, row in enumerate(self.data.get(name, ())):
                values |= {f"{name}[{index}].{key}": value for key, value in row.items()}
        return values

    @cached_property
    def pages(self) -> list[Any]:
        """MuPDF's account of each page, down to the characters."""
        with pymupdf.open(SAMPLE_DOCS / self.data["path"]) as pdf:
            return [page.get_text("rawdict", flags=0) for page in pdf]

    @cached_property
    def spans(self) -> list[Span]:
        """Every run of text, in the order drawn."""
        return [
            Span(
                text="".join(char["c"] for char in span["chars"]),
                page=number,
                upright=tuple(line["dir"]) == (1, 0),
                box=tuple(span["bbox"]),
                sheet=(0, 0, page["width"], page["height"]),
            )
            for number, page in enumerate(self.pages, 1)
            for line, span in _spans(page)
        ]

    @cached_property
    def chars(self) -> list[Char]:
        """Every character, its middle as fractions of the page, in the order drawn."""
        return [
            Char(char["c"], number, _middle(char["bbox"], page))
            for number, page in enumerate(self.pages, 1)
            for _, span in _spans(page)
            for char in span["chars"]
        ]

    def text_in(self, spot: Mapping[str, Any]) -> str:
        """The characters whose middles lie in a recorded box."""
        x0, y0, x1, y1 = spot["box"]
        return "".join(
            char.text
            for char in self.chars
            if char.page == spot["page"]
            and x0 <= char.middle[0] <= x1
            and y0 <= char.middle[1] <= y1
        )


def _spans(page: dict[str, Any]) -> Iterator[tuple[Any, Any]]:
    """Each span with its line."""
    for block in page["blocks"]:
        for line in block["lines"]:
            yield from ((line, span) for span in line["spans"])


def _middle(box: Box, page: dict[str, Any]) -> tuple[float, float]:
    x0, y0, x1, y1 = box
    return (x0 + x1) / 2 / page["width"], (y0 + y1) / 2 / page["height"]


def _entries(manifest: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in manifest.read_text("utf-8").splitlines()]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "entry" in metafunc.fixturenames:
        entries = [Entry(data) for data in _entries(SAMPLE_DOCS / "manifest.jsonl")]
        metafunc.parametrize("entry", entries, ids=[entry.data["id"] for entry in entries])
    if "broken" in metafunc.fixturenames:
        files = _entries(SAMPLE_DOCS / "broken" / "manifest.jsonl")
        metafunc.parametrize("broken", files, ids=[file["path"] for file in files])


@pytest.fixture(scope="session")
def sample_docs() -> Path:
    return SAMPLE_DOCS


@pytest.fixture(scope="session")
def manifest(sample_docs: Path) -> list[dict[str, Any]]:
    return _entries(sample_docs / "manifest.jsonl")
