from __future__ import annotations

from docmill.flows.artifacts import WORST, failures_markdown
from docmill.flows.totals import Totals
from docmill.schemas.batch import DocumentFailure
from docmill.schemas.errors import EncryptedFile, NoText
from docmill.schemas.outcome import DocumentStatus, Failure, Stage


def failed(number: int, page: int | None = None, name: str = "bill") -> DocumentFailure:
    error = NoText("page is blank") if page else EncryptedFile("wants a password")
    failure = Failure.of(error, Stage.OPEN, page=page)
    return DocumentFailure(
        uri=f"s3://inbox/{name}-{number}.pdf", document_id="d" * 64, failure=failure
    )


def test_whole_documents_come_before_pages_and_ten_are_enough() -> None:
    failures = [failed(number, page=1) for number in range(12)] + [failed(99)]
    text = failures_markdown(failures, "")
    assert text.index("bill-99.pdf") < text.index("bill-0.pdf")
    assert text.count("what to do") == WORST
    assert "3 failures more" in text
    assert "](" not in text


def test_a_review_page_is_linked_where_it_is_known() -> None:
    text = failures_markdown([failed(1)], "https://review.example/")
    assert f"https://review.example/documents/{'d' * 64}" in text


def test_names_of_strangers_are_shown_as_they_are_and_make_no_markdown() -> None:
    text = failures_markdown([failed(1, name="**[x](http://evil.example)** <b>")], "")
    assert "\\*\\*\\[x\\](http://evil.example)" in text.replace("\\]", "\\]")
    assert "<b>" not in text.replace("\\<b\\>", "")
    assert "`qpdf" in text  # a hint's own code stays code


def test_totals_in_words() -> None:
    totals = Totals()
    assert totals.sentence() == "nothing to do"
    totals.statuses.update(
        {DocumentStatus.DONE: 940, DocumentStatus.NEEDS_REVIEW: 50, DocumentStatus.FAILED: 10}
    )
    assert totals.sentence() == "1,000 documents: 940 done, 50 to review, 10 failed"
    assert totals.fail_share == 0.01
    totals.left = 3
    assert totals.sentence().endswith("10 failed, 3 left for the next run")
