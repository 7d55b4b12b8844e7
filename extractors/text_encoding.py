"""Do the characters of a text layer say what is printed? Fonts with wrong tables make them lie.

All functions are pure and know no language.
"""

from __future__ import annotations

import unicodedata
from collections import Counter

import numpy as np
from numpy.typing import NDArray

BAD_SHARE = 0.05
"""Share of impossible characters from which a page is not believed: a slip in a font spoils a
word or two, a wrong encoding spoils most."""

SHIFT_MIN_LETTERS = 150
"""Fewer letters than this do not show a frequency."""

SHIFT_UNLIKE, SHIFT_LIKE = 0.65, 0.88
"""Cosine to the letter frequency below which text is like no language in Latin letters (tables
of figures and codes keep above 0.74), and above which shifted text is like one."""

SHIFT_LARGEST = 64

# a to z, mean of English, German, French, Spanish, Italian, Dutch and Polish
_LETTER_PERCENT = np.array((
    9.3, 1.6, 3.3, 4.5, 14.1, 1.1, 2.1, 2.3, 7.8, 0.7, 1.1, 4.4, 2.6,
    7.8, 6.9, 2.1, 0.4, 6.4, 6.3, 6.1, 3.5, 1.4, 1.7, 0.1, 0.9, 1.4,
))  # fmt: skip

_FAULTS = {"Cc": "control codes", "Co": "private-use", "Cn": "unassigned", "Cs": "unknown"}


def doubt_of_characters(characters: str) -> str | None:
    """Why the characters of a page cannot be what is printed; None where nothing speaks so.

    Args:
        characters: all of the page's, as they came, control codes included.
    """
    marks = Counter({mark: n for mark, n in Counter(characters).items() if not _is_space(mark)})
    return _doubt_of_faults(marks) or _doubt_of_shift(marks)


def _is_space(mark: str) -> bool:
    return mark in "\t\n\r" or unicodedata.category(mark).startswith("Z")


def _doubt_of_faults(marks: Counter[str]) -> str | None:
    faults: Counter[str] = Counter()
    for mark, number in marks.items():
        if fault := _fault(mark):
            faults[fault] += number
    if faults.total() <= BAD_SHARE * marks.total():
        return None
    named = ", ".join(f"{number} {kind}" for kind, number in faults.most_common())
    return f"of {marks.total()} characters in the text layer {named}"


def _fault(mark: str) -> str | None:
    return "unknown" if mark == "\ufffd" else _FAULTS.get(unicodedata.category(mark))


def _doubt_of_shift(marks: Counter[str]) -> str | None:
    """Fonts without a table are read as glyph numbers: every letter so many codes off."""
    codes = np.zeros(128 + 2 * SHIFT_LARGEST)
    for mark, number in marks.items():
        if mark.isascii():
            codes[ord(mark) + SHIFT_LARGEST] = number
    if _likeness(codes, 0) > SHIFT_UNLIKE:
        return None
    likeliest = max(range(-SHIFT_LARGEST, SHIFT_LARGEST), key=lambda off: _likeness(codes, off))
    letters = _letters(codes, likeliest).sum()
    if letters < SHIFT_MIN_LETTERS or _likeness(codes, likeliest) < SHIFT_LIKE:
        return None
    return f"letters come out as those {abs(likeliest)} places off in the character table"


def _letters(codes: NDArray[np.float64], shift: int) -> NDArray[np.float64]:
    """How often a..z occur, upper and lower case, once `shift` is taken off every code."""
    upper, lower = (ord(first) + SHIFT_LARGEST + shift for first in "Aa")
    return codes[upper : upper + 26] + codes[lower : lower + 26]


def _likeness(codes: NDArray[np.float64], shift: int) -> float:
    letters = _letters(codes, shift)
    if shift and letters.sum() < codes.sum() / 2:  # shifted right, most of a text is letters
        return 0.0
    return _cosine(letters)


def _cosine(letters: NDArray[np.float64]) -> float:
    length = float(np.linalg.norm(letters) * np.linalg.norm(_LETTER_PERCENT))
    return float(letters @ _LETTER_PERCENT) / length if length else 0.0
