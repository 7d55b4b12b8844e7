"""Does the model know the script that is printed?

PP-OCRv6 has no Cyrillic, Arabic, Hebrew, Devanagari, Thai or Korean letters, and its own confidence
does not say so: it leaves such letters out, or puts look-alikes at 0.8. The ink it leaves
unread, and letters it is unsure of while digits are sure, give it away.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from docmill.extractors.ocr.rapid.recognise import HEIGHT, ReadLine
from docmill.extractors.ocr.rapid.words import columns_of, words_of_line

# Shares and confidences below were set between rendered pages of eleven scripts (unread ink
# 0.42 and more, or letters below 0.7; Greek 0.08 and 0.84) and scans of Latin print (0.14, 0.93).
MOSTLY_UNREAD = 0.55
"""Share of unread ink, of it and of the surely read letters, from which the script is unknown."""

PARTLY_UNREAD, UNSURE = 0.07, 0.85
"""Share of unread ink, and mean confidence of letters, that together say the same."""

HARDLY_READ = 0.7
"""Mean confidence of letters that says so alone: print on paper is above 0.9."""

LINE_UNREAD = 0.3
"""Share of unread ink from which a single line is not believed as it was read."""

SURE = 0.9
MIN_LETTERS = 12
MIN_INK = 4 * HEIGHT
"""Fewer letters, and less ink (columns of 48 pixels high lines), prove nothing."""

REACH = 26
"""Pixels from the middle of a character to the end of its ink, at most."""

MIN_WIDTH = HEIGHT + HEIGHT // 4
"""Narrower crops hold page numbers and marks."""


@dataclass(frozen=True)
class Legibility:
    """How much of the ink of some lines was read.

    `ink`, `unread` and `letters` count columns of the crops: with ink, farther than any
    character reaches, and nearest to a surely read letter. `letter_confidence` is the mean over
    words of letters, `letter_count` the number of letters in them.
    """

    ink: int
    unread: int
    letters: int
    letter_confidence: float
    letter_count: int

    @property
    def unread_share(self) -> float:
        """Unread ink of all ink, 0..1."""
        return self.unread / self.ink if self.ink else 0.0


def legibility_of(lines: Sequence[ReadLine]) -> Legibility:
    """What was read of the ink of these lines, and how surely."""
    ink = unread = letters = 0
    confidences: list[float] = []
    for line in lines:
        if line.crop.shape[1] < MIN_WIDTH:
            continue
        found, missed, sure = _columns(line)
        ink, unread, letters = ink + found, unread + missed, letters + sure
        for word in words_of_line(line):
            count = sum(char.isalpha() for char in word.text)
            if count >= 3 and count > 0.6 * len(word.text):
                confidences += [word.confidence] * count
    mean = float(np.mean(confidences)) if confidences else 0.0
    return Legibility(ink, unread, letters, mean, len(confidences))


def _columns(line: ReadLine) -> tuple[int, int, int]:
    """Columns with ink, those that no character reaches, those of surely read letters."""
    inked = np.nonzero(columns_of(line.ink))[0]
    characters = [c for c in line.characters if not c.text.isspace()]
    if not len(inked) or not characters:
        return len(inked), len(inked), 0
    places = np.array([c.place * line.crop.shape[1] for c in characters])
    sure = np.array([c.text.isalpha() and c.probability >= SURE for c in characters])
    distances = np.abs(inked[:, None] - places[None, :])
    nearest = distances.argmin(axis=1)
    far = distances.min(axis=1) > REACH
    return len(inked), int(far.sum()), int((sure[nearest] & ~far).sum())


def doubt_of_script(legibility: Legibility) -> str | None:
    """Why the page is in a script that the model does not know; None where it is not."""
    read = legibility
    if read.ink < MIN_INK:
        return None
    mostly = read.unread > MOSTLY_UNREAD * (read.unread + read.letters)
    if mostly and read.unread_share > PARTLY_UNREAD:
        return f"{read.unread_share:.0%} of the print is in letters that the model does not know"
    if read.letter_count < MIN_LETTERS:
        return None
    unsure = read.unread_share > PARTLY_UNREAD and read.letter_confidence < UNSURE
    if unsure or read.letter_confidence < HARDLY_READ:
        return f"its letters are guesses (mean confidence {read.letter_confidence:.2f})"
    return None


def believable(line: ReadLine) -> float:
    """What a line's confidences are to be multiplied by: the share of its ink that was read."""
    if line.crop.shape[1] < MIN_WIDTH:
        return 1.0
    ink, unread, _ = _columns(line)
    share = unread / ink if ink else 0.0
    return 1 - share if share > LINE_UNREAD else 1.0
