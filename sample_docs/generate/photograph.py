"""Photographs of pages as a phone takes them, with everything about them known.

A page is laid on a desk, seen by a pinhole camera that leans, lit from one side, and recorded
with blur, noise and JPEG. Corners are given in the photograph's pixels.
"""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFilter

from docmill.extractors.photo.homography import Homography

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Camera:
    """How a photograph is taken.

    Attributes:
        lean: degrees by which the camera leans back from straight above.
        sway: degrees by which it leans to the side.
        turn: degrees by which the page lies turned on the desk, clockwise.
        distance: of the camera, in heights of the page.
        shadow: how much darker the dark side is, 0..1.
        blur: radius in pixels.
        noise: standard deviation, of 255.
        quality: of the JPEG.
        width: of the photograph in pixels.
        height: likewise.
        seed: of desk and noise.
        desk: colour of a plain desk, RGB; None for wood.
    """

    lean: float = 0.0
    sway: float = 0.0
    turn: float = 0.0
    distance: float = 1.5
    shadow: float = 0.0
    blur: float = 0.0
    noise: float = 0.0
    quality: int = 90
    width: int = 1500
    height: int = 2000
    seed: int = 0
    desk: tuple[int, int, int] | None = None


@dataclass(frozen=True, eq=False)
class Photograph:
    """The picture, and the page's corners in it (4 x 2), from its top left clockwise."""

    picture: Image.Image
    corners: Floats


def photographed(page: Image.Image, camera: Camera) -> Photograph:
    """Photograph a page lying on a desk."""
    random = np.random.default_rng(camera.seed)
    corners = _corners(page, camera)
    desk = _desk(camera, random)
    size = (camera.width, camera.height)
    coefficients = _to_page(corners, page.size)
    paper = page.convert("RGB").transform(
        size, Image.Transform.PERSPECTIVE, coefficients, Image.Resampling.BICUBIC
    )
    outline = Image.new("L", page.size, 255).transform(
        size, Image.Transform.PERSPECTIVE, coefficients, Image.Resampling.BILINEAR
    )
    scene = Image.composite(paper, desk, outline).filter(ImageFilter.GaussianBlur(camera.blur))
    light = _light(camera, random)
    levels = np.asarray(scene) * light[..., None]
    levels = levels + random.normal(0, camera.noise, levels.shape)
    exposed = Image.fromarray(np.clip(levels, 0, 255).astype(np.uint8))
    buffer = io.BytesIO()
    exposed.save(buffer, "JPEG", quality=camera.quality)
    return Photograph(Image.open(buffer).convert("RGB"), corners)


def _corners(page: Image.Image, camera: Camera) -> Floats:
    """Where a pinhole camera with a lens of about the page's height sees the corners."""
    ratio = page.width / page.height
    flat = np.array([(-ratio, -1), (ratio, -1), (ratio, 1), (-ratio, 1)], float) / 2
    points = np.column_stack((flat, np.zeros(4)))
    points = points @ _rotation(2, camera.turn).T
    points = points @ _rotation(0, camera.lean).T @ _rotation(1, camera.sway).T
    depth = points[:, 2] + camera.distance
    seen = points[:, :2] / depth[:, None]
    return seen * 1.15 * camera.height + np.array([camera.width, camera.height]) / 2


def _rotation(axis: int, degrees: float) -> Floats:
    sine, cosine = np.sin(np.radians(degrees)), np.cos(np.radians(degrees))
    first, second = [index for index in range(3) if index != axis]
    matrix = np.eye(3)
    matrix[first, first] = matrix[second, second] = cosine
    matrix[first, second], matrix[second, first] = -sine, sine
    return matrix


def _to_page(corners: Floats, size: tuple[int, int]) -> tuple[float, ...]:
    """Pillow's eight numbers: from the photograph's pixels to the page's."""
    width, height = size
    page = np.array([(0, 0), (width, 0), (width, height), (0, height)], float)
    return tuple(Homography.between(corners, page).matrix.ravel()[:8].tolist())


def _desk(camera: Camera, random: np.random.Generator) -> Image.Image:
    """Wood (a brown of some darkness, long grain, flecks), or one colour."""
    size = (camera.width, camera.height)
    if camera.desk is not None:
        return Image.new("RGB", size, camera.desk)
    grain = random.normal(0, 14, (camera.height // 4, camera.width // 60))
    flecks = random.normal(0, 6, (camera.height // 3, camera.width // 3))
    texture = sum(
        np.asarray(Image.fromarray(layer.astype(np.float32)).resize(size, Image.Resampling.BICUBIC))
        for layer in (grain, flecks)
    )
    brown = np.array([132, 96, 66]) * random.uniform(0.7, 1.1)
    levels = brown + np.asarray(texture)[..., None] * np.array([1.0, 0.85, 0.7])
    return Image.fromarray(np.clip(levels, 0, 255).astype(np.uint8))


def _light(camera: Camera, random: np.random.Generator) -> npt.NDArray[np.float32]:
    """Light that falls off to one side, and the soft shadow of a hand."""
    y, x = np.mgrid[0 : 1 : camera.height * 1j, 0 : 1 : camera.width * 1j]
    angle = random.uniform(0, 2 * np.pi)
    along = 0.5 + ((x - 0.5) * np.cos(angle) + (y - 0.5) * np.sin(angle)) / 1.4
    hand = 1 / (1 + np.exp(-((x - random.uniform(0.3, 0.7)) + (y - 0.5) * 0.4) / 0.06))
    return (1 - camera.shadow * (0.6 * along + 0.4 * hand)).astype(np.float32)
