from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image, ImageDraw

from docmill.extractors.photo.illumination import evened
from docmill.extractors.photo.page_outline import page_outline
from docmill.extractors.photo.rectify import LIGHT, PERSPECTIVE, rectified

if TYPE_CHECKING:
    from sample_docs.generate.photograph import Camera, Photograph

    Photographer = Callable[[Image.Image, Camera], Photograph]

VIEWS: list[dict[str, float]] = [
    {"lean": 10, "sway": -8, "turn": 4},
    {"lean": 22, "sway": 16, "turn": -14, "distance": 1.65, "shadow": 0.6, "noise": 8, "blur": 0.8},
    {"lean": -18, "sway": 12, "turn": 19, "distance": 1.7, "shadow": 0.4, "noise": 4},
]


def diagonal(picture: Image.Image) -> float:
    return float(np.hypot(*picture.size))


def error(found: np.ndarray[tuple[int, ...], np.dtype[np.float64]], photo: Photograph) -> float:
    """The largest distance of a corner from where it should be, as a share of the diagonal."""
    distances = np.hypot(*(found - photo.corners).T)
    return float(distances.max()) / diagonal(photo.picture)


@pytest.mark.parametrize("view", VIEWS)
def test_corners_are_found(
    view: dict[str, float], page: Image.Image, photographed: Photographer, camera: type[Camera]
) -> None:
    photo = photographed(page, replace(camera(seed=4), **view))
    corners = page_outline(np.asarray(photo.picture))
    assert corners is not None
    assert error(corners, photo) < 0.01


@pytest.mark.parametrize("desk", [(20, 20, 22), (60, 110, 70), (195, 195, 195), (245, 245, 245)])
def test_on_any_desk_the_sheet_is_found_whole_or_not_at_all(
    desk: tuple[int, int, int],
    page: Image.Image,
    photographed: Photographer,
    camera: type[Camera],
) -> None:
    photo = photographed(page, camera(lean=10, sway=-8, turn=4, noise=4, seed=4, desk=desk))
    corners = page_outline(np.asarray(photo.picture))
    assert corners is None or error(corners, photo) < 0.01


def test_the_sheet_is_flat_and_points_lead_back(
    invoice: Image.Image, photographed: Photographer, camera: type[Camera]
) -> None:
    photo = photographed(invoice, replace(camera(seed=4), **VIEWS[1]))
    result = rectified(np.asarray(photo.picture))
    assert PERSPECTIVE in result.findings
    height, width = result.picture.shape[:2]
    # What stands on the flat sheet is what was printed there.
    shown = np.asarray(Image.fromarray(result.picture).convert("L").resize((120, 170)), float)
    printed = np.asarray(invoice.convert("L").resize((120, 170)), float)
    assert np.corrcoef(shown.ravel(), printed.ravel())[0, 1] > 0.8
    # The middle of its edges and its corners lead back to the edges and corners photographed.
    sheet = np.array([(0, 0), (width, 0), (width, height), (0, height)], float)
    on_page = result.on_page(sheet) * photo.picture.size
    assert error(on_page, photo) < 0.01
    box = result.box_on_page(sheet)
    assert (box.x0, box.y1) == pytest.approx(
        (on_page[:, 0].min() / photo.picture.width, on_page[:, 1].max() / photo.picture.height)
    )


def test_pixels_stand_where_the_homography_says(
    invoice: Image.Image, photographed: Photographer, camera: type[Camera]
) -> None:
    photo = photographed(invoice, replace(camera(seed=4), **VIEWS[0]))
    original = np.asarray(photo.picture.convert("L"), float)
    result = rectified(np.asarray(photo.picture))
    assert result.findings == (PERSPECTIVE,)
    shown = np.asarray(Image.fromarray(result.picture).convert("L"), float)
    ys, xs = np.mgrid[20 : shown.shape[0] - 20 : 7, 20 : shown.shape[1] - 20 : 7]
    points = result.to_original.apply(np.column_stack((xs.ravel() + 0.5, ys.ravel() + 0.5)))
    at = np.floor(points).astype(int)
    differences = np.abs(shown[ys.ravel(), xs.ravel()] - original[at[:, 1], at[:, 0]])
    assert differences.mean() < 3


def test_a_page_that_is_no_photograph_stays_as_it_is(page: Image.Image) -> None:
    picture = np.asarray(page)
    result = rectified(picture)
    assert result.findings == ()
    assert result.picture is picture
    points = np.array([(0, 0), (page.width, page.height), (page.width / 2, 0)], float)
    assert result.on_page(points).tolist() == [[0, 0], [1, 1], [0.5, 0]]


