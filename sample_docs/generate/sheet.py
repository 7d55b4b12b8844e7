"""The sheet a document is drawn on; it remembers where each value was put.

Lengths are millimetres from the page's top left corner, font sizes are points. The one place
that talks to ReportLab.
"""

# ReportLab has no type annotations; everything that leaves this module has.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

import io
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from reportlab.graphics import renderPDF
from reportlab.graphics.barcode.qr import QrCodeWidget
from reportlab.graphics.shapes import Drawing
from reportlab.lib.colors import HexColor
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.lib.utils import simpleSplit
from reportlab.pdfbase.pdfmetrics import getAscentDescent, registerFont, stringWidth
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

MM = 72 / 25.4
A4 = (210.0, 297.0)
LETTER = (215.9, 279.4)

Align = Literal["left", "right", "center"]
Part = str | tuple[str, str]
"""A piece of text, or text with the field whose value it is (several, parted by spaces)."""
Content = Part | list[Part]


@dataclass(frozen=True)
class Face:
    """A font at a size in points, in a colour."""

    font: str
    size: float
    colour: str = "#000000"

    def sized(self, size: float) -> Face:
        """The same at another size."""
        return replace(self, size=size)

    def coloured(self, colour: str) -> Face:
        """The same in another colour."""
        return replace(self, colour=colour)

    def width(self, text: str) -> float:
        """Width of `text` in millimetres."""
        return stringWidth(text, self.font, self.size) / MM

    def wrap(self, text: str, width: float) -> list[str]:
        """`text` cut into lines no wider than `width` millimetres."""
        return simpleSplit(text, self.font, self.size, width * MM)


def truetype(path: Path, size: float) -> Face:
    """A font from a TrueType file, which goes by the file's name."""
    registerFont(TTFont(path.stem, path))
    return Face(path.stem, size)


@dataclass
class Spot:
    """Where a value stands: page from 1, corners as fractions of the page, and as printed."""

    page: int
    box: tuple[float, float, float, float]
    text: str

    def extended(self, other: Spot) -> Spot:
        """Both spots as one.

        Raises:
            ValueError: they stand on different pages.
        """
        if self.page != other.page:
            raise ValueError(f"{self.text!r} runs over a page break")
        (a0, b0, a1, b1), (c0, d0, c1, d1) = self.box, other.box
        box = (min(a0, c0), min(b0, d0), max(a1, c1), max(b1, d1))
        return Spot(self.page, box, f"{self.text} {other.text}")


