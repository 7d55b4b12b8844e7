"""Keys on a form: words up to a colon or question mark, and short texts left of another one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from docmill.extractors.fold import folded
from docmill.extractors.layout import LayoutPage, Row, Segment, Token
from docmill.extractors.values.dates import month_names

# A key has at most this many words; what is longer is a sentence with a colon.
MAX_KEY_WORDS = 12
MAX_BARE_WORDS = 6
# Figures behind a key without a colon have at most this many words.
MAX_FIGURE_WORDS = 3
_ENUMERATOR = re.compile(r"\(\d{1,2}\)|\(?[a-z]\)|[•·*▪]", re.IGNORECASE)
_KEY_END = re.compile(r".*[:：?][_.\-\"'”]*|.*[^\W_][:：?]_+")
_TIME = re.compile(r"\d{1,2}[:.]\d{2}")
_JOINED = re.compile(r"([^:/]*[^\W\d_]{2}[^:/]*:)([^:/\\_].*)")
_LEADING = re.compile(r"(:)([^:].*)")


@dataclass(frozen=True, eq=False)
class Key:
    """A key in a segment, and the words behind it in the same segment."""

    tokens: tuple[Token, ...]
    rest: tuple[Token, ...]
    segment: Segment


def key_text(tokens: Sequence[Token]) -> str:
    """A key without the colon or the ruled line that surrounds it."""
    return trimmed(" ".join(token.text for token in tokens)).rstrip(":：\"'” ")


def value_text(tokens: Sequence[Token]) -> str:
    """A value without the ruled line that it stands on."""
    return trimmed(" ".join(token.text for token in tokens))


def trimmed(text: str) -> str:
    """Text without runs of underscores and without bars at its ends."""
    text = re.sub(r"_{2,}|^_+|_+$|(?<=\W)_|_(?=\W)", " ", text)
    return re.sub(r"\s+", " ", text).strip(" _|")


def rows_of(page: LayoutPage) -> tuple[Row, ...]:
    """The page's rows, with words such as `Date:10/9` taken apart at the colon.

    Both halves keep the box of the printed word.
    """
    return tuple(
        Row(row.page, row.number, tuple(_apart(segment) for segment in row.segments))
        for row in page.rows
    )


def _apart(segment: Segment) -> Segment:
    tokens = tuple(part for token in segment.tokens for part in _halves(token))
    return replace(segment, tokens=tokens) if len(tokens) > len(segment.tokens) else segment


def _halves(token: Token) -> Iterator[Token]:
    match = _JOINED.fullmatch(token.text) or _LEADING.fullmatch(token.text)
    if match is None or token.text.lower().startswith(("http", "www")):
        yield token
    else:
        yield replace(token, text=match[1])
        yield replace(token, text=match[2])


def marked_keys(segment: Segment) -> Iterator[Key]:
    """Keys of one segment that end in a colon or question mark; each begins after the last."""
    tokens = segment.tokens
    ends = [n for n, token in enumerate(tokens) if _ends_key(token.text)]
    start = 0
    for place, end in enumerate(ends):
        last = place + 1 == len(ends)
        following = tokens[end + 1 :] if last else tokens[end + 1 : ends[place + 1] + 1]
        cut = len(following) if last else _next_start(following)
        key = _unnumbered(tokens[start : end + 1])
        if 0 < len(key) <= MAX_KEY_WORDS and any(c.isalpha() for t in key for c in t.text):
            yield Key(key, following[:cut], segment)
        start = end + 1 + cut


def _next_start(tokens: Sequence[Token]) -> int:
    """Where the next key begins among words that hold a value and then that key.

    The widest gap parts them; a key directly behind another leaves that one without a value.
    """
    gaps = [b.x0 - a.x1 for a, b in pairwise(tokens)]
    return gaps.index(max(gaps)) + 1 if gaps else 0


def _ends_key(text: str) -> bool:
    return bool(_KEY_END.fullmatch(text)) and not _TIME.fullmatch(text.strip(":"))


def _unnumbered(tokens: Sequence[Token]) -> tuple[Token, ...]:
    """Without `(3)`, `b)` or a bullet in front."""
    if len(tokens) > 1 and _ENUMERATOR.fullmatch(tokens[0].text):
        return tuple(tokens[1:])
    return tuple(tokens)


def bare_key(segment: Segment) -> Key | None:
    """The key that a segment without a colon could be: a short text that begins like a heading."""
    tokens = _unnumbered(segment.tokens)
    text = key_text(tokens)
    letters = sum(char.isalpha() for char in text)
    digits = sum(char.isdigit() for char in text)
    fits = (
        len(tokens) <= MAX_BARE_WORDS
        and letters >= 2
        and digits <= letters / 4
        and (text[0].isupper() or text[0] in "#%")
    )
    return Key(tokens, (), segment) if fits else None


def looks_filled(tokens: Sequence[Token]) -> bool:
    """Figures or a cross: something that was filled in, not printed with the form."""
    text = value_text(tokens)
    return any(char.isdigit() for char in text) or text.upper() in ("X", "N/A", "✓", "✔")


def split_bare(segment: Segment) -> Key | None:
    """`Final report due 11/16/87`: a short heading with figures behind it in one segment."""
    tokens = _unnumbered(segment.tokens)
    figures = next((n for n, token in enumerate(tokens) if _has_digit(token.text)), len(tokens))
    head, rest = tokens[:figures], tokens[figures:]
    if not head or not rest or len(rest) > MAX_FIGURE_WORDS or "," in head[-1].text:
        return None
    if folded(head[-1].text) in month_names():
        return None
    whole = bare_key(replace(segment, tokens=head))
    return Key(whole.tokens, rest, segment) if whole else None


def _has_digit(text: str) -> bool:
    return any(char.isdigit() for char in text)
