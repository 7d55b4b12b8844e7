from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from docmill.extractors.ocr.rapid.recognise import Character, ReadLine
from docmill.extractors.ocr.rapid.words import LineWord, words_of_line

LETTER, HEIGHT = 14, 48


def line(text: str, *, gap: int = 4, space: int = 12, spaced: bool = True) -> ReadLine:
    """A line of black bars, one for each letter; a blank in `text` leaves `space` pixels."""
    starts: list[int] = []
    at = 10
    for char in text:
        starts.append(at)
        at += space - gap if char == " " else LETTER + gap
    width = at + 10
    crop = np.full((HEIGHT, width), 255, np.uint8)
    characters: list[Character] = []
    spaces: list[tuple[float, float]] = []
    for char, start in zip(text, starts, strict=True):
        if char == " ":
            spaces.append(((start + (space - gap) / 2 - gap / 2) / width, 0.2))
        else:
            crop[12:38, start : start + LETTER] = 0
            characters.append(Character(char, (start + LETTER / 2) / width, 0.9))
    return ReadLine(tuple(characters), tuple(spaces) if spaced else (), crop)


def texts(words: tuple[LineWord, ...]) -> list[str]:
    return [word.text for word in words]


def test_a_half_seen_space_with_white_under_it_parts_words() -> None:
    assert texts(words_of_line(line("total 12"))) == ["total", "12"]


def test_white_alone_parts_words_only_where_it_is_wide() -> None:
    assert texts(words_of_line(line("total 12", spaced=False))) == ["total12"]
    assert texts(words_of_line(line("total 12", space=40, spaced=False))) == ["total", "12"]


def test_a_space_without_white_is_none() -> None:
    assert texts(words_of_line(line("total 12", space=4))) == ["total12"]


def test_words_begin_and_end_with_their_ink() -> None:
    read = line("ab cd")
    width = read.crop.shape[1]
    first, second = words_of_line(read)
    assert (first.left * width, first.right * width) == (10, 10 + 2 * LETTER + 4)
    assert round(second.left * width) == 10 + 2 * (LETTER + 4) + 8
    assert (first.top * HEIGHT, first.bottom * HEIGHT) == (12, 38)


def test_light_print_on_dark_has_the_same_words() -> None:
    dark = line("ab cd")
    light = ReadLine(dark.characters, dark.spaces, (255 - dark.crop).astype(np.uint8))
    assert words_of_line(light) == words_of_line(dark)


@given(st.text("abcdef ", max_size=20), st.booleans())
def test_no_character_is_lost_and_words_do_not_overlap(text: str, spaced: bool) -> None:
    words = words_of_line(line(text, spaced=spaced))
    assert "".join(texts(words)) == text.replace(" ", "")
    edges = [edge for word in words for edge in (word.left, word.right)]
    assert edges == sorted(edges)