def scanned(invoice: Image.Image) -> Image.Image:
    """On a flatbed: straight, but for a hair, and dark where the sheet ends."""
    sheet = invoice.convert("RGB").rotate(0.7, expand=True, fillcolor=(30, 30, 30))
    bed = Image.new("RGB", (sheet.width + 120, sheet.height + 120), (30, 30, 30))
    bed.paste(sheet, (60, 60))
    return bed


def scanned_tightly(invoice: Image.Image) -> Image.Image:
    """On a flatbed, with the bed showing as wedges along the sides."""
    return invoice.convert("RGB").rotate(1.5, fillcolor=(30, 30, 30))


def framed(invoice: Image.Image) -> Image.Image:
    """A frame printed on the page, turned as no scanner turns it."""
    page = invoice.convert("RGB").copy()
    corners = [(150, 180), (1500, 120), (1560, 2100), (90, 2000)]
    ImageDraw.Draw(page).polygon(corners, outline=(0, 0, 0), width=12)
    return page


def cut_off(invoice: Image.Image) -> Image.Image:
    """The sheet goes on beyond the picture."""
    desk = Image.new("RGB", (1500, 1500), (90, 60, 40))
    desk.paste(invoice.rotate(5, expand=True, fillcolor=(90, 60, 40)), (150, 200))
    return desk


@pytest.mark.parametrize("picture_of", [scanned, scanned_tightly, framed, cut_off])
def test_in_doubt_there_is_no_sheet(
    picture_of: Callable[[Image.Image], Image.Image], invoice: Image.Image
) -> None:
    assert page_outline(np.asarray(picture_of(invoice))) is None


@pytest.mark.parametrize("size", [(1, 1), (3, 4000), (4000, 3), (64, 64), (500, 20)])
@pytest.mark.parametrize("level", [0, 128, 255])
def test_blank_and_odd_pictures_stay_as_they_are(size: tuple[int, int], level: int) -> None:
    picture = np.full((*size, 3), level, np.uint8)
    result = rectified(picture)
    assert result.picture is picture


def test_noise_is_no_sheet() -> None:
    picture = np.random.default_rng(1).integers(0, 256, (800, 600, 3), np.uint8)
    assert rectified(picture).picture is picture


def lit(page: Image.Image, darkest: float) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """The page under light that falls off to the lower right."""
    y, x = np.mgrid[0 : 1 : page.height * 1j, 0 : 1 : page.width * 1j]
    light = 1 - (1 - darkest) * ((x + y) / 2) ** 1.5
    return (np.asarray(page.convert("RGB")) * light[..., None]).astype(np.uint8)


def paper_levels(picture: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]) -> list[float]:
    """The brightness of the paper in each part of the page."""
    gray = picture.mean(axis=2)
    tiles = [part for band in np.array_split(gray, 6) for part in np.array_split(band, 4, axis=1)]
    return [float(np.percentile(tile, 80)) for tile in tiles]


def test_light_is_evened_out(invoice: Image.Image) -> None:
    dark = lit(invoice, 0.45)
    even = evened(dark)
    assert even is not None
    before, after = paper_levels(dark), paper_levels(even)
    assert max(before) / min(before) > 1.5
    assert max(after) / min(after) < 1.06
    # And the page looks as it did under even light, but for a shade.
    printed = np.asarray(invoice.convert("RGB"), float)
    shade = even.mean() / printed.mean()
    assert 0.85 < shade <= 1
    assert np.abs(even - shade * printed).mean() < 4


def test_printed_bands_are_not_taken_for_shadows(page: Image.Image) -> None:
    dark = lit(page, 0.5)
    even = evened(dark)
    assert even is not None
    printed = np.asarray(page.convert("RGB"), float)
    dark_print = printed.mean(axis=2) < 140
    assert even[dark_print].mean() == pytest.approx(printed[dark_print].mean(), abs=15)
    assert evened(np.asarray(page)) is None


def test_photograph_in_shadow_is_flattened_and_lit(
    invoice: Image.Image, photographed: Photographer, camera: type[Camera]
) -> None:
    photo = photographed(invoice, replace(camera(seed=7), **VIEWS[1]))
    result = rectified(np.asarray(photo.picture))
    assert result.findings == (PERSPECTIVE, LIGHT)
    levels = paper_levels(result.picture[20:-20, 20:-20])
    assert max(levels) / min(levels) < 1.15
