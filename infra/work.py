"""What is to be done with every document of a batch, and the keys that follow from it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from docmill.extractors.classify import CLASSIFY_VERSION
from docmill.extractors.extract import EXTRACT_VERSION
from docmill.extractors.read import READ_VERSION
from docmill.extractors.split import SPLIT_VERSION
from docmill.extractors.triage import TRIAGE_VERSION
from docmill.infra.settings import Settings
from docmill.infra.wiring import extractor, ocr_tag
from docmill.schemas.document_schema import DocumentSchema
from docmill.schemas.engine import EngineTag
from docmill.schemas.keys import stable_key


@dataclass(frozen=True)
class Work:
    """Engines, limits and thresholds from `settings`, the schemas to fill, and the run's id.

    One schema is taken on the user's word, of several the best one is chosen; with none the
    documents are only read.
    """

    settings: Settings
    schemas: tuple[DocumentSchema, ...]
    run_id: str

    @cached_property
    def ocr_engine(self) -> EngineTag:
        """Who reads pages."""
        return ocr_tag(self.settings.ocr, self.settings.models)

    @cached_property
    def extractor(self) -> EngineTag:
        """Who fills schemas."""
        return extractor(self.settings.extractor).tag

    def key(self, document_id: str) -> str:
        """The hash of all that determines a document's outcome."""
        return stable_key("document", {"document": document_id, "work": self._work})

    def reading_key(self, document_id: str) -> str:
        """The hash of all that determines how the reading of a document goes."""
        return stable_key("reading", {"document": document_id, "work": self._reading})

    @cached_property
    def _reading(self) -> str:
        return stable_key(
            "how to read",
            {
                "ocr": str(self.ocr_engine),
                "limits": self.settings.limits.model_dump(mode="json"),
                "version": READ_VERSION,
            },
        )

    @cached_property
    def _work(self) -> str:
        return stable_key(
            "how to process",
            {
                "reading": self._reading,
                "extractor": str(self.extractor),
                "schemas": [f"{schema.name}:{schema.hash}" for schema in self.schemas],
                "thresholds": self.settings.review.model_dump(mode="json"),
                "versions": [SPLIT_VERSION, CLASSIFY_VERSION, EXTRACT_VERSION, TRIAGE_VERSION],
            },
        )
