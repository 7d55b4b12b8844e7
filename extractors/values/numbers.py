"""Numbers, amounts and percentages in words, with either decimal sign.

`1.234` is a thousand in one country and one and a bit in another: the sign is decided once per
document (`decimal_sign`) from numbers that leave no choice. Currency signs and codes come from
Unicode CLDR and ISO 4217 by way of Babel.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from itertools import pairwise

from babel.core import get_global

from docmill.extractors.layout import Segment, Token

# Written amounts have two decimals nearly everywhere; unit prices up to five.
MAX_DECIMALS = 6
# A space inside a number is narrower than this share of the line height.
GROUP_GAP = 0.45

_GROUP = r"[.,'’\u00a0\u202f\u2009 ]"
_NUMBER = re.compile(
    rf"(?:\d{{1,3}}(?:{_GROUP}\d{{2,3}})*{_GROUP}\d{{3}}|\d+)(?:[.,](?:\d{{1,{MAX_DECIMALS}}}|-{{1,2}}))?"
    r"|[.,]\d{2}"
)
_SIGN = "[-−–+]"
_CODE = r"(?:[A-Z]{3}|\([A-Z]{3}\))"
_AROUND = re.compile(
    rf"^(?P<pre>{_SIGN}?\(?{_SIGN}?[^\W\d_]{{0,4}}\.?[^\w\s()%+−–-]{{0,2}}\s?{_SIGN}?\(?)"
    rf"(?P<number>{_NUMBER.pattern})"
    r"(?P<post>\s?[^\w\s()%]{0,2}[^\W\d_]{0,4}\.?\*?%?\)?[-−]?[.,;:*]?)$"
)


@dataclass(frozen=True, eq=False)
class NumberFound:
    """A number in a segment.

    `dot` and `comma` are its values when that sign marks the decimals (None: impossible).
    `currency` is the ISO code of the sign or code that stands at it; `decimals` the digits after
    the sign when it is certain, else None.
    """

    tokens: tuple[Token, ...]
    segment: Segment
    raw: str
    dot: Decimal | None
    comma: Decimal | None
    currency: str | None
    percent: bool

    def value(self, decimal_sign: str) -> Decimal | None:
        """The number under the document's decimal sign, else under the only possible one."""
        first, second = (self.dot, self.comma) if decimal_sign == "." else (self.comma, self.dot)
        return first if first is not None else second

    @property
    def two_decimals(self) -> bool:
        """Whether it is written with two digits after a decimal sign."""
        return bool(re.search(r"[.,]\d{2}(?!\d)", self.raw))

    @property
    def whole(self) -> bool:
        """Whether it is written as digits only."""
        return self.raw.strip().isdigit()


@lru_cache(maxsize=1)
def currency_signs() -> dict[str, str]:
    """Signs and codes, upper case, to ISO 4217 codes."""
    territories: Mapping[str, Sequence[tuple[str, object, object, bool]]]
    territories = get_global("territory_currencies")
    codes = {
        code: code
        for history in territories.values()
        for code, _, ended, tender in history
        if ended is None and tender
    }
    common = {
        "€": "EUR", "$": "USD", "US$": "USD", "£": "GBP", "¥": "JPY", "₹": "INR", "RS": "INR",
        "₽": "RUB", "₩": "KRW", "ZŁ": "PLN", "KČ": "CZK", "FR": "CHF", "SFR": "CHF", "RM": "MYR",
        "EURO": "EUR", "EUROS": "EUR", "KR": "SEK", "R$": "BRL", "₺": "TRY",
        "C$": "CAD", "CA$": "CAD", "A$": "AUD", "AU$": "AUD", "S$": "SGD", "HK$": "HKD",
        "₪": "ILS", "₴": "UAH", "฿": "THB", "₫": "VND", "LEI": "RON",
    }  # fmt: skip
    return {**{code: code for code in codes if code not in _WORDS}, **common}


# ISO codes that are also words in documents' capitals.
_WORDS = {"ALL", "TOP", "CUP", "MOP", "LAK", "GEL", "MAD", "PEN", "BAM", "TRY", "COP", "ERN"}


def currency_of(text: str) -> str | None:
    """The ISO 4217 code that a sign or code stands for, or None."""
    return currency_signs().get(text.strip(" .,:;()").upper())


def currency_beside_digits(text: str) -> str | None:
    """The ISO 4217 code of the sign or code that is left without the digits: `12,50€` -> `EUR`."""
    return currency_of(re.sub(r"[\d.,'\s()+−-]+", "", text))


def parse_number(text: str, decimal_sign: str) -> Decimal | None:
    """The plain number written in `text`, or None where the signs do not fit."""
    bare = re.sub(r"[\s'’\u00a0\u202f\u2009]", "", text)
    bare = re.sub(r"[.,]-{1,2}$", "", bare)
    group = "," if decimal_sign == "." else "."
    whole, sign, fraction = bare.partition(decimal_sign)
    if group in fraction or not _grouped(whole, group) or (sign and not fraction.isdigit()):
        return None
    digits = whole.replace(group, "")
    if not digits and not fraction:
        return None
    return Decimal(f"{digits or '0'}.{fraction}" if fraction else digits)