@dataclass
class Sheet:
    """A document being drawn; `spots` maps field paths to where their values were drawn.

    `as_form` puts the (only) page's content into a form, which stands before the page in the
    file.
    """

    size: tuple[float, float]
    title: str
    author: str
    password: str | None = None
    as_form: bool = False
    spots: dict[str, Spot] = field(default_factory=dict[str, Spot])

    def __post_init__(self) -> None:
        self._bytes = io.BytesIO()
        points = (self.size[0] * MM, self.size[1] * MM)
        encrypt = StandardEncryption(self.password, strength=128) if self.password else None
        # Uncompressed, so that the bytes do not depend on the zlib at hand.
        self._canvas = Canvas(
            self._bytes, pagesize=points, invariant=1, pageCompression=0, encrypt=encrypt
        )
        self._canvas.setTitle(self.title)
        self._canvas.setAuthor(self.author)
        self.page = 1
        if self.as_form:
            self._canvas.beginForm("page")

    def text(
        self, x: float, y: float, content: Content, face: Face, align: Align = "left"
    ) -> float:
        """Draw one line of text on the baseline `y`; where it ends.

        Args:
            x: its left edge, right edge or middle, depending on `align`.
            y: the baseline.
            content: text, or pieces of it of which some are values to remember.
            face: the font.
            align: what `x` means.
        """
        parts = _parts(content)
        width = face.width("".join(text for text, _ in parts))
        x -= {"left": 0.0, "center": width / 2, "right": width}[align]
        for text, paths in parts:
            self._draw(x, y, text, face)
            for path in paths.split():
                self._remember(path, x, y, text, face)
            x += face.width(text)
        return x

    def lines(
        self,
        x: float,
        y: float,
        lines: Sequence[Content],
        face: Face,
        leading: float,
        align: Align = "left",
    ) -> float:
        """Draw lines of text below each other, `leading` millimetres apart; the next baseline.

        A path named on several lines becomes one value.
        """
        for content in lines:
            self.text(x, y, content, face, align)
            y += leading
        return y

    def rule(
        self,
        x0: float,
        y0: float,
        x1: float,
        y1: float,
        width: float = 0.2,
        colour: str = "#000000",
    ) -> None:
        """A straight line, `width` in millimetres."""
        self._canvas.setStrokeColor(HexColor(colour))
        self._canvas.setLineWidth(width * MM)
        self._canvas.line(x0 * MM, self._up(y0), x1 * MM, self._up(y1))

    @contextmanager
    def dashed(self, *pattern: float) -> Generator[None]:
        """Rules drawn meanwhile are dashed, in millimetres on and off."""
        self._canvas.saveState()
        self._canvas.setDash([length * MM for length in pattern])
        yield
        self._canvas.restoreState()

    def rect(
        self,
        x: float,
        y: float,
        width: float,
        height: float,
        *,
        fill: str | None = None,
        stroke: str | None = None,
        line: float = 0.2,
        radius: float = 0,
    ) -> None:
        """A rectangle with its top left corner at `x`, `y`."""
        self._colours(fill, stroke, line)
        bottom = self._up(y + height)
        corners = (x * MM, bottom, width * MM, height * MM, radius * MM)
        self._canvas.roundRect(*corners, stroke=int(stroke is not None), fill=int(fill is not None))

    def circle(
        self,
        x: float,
        y: float,
        radius: float,
        *,
        fill: str | None = None,
        stroke: str | None = None,
        line: float = 0.2,
    ) -> None:
        """A circle around `x`, `y`."""
        self._colours(fill, stroke, line)
        round_ = (x * MM, self._up(y), radius * MM)
        self._canvas.circle(*round_, stroke=int(stroke is not None), fill=int(fill is not None))

    def polygon(self, points: Sequence[tuple[float, float]], fill: str) -> None:
        """A filled polygon."""
        self._colours(fill, None, 0)
        path = self._canvas.beginPath()
        path.moveTo(points[0][0] * MM, self._up(points[0][1]))
        for x, y in points[1:]:
            path.lineTo(x * MM, self._up(y))
        path.close()
        self._canvas.drawPath(path, stroke=0, fill=1)

    def curve(self, points: Sequence[tuple[float, float]], width: float, colour: str) -> None:
        """A Bézier curve through four points, or seven and so on, `width` millimetres thick."""
        self._colours(None, colour, width)
        path = self._canvas.beginPath()
        path.moveTo(points[0][0] * MM, self._up(points[0][1]))
        for i in range(1, len(points), 3):
            path.curveTo(*(c for x, y in points[i : i + 3] for c in (x * MM, self._up(y))))
        self._canvas.drawPath(path, stroke=1, fill=0)

    def qr_code(self, x: float, y: float, side: float, content: str) -> None:
        """A QR code at error correction level M, without a quiet zone."""
        widget = QrCodeWidget(
            content, barLevel="M", barBorder=0, barWidth=side * MM, barHeight=side * MM
        )
        drawing = Drawing(side * MM, side * MM)
        drawing.add(widget)
        renderPDF.draw(drawing, self._canvas, x * MM, self._up(y + side))

    @contextmanager
    def turned(self, x: float, y: float, degrees: float) -> Generator[None]:
        """What is drawn meanwhile is turned anticlockwise around `x`, `y`; hold no values."""
        self._canvas.saveState()
        self._canvas.translate(x * MM, self._up(y))
        self._canvas.rotate(degrees)
        self._canvas.translate(-x * MM, -self._up(y))
        yield
        self._canvas.restoreState()

    def mark(self, path: str, x: float, y: float, width: float, height: float) -> None:
        """Remember a place without text, like a tick box, as the value at `path`."""
        self._keep(path, (x, y, x + width, y + height), "")

    def next_page(self) -> None:
        """Go on with an empty page."""
        self._canvas.showPage()
        self.page += 1

    def finished(self) -> bytes:
        """The PDF."""
        if self.as_form:
            self._canvas.endForm()
            self._canvas.doForm("page")
        self._canvas.showPage()
        self._canvas.save()
        return self._bytes.getvalue()

    def _draw(self, x: float, y: float, text: str, face: Face) -> None:
        self._canvas.setFont(face.font, face.size)
        self._canvas.setFillColor(HexColor(face.colour))
        self._canvas.drawString(x * MM, self._up(y), text)

    def _remember(self, path: str, x: float, y: float, text: str, face: Face) -> None:
        ascent, descent = (points / MM for points in getAscentDescent(face.font, face.size))
        self._keep(path, (x, y - ascent, x + face.width(text), y - descent), text)

    def _keep(self, path: str, corners: tuple[float, float, float, float], text: str) -> None:
        sides = self.size * 2
        x0, y0, x1, y1 = (round(c / side, 5) for c, side in zip(corners, sides, strict=True))
        spot = Spot(self.page, (x0, y0, x1, y1), text)
        known = self.spots.get(path)
        self.spots[path] = known.extended(spot) if known else spot

    def _colours(self, fill: str | None, stroke: str | None, line: float) -> None:
        if fill:
            self._canvas.setFillColor(HexColor(fill))
        if stroke:
            self._canvas.setStrokeColor(HexColor(stroke))
            self._canvas.setLineWidth(line * MM)

    def _up(self, y: float) -> float:
        """ReportLab counts points from the bottom."""
        return (self.size[1] - y) * MM


def _parts(content: Content) -> list[tuple[str, str]]:
    """Pieces as (text, path), with an empty path where the text is no value."""
    parts = content if isinstance(content, list) else [content]
    return [(part, "") if isinstance(part, str) else part for part in parts]
