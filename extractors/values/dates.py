"""Dates in words: numeric in any order, with month names of many languages.

Month names come from Unicode CLDR by way of Babel. `03/04/2024` can be two days; the order is
decided once per document (`day_first`) from dates that leave no choice, then from habits.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from babel import Locale

from docmill.extractors.fold import folded
from docmill.extractors.layout import Segment, Token

LANGUAGES = (
    "en",
    "de",
    "fr",
    "es",
    "it",
    "nl",
    "pt",
    "pl",
    "cs",
    "sv",
    "da",
    "nb",
    "fi",
    "ro",
    "hu",
)
EARLIEST_YEAR = 1950
LATEST_YEAR = 2079

_NUMERIC = re.compile(
    r"(?<![\d.,/-])(\d{1,4})\s?([./-])\s?(\d{1,2})\s?\2\s?(\d{4}|\d{2})(?![\d/-]|[.,]\d)"
)
_COMPACT = re.compile(r"(?<![\w/-])((?:19|20)\d{2})([01]\d)([0-3]\d)(?![\w/-])")
_DAY = r"(\d{1,2})(?:\.|st|nd|rd|th|er|º|°|-)?"
_YEAR = r"((?:19|20)\d{2}|['’]?\d{2})"
_NAME = r"([^\W\d_]{3,12})\.?"
_JOIN = r"[\s,./-]*(?:(?:day\s+of|of|de|del|den|der|d['’])\s+)?"
_END = r"(?!\w|[.,]\d)"
_DAY_FIRST = re.compile(rf"(?<![\w.,]){_DAY}{_JOIN}{_NAME}{_JOIN}{_YEAR}{_END}", re.IGNORECASE)
_MONTH_FIRST = re.compile(rf"(?<!\w){_NAME}\s*{_DAY}\s*,?\s+{_YEAR}{_END}", re.IGNORECASE)
_YEAR_FIRST = re.compile(rf"(?<!\w)((?:19|20)\d{{2}})[\s,./-]+{_NAME}[\s,./-]+(\d{{1,2}})(?!\w)")


@dataclass(frozen=True, eq=False)
class DateFound:
    """A date in a segment. The readings differ where the order is open."""

    tokens: tuple[Token, ...]
    segment: Segment
    raw: str
    day_first: date | None
    month_first: date | None

    @property
    def ambiguous(self) -> bool:
        """Whether day and month could be exchanged."""
        return (
            self.day_first is not None
            and self.month_first is not None
            and self.day_first != self.month_first
        )

    def value(self, *, day_first: bool) -> date | None:
        """The day, under the document's order where the date itself leaves a choice."""
        first, second = self.day_first, self.month_first
        return (first or second) if day_first else (second or first)


@lru_cache(maxsize=1)
def month_names() -> dict[str, int]:
    """Folded month names and abbreviations of all `LANGUAGES`.

    Names that two languages use for different months are left out.
    """
    found: dict[str, set[int]] = {}
    for language in LANGUAGES:
        locale = Locale.parse(language)
        for width in ("wide", "abbreviated"):
            for context in ("format", "stand-alone"):
                for month, name in locale.months[context][width].items():
                    found.setdefault(folded(name), set()).add(month)
    for name, month in (("sept", 9), ("mrt", 3), ("maerz", 3), ("mai", 5)):
        found.setdefault(name, set()).add(month)
    return {
        name: months.pop() for name, months in found.items() if len(months) == 1 and len(name) > 2
    }


def _month_of(name: str) -> int | None:
    return month_names().get(folded(name))


def _day(year: str, month: int | None, day: str) -> date | None:
    digits = year.strip("'’")
    full = int(digits) + (0 if len(digits) == 4 else 2000 if int(digits) < 70 else 1900)
    if month is None or not EARLIEST_YEAR <= full <= LATEST_YEAR:
        return None
    try:
        return date(full, month, int(day))
    except ValueError:
        return None


def _numeric(match: re.Match[str]) -> tuple[date | None, date | None]:
    first, _, middle, last = match.groups()
    if len(first) == 4:
        day = _day(first, int(middle), last) if len(last) <= 2 else None
        return day, day
    if len(first) == 3:
        return None, None
    return _day(last, int(middle), first), _day(last, int(first), middle)


