"""A page as a model is given it, with what else is known of it without a model."""

from __future__ import annotations

from dataclasses import dataclass

from docmill.schemas.page import FormField, UprightView, Word


@dataclass(frozen=True)
class PictureSpec:
    """How pages are drawn for a model.

    PDF pages are drawn at `dpi`, or finer until their shorter side has `min_side_px`; scans and
    photographs are blown up until theirs has `scan_min_side_px`. `max_pixels` then holds in any
    case, as does `max_side_px`; both sides are multiples of `multiple_of`.
    """

    dpi: float
    max_pixels: int
    min_side_px: int = 1
    scan_min_side_px: int = 1
    max_side_px: int = 65_535
    multiple_of: int = 1


@dataclass(frozen=True)
class PagePicture:
    """One page, drawn and encoded.

    `width_px` and `height_px` are the displayed page at the reading resolution, as in `PageText`;
    `image` is PNG of the page as displayed, `image_width` x `image_height`. `blank`: decided from
    pixels, no model is to be asked. `words` are found without a model, with boxes on the displayed
    page: those of the text layer, or of the embedded detector for scans (`box_source` says which);
    the model's text is aligned to them. `upright` is the view that their `upright` boxes are of,
    None where the page's lines run level as it is displayed. `form_fields` are those of the file,
    and tick boxes found in the pixels.
    """

    document_id: str
    page: int
    width_px: int
    height_px: int
    rotation: int
    image: bytes
    image_width: int
    image_height: int
    image_hash: str
    blank: bool
    words: tuple[Word, ...]
    upright: UprightView | None = None
    form_fields: tuple[FormField, ...] = ()
    findings: tuple[str, ...] = ()
