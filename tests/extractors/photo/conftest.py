"""Photographs with known corners, made by the sample documents' own camera."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from docmill.extractors.render import open_document

if TYPE_CHECKING:
    from sample_docs.generate.photograph import Camera, Photograph

DOCUMENTS = [
    "invoices/de-office-supplies.pdf",
    "invoices/es-translator.pdf",
    "invoices/nl-broadband.pdf",
    "receipts/us-hardware-store.pdf",
]


def rendered(repository: Path, name: str) -> Image.Image:
    content = (repository / "sample_docs" / name).read_bytes()
    with open_document(content) as document:
        return document.page(1).image()


@pytest.fixture(scope="session", params=DOCUMENTS)
def page(request: pytest.FixtureRequest, repository: Path) -> Image.Image:
    return rendered(repository, request.param)


@pytest.fixture(scope="session")
def invoice(repository: Path) -> Image.Image:
    return rendered(repository, DOCUMENTS[0])


@pytest.fixture(scope="session")
def camera(repository: Path) -> type[Camera]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "path", [*sys.path, str(repository)])
        from sample_docs.generate.photograph import Camera

        return Camera


@pytest.fixture(scope="session")
def photographed(repository: Path) -> Callable[[Image.Image, Camera], Photograph]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "path", [*sys.path, str(repository)])
        from sample_docs.generate.photograph import photographed

        return photographed