def _readings(text: str) -> Iterator[tuple[int, int, date | None, date | None]]:
    """(start, end, day-first reading, month-first reading) of every date in `text`."""
    for match in _NUMERIC.finditer(text):
        yield match.start(), match.end(), *_numeric(match)
    for match in _COMPACT.finditer(text):
        day = _day(match[1], int(match[2]), match[3])
        yield match.start(), match.end(), day, day
    for pattern, (year, month, day) in (
        (_DAY_FIRST, (3, 2, 1)),
        (_MONTH_FIRST, (3, 1, 2)),
        (_YEAR_FIRST, (1, 2, 3)),
    ):
        for match in pattern.finditer(text):
            found = _day(match[year], _month_of(match[month]), match[day])
            yield match.start(), match.end(), found, found


def date_readings(text: str) -> frozenset[date]:
    """Every day that `text`, as a whole, can mean; empty where it is no date."""
    stripped = text.strip(" .,;:()")
    return frozenset(
        day
        for start, end, first, second in _readings(stripped)
        if start == 0 and end == len(stripped)
        for day in (first, second)
        if day
    )


def find_dates(segment: Segment) -> list[DateFound]:
    """All dates in a segment; the longest reading wins where several overlap."""
    if not any(char.isdigit() for char in segment.text):
        return []
    found = sorted(_readings(segment.text), key=lambda item: (item[0] - item[1], item[0]))
    taken: list[tuple[int, int]] = []
    dates: list[DateFound] = []
    for start, end, first, second in found:
        if (first or second) is None or any(start < b and a < end for a, b in taken):
            continue
        taken.append((start, end))
        tokens = tokens_between(segment, start, end)
        dates.append(DateFound(tokens, segment, segment.text[start:end], first, second))
    return sorted(dates, key=lambda item: item.tokens[0].x0)


def tokens_between(segment: Segment, start: int, end: int) -> tuple[Token, ...]:
    """The words that characters `start` to `end` of the segment's text touch."""
    tokens: list[Token] = []
    at = 0
    for token in segment.tokens:
        if at < end and start < at + len(token.text):
            tokens.append(token)
        at += len(token.text) + 1
    return tuple(tokens)


def reads_day_first(dates: Iterable[DateFound], text: str) -> bool:
    """Whether this document writes the day before the month.

    Dates with a day over 12 decide; else a dot between the numbers (never used month-first);
    else marks of the United States, which is the one large place that writes the month first.
    """
    votes = 0
    for found in dates:
        if not found.ambiguous and (found.day_first is None) != (found.month_first is None):
            votes += 1 if found.day_first else -1
    if votes:
        return votes > 0
    return not _looks_american(text)


_AMERICAN = (
    re.compile(r"\b[A-Z][A-Za-z.]+,?\s+[A-Z]{2}\s+\d{5}(?:-\d{4})?\b"),
    re.compile(r"\bUSD\b|\bUS\$|\bU\.?S\.?A\b|\bZIP\b", re.IGNORECASE),
)
_OTHER_DOLLAR = re.compile(r"\b(?:CAD|AUD|NZD|SGD|HKD|ABN|GST)\b")
_DOLLAR = re.compile(r"(?<![A-Z])\$\s?\d")


def _looks_american(text: str) -> bool:
    if any(pattern.search(text) for pattern in _AMERICAN):
        return True
    return bool(_DOLLAR.search(text)) and not _OTHER_DOLLAR.search(text)


def is_range(first: DateFound, second: DateFound) -> bool:
    """Whether two dates of one row are written as from–to."""
    between = _text_between(first.tokens, second.tokens, first.segment)
    return between is not None and bool(_RANGE.fullmatch(between.strip()))


_RANGE = re.compile(r"[-–—]|to|bis|au|al|a|t/m|tot|until|through|thru|hasta|till", re.IGNORECASE)


def _text_between(first: Sequence[Token], second: Sequence[Token], segment: Segment) -> str | None:
    if first[-1] not in segment.tokens or second[0] not in segment.tokens:
        return None
    start, end = segment.tokens.index(first[-1]), segment.tokens.index(second[0])
    if start == end:
        return "-"
    return " ".join(token.text for token in segment.tokens[start + 1 : end])