def _grouped(whole: str, group: str) -> bool:
    """Whether the groups before the decimal sign have the right lengths (Indian ones too)."""
    parts = whole.split(group)
    if len(parts) == 1:
        return whole == "" or whole.isdigit()
    return (
        1 <= len(parts[0]) <= 3
        and parts[0] != "0"
        and len(parts[-1]) == 3
        and all(part.isdigit() and len(part) in (2, 3) for part in parts[1:])
        and parts[0].isdigit()
    )


def number_readings(text: str) -> frozenset[Decimal]:
    """Every number that `text`, as a whole and with its currency, can mean; empty for no number."""
    bare = re.sub(rf"^{_CODE}\s|\s{_CODE}$", "", text.strip()).strip()
    match = _AROUND.match(bare)
    if match is None or (_letters(match["pre"] + match["post"]) and not _known_money(match)):
        return frozenset()
    negative = _is_negative(match["pre"], match["post"])
    values = (parse_number(match["number"], sign) for sign in ".,")
    return frozenset(-value if negative else value for value in values if value is not None)


def _known_money(match: re.Match[str]) -> bool:
    return any(currency_of(match[part].strip("()-−–+*% ")) for part in ("pre", "post"))


def _is_negative(pre: str, post: str) -> bool:
    return bool(
        re.search(r"[-−–]", pre)
        or re.search(r"[-−]$", post.rstrip(".,;:*"))
        or ("(" in pre and ")" in post)
    )


def find_numbers(segment: Segment) -> list[NumberFound]:
    """All numbers in a segment; digits inside codes and dates are not numbers."""
    found: list[NumberFound] = []
    position = 0
    tokens = segment.tokens
    while position < len(tokens):
        size = next((n for n in (3, 2, 1) if _joined(tokens[position : position + n], n)), 1)
        number = _read(tokens, position, size, segment)
        if number is None and size > 1:
            size, number = 1, _read(tokens, position, 1, segment)
        if number is not None:
            found.append(number)
        position += size
    return found


def _joined(tokens: Sequence[Token], size: int) -> bool:
    """Whether these words are one number written with spaces between its groups."""
    if len(tokens) < size or size == 1:
        return len(tokens) == size
    gaps = [b.x0 - a.x1 for a, b in pairwise(tokens)]
    if max(gaps) > GROUP_GAP * tokens[0].height:
        return False
    head, *rest = [token.text for token in tokens]
    return (
        bool(re.fullmatch(r"[-−(]?\W?\d{1,3}", head))
        and all(re.fullmatch(r"\d{3}", part) for part in rest[:-1])
        and bool(re.fullmatch(r"\d{3}(?:[.,]\d{1,4})?\W{0,2}", rest[-1]))
    )


def _read(
    tokens: Sequence[Token], position: int, size: int, segment: Segment
) -> NumberFound | None:
    own = tuple(tokens[position : position + size])
    text = " ".join(token.text for token in own)
    match = _AROUND.match(text)
    if match is None:
        return None
    pre, raw, post = match["pre"], match["number"], match["post"]
    before = tokens[position - 1] if position else None
    after = tokens[position + size] if position + size < len(tokens) else None
    beside, currency = _currency_at(pre, post, before, after)
    if currency is None and _letters(pre + post):
        return None
    negative = _is_negative(pre, post) or (before is not None and before.text in ("-", "−", "–"))
    values = [parse_number(raw, sign) for sign in ".,"]
    dot, comma = (-value if negative and value is not None else value for value in values)
    percent = "%" in post or (after is not None and after.text.startswith("%"))
    shown = tuple(sorted((*own, *beside), key=lambda token: token.x0))
    if dot is None and comma is None:
        return None
    return NumberFound(
        shown, segment, " ".join(token.text for token in shown), dot, comma, currency, percent
    )


def _letters(text: str) -> bool:
    return any(char.isalpha() for char in text)


def _currency_at(
    pre: str, post: str, before: Token | None, after: Token | None
) -> tuple[tuple[Token, ...], str | None]:
    """The neighbouring words that hold the currency, and its code."""
    for text in (pre, post):
        code = currency_of(text.strip("()-−–+*% "))
        if code:
            return (), code
    for token in (before, after):
        code = currency_of(token.text) if token else None
        if token and code:
            return (token,), code
    return (), None


def decimal_sign(numbers: Iterable[NumberFound], default: str = ".") -> str:
    """The document's decimal sign, `.` or `,`, by the numbers that can be read in one way only."""
    votes = 0
    for number in numbers:
        if number.dot is None:
            votes -= 1
        elif number.comma is None:
            votes += 1
    if votes:
        return "." if votes > 0 else ","
    return default


def plain(value: Decimal) -> str:
    """A decimal as text with a dot and without an exponent: `1234.50`."""
    return f"{value:f}"
