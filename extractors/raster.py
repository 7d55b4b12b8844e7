"""The one place that opens picture files: headers, orientation, pixels.

Sizes are read from headers only. Every picture comes out upright (EXIF orientation applied;
HEIC and AVIF carry their turn in the container, which their decoders apply, and EXIF must not
turn them once more), 8 bits deep, transparency on white.

Only a TIFF has pages. What else may hold several pictures (HEIC bursts, animations) shows the
same thing several times, so one picture is read, and a finding says that there are others.
"""

from __future__ import annotations

import io
import struct
import warnings
import zlib
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import pillow_heif
from PIL import AvifImagePlugin, ExifTags, Image
from PIL.BmpImagePlugin import BmpImageFile
from PIL.GifImagePlugin import GifImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.TiffImagePlugin import TiffImageFile
from PIL.WebPImagePlugin import WebPImageFile

from docmill.schemas.errors import TooLarge, UnreadableFile
from docmill.schemas.source import MediaType

# One process per core: a decoder's own threads only cost address space, which is limited.
AvifImagePlugin.DEFAULT_MAX_THREADS = 1
pillow_heif.options.DECODE_THREADS = 1

# Called directly, not through `Image.open`: that one hides why a reader refused a file.
_READERS: Mapping[MediaType, Callable[[io.BytesIO], Image.Image]] = {
    MediaType.PNG: PngImageFile,
    MediaType.JPEG: JpegImageFile,
    MediaType.TIFF: TiffImageFile,
    MediaType.WEBP: WebPImageFile,
    MediaType.BMP: BmpImageFile,
    MediaType.GIF: GifImageFile,
    MediaType.HEIC: pillow_heif.HeifImageFile,
    MediaType.AVIF: AvifImagePlugin.AvifImageFile,
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


_REDUCED_OR_MASK = 0b101
"""Bits of TIFF's NewSubfileType for a thumbnail and a transparency mask, which are no pages."""

_NEW_SUBFILE_TYPE = 254
_BITS_PER_SAMPLE = 258
_PHOTOMETRIC = 262
_WHITE_IS_ZERO = 0


@dataclass(frozen=True)
class Frame:
    """One picture of a file: upright size in pixels, and the clockwise turn that made it so.

    `orientation` is EXIF's number where pixels are still to be turned, else 1. `directory`
    counts a TIFF's pictures from 0, pages or not.
    """

    width_px: int
    height_px: int
    rotation: int
    orientation: int
    directory: int = 0


class RasterFile:
    """A picture file; only a TIFF has more than one page.

    `findings` says in words what of the file is not read.

    Args:
        content: the file's bytes.
        media_type: what they are.
        max_pages: more pages than this are refused.
        max_pixels: more pixels in one page than this are refused.

    Raises:
        UnreadableFile: the header is damaged, or of a variety that cannot be read.
        TooLarge: there are too many pages, or the only one has too many pixels.
    """

    def __init__(
        self, content: bytes, media_type: MediaType, *, max_pages: int, max_pixels: int
    ) -> None:
        self._content = content
        self._reader = _READERS[media_type]
        self._max_pixels = max_pixels
        with _translated("The picture is damaged"), self._opened() as image:
            if isinstance(image, TiffImageFile):
                self.frames = _tiff_frames(image, max_pages)
                self.findings = ()
            else:
                exif = _exif(image)
                self.frames = (_frame(image, exif),)
                self.findings = tuple(_findings(image, exif))
        if len(self.frames) == 1:
            self.check(1)

    def _opened(self) -> Image.Image:
        return self._reader(io.BytesIO(self._content))

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
        frame = self.frames[number - 1]
        with _translated(f"The picture of page {number} is damaged"), self._opened() as image:
            if frame.directory:
                image.seek(frame.directory)
            image.load()
            upright = _turned(_flattened(image), frame.orientation)
        if upright.size != (frame.width_px, frame.height_px):
            raise UnreadableFile(
                f"The picture of page {number} is damaged: its header promises "
                f"{frame.width_px} x {frame.height_px} pixels, and there are "
                f"{upright.width} x {upright.height}."
            )
        return upright

    def close(self) -> None:
        """Give the file's memory back."""
        self._content = b""


def too_many_pages(found: str, max_pages: int) -> TooLarge:
    """The error for a file with more than `max_pages` pages."""
    return TooLarge(
        f"The file has {found} pages; the limit is {max_pages}.",
        "Split the file, or raise `limits.max_pages` in docmill.toml.",
    )


def _frame(image: Image.Image, exif: Image.Exif | None) -> Frame:
    width, height = image.size
    value = 1 if exif is None else exif.get(ExifTags.Base.Orientation, 1)
    orientation = value if value in _TRANSPOSITIONS else 1
    if orientation in _SIDEWAYS:
        width, height = height, width
    return Frame(width, height, _ROTATIONS.get(orientation, 0), orientation)


def _exif(image: Image.Image) -> Image.Exif | None:
    """The picture's EXIF; None where it is damaged, which is no reason to refuse the picture."""
    # A PNG may carry its EXIF after the pixels, where Pillow would decode all of them to get it.
    exif = Image.Exif()
    try:
        exif.load(image.info.get("exif") or b"")
    except _PILLOW_ERRORS:
        return None
    return exif


def _findings(image: Image.Image, exif: Image.Exif | None) -> Iterator[str]:
    if exif is None:
        yield "the picture's EXIF is damaged; it may not be upright"
    if getattr(image, "is_animated", False):
        yield "the file holds several pictures; only the main one is read"


def _tiff_frames(image: TiffImageFile, max_pages: int) -> tuple[Frame, ...]:
    frames = tuple(_directories(image, max_pages))
    # A lone picture is a page, whatever it says of itself.
    return frames or (_tiff_frame(image, 0),)


def _directories(image: TiffImageFile, max_pages: int) -> Iterator[Frame]:
    pages = 0
    for directory in range(2 * max_pages + 1):  # every page may bring its thumbnail
        if not _seek(image, directory):
            return
        kind = image.tag_v2.get(_NEW_SUBFILE_TYPE, 0)
        if isinstance(kind, int) and kind & _REDUCED_OR_MASK:
            continue
        pages += 1
        if pages > max_pages:
            break
        yield _tiff_frame(image, directory)
    raise too_many_pages(f"more than {max_pages}", max_pages)


def _tiff_frame(image: TiffImageFile, directory: int) -> Frame:
    return Frame(*image.size, rotation=0, orientation=1, directory=directory)


def _seek(image: Image.Image, index: int) -> bool:
    try:
        image.seek(index)
    except EOFError:
        return False
    return True


def _turned(image: Image.Image, orientation: int) -> Image.Image:
    turn = _TRANSPOSITIONS.get(orientation)
    return image if turn is None else image.transpose(turn)


def _flattened(image: Image.Image) -> Image.Image:
    """The loaded picture as `L` or `RGB`, 8 bits a channel, on white paper."""
    if image.mode.startswith("I;16"):
        return _eight_bits(image)
    if image.mode in ("I", "F"):
        raise UnreadableFile(
            "The picture holds measurements (32 bits, signed or floating), not shades of gray.",
            "Save it with 8 or 16 bits a channel.",
        )
    if image.has_transparency_data:
        rgba = image.convert("RGBA")
        paper = Image.new("RGBA", rgba.size, "white")
        return Image.alpha_composite(paper, rgba).convert("RGB")
    if image.mode in ("L", "RGB"):
        return image.copy()
    return image.convert("L" if image.mode == "1" else "RGB")


def _eight_bits(image: Image.Image) -> Image.Image:
    """A gray picture of 12 or 16 bits, which Pillow hands out as they stand in the file."""
    bits, inverted = 16, False
    if isinstance(image, TiffImageFile):
        bits = image.tag_v2.get(_BITS_PER_SAMPLE, (16,))[0]
        inverted = image.tag_v2.get(_PHOTOMETRIC) == _WHITE_IS_ZERO
    levels = (np.asarray(image) >> (bits - 8)).astype(np.uint8)
    return Image.fromarray(np.invert(levels) if inverted else levels)


@contextmanager
def _translated(message: str) -> Generator[None]:
    # Pillow's own guard against bombs is off meanwhile: ours is stricter and can be set.
    guard, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # odd tags, which do no harm
            yield
    except _PILLOW_ERRORS as error:
        raise UnreadableFile(f"{message}: {error}") from error
    finally:
        Image.MAX_IMAGE_PIXELS = guard
