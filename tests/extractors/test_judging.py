"""Grounding, checks, confidence, triage: what is said about a value."""

from __future__ import annotations

import pytest

from docmill.extractors.extract import extract
from docmill.extractors.ground import ground
from docmill.extractors.layout import layout_of
from docmill.extractors.score import score
from docmill.extractors.triage import Thresholds, triage
from docmill.extractors.validate import validate
from docmill.schemas.document_schema import DocumentSchema
from docmill.schemas.engine import EngineTag
from docmill.schemas.extraction import Extraction, FieldValue, Match, ValueStatus
from docmill.schemas.geometry import Box
from docmill.schemas.loading import load_schema
from docmill.schemas.page import PageStatus, PageText, Word
from docmill.schemas.review import ReviewReason


@pytest.fixture
def invoice() -> DocumentSchema:
    return load_schema("invoice")


@pytest.fixture
def page() -> PageText:
    lines = ["Invoice no. 4711", "Date 31.12.2023", "Total EUR 1.190,00", "Acme Ltd"]
    words: list[Word] = []
    for number, line in enumerate(lines):
        for place, text in enumerate(line.split()):
            x, y = 0.1 + 0.1 * place, 0.1 + 0.05 * number
            box = Box(x0=x, y0=y, x1=x + 0.09, y1=y + 0.015)
            words.append(Word(text=text, box=box, block=number, line=number))
    return PageText(
        document_id="d", page=1, width_px=1600, height_px=2200,
        engine=EngineTag(name="text_layer", version="1"),
        status=PageStatus.OK, words=tuple(words),
    )  # fmt: skip


def given(path: str, value: str) -> FieldValue:
    """A value as an engine without citations gives it."""
    return FieldValue(
        path=path, value=value, raw=value, status=ValueStatus.PRESENT, confidence=0,
        signals={"engine_probability": 0.9},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("path", "value", "match"),
    [("invoice_number", "4711", Match.EXACT), ("invoice_date", "2023-12-31", Match.NORMALISED),
     ("total", "1190.00", Match.NORMALISED), ("seller_name", "ACME LTD.", Match.NORMALISED),
     ("seller_name", "Acmee Ltd", Match.FUZZY)],
)  # fmt: skip
def test_a_value_without_citation_is_found(
    page: PageText, invoice: DocumentSchema, path: str, value: str, match: Match
) -> None:
    (found,) = ground([given(path, value)], layout_of([page]), invoice)
    assert found.evidence is not None
    assert found.match is match


@pytest.mark.parametrize(
    ("path", "value"),
    [("invoice_number", "4712"), ("total", "1190.01"), ("seller_name", "Other Corporation")],
)
def test_no_box_is_invented(page: PageText, invoice: DocumentSchema, path: str, value: str) -> None:
    (found,) = ground([given(path, value)], layout_of([page]), invoice)
    assert found.evidence is None
    (scored,) = score([found], (), [page])
    assert scored.confidence < 0.5
    extraction = Extraction(
        document_id="d", part=1, page_from=1, page_to=1, schema_name="invoice",
        schema_hash=invoice.hash, engine=EngineTag(name="x", version="1"), fields=(scored,),
    )  # fmt: skip
    (item,) = triage(extraction, invoice, [page], Thresholds())
    assert item.reason is ReviewReason.NOT_ON_PAGE


def test_sums_dates_and_check_digits_are_checked(invoice: DocumentSchema) -> None:
    good = [given("subtotal", "1000.00"), given("tax", "190.00"), given("total", "1190.00"),
            given("invoice_date", "2023-12-01"), given("due_date", "2023-12-31"),
            given("iban", "DE89370400440532013000")]  # fmt: skip
    assert {check.name for check in validate(good, invoice)} == {"sum", "date_order", "checksum"}
    assert all(check.passed for check in validate(good, invoice))
    bad = [given("subtotal", "1000.00"), given("tax", "19.00"), given("total", "1190.00"),
           given("invoice_date", "2024-01-01"), given("due_date", "2023-12-31"),
           given("iban", "DE88370400440532013000")]  # fmt: skip
    assert not any(check.passed for check in validate(bad, invoice))


def test_rows_are_multiplied_and_added(invoice: DocumentSchema) -> None:
    rows = [
        given(f"line_items[{row}].{name}", value)
        for row, cells in enumerate([("2", "10.00", "20.00"), ("3", "5.00", "14.00")])
        for name, value in zip(("quantity", "unit_price", "line_total"), cells, strict=True)
    ]
    checks = validate([*rows, given("subtotal", "34.00")], invoice)
    verdicts = {(check.name, check.paths[0]): check.passed for check in checks}
    assert verdicts == {
        ("product", "line_items[0].line_total"): True,
        ("product", "line_items[1].line_total"): False,
        ("sum", "subtotal"): True,
    }


def test_evidence_moves_confidence_the_right_way(page: PageText, invoice: DocumentSchema) -> None:
    values = ground([given("total", "1190.00")], layout_of([page]), invoice)
    passed = validate([given("subtotal", "1000.00"), given("tax", "190.00"), *values], invoice)
    failed = validate([given("subtotal", "1000.00"), given("tax", "19.00"), *values], invoice)
    low, middle, high = (score(values, checks, [page])[0] for checks in (failed, (), passed))
    assert low.confidence < middle.confidence < high.confidence
    assert high.signals["checks_passed"] == 1.0


def test_the_local_extractor_gives_every_field_a_status(
    page: PageText, invoice: DocumentSchema
) -> None:
    from docmill.extractors.local.extractor import LocalExtractor

    extraction = extract([page], invoice, LocalExtractor())
    values = {value.path: value.value for value in extraction.fields}
    assert set(values) >= {field.name for field in invoice.fields}
    assert values["invoice_number"] == "4711"
    assert values["invoice_date"] == "2023-12-31"
    assert values["total"] == "1190.00"
    missing = triage(extraction, invoice, [page], Thresholds())
    assert all(0 <= value.confidence <= 1 for value in extraction.fields)
    assert not any(item.path == "total" and item.reason == "required_missing" for item in missing)


def test_text_that_is_no_unicode_never_reaches_a_message() -> None:
    from docmill.extractors.pdf import _well_formed  # pyright: ignore[reportPrivateUsage]

    assert _well_formed("caf\udc85é").encode()


def of_kind(fields: tuple[FieldValue, ...], schema: DocumentSchema) -> Extraction:
    return Extraction(
        document_id="d", part=1, page_from=1, page_to=1, schema_name=schema.name,
        schema_hash=schema.hash, engine=EngineTag(name="x", version="1"), fields=fields,
    )  # fmt: skip


def test_a_document_without_a_single_value_is_looked_at(
    page: PageText, invoice: DocumentSchema
) -> None:
    items = triage(of_kind((), invoice), invoice, [page], Thresholds())
    assert ReviewReason.NOTHING_FOUND in {item.reason for item in items}


@pytest.mark.parametrize(("confidence", "asked"), [(0.5, True), (0.9, False), (None, False)])
def test_an_unsure_kind_is_looked_at(
    page: PageText, invoice: DocumentSchema, confidence: float | None, asked: bool
) -> None:
    found = given("total", "1190.00").model_copy(update={"confidence": 0.99})
    items = triage(of_kind((found,), invoice), invoice, [page], Thresholds(), confidence)
    assert any(item.reason is ReviewReason.UNSURE_KIND for item in items) is asked
