"""Engines by name."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from docmill.extractors.engines import Extractor
from docmill.extractors.local.extractor import LocalExtractor
from docmill.extractors.ocr.chandra.model import Chandra
from docmill.extractors.ocr.glm_ocr.model import GlmOcr, GlmOcrRegions
from docmill.extractors.ocr.rapid.engine import RapidOcr
from docmill.extractors.ocr.tesseract import Tesseract, foreign_languages
from docmill.extractors.ocr.text_layer import TextLayer
from docmill.extractors.ocr.vlm.model import VlmModel
from docmill.extractors.read import PageReader
from docmill.infra.model_endpoints.options import Models, ModelServers
from docmill.schemas.engine import EngineTag
from docmill.schemas.errors import UsageError

EMBEDDED_OCR = ("auto", "text_layer", "rapidocr", "tesseract", "tesseract:LANGUAGES")
MODEL_OCR = ("chandra", "glm_ocr", "glm_ocr:regions")
OCR_ENGINES = (*EMBEDDED_OCR, *MODEL_OCR)
EXTRACTORS = ("local",)
# The work pool whose machines an engine needs; what is not listed runs on any CPU.
POOLS = {"chandra": "gpu", "glm_ocr": "gpu"}
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


@dataclass(frozen=True)
class ModelReader:
    """A model that reads pages, where its servers are, and who reads what it fails at.

    `fallback` is the name of an embedded engine, empty for none.
    """

    model: VlmModel
    servers: ModelServers
    fallback: str

    @property
    def tag(self) -> EngineTag:
        """The model's, which names the fallback too: both decide how a page reads."""
        own = self.model.tag
        if not self.fallback:
            return own
        other = page_reader(self.fallback).tag
        return own.model_copy(update={"model": f"{own.model}, else {other}"})


def model_reader(name: str, models: Models) -> ModelReader | None:
    """The model behind an engine's name; None where an embedded engine has it.

    Raises:
        UsageError: the fallback is none of the embedded engines.
    """
    if name not in MODEL_OCR:
        return None
    servers = models.chandra if name == "chandra" else models.glm_ocr
    if models.fallback in MODEL_OCR:
        raise UsageError(
            f"models.fallback is “{models.fallback}”, which is a model itself",
            f"Known: {', '.join(EMBEDDED_OCR)}; or leave it empty.",
        )
    return ModelReader(_model(name, servers.weights), servers, models.fallback)


def _model(name: str, weights: str) -> VlmModel:
    match name:
        case "chandra":
            return Chandra(model_id=weights)
        case "glm_ocr":
            return GlmOcr(model_id=weights)
        case _:
            return GlmOcrRegions(GlmOcr(model_id=weights))


def ocr_tag(name: str, models: Models) -> EngineTag:
    """The tag of the engine that reads pages, part of the keys of all it reads.

    Raises:
        UsageError: there is none of this name.
        EngineUnavailable: it is not installed.
    """
    model = model_reader(name, models)
    return model.tag if model else page_reader(name).tag


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
