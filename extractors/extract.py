"""The extraction stage: an engine's values, grounded, checked and scored."""

from __future__ import annotations

from collections.abc import Sequence

from docmill.extractors.engines import Extractor
from docmill.extractors.ground import ground
from docmill.extractors.layout import Layout, layout_of
from docmill.extractors.score import score
from docmill.extractors.validate import validate
from docmill.schemas.document_schema import DocumentSchema
from docmill.schemas.extraction import Extraction
from docmill.schemas.page import PageText

# Raised by hand whenever the results of extracting, grounding, validating or scoring change.
EXTRACT_VERSION = 2


def extract(
    pages: Sequence[PageText],
    schema: DocumentSchema,
    extractor: Extractor,
    *,
    part: int = 1,
    layout: Layout | None = None,
) -> Extraction:
    """The values of one document part with evidence, checks and confidence.

    Args:
        pages: the part's pages in order, at least one.
        schema: what to look for.
        extractor: who looks.
        part: the part's number in its file, from 1.
        layout: the pages as rows and segments, where somebody built it already.

    Raises:
        EngineError: the engine gave no usable answer.
    """
    layout = layout or layout_of(pages)
    found = extractor.extract(layout, schema)
    values = ground(found, layout, schema)
    checks = validate(values, schema)
    return Extraction(
        document_id=pages[0].document_id,
        part=part,
        page_from=pages[0].page,
        page_to=pages[-1].page,
        schema_name=schema.name,
        schema_hash=schema.hash,
        engine=extractor.tag,
        fields=score(values, checks, pages),
        checks=checks,
    )
