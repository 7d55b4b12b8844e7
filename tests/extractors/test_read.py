# PyMuPDF has no type annotations to speak of.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

from collections.abc import Iterator

import pymupdf
import pytest

from docmill.extractors.engines import OcrEngine
from docmill.extractors.ocr.scripted import ScriptedOcr
from docmill.extractors.ocr.text_layer import TextLayer
from docmill.extractors.pdf import Corners, PdfPage
from docmill.extractors.read import PageReader, read_failure_of, read_page
from docmill.extractors.render import OpenedPage, open_document
from docmill.schemas.engine import EngineTag
from docmill.schemas.errors import (
    BadOutput,
    DocmillError,
    EngineUnavailable,
    NoText,
    UnreadableFile,
    UnsupportedScript,
    UntrustedText,
)
from docmill.schemas.page import PageStatus, PageText

TAG = EngineTag(name="scripted", version="1")


class Answering:
    """Always gives the same answer, whatever the page."""

    tag = TAG

    def __init__(self, answer: PageText) -> None:
        self._answer = answer

    def read(self, page: OpenedPage) -> PageText:
        assert page.number == 1
        return self._answer


def only(engine: OcrEngine) -> PageReader:
    return PageReader((engine,))


@pytest.fixture
def page() -> Iterator[OpenedPage]:
    document = pymupdf.open()
    document.new_page(width=300, height=200)
    with open_document(document.tobytes()) as opened:
        yield opened.page(1)


def answer(page: OpenedPage, status: PageStatus = PageStatus.BLANK) -> PageText:
    return PageText(
        document_id=page.document_id,
        page=page.number,
        width_px=page.width_px,
        height_px=page.height_px,
        engine=TAG,
        status=status,
    )


def test_an_answer_for_the_page_is_passed_on(page: OpenedPage) -> None:
    assert read_page(page, only(Answering(answer(page)))) == answer(page)


@pytest.mark.parametrize(
    "change",
    [
        {"document_id": "another"},
        {"page": 2},
        {"engine": EngineTag(name="another", version="1")},
        {"status": PageStatus.OK},
    ],
)
def test_an_answer_that_cannot_be_is_refused(page: OpenedPage, change: dict[str, object]) -> None:
    with pytest.raises(BadOutput):
        read_page(page, only(Answering(answer(page).model_copy(update=change))))


def test_a_failure_of_the_table_stage_costs_no_word(monkeypatch: pytest.MonkeyPatch) -> None:
    document = pymupdf.open()
    document.new_page(width=300, height=200).insert_text((20, 50), "Total 12.50")
    with open_document(document.tobytes()) as opened:
        damaged = opened.page(1)
        assert damaged.pdf is not None

        def broken(_: PdfPage) -> tuple[Corners, ...]:
            raise UnreadableFile("The drawings of page 1 cannot be read")

        monkeypatch.setattr(PdfPage, "segments", property(broken))
        text = read_page(damaged, only(TextLayer()))
    assert [word.text for word in text.words] == ["Total", "12.50"]
    assert text.status is PageStatus.OK
    assert text.findings == (
        "tables could not be looked for: UnreadableFile: The drawings of page 1 cannot be read",
    )


def test_an_engine_that_fails_is_heard(page: OpenedPage) -> None:
    with pytest.raises(EngineUnavailable, match="no server"):
        read_page(page, only(ScriptedOcr(error=EngineUnavailable("no server"))))


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (PageStatus.OK, None),
        (PageStatus.BLANK, None),
        (PageStatus.NO_TEXT, NoText),
        (PageStatus.UNTRUSTED_TEXT, UntrustedText),
        (PageStatus.UNSUPPORTED_SCRIPT, UnsupportedScript),
        (PageStatus.TRUNCATED, BadOutput),
        (PageStatus.LOOPING, BadOutput),
        (PageStatus.FAILED, BadOutput),
    ],
)
def test_every_incomplete_reading_has_its_error(
    page: OpenedPage, status: PageStatus, expected: type[DocmillError] | None
) -> None:
    text = answer(page, status).model_copy(update={"findings": ("the reason",)})
    error = read_failure_of(text)
    assert (error is None) is status.complete
    if error is not None:
        assert type(error) is expected
        assert "age 1" in error.message
        assert "the reason" in error.message
