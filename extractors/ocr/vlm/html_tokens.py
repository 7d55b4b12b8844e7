"""HTML that a model wrote, as tags and text with their places in it.

The standard library's parser does the reading. It would lose text where a model writes what is
no HTML (`a < b`, a formula with `x<y`, an answer that ends within a tag or after `AT&T`), and it
changed how between versions of Python. So signs that begin no tag are hidden from it, and put
back into the text: it only ever sees tags that are whole.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass
from html.parser import HTMLParser
from itertools import accumulate
from typing import Final, NamedTuple

_TAGS: Final = (
    "a abbr article aside b big blockquote body br button caption center chem cite code col"
    " colgroup dd del div dl dt em figcaption figure font footer form h1 h2 h3 h4 h5 h6 head"
    " header hr html i img input ins kbd label li main mark math meta nav ol p pre q s samp"
    " section small span strike strong sub sup table tbody td tfoot th thead tr tt u ul var wbr"
)
VOID: Final = frozenset({"br", "col", "hr", "img", "input", "meta", "wbr"})
"""Tags that hold nothing and are never closed."""

_NAME = rf"(?i:{'|'.join(sorted(_TAGS.split(), key=len, reverse=True))})"
# A `/` before the end of a tag belongs to the tag, not to a value without quotes: <br class=x/>.
# Groups are atomic, not possessive: those match wrongly up to Python 3.11.4.
_BARE = r"""(?>(?:[^\s"'<>=`/]|/(?!\s*>))+)"""
_ATTRIBUTE = rf"""[^\s"'<>/=]++(?>(?:\s*+=\s*+(?:"[^"]*+"|'[^']*+'|{_BARE}))?)"""
_TAG = re.compile(rf"</?{_NAME}(?>(?:\s++{_ATTRIBUTE})*)\s*+/?+>")
_CUT_TAG = re.compile(r"</?(?>(?:([A-Za-z][A-Za-z0-9]*+)(\s[^<>]*+|/)?)?)\Z")
_COMMENT = re.compile(r"<!--(?>(?:(?!<!--|-->).)*)-->|<[!?][A-Za-z][^<>]*+>", re.DOTALL)
_REFERENCE = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
# What stands in these is no HTML but LaTeX or SMILES, to their end or that of what they stand in.
_VERBATIM = re.compile(
    r"(<(math|chem)(?:\s[^<>]*)?(?<!/)>)(.*?)(?=</\2\s*>|</?(?:div|table|tr|td|th|p|li)\b|\Z)",
    re.DOTALL | re.IGNORECASE,
)


class Start(NamedTuple):
    """A tag that opens; `start` and `end` are characters of the raw answer."""

    name: str
    attributes: Mapping[str, str]
    start: int
    end: int


class End(NamedTuple):
    """A tag that closes."""

    name: str
    start: int
    end: int


class Characters(NamedTuple):
    """Text between two tags, its references (`&amp;`) resolved."""

    text: str
    start: int
    end: int


Token = Start | End | Characters


@dataclass(frozen=True)
class Tokens:
    """An answer in tags and text. `whole` is False where it ends within a tag.

    `findings` name what was left out: comments, declarations, the tag that was cut.
    """

    tokens: tuple[Token, ...]
    whole: bool
    findings: tuple[str, ...]


def tokens_of(raw: str, start: int = 0, end: int | None = None) -> Tokens:
    """The tags and the text of a stretch of HTML; nothing but tags and comments is taken away.

    Args:
        raw: the whole answer; places count from its beginning.
        start: where the stretch begins.
        end: where it ends; the answer's end where None.
    """
    stretch = raw[start : len(raw) if end is None else end]
    less, ampersand = _unused(stretch)
    findings: list[str] = []

    def without(found: re.Match[str]) -> str:
        findings.append(f"left out: {_shown(found.group())}")
        return " " * len(found.group())

    last = end is None or end == len(raw)  # elsewhere, what begins no tag is text
    cut = _cut_tag(stretch) if last else ""
    shown = stretch.removesuffix(cut)
    shown = _COMMENT.sub(without, shown).replace("&", ampersand)
    shown = _VERBATIM.sub(lambda m: m[1] + m[3].replace("<", less), shown)
    shown = _hidden(shown, less)
    reader = _Reader(shown, start, {less: "<", ampersand: "&"})
    if cut:
        findings.append(f"ends within a tag: {_shown(cut)}")
    whole = not cut and not (last and stretch.endswith("<"))
    return Tokens(reader.tokens(), whole, tuple(findings))


def resolved(text: str) -> str:
    """Text with its references resolved; those without a semicolon are left as they are."""
    return _REFERENCE.sub(lambda found: html.unescape(found.group()), text)


def _cut_tag(text: str) -> str:
    """The beginning of a tag at the end of the text, or nothing."""
    found = _CUT_TAG.search(text)
    if found is None or found.group() == "<":  # a sign alone may as well be "less than"
        return ""  # it is kept as text
    name, rest = (found[1] or "").lower(), found[2]
    names = _TAGS.split()
    known = name in names if rest else any(one.startswith(name) for one in names)
    return found.group() if known else ""


def _unused(text: str) -> tuple[str, str]:
    """Two characters that do not occur in the text."""
    used = set(text)
    free = (chr(code) for code in range(0xE000, 0xF8FF) if chr(code) not in used)
    return next(free), next(free)


def _hidden(text: str, less: str) -> str:
    """The text with every `<` that begins no whole tag replaced."""
    pieces: list[str] = []
    after = 0
    for tag in _TAG.finditer(text):
        pieces += (text[after : tag.start()].replace("<", less), tag.group())
        after = tag.end()
    return "".join((*pieces, text[after:].replace("<", less)))


def _shown(text: str, most: int = 60) -> str:
    """The beginning of a piece of the answer, on one line."""
    line = " ".join(text.split())
    return repr(line if len(line) <= most else f"{line[: most - 1]}…")


class _Reader(HTMLParser):
    def __init__(self, text: str, offset: int, masks: Mapping[str, str]) -> None:
        super().__init__(convert_charrefs=False)
        self._text = text
        self._offset = offset
        self._masks = masks
        self._lines = [0, *accumulate(len(line) + 1 for line in text.split("\n"))]
        self._found: list[Token] = []

    def tokens(self) -> tuple[Token, ...]:
        self.feed(self._text)
        self.close()
        return tuple(self._found)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        start = self._place()
        end = start + len(self.get_starttag_text() or "")
        given = {name: self._plain(value or "") for name, value in reversed(attrs)}
        self._found.append(Start(tag, given, start, end))

    def handle_endtag(self, tag: str) -> None:
        start = self._place()
        end = self._text.index(">", start - self._offset) + 1 + self._offset
        self._found.append(End(tag, start, end))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            end = self._found[-1].end
            self._found.append(End(tag, end, end))

    def handle_data(self, data: str) -> None:
        start = self._place()
        self._found.append(Characters(self._plain(data), start, start + len(data)))

    def _plain(self, text: str) -> str:
        for mask, sign in self._masks.items():
            text = text.replace(mask, sign)
        return resolved(text)

    def _place(self) -> int:
        line, column = self.getpos()
        return self._lines[line - 1] + column + self._offset
