"""Scans and photographs show what their truths say, at the place their boxes say."""

# PyMuPDF has no type annotations to speak of.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pymupdf
import pytest
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageChops, ImageFilter, ImageStat

from docmill.extractors.ocr.text_layer import TextLayer
from docmill.extractors.read import PageReader, read_failure_of, read_page
from docmill.extractors.render import open_document
from docmill.schemas import errors
from docmill.schemas.page import PageStatus

Floats = NDArray[np.float64]
Pictures = Callable[[Path], list[Image.Image]]
GRID = (24, 96)


def moved(move: list[float], points: Floats) -> Floats:
    """Points (rows of x, y) after a projective map of nine numbers."""
    columns = np.reshape(move, (3, 3)) @ np.vstack([points.T, np.ones(len(points))])
    return (columns[:2] / columns[2]).T


def corners(box: list[float]) -> Floats:
    x0, y0, x1, y1 = box
    return np.array([(x0, y0), (x1, y0), (x1, y1), (x0, y1)])


def grid(box: list[float]) -> Floats:
    x0, y0, x1, y1 = box
    down, across = np.meshgrid(np.linspace(y0, y1, GRID[0]), np.linspace(x0, x1, GRID[1]))
    return np.column_stack([across.ravel(), down.ravel()])


def levels(picture: Image.Image, points: Floats) -> Floats:
    """The grey levels of a picture at points in fractions of it."""
    pixels = np.asarray(picture, dtype=np.float64)
    places = np.floor(points * (picture.width, picture.height)).astype(int)
    x, y = np.clip(places, 0, (picture.width - 1, picture.height - 1)).T
    return pixels[y, x]


def likeness(first: Floats, second: Floats) -> float:
    """Pearson's correlation."""
    return float(np.corrcoef(first, second)[0, 1])


def likenesses(copy: Any, clean: list[Image.Image], seen: list[Image.Image], down: float) -> Floats:
    """For every value, how like the clean print the picture is at the value's place.

    `down` looks as many heights of the value's box further down in the picture.
    """
    first = copy.data.get("page_from", 1)
    found: list[float] = []
    for spot in copy.boxes.values():
        page, points = spot["page"] - 1, grid(spot["box"])
        below = (0, down * (spot["box"][3] - spot["box"][1]))
        there = moved(copy.moves[page], points + below)
        picture = levels(seen[first - 1 + page], there)
        found.append(likeness(levels(clean[page], points), picture))
    return np.array(found)


def test_boxes_went_where_their_pages_went(copy: Any) -> None:
    first = copy.data.get("page_from", 1)
    for path, spot in copy.boxes.items():
        there = moved(copy.moves[spot["page"] - 1], corners(spot["box"]))
        recorded = copy.data["boxes"][path]
        assert recorded["page"] == first - 1 + spot["page"]
        around = [*there.min(axis=0), *there.max(axis=0)]
        assert recorded["box"] == pytest.approx(around, abs=2e-5), path


def test_the_pictures_show_the_values_there_and_not_beside(
    copy: Any, pictures: Pictures, sample_docs: Path
) -> None:
    # As soft as the worst copy: a pixel's breadth aside must not decide.
    soft = ImageFilter.GaussianBlur(1.5)
    clean = [page.filter(soft) for page in pictures(copy.pdf)]
    seen = [page.filter(soft) for page in pictures(sample_docs / copy.data["path"])]
    found = likenesses(copy, clean, seen, down=0)
    assert [path for path, like in zip(copy.boxes, found, strict=True) if like < 0.65] == []
    assert np.median(found) > 0.85
    assert np.median(likenesses(copy, clean, seen, down=0.5)) < 0.4


def test_pdfs_of_scans_hold_pictures_alone(sample_docs: Path, copy: Any) -> None:
    if not copy.data["path"].endswith(".pdf"):
        return
    with pymupdf.open(sample_docs / copy.data["path"]) as pdf:
        for page in pdf:
            assert page.rotation == 0
            assert len(page.get_images()) == 1
            assert bool(page.get_text()) == ("text layer" in copy.data["difficulty"])


def test_a_wrong_text_layer_has_other_words_that_leave_no_ink(
    sample_docs: Path, manifest: list[dict[str, Any]]
) -> None:
    (wrong,) = (entry for entry in manifest if "text layer" in entry.get("difficulty", ""))
    with pymupdf.open(sample_docs / wrong["path"]) as pdf:
        words: set[str] = {word[4] for word in pdf[0].get_text("words")}
        modes = {span["type"] for span in pdf[0].get_texttrace()}
    assert modes == {3}
    assert len(words) > 60
    printed = {word for text in wrong["printed"].values() for word in text.split()}
    long = {word for word in printed if len(word) >= 5}
    assert len(long & words) < 0.2 * len(long)
    for path in ("total", "amount_due", "invoice_number", "iban", "seller_vat_id"):
        assert wrong["printed"][path] not in " ".join(words)


def test_a_phone_held_sideways_turns_the_pixels(sample_docs: Path) -> None:
    path = sample_docs / "photos" / "fr-bistro-phone.jpg"
    with Image.open(path) as stored, open_document(path.read_bytes()) as document:
        assert stored.getexif()[ExifTags.Base.Orientation] == 6
        page = document.page(1)
        assert (page.width_px, page.height_px) == (stored.height, stored.width)
        assert page.height_px > page.width_px


def test_the_fax_is_the_clean_scan(sample_docs: Path, pictures: Pictures) -> None:
    fax = pictures(sample_docs / "scans" / "de-wholesale-fax.tiff")
    clean = pictures(sample_docs / "scans" / "de-wholesale-clean.pdf")
    assert len(fax) == len(clean) == 2
    for a, b in zip(fax, clean, strict=True):
        assert a.size == b.size
        assert ImageStat.Stat(ImageChops.difference(a, b)).mean[0] < 2


def test_a_page_in_another_script_fails_and_gives_no_values(sample_docs: Path) -> None:
    lines = (sample_docs / "broken" / "manifest.jsonl").read_text("utf-8").splitlines()
    (stated,) = (line for line in map(json.loads, lines) if "page_status" in line)
    assert PageStatus(stated["page_status"]) is PageStatus.UNSUPPORTED_SCRIPT
    with open_document((sample_docs / "broken" / stated["path"]).read_bytes()) as document:
        text = read_page(document.page(1), PageReader((TextLayer(),)))
    assert not text.words
    unread = text.model_copy(update={"status": PageStatus.UNSUPPORTED_SCRIPT})
    assert type(read_failure_of(unread)) is getattr(errors, stated["error"])
