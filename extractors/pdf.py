"""The one place that talks to PyMuPDF: opening, rendering, words, ruling lines, form fields.

Coordinates that leave this module are fractions of the displayed page (see
`docmill.schemas.geometry`), not yet cut off at its edges. PyMuPDF reports text for the page
*before* rotation and its `rotation_matrix` forgets `UserUnit`, so turning is done here.
"""

# PyMuPDF has no type annotations to speak of; everything that leaves this module has.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportAttributeAccessIssue=false
# pyright: reportOptionalMemberAccess=false

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import pymupdf
from numpy.typing import NDArray
from PIL import Image
from pymupdf import mupdf

from docmill.schemas.errors import EncryptedFile, UnreadableFile

POINTS_PER_INCH = 72

# What is left out matters: ligatures are expanded, unknown characters stay unknown instead of
# becoming CIDs, and nothing is clipped, because words beyond the page's edge are to be counted.
_TEXT_FLAGS = pymupdf.TEXT_PRESERVE_WHITESPACE | pymupdf.TEXT_PRESERVE_IMAGES

_PAGE_KEYS = frozenset({"Contents", "MediaBox", "Resources", "Parent"})

_THIN_PT = 3.0
"""A drawn rectangle narrower than this is a line, whatever the file calls it."""

_HIDDEN = (1, 3)  # MuPDF's Display_Hidden and Display_NoView

_MUPDF_ERRORS = (
    mupdf.FzErrorBase,
    RuntimeError,
    ValueError,
    TypeError,
    AttributeError,
    LookupError,
    AssertionError,
    OSError,
)
"""What PyMuPDF raises on damaged files: it lets any of these through."""

_INVISIBLE = 3  # PDF's text rendering mode

_LOSS = re.compile(r"\berror\b|cannot|truncated|failed|page may not be correct", re.IGNORECASE)
"""MuPDF goes on after most faults and only leaves a message; these cost something on the page."""

Corners = tuple[float, float, float, float]


class RawWord(NamedTuple):
    """A word as MuPDF gives it; `corners` are x0, y0, x1, y1 of the displayed page."""

    text: str
    corners: Corners
    block: int
    line: int


@dataclass(frozen=True)
class RawText:
    """The text layer of a page.

    `characters` are all of them as they came, control codes too (MuPDF parts words there, so
    words never show them). `pictures` are the corners of the page's images. `unseen`: over half
    of the characters are set in the invisible rendering mode, as OCR programs do over scans.
    """

    words: tuple[RawWord, ...]
    characters: str
    pictures: tuple[Corners, ...]
    unseen: bool = False


@dataclass(frozen=True)
class RawWidget:
    """An interactive form field as PyMuPDF gives it.

    `on_state` names a button's "on", `state` what it now shows ("Off", or the name of its "on").
    """

    name: str
    kind: str
    value: str | None
    on_state: str | None
    state: str | None
    corners: Corners
    hidden: bool


