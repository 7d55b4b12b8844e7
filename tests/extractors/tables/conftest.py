"""Pages with tables, drawn in the tests, and tables as grids of text to compare with."""

# reportlab has no type annotations to speak of.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportMissingTypeStubs=false, reportMissingModuleSource=false

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from reportlab.lib.colors import black
from reportlab.pdfgen.canvas import Canvas

from docmill.extractors.ocr.text_layer import TextLayer
from docmill.extractors.read import PageReader, read_page
from docmill.extractors.render import open_document
from docmill.schemas.page import PageText, Table

WIDTH, HEIGHT = 420.0, 595.0


@dataclass
class Sheet:
    """A page under the pen; `y` counts from the top, points."""

    canvas: Any

    def text(self, x: float, y: float, text: str, size: float = 9) -> None:
        self.canvas.setFont("Helvetica", size)
        self.canvas.drawString(x, HEIGHT - y, text)

    def right(self, x: float, y: float, text: str, size: float = 9) -> None:
        self.canvas.setFont("Helvetica", size)
        self.canvas.drawRightString(x, HEIGHT - y, text)

    def centred(self, x: float, y: float, text: str, size: float = 9) -> None:
        self.canvas.setFont("Helvetica", size)
        self.canvas.drawCentredString(x, HEIGHT - y, text)

    def line(self, x0: float, y0: float, x1: float, y1: float) -> None:
        self.canvas.setStrokeColor(black)
        self.canvas.setLineWidth(0.6)
        self.canvas.line(x0, HEIGHT - y0, x1, HEIGHT - y1)

    def bar(self, x0: float, y0: float, x1: float, y1: float) -> None:
        """A filled rectangle: how many programs draw their lines."""
        self.canvas.setFillColor(black)
        self.canvas.rect(x0, HEIGHT - y1, x1 - x0, y1 - y0, stroke=0, fill=1)

    def rows(
        self, xs: Sequence[float], y: float, rows: Sequence[Sequence[str]], pitch: float = 16
    ) -> None:
        """Cells at left edges `xs`, the first row's baseline at `y`."""
        for number, row in enumerate(rows):
            for x, cell in zip(xs, row, strict=True):
                if cell:
                    self.text(x, y + number * pitch, cell)

    def paragraph(self, x: float, y: float, text: str, lines: int, pitch: float = 11) -> None:
        for number in range(lines):
            self.text(x, y + number * pitch, text)


Draw = Callable[[Sheet], object]


@pytest.fixture(scope="session")
def drawn() -> Callable[..., bytes]:
    """A PDF with one page per drawing function, turned by `rotation` degrees."""

    def make(*pages: Draw, rotation: int = 0) -> bytes:
        buffer = io.BytesIO()
        canvas = Canvas(buffer, pagesize=(WIDTH, HEIGHT))
        for page in pages:
            canvas.setPageRotation(rotation)
            page(Sheet(canvas))
            canvas.showPage()
        canvas.save()
        return buffer.getvalue()

    return make


@pytest.fixture(scope="session")
def read_all() -> Callable[[bytes], list[PageText]]:
    """Reads every page by its text layer, tables included."""

    def read(content: bytes) -> list[PageText]:
        with open_document(content) as document:
            numbers = range(1, document.page_count + 1)
            return [
                read_page(document.page(number), PageReader((TextLayer(),))) for number in numbers
            ]

    return read


@pytest.fixture(scope="session")
def tables_on(
    drawn: Callable[..., bytes], read_all: Callable[[bytes], list[PageText]]
) -> Callable[..., list[Table]]:
    """The tables of a page drawn by a function."""

    def find(draw: Draw, rotation: int = 0) -> list[Table]:
        return list(read_all(drawn(draw, rotation=rotation))[0].tables)

    return find


@pytest.fixture(scope="session")
def texts() -> Callable[[Table], list[list[str]]]:
    """A table as rows of texts, each cell's text at its upper left place."""

    def grid(table: Table) -> list[list[str]]:
        rows = [["" for _ in range(table.columns)] for _ in range(table.rows)]
        for cell in table.cells:
            rows[cell.row][cell.column] = cell.text
        return rows

    return grid
