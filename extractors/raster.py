"""The one place that talks to Pillow about files: headers, orientation, pixels.

Sizes are read from headers only. Every picture comes out upright (EXIF orientation applied),
8 bits deep, transparency on white.
"""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from PIL import ExifTags, Image

from docmill.schemas.errors import TooLarge, UnreadableFile
from docmill.schemas.source import MediaType

_FORMATS = {
    MediaType.PNG: "PNG",
    MediaType.JPEG: "JPEG",
    MediaType.TIFF: "TIFF",
    MediaType.WEBP: "WEBP",
    MediaType.BMP: "BMP",
}

_PILLOW_ERRORS = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    ArithmeticError,
    RuntimeError,
    struct.error,
    zlib.error,
)
"""What Pillow raises on damaged files: it lets any of these through."""

_TRANSPOSITIONS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_ROTATIONS = {3: 180, 4: 180, 5: 90, 6: 90, 7: 270, 8: 270}
_SIDEWAYS = frozenset({5, 6, 7, 8})


@dataclass(frozen=True)
class Frame:
    """One picture of a file: upright size in pixels, and the clockwise turn that made it so."""

    width_px: int
    height_px: int
    rotation: int
    orientation: int


class RasterFile:
    """A picture file; only a TIFF has more than one page, and an animation counts as one.

    Args:
        content: the file's bytes.
        media_type: what they are.
        max_pages: more pages than this are refused.
        max_pixels: more pixels in one page than this are refused.

    Raises:
        UnreadableFile: the header is damaged.
        TooLarge: there are too many pages, or the only one has too many pixels.
    """

    def __init__(
        self, content: bytes, media_type: MediaType, *, max_pages: int, max_pixels: int
    ) -> None:
        self._content = content
        self._format = _FORMATS[media_type]
        self._multipage = media_type is MediaType.TIFF
        self._max_pixels = max_pixels
        with _translated("The picture is damaged"), self._opened() as image:
            self.frames = tuple(self._frames(image, max_pages))
        if len(self.frames) == 1:
            self.check(1)

    def _opened(self) -> Image.Image:
        return Image.open(io.BytesIO(self._content), formats=[self._format])

    def _frames(self, image: Image.Image, max_pages: int) -> Iterator[Frame]:
        for index in range(max_pages):
            yield self._frame(image)
            if not self._multipage or not _has_frame(image, index + 1):
                return
        raise too_many_pages(f"more than {max_pages}", max_pages)

    def _frame(self, image: Image.Image) -> Frame:
        width, height = image.size
        if self._multipage:  # Pillow turns TIFFs itself, header and pixels
            return Frame(width, height, 0, 1)
        orientation = _orientation(image)
        if orientation in _SIDEWAYS:
            width, height = height, width
        return Frame(width, height, _ROTATIONS.get(orientation, 0), orientation)

    def check(self, number: int) -> None:
        """Refuse page `number` if it has too many pixels.

        Raises:
            TooLarge: it has.
        """
        frame = self.frames[number - 1]
        if frame.width_px * frame.height_px > self._max_pixels:
            raise TooLarge(
                f"Page {number} has {frame.width_px} x {frame.height_px} pixels; "
                f"the limit is {self._max_pixels:,} pixels a page.",
                "Scan at fewer dpi, or raise `limits.max_pixels` in docmill.toml.",
            )

    def load(self, number: int) -> Image.Image:
        """The pixels of page `number` (from 1), mode `L` or `RGB`.

        Raises:
            UnreadableFile: the pixels are damaged or cut off.
            TooLarge: the page has more pixels than allowed.
        """
        self.check(number)
        turn = _TRANSPOSITIONS.get(self.frames[number - 1].orientation)
        with _translated(f"The picture of page {number} is damaged"), self._opened() as image:
            if number > 1:
                image.seek(number - 1)
            image.load()
            upright = _flattened(image)
            return upright if turn is None else upright.transpose(turn)

    def close(self) -> None:
        """Give the file's memory back."""
        self._content = b""


def too_many_pages(found: str, max_pages: int) -> TooLarge:
    """The error for a file with more than `max_pages` pages."""
    return TooLarge(
        f"The file has {found} pages; the limit is {max_pages}.",
        "Split the file, or raise `limits.max_pages` in docmill.toml.",
    )


def _has_frame(image: Image.Image, index: int) -> bool:
    try:
        image.seek(index)
    except EOFError:
        return False
    return True


def _orientation(image: Image.Image) -> int:
    # A PNG may carry its EXIF after the pixels, where Pillow would decode all of them to get it.
    if "exif" not in image.info:
        return 1
    value = image.getexif().get(ExifTags.Base.Orientation, 1)
    return value if value in _TRANSPOSITIONS else 1


def _flattened(image: Image.Image) -> Image.Image:
    if image.mode in ("L", "RGB"):
        return image.copy()
    if image.mode == "1":
        return image.convert("L")
    if image.mode.startswith("I"):  # 16 bits a channel
        return image.convert("I").point(lambda value: value / 256).convert("L")
    if image.has_transparency_data:
        rgba = image.convert("RGBA")
        paper = Image.new("RGBA", rgba.size, "white")
        return Image.alpha_composite(paper, rgba).convert("RGB")
    return image.convert("RGB")


@contextmanager
def _translated(message: str) -> Generator[None]:
    # Pillow's own guard against bombs is off meanwhile: ours is stricter and can be set.
    guard, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
    try:
        yield
    except _PILLOW_ERRORS as error:
        raise UnreadableFile(f"{message}: {error}") from error
    finally:
        Image.MAX_IMAGE_PIXELS = guard
