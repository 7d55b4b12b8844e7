"""Engines by name."""

from __future__ import annotations

from docmill.extractors.engines import Extractor, OcrEngine
from docmill.extractors.local.extractor import LocalExtractor
from docmill.extractors.ocr.text_layer import TextLayer
from docmill.schemas.errors import UsageError

OCR_ENGINES = ("text_layer",)
EXTRACTORS = ("local",)


def ocr_engine(name: str) -> OcrEngine:
    """The engine that reads pages.

    Raises:
        UsageError: there is none of this name.
    """
    match name:
        case "text_layer":
            return TextLayer()
        case _:
            raise UsageError(f"no OCR engine “{name}”", f"Known: {', '.join(OCR_ENGINES)}.")


def extractor(name: str) -> Extractor:
    """The engine that fills schemas.

    Raises:
        UsageError: there is none of this name.
    """
    match name:
        case "local":
            return LocalExtractor()
        case _:
            raise UsageError(f"no extractor “{name}”", f"Known: {', '.join(EXTRACTORS)}.")