class PdfPage:
    """One loaded page. Sizes are in points of the displayed page, `UserUnit` applied.

    `complaints` are MuPDF's messages about what it could not draw or read on this page so far.
    """

    def __init__(self, page: pymupdf.Page, number: int) -> None:
        self.complaints: tuple[str, ...] = ()
        self._page = page
        self.number = number
        self.rotation = int(page.rotation) % 360
        self.width_pt = float(page.rect.width)
        self.height_pt = float(page.rect.height)

    def render(self, dpi: float, *, gray: bool) -> Image.Image:
        """The displayed page as an 8-bit picture, mode `L` or `RGB`.

        Raises:
            UnreadableFile: MuPDF cannot draw the page.
        """
        scale = dpi / POINTS_PER_INCH
        with self._watched(f"Page {self.number} cannot be drawn"):
            pixels = self._drawn(scale, scale, pymupdf.csGRAY if gray else pymupdf.csRGB)
            size = (int(pixels.width), int(pixels.height))
            mode = "L" if gray else "RGB"
            return Image.frombuffer(mode, size, pixels.samples, "raw", mode, pixels.stride, 1)

    def pixels(self, width: int, height: int) -> NDArray[np.uint8]:
        """The displayed page in this many pixels, RGB, shape (height, width, 3).

        Sides are scaled each by itself. Where MuPDF rounds to another number of pixels, as it
        may by one, that number comes out.

        Raises:
            UnreadableFile: MuPDF cannot draw the page.
        """
        across, down = width / self.width_pt, height / self.height_pt
        with self._watched(f"Page {self.number} cannot be drawn"):
            drawn = self._drawn(across, down, pymupdf.csRGB)
            rows = np.frombuffer(drawn.samples, np.uint8).reshape(drawn.height, drawn.stride)
            return rows[:, : 3 * drawn.width].reshape(drawn.height, drawn.width, 3)

    def _drawn(self, across: float, down: float, colours: pymupdf.Colorspace) -> pymupdf.Pixmap:
        scale = pymupdf.Matrix(across, down)
        return self._page.get_pixmap(matrix=scale, colorspace=colours, alpha=False)

    def text(self) -> RawText:
        """The text layer, blocks in the order of the file.

        Raises:
            UnreadableFile: MuPDF cannot interpret the page.
        """
        with self._watched(f"The text of page {self.number} cannot be read"):
            layer = self._page.get_textpage(clip=pymupdf.INFINITE_RECT(), flags=_TEXT_FLAGS)
            words = tuple(
                RawWord(_well_formed(text), self._displayed(x0, y0, x1, y1), block, line)
                for x0, y0, x1, y1, text, block, line, _ in layer.extractWORDS()
            )
            pictures = tuple(self._displayed(*image["bbox"]) for image in layer.extractIMGINFO())
            unseen = bool(pictures and words) and self._is_unseen()
            return RawText(words, layer.extractText(), pictures, unseen)

    def _is_unseen(self) -> bool:
        counts = Counter[bool]()
        for span in self._page.get_texttrace():
            counts[span["type"] == _INVISIBLE] += len(span["chars"])
        return counts[True] > counts[False]

    @cached_property
    def segments(self) -> tuple[Corners, ...]:
        """Straight horizontal and vertical lines that are drawn, each as its (thin) corners.

        Sides of outlined rectangles count, and filled rectangles too thin to be anything else.

        Raises:
            UnreadableFile: MuPDF cannot interpret the page.
        """
        with self._watched(f"The drawings of page {self.number} cannot be read"):
            return tuple(
                self._displayed(*corners)
                for drawing in self._page.get_cdrawings() or ()
                for corners in _straight(drawing)
            )

    def widgets(self) -> tuple[RawWidget, ...]:
        """The interactive form fields.

        Raises:
            UnreadableFile: the form is damaged.
        """
        with self._watched(f"The form fields of page {self.number} cannot be read"):
            return tuple(self._widget(widget) for widget in self._page.widgets())

    @contextmanager
    def _watched(self, message: str) -> Generator[None]:
        pymupdf.TOOLS.reset_mupdf_warnings()
        try:
            with _translated(message):
                yield
        finally:
            said = pymupdf.TOOLS.mupdf_warnings().splitlines()
            new = [_well_formed(line) for line in said if _LOSS.search(line)]
            self.complaints = tuple(dict.fromkeys((*self.complaints, *new)))

    def _widget(self, widget: Any) -> RawWidget:
        # PyMuPDF has turned the rectangle back by a matrix; turning it again gives the original.
        shown = widget.rect * self._page.rotation_matrix
        width, height = self.width_pt, self.height_pt
        return RawWidget(
            name=_well_formed(str(widget.field_name or "")),
            kind=str(widget.field_type_string),
            value=_field_value(widget),
            on_state=_on_state(widget),
            state=self._shown_state(widget.xref),
            corners=(shown.x0 / width, shown.y0 / height, shown.x1 / width, shown.y1 / height),
            hidden=widget.field_display in _HIDDEN,
        )

    def _shown_state(self, xref: int) -> str | None:
        kind, value = self._page.parent.xref_get_key(xref, "AS")
        return value.removeprefix("/") if kind == "name" else None

    def _displayed(self, x0: float, y0: float, x1: float, y1: float) -> Corners:
        width, height = self.width_pt, self.height_pt
        if self.rotation in (90, 270):
            width, height = height, width
        return turned((x0 / width, y0 / height, x1 / width, y1 / height), self.rotation)


