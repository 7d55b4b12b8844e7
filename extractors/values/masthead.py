"""The head of a page that names who issued it: the firm, then its address, over everything else.

Till receipts and letterheads print it without labels, often centred, in places without a postal
code; it ends where telephone numbers, registrations, titles or labelled values begin.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from docmill.extractors.fold import folded
from docmill.extractors.layout import LayoutPage, Segment, Token
from docmill.extractors.values.dates import find_dates
from docmill.extractors.values.parties import (
    PartyFound,
    has_legal_form,
    is_contact,
    without_registration,
)

# Share of the page's height in which a masthead begins, lines it has at most.
TOP = 0.35
MAX_LINES = 8
MAX_NAME_LINES = 3
# Lines of a masthead stand closer than so many line heights.
MAX_GAP = 2.5
# The same in heights of the line itself.
LARGE_GAP = 1.2

_REGISTRATION = re.compile(
    r"\W*(?:(?:co|company|business)\W*(?:reg|no|number)\b|reg(?:n|istration)?\W*(?:no|nr|number)\b"
    r"|(?:roc|gst|sst|vat|tax|ust|siret|siren|nif|cif|abn|uen|kvk)\W*(?:id|reg|no|nr|number)\b)",
    re.IGNORECASE,
)
_DECORATED = re.compile(r"^([-*=><~#_.•])\1*.*[-*=><~#_•]$")  # `-TAX INVOICE-`, `>>> Copy <<<`
_NUMBERED = re.compile(r":\D{0,3}(?:\d\D?){5}")  # `Bill: 17698/103`


def find_masthead(
    page: LayoutPage, labels: frozenset[Token], titles: frozenset[str]
) -> PartyFound | None:
    """The issuer that a page begins with; None where it begins with something else.

    Args:
        page: the document's first page.
        labels: words of labels, which end a masthead.
        titles: folded titles of the document's kind (`taxinvoice`), which end it too.
    """
    lines = [
        line
        for line in _head_lines(page, labels, titles)
        if not _is_registration(line.text) and not _is_bracketed(line.text)
    ]
    place = _name_place(lines)
    if place is None:
        return None
    name = without_registration(lines[place].tokens)
    address = [token for line in lines[place + 1 :] for token in line.tokens]
    located = any(char.isdigit() for token in address for char in token.text)
    return PartyFound(
        tuple(name),
        tuple(address) if located else (),
        lines[place],
        legal_form=has_legal_form(lines[place].text),
        one_line=False,
    )


def _head_lines(
    page: LayoutPage, labels: frozenset[Token], titles: frozenset[str]
) -> list[Segment]:
    """Lines of wording alone in their row, from the first on to one that is something else."""
    lines: list[Segment] = []
    for row in page.rows:
        wordy = [s for s in row.segments if sum(char.isalpha() for char in s.text) >= 3]
        if not lines and row.y0 > TOP * page.height:
            return []
        if not wordy:
            continue
        if len(wordy) > 1 or _ends(wordy[0], labels, titles):
            if len(lines) > 1:
                return lines
            lines = []  # what stood above was a slogan, a number, a hand-written note
            continue
        if lines and wordy[0].y0 - lines[-1].y1 > _most_white(lines[-1], page):
            if len(lines) > 1:
                return lines
            lines = []
        lines.append(wordy[0])
        if len(lines) == MAX_LINES:
            return lines
    return lines


def _most_white(above: Segment, page: LayoutPage) -> float:
    """How much white may follow a line of a masthead: more after a name in large print."""
    return max(MAX_GAP * page.line_height, LARGE_GAP * above.height)


def _ends(line: Segment, labels: frozenset[Token], titles: frozenset[str]) -> bool:
    text = line.text
    if _is_registration(text):
        return False
    named = any(token in labels for token in line.tokens) and (":" in text or len(line.tokens) < 3)
    titled = any(title in folded(text) for title in titles if len(title) > 5)
    heading = bool(_DECORATED.match(text) or _NUMBERED.search(text))
    return named or titled or heading or is_contact(text) or _is_dated(line)


def _is_dated(line: Segment) -> bool:
    """Whether a date is most of the line; `Jalan SR 1/9, Seksyen 9` is none."""
    dated = {token for date in find_dates(line) for token in date.tokens}
    others = sum(
        char.isalpha() for token in line.tokens if token not in dated for char in token.text
    )
    return bool(dated) and others < 6


def _is_registration(text: str) -> bool:
    """`(162761-M)`, `Co. Reg. 860671-D`: a number of the firm, no part of its address."""
    letters = sum(char.isalpha() for char in text)
    digits = sum(char.isdigit() for char in text)
    return (digits >= 4 and letters <= 2) or bool(_REGISTRATION.match(text))


def _is_bracketed(text: str) -> bool:
    """`(Branch Hill Road)`, `(519537-X)`: a remark, no line of the address."""
    return text[:1] in "(<[" and text.rstrip(" .,")[-1:] in ")>]"


def _name_place(lines: Sequence[Segment]) -> int | None:
    """Which line is the name: the first with a legal form near the top, else the first."""
    for place, line in enumerate(lines[:MAX_NAME_LINES]):
        if has_legal_form(line.text):
            return place
    if not lines:
        return None
    letters = sum(char.isalpha() for char in lines[0].text)
    return 0 if letters > sum(char.isdigit() for char in lines[0].text) else None
