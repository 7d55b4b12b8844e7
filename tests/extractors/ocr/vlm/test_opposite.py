from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docmill.extractors.ocr.vlm.aligning.opposite import Piece, opposite
from docmill.extractors.ocr.vlm.aligning.seeds import seeds, window_of
from docmill.extractors.ocr.vlm.aligning.written import key_of, same, written_in
from docmill.extractors.ocr.vlm.regions import Region

WORDS = st.lists(st.text("abc1.", min_size=1, max_size=5), max_size=15)


def text(words: str, label: str = "text") -> Region:
    return Region(label, label, None, words, words, (0, len(words)))


def opposites(written: str, found: str) -> dict[int, tuple[Piece, ...]]:
    return opposite(written.split(), found.split())


def test_unrelated_text_is_not_opposite() -> None:
    assert opposites("grand total of this page", "lorem ipsum dolor") == {}


def test_one_word_may_be_another_in_its_place() -> None:
    assert opposites("7", "1") == {0: (Piece(0),)}


def test_scattered_letters_are_no_word() -> None:
    faced = opposites("paid net x", "paid n.. e.. t.. x")
    assert 1 not in faced


def test_a_word_that_the_model_left_out_of_a_joined_one() -> None:
    faced = opposites("12.50 paid", "RM12.50abc paid")
    assert faced[0] == (Piece(0, pytest.approx(0.2), pytest.approx(0.7)),)  # type: ignore[arg-type]


@given(WORDS)
def test_every_word_is_opposite_itself(words: list[str]) -> None:
    assert opposite(words, words) == {n: (Piece(n),) for n in range(len(words))}


@given(WORDS, WORDS)
def test_pieces_are_in_order_and_do_not_overlap(written: list[str], found: list[str]) -> None:
    faced = opposite(written, found)
    pieces = [piece for _, some in sorted(faced.items()) for piece in some]
    assert all(0 <= piece.start < piece.end <= 1 for piece in pieces)
    for one, other in pairwise(pieces):
        assert one.found < other.found or (one.found == other.found and one.end <= other.start)


def test_seeds_are_what_is_there_once() -> None:
    written = ["a", "b", "a", "b", "total", "12.50", "a", "b", "signature"]
    found = ["signature", "a", "b", "total", "12.50", "x", "a", "b"]
    placed = seeds(written, found)
    assert {written[one]: found[other] for one, other in placed.items()} == {
        word: word for word in ("b", "total", "12.50", "signature")
    }
    assert placed[4] == 3
    assert placed[8] == 0


@given(WORDS, WORDS)
def test_seeds_are_equal_words_one_to_one(written: list[str], found: list[str]) -> None:
    placed = seeds(written, found)
    assert all(written[one] == found[other] for one, other in placed.items())
    assert len(set(placed.values())) == len(placed)


def test_the_window_is_where_the_run_stands() -> None:
    found = [f"w{n}" for n in range(100)] + ["pay", "within", "thirty", "days"]
    window = window_of(["pay", "within", "ten", "days"], found)
    assert set(range(100, 104)) <= set(window)
    assert len(window) < 20
    assert len(window_of(["nothing", "like", "it"], found)) == 0


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Größe", "grosse"),
        ("........", "."),
        ("$\\mathrm{N}/\\mathrm{mm}^2$", "N/mm2"),
        ("“a”", '"a"'),
    ],
)
def test_keys_leave_out_what_readers_differ_in(one: str, other: str) -> None:
    assert key_of(one) == key_of(other)


@given(st.text(min_size=1).filter(lambda text: not text.isspace()))
def test_no_word_has_an_empty_key(word: str) -> None:
    assert key_of(word)


def test_only_the_shapes_of_marks_do_not_count() -> None:
    assert same("“A”–1", '"A"-1')
    assert not same("12.50", "1250")
    assert not same("Total", "total")


def test_sums_of_money_are_no_formula() -> None:
    words = [word.text for word in written_in(0, text("from $5 to $6 or $x^2 + 1$ left"))]
    assert words[-3:] == ["or", "$x^2 + 1$", "left"]


def test_words_are_told_with_their_lines() -> None:
    words = written_in(3, text("one two\n\nthree"))
    assert [(word.text, word.line) for word in words] == [("one", 0), ("two", 0), ("three", 2)]
    assert [(w.origin.start, w.origin.end) for w in words] == [(0, 3), (4, 7), (9, 14)]
