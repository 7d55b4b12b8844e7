"""Lengths of time in words: `two (2) years`, `18 Monate`, `un an`; the normal form is English."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from docmill.extractors.fold import fold, folded
from docmill.extractors.layout import Segment, Token

_NUMBER_WORDS: Mapping[str, str] = {
    "en": "one two three four five six seven eight nine ten eleven twelve thirteen fourteen"
    " fifteen sixteen seventeen eighteen nineteen twenty",
    "de": "eins zwei drei vier fünf sechs sieben acht neun zehn elf zwölf dreizehn vierzehn"
    " fünfzehn sechzehn siebzehn achtzehn neunzehn zwanzig",
    "fr": "un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze"
    " seize dix-sept dix-huit dix-neuf vingt",
    "es": "uno dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince"
    " dieciséis diecisiete dieciocho diecinueve veinte",
    "it": "uno due tre quattro cinque sei sette otto nove dieci undici dodici tredici quattordici"
    " quindici sedici diciassette diciotto diciannove venti",
}
_UNITS: Mapping[str, str] = {
    "day": "day days tag tage tagen jour jours día días giorno giorni dag dagen",
    "week": "week weeks woche wochen semaine semaines semana semanas settimana settimane weken",
    "month": "month months monat monate monaten mois mes meses mese mesi maand maanden",
    "year": "year years jahr jahre jahren an ans année années año años anno anni jaar jaren",
}
_EXTRA = {
    "an": 1, "a": 1, "ein": 1, "eine": 1, "einem": 1, "einen": 1, "eines": 1, "une": 1, "una": 1,
    "twentyfour": 24, "vierundzwanzig": 24, "vingtquatre": 24, "veinticuatro": 24,
    "ventiquattro": 24, "thirty": 30, "dreissig": 30, "trente": 30, "treinta": 30, "trenta": 30,
    "thirtysix": 36, "fortyeight": 48, "sixty": 60, "sechzig": 60, "ninety": 90, "neunzig": 90,
}  # fmt: skip
NUMBERS: Mapping[str, int] = {
    **{
        folded(word): number
        for words in _NUMBER_WORDS.values()
        for number, word in enumerate(words.split(), start=1)
    },
    **_EXTRA,
}
UNITS: Mapping[str, str] = {
    folded(word): unit for unit, words in _UNITS.items() for word in words.split()
}
_DIGITS = re.compile(r"\d{1,3}")


@dataclass(frozen=True, eq=False)
class DurationFound:
    """A length of time; `value` is a number and an English unit: `2 years`."""

    tokens: tuple[Token, ...]
    raw: str
    value: str


def find_durations(segment: Segment) -> list[DurationFound]:
    """Every length of time; the digits in `two (2) years` win over the word."""
    pieces = [(piece, token) for token in segment.tokens for piece in _pieces(token.text)]
    found: list[DurationFound] = []
    for at, (piece, token) in enumerate(pieces):
        unit = UNITS.get(piece)
        start, number = _number_before([text for text, _ in pieces[max(0, at - 2) : at]])
        if unit is None or number is None:
            continue
        first = segment.tokens.index(pieces[at - start][1])
        tokens = segment.tokens[first : segment.tokens.index(token) + 1]
        raw = " ".join(token.text for token in tokens)
        found.append(DurationFound(tokens, raw, duration(number, unit)))
    return found


def duration(number: int, unit: str) -> str:
    """The normal form."""
    return f"{number} {unit}" if number == 1 else f"{number} {unit}s"


def duration_value(text: str) -> str | None:
    """The normal form of a text that is one length of time, and perhaps words round it."""
    pieces = [piece for word in text.split() for piece in _pieces(word)]
    for at, piece in enumerate(pieces):
        _, number = _number_before(pieces[max(0, at - 2) : at])
        if piece in UNITS and number is not None:
            return duration(number, UNITS[piece])
    return None


def _pieces(text: str) -> Iterator[str]:
    """Folded words; a number word with a hyphen in it stays one: `twenty-four`."""
    whole = folded(text)
    return iter((whole,) if whole in NUMBERS else fold(text))


def _number_before(pieces: list[str]) -> tuple[int, int | None]:
    """How many pieces back the number begins, and the number: `two 2` or one of both."""
    numbers = [int(piece) if _DIGITS.fullmatch(piece) else NUMBERS.get(piece) for piece in pieces]
    if not numbers or numbers[-1] is None:
        return 0, None
    both = len(numbers) == 2 and numbers[0] is not None and not pieces[0].isdigit()
    return (2 if both and pieces[1].isdigit() else 1), numbers[-1]
