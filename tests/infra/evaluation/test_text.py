from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz.distance import Levenshtein

from docmill.infra.evaluation.text import compare_texts, read_text, true_text
from docmill.schemas.evaluation import Counts
from docmill.schemas.page import PageStatus

WORDS = st.lists(st.text(alphabet="abcé1", min_size=1, max_size=4), max_size=8)


def test_edits_and_words_by_hand() -> None:
    counts = compare_texts("Total: 12.50 EUR", "EUR Total: 12.60")
    # In order: «EUR » before and « EUR» behind, 4 signs each, and 5 for 6.
    assert counts.characters == 16
    assert counts.edits == 9
    assert counts.edits_any_order == 1  # only 12.50 and 12.60 differ
    assert counts.words == Counts(right=2, given=3, wanted=3)
    assert counts.runs == Counts(right=3, given=4, wanted=4)  # total, 12, eur; not 50


def test_letter_case_counts_for_characters_alone() -> None:
    counts = compare_texts("Total", "TOTAL")
    assert counts.edits == counts.edits_any_order == 4
    assert counts.words.f1 == 1


def test_a_truth_in_capitals_knows_no_letter_case() -> None:
    assert compare_texts("TOTAL 12 RM", "Total 12 RM").edits == 0
    assert compare_texts("TOTAL 12 Rm", "Total 12 Rm").edits == 4


def test_signs_that_look_alike_by_unicode_are_alike() -> None:
    counts = compare_texts("ﬁne  №", "fine\nNo")
    assert counts.edits == 0


def test_nothing_read_is_all_missing() -> None:
    counts = compare_texts("ab cd", "")
    assert (counts.edits, counts.edits_any_order) == (5, 4)
    assert counts.words == Counts(right=0, given=0, wanted=2)
    assert compare_texts("", "").words.f1 is None


@given(WORDS)
def test_a_text_read_as_it_is_has_no_edits(words: list[str]) -> None:
    counts = compare_texts(" ".join(words), "\n".join(words))
    assert counts.edits == counts.edits_any_order == 0
    assert counts.words.right == counts.words.wanted == len(words)


@given(WORDS.flatmap(lambda words: st.tuples(st.just(words), st.permutations(words))))
def test_order_does_not_matter_where_it_should_not(texts: tuple[list[str], list[str]]) -> None:
    first, second = (" ".join(words) for words in texts)
    counts = compare_texts(first, second)
    assert counts.edits_any_order == 0
    assert counts.words.right == counts.words.wanted


@given(WORDS, WORDS)
def test_any_order_is_no_more_than_word_by_word(truth: list[str], found: list[str]) -> None:
    counts = compare_texts(" ".join(truth), " ".join(found))
    size = max(len(truth), len(found))
    padded = (words + [""] * (size - len(words)) for words in (truth, found))
    straight = sum(Levenshtein.distance(*pair) for pair in zip(*padded, strict=True))
    assert counts.edits_any_order <= straight


def test_only_visible_words_of_complete_pages_are_read(page: Any) -> None:
    hidden = page("a", "b").words[1].model_copy(update={"visible": False})
    first = page("a", "b")
    pages = [
        first.model_copy(update={"words": (first.words[0], hidden)}),
        page("c", page=2, status=PageStatus.UNTRUSTED_TEXT),
        page("d", page=3),
    ]
    assert read_text(pages) == "a d"


@pytest.mark.parametrize(
    ("gt", "fields", "text"),
    [
        ({"text_lines": [{"text": "a b"}, {"text": "c"}]}, {}, "a b\nc"),
        ({"text_lines_xywh": [{"text": "x", "bbox": [0, 0, 1, 1]}]}, {"transcription": "y"}, "x"),
        ({}, {"transcription": "as it stands"}, "as it stands"),
        ({"tables": []}, {"total": "1"}, None),
    ],
)
def test_where_the_true_text_comes_from(
    example: Any, gt: dict[str, Any], fields: dict[str, str], text: str | None
) -> None:
    assert true_text(example(fields=fields, gt=gt)) == text


def test_entities_are_put_into_reading_order(example: Any) -> None:
    boxes = {"right": [50, 11, 90, 21], "below": [0, 30, 40, 40], "left": [0, 10, 40, 20]}
    entities = [{"text": text, "box": box} for text, box in boxes.items()]
    assert true_text(example(fields={}, gt={"entities": entities})) == "left\nright\nbelow"
