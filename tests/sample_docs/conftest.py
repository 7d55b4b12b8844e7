"""The sample documents with their truths, one test per document.

A file with several documents counts as several entries. The text of scans and photographs is
looked up in the clean pages they were made from, which the generator writes on demand.
"""

# PyMuPDF has no type annotations to speak of; everything that leaves this module has.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportGeneralTypeIssues=false

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any

import pillow_heif
import pymupdf
import pytest
from PIL import Image

from docmill.extractors.render import open_document

Box = tuple[float, float, float, float]
LISTS = ("line_items", "taxes", "pairs", "checkboxes", "parties")
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
    """A document of the manifest; `pdf` shows it, and `boxes` says what stands where in that.

    `moves` are the maps from the PDF's pages to the file's pictures; None for born-digital files.
    """

    data: dict[str, Any]
    pdf: Path
    boxes: dict[str, Any]
    moves: list[list[float]] | None = None

    @property
    def fields(self) -> dict[str, str]:
        return self.data["fields"]

    @property
    def page_count(self) -> int:
        return self.data.get("page_to", self.data["pages"]) - self.data.get("page_from", 1) + 1

    def column(self, rows: str, key: str) -> list[Decimal]:
        return [Decimal(row[key]) for row in self.data.get(rows, ()) if key in row]

    @cached_property
    def values(self) -> dict[str, Any]:
        """Every value by its path."""
        values: dict[str, Any] = dict(self.fields)
        for name in LISTS:
            for index, row in enumerate(self.data.get(name, ())):
                path = f"{name}[{index}]"
                cells = {"": row} if isinstance(row, str) else {f".{k}": row[k] for k in row}
                values |= {f"{path}{key}": value for key, value in cells.items()}
        return values

    @cached_property
    def pages(self) -> list[Any]:
        """MuPDF's account of each page, down to the characters."""
        with pymupdf.open(self.pdf) as pdf:
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


def _lines(manifest: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in manifest.read_text("utf-8").splitlines()]


def _documents() -> Iterator[dict[str, Any]]:
    """All documents that were drawn, those of a file with several one by one."""
    broken = [line for line in _lines(SAMPLE_DOCS / "broken" / "manifest.jsonl") if "id" in line]
    for line in broken:
        line["path"] = f"broken/{line['path']}"
    for line in [*_lines(SAMPLE_DOCS / "manifest.jsonl"), *broken]:
        yield from ({**line, **part} for part in line.get("parts", [{"part": 1}]))


def _name(document: dict[str, Any]) -> str:
    return f"{document['id']}.{document['part']}"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    for fixture, strata in (("entry", None), ("copy", ("scan", "photo"))):
        if fixture in metafunc.fixturenames:
            found = [d for d in _documents() if strata is None or d["stratum"] in strata]
            metafunc.parametrize(fixture, found, ids=list(map(_name, found)), indirect=True)
    if "broken" in metafunc.fixturenames:
        lines = _lines(SAMPLE_DOCS / "broken" / "manifest.jsonl")
        files = [line for line in lines if "page_status" not in line]
        metafunc.parametrize("broken", files, ids=[file["path"] for file in files])


@pytest.fixture
def entry(request: pytest.FixtureRequest, originals: Path) -> Entry:
    """A document of the set."""
    return _entry(request.param, originals)


@pytest.fixture
def copy(request: pytest.FixtureRequest, originals: Path) -> Entry:
    """A scan or photograph."""
    return _entry(request.param, originals)


def _entry(data: dict[str, Any], originals: Path) -> Entry:
    if data["stratum"] == "born_digital":
        return Entry(data, SAMPLE_DOCS / data["path"], data["boxes"])
    (original,) = (
        line for line in _lines(originals / "originals.jsonl") if _name(line) == _name(data)
    )
    return Entry(data, originals / original["pdf"], original["boxes"], original["moves"])


@pytest.fixture(scope="session")
def regenerated(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Everything made again: the folder of samples, and that of the originals of the copies."""
    folders = (tmp_path_factory.mktemp("sample_docs"), tmp_path_factory.mktemp("originals"))
    command = [sys.executable, "-m", "sample_docs.generate", "--out", folders[0]]
    subprocess.run([*command, "--originals", folders[1]], cwd=repository, check=True)
    return folders


@pytest.fixture(scope="session")
def originals(regenerated: tuple[Path, Path]) -> Path:
    return regenerated[1]


def _pictures(path: Path) -> list[Image.Image]:
    """Every page of a file as it is displayed, in grey."""
    if path.suffix == ".heic":
        return [pillow_heif.open_heif(path).to_pillow().convert("L")]
    with open_document(path.read_bytes()) as document:
        numbers = range(1, document.page_count + 1)
        return [document.page(number).image(gray=True) for number in numbers]


@pytest.fixture(scope="session")
def pictures() -> Callable[[Path], list[Image.Image]]:
    return _pictures


@pytest.fixture(scope="session")
def sample_docs() -> Path:
    return SAMPLE_DOCS


@pytest.fixture(scope="session")
def manifest(sample_docs: Path) -> list[dict[str, Any]]:
    return _lines(sample_docs / "manifest.jsonl")
