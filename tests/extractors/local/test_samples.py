"""The embedded extractor over documents of our own: a floor, so that no change loses quality."""

from __future__ import annotations

import json
from pathlib import Path

from docmill.extractors.extract import extract
from docmill.extractors.local.extractor import LocalExtractor
from docmill.extractors.normalise import same_value
from docmill.extractors.ocr.text_layer import TextLayer
from docmill.extractors.read import PageReader, read_page
from docmill.extractors.render import OpenLimits, open_document
from docmill.schemas.extraction import Extraction
from docmill.schemas.loading import builtin_schemas, load_schema

SAMPLES = Path(__file__).resolve().parents[3] / "sample_docs"
# Share of scalar values that are right; raise it when the extractor gets better.
FLOOR = 0.65


def extraction_of(path: Path, schema: str) -> Extraction:
    with open_document(path.read_bytes(), OpenLimits()) as document:
        numbers = range(1, document.page_count + 1)
        pages = [read_page(document.page(number), PageReader((TextLayer(),))) for number in numbers]
    return extract(pages, load_schema(schema), LocalExtractor())


def test_most_values_of_the_samples_are_right_and_all_have_their_box() -> None:
    right = wanted = 0
    for line in (SAMPLES / "manifest.jsonl").read_text("utf-8").splitlines():
        record = json.loads(line)
        if record["stratum"] != "born_digital" or record["doc_type"] not in builtin_schemas():
            continue
        extraction = extraction_of(SAMPLES / record["path"], record["doc_type"])
        schema = load_schema(record["doc_type"])
        for path, truth in record["fields"].items():
            spec, value = schema.spec_of(path), extraction.field(path)
            wanted += 1
            if spec and value and value.value:
                assert value.evidence is not None
                right += same_value(spec.kind, value.value, str(truth))
    assert right / wanted >= FLOOR


def test_the_same_pages_give_the_same_values() -> None:
    path = SAMPLES / "invoices" / "de-office-supplies.pdf"
    assert extraction_of(path, "invoice") == extraction_of(path, "invoice")