class PdfFile:
    """An open PDF.

    Raises:
        UnreadableFile: it is damaged beyond what MuPDF can repair, or has no pages.
        EncryptedFile: it wants a password.
    """

    def __init__(self, content: bytes) -> None:
        silence_mupdf()
        with _translated("The PDF is damaged"):
            self._document = pymupdf.open(stream=content, filetype="pdf")
        try:
            self._check()
        except BaseException:
            self.close()
            raise

    def _check(self) -> None:
        if self._document.needs_pass:
            raise EncryptedFile("The PDF is encrypted and wants a password.")
        with _translated("The PDF's pages cannot be counted"):
            self.page_count = int(self._document.page_count)
            self.repaired = bool(self._document.is_repaired)
        if self.page_count < 1:
            damaged = "is damaged: no pages can be found in it" if self.repaired else "has no pages"
            raise UnreadableFile(f"The PDF {damaged}.")

    def load(self, number: int) -> PdfPage:
        """Page `number`, from 1.

        Raises:
            UnreadableFile: the page is damaged.
        """
        with _translated(f"Page {number} cannot be loaded"):
            page = self._document.load_page(number - 1)
            # MuPDF shows an empty page where the page tree points at something else.
            if _PAGE_KEYS.isdisjoint(self._document.xref_get_keys(page.xref)):
                raise UnreadableFile(f"Page {number} is missing from the file.")
            return PdfPage(page, number)

    def close(self) -> None:
        """Give the file's memory back; pages loaded from it are useless afterwards."""
        self._document.close()


def turned(corners: Corners, rotation: int) -> Corners:
    """Corners in fractions of a page, after the page is turned clockwise by `rotation` degrees."""
    x0, y0, x1, y1 = corners
    match rotation % 360:
        case 90:
            return (1 - y1, x0, 1 - y0, x1)
        case 180:
            return (1 - x1, 1 - y1, 1 - x0, 1 - y0)
        case 270:
            return (y0, 1 - x1, y1, 1 - x0)
        case _:
            return corners


def _straight(drawing: dict[str, Any]) -> Iterator[Corners]:
    """The straight lines of one drawing, points of the page before it is turned."""
    if drawing.get("rect") and _is_thin(drawing["rect"]):
        yield drawing["rect"]
    elif "s" in drawing["type"]:
        for kind, *points in drawing["items"]:
            yield from _outline(kind, points)


def _outline(kind: str, points: list[Any]) -> Iterator[Corners]:
    match kind:
        case "l":
            yield from _level_line(*points)
        case "qu":
            upper_left, upper_right, lower_left, lower_right = points[0]
            yield from _level_line(upper_left, upper_right)
            yield from _level_line(lower_left, lower_right)
            yield from _level_line(upper_left, lower_left)
            yield from _level_line(upper_right, lower_right)
        case "re":
            x0, y0, x1, y1 = points[0]
            if _is_thin(points[0]):
                yield (x0, y0, x1, y1)
            else:
                yield from ((x0, y0, x1, y0), (x0, y1, x1, y1))
                yield from ((x0, y0, x0, y1), (x1, y0, x1, y1))
        case _:  # curves
            return


def _level_line(start: tuple[float, float], end: tuple[float, float]) -> Iterator[Corners]:
    """The line between two points, if it runs across or down."""
    (ax, ay), (bx, by) = start, end
    line = (min(ax, bx), min(ay, by), max(ax, bx), max(ay, by))
    if _is_thin(line):
        yield line


def _is_thin(corners: Corners) -> bool:
    x0, y0, x1, y1 = corners
    return min(x1 - x0, y1 - y0) <= _THIN_PT < max(x1 - x0, y1 - y0)


def silence_mupdf() -> None:
    """Keep MuPDF from writing to stderr; what it says is kept in `PdfPage.complaints`."""
    pymupdf.TOOLS.mupdf_display_errors(False)
    pymupdf.TOOLS.mupdf_display_warnings(False)


def _on_state(widget: Any) -> str | None:
    if widget.field_type_string not in ("CheckBox", "RadioButton"):
        return None
    states: dict[str, list[str] | None] = widget.button_states() or {}
    return next((s for names in states.values() for s in names or () if s != "Off"), None)


def _field_value(widget: Any) -> str | None:
    value = widget.field_value
    if isinstance(value, (list, tuple)):  # a list box with several choices
        value = ", ".join(str(choice) for choice in value)
    return None if value is None else _well_formed(str(value))


def _well_formed(text: str) -> str:
    if text.isascii():
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


@contextmanager
def _translated(message: str) -> Generator[None]:
    try:
        yield
    except _MUPDF_ERRORS as error:
        if "malloc" in str(error) or "malloc" in str(error.__cause__):
            raise MemoryError(str(error)) from error
        raise UnreadableFile(f"{message}: {_well_formed(str(error))}") from error
