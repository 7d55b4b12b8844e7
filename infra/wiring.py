"""Engines by name."""

from __future__ import annotations

from functools import lru_cache

from docmill.extractors.engines import Extractor
from docmill.extractors.local.extractor import LocalExtractor
from docmill.extractors.ocr.rapid.engine import RapidOcr
from docmill.extractors.ocr.tesseract import Tesseract, foreign_languages
from docmill.extractors.ocr.text_layer import TextLayer
from docmill.extractors.read import PageReader
from docmill.schemas.errors import UsageError

OCR_ENGINES = ("auto", "text_layer", "rapidocr", "tesseract", "tesseract:LANGUAGES")
EXTRACTORS = ("local",)
# The work pool whose machines an engine needs; what is not listed runs on any CPU.
POOLS: dict[str, str] = {}
CPU_POOL = "cpu"
# Engines that send pages or text to machines that are not the user's own.
HOSTED: frozenset[str] = frozenset()


def pool_of(engine: str) -> str:
    """The work pool of an engine, `cpu`, `gpu` or `llm`; options after a colon make none other."""
    return POOLS.get(engine.partition(":")[0], CPU_POOL)


def refuse_egress(source: str, *engines: str) -> None:
    """Raises UsageError where one of a source's engines would send its documents to others."""
    for engine in engines:
        if engine.partition(":")[0] in HOSTED:
            raise UsageError(
                f"source `{source}` keeps its documents here, but “{engine}” sends them elsewhere",
                f'Choose another engine, or write egress = "hosted" under [sources.{source}].',
            )


@lru_cache(maxsize=4)
def page_reader(name: str) -> PageReader:
    """Who reads pages; the same object for the same name, since models load but once.

    `auto`: the text layer where it can be believed, else `rapidocr`, else `tesseract` where the
    system has it with a language in letters that `rapidocr` lacks.

    Raises:
        UsageError: there is none of this name.
    """
    engine, _, options = name.partition(":")
    match engine, options:
        case "auto", "":
            rapid = RapidOcr()
            languages = foreign_languages()
            last = (Tesseract(languages),) if languages else ()
            return PageReader((TextLayer(), rapid, *last), rapid)
        case "text_layer", "":
            return PageReader((TextLayer(),))
        case "rapidocr", "":
            return PageReader((RapidOcr(),))
        case "tesseract", languages:
            return PageReader((Tesseract(languages),))
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
