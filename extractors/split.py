"""Splitting: where in a file one document ends and the next begins.

A page begins a new document when several signs agree: a title at its top, page numbers that start
again, another number of the document, another letterhead, another page size. A wrong cut is worse
than none, so one sign alone never cuts, and a sign of going on (page 2 of 3, the same document
number) forbids it. Pages without a word belong to the document before them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from docmill.extractors.fold import fold, folded
from docmill.extractors.layout import Layout, LayoutPage, Row, Segment
from docmill.extractors.local.features import HOST
from docmill.extractors.local.labels import LabelHit, LabelIndex
from docmill.extractors.values.codes import find_ibans, find_identifiers, find_vat_ids
from docmill.schemas.document_schema import DocumentSchema, FieldKind

SPLIT_VERSION = 1
# The sum of signs from which a page begins a new document.
ENOUGH = 4.0
TITLE, OTHER_KIND, RESTART, OTHER_NUMBER, OTHER_PAPER = 2.0, 1.0, 2.5, 3.0, 2.0
OTHER_HEAD, OTHER_ISSUER, OTHER_SIZE, AFTER_BLANK, SAME_HEAD = 1.5, 1.5, 1.0, 1.0, -1.0
# Shares of a page's height.
HEAD, TITLE_ZONE, EDGE = 0.16, 0.45, 0.12
# Words of two letterheads in common, over all their words.
SAME, DIFFERENT = 0.6, 0.25
# Large print, in line heights.
LARGE = 1.2
SIZE_CHANGE = 0.03
# Width over height below which a page comes off a till roll.
NARROW = 0.6

_PAGE_WORD = r"(?:page|pages|pg|p|seite|blatt|pagina|página|pág|pag|strona|str|sida|side|sidan)\.?"
_OF = r"(?:of|von|de|di|van|sur|z|av|af|/|\|)"
_NUMBERED = re.compile(
    rf"(?<!\w){_PAGE_WORD}\s*:?\s*(\d{{1,3}})(?:\s*{_OF}\s*(\d{{1,3}}))?(?!\w)", re.I
)
_BARE = re.compile(rf"[-–(\[\s]*(\d{{1,3}})(?:\s*{_OF}\s*(\d{{1,3}}))?[-–)\]\s.]*", re.I)
_CONTINUED = re.compile(
    r"\b(?:continued|cont['’]?d|carried forward|brought forward|übertrag|fortsetzung|suite|"
    r"à reporter|"
    r"continuación|suma y sigue|segue|continua|riporto|vervolg|transport)\b",
    re.I,
)


@dataclass(frozen=True)
class PageNumber:
    """A printed page number; `total` is None where the page does not say it."""

    number: int
    total: int | None


@dataclass(frozen=True)
class PageSigns:
    """What a page says about where it stands in its document.

    `kinds` are the document types whose title stands at the top in large print or capitals;
    `head` are the folded words of its top; `numbers` the values beside labels of identifiers, by
    label; `issuers` VAT numbers, IBANs and hosts of web and mail addresses; `size` width and
    height in pixels; `blank`: no word is visible.
    """

    kinds: frozenset[str]
    page_number: PageNumber | None
    numbers: frozenset[tuple[str, str]]
    head: frozenset[str]
    issuers: frozenset[str]
    size: tuple[float, float]
    continued: bool
    blank: bool


def split(layout: Layout, schemas: Sequence[DocumentSchema]) -> tuple[Layout, ...]:
    """The documents in a file, in order; every page belongs to exactly one.

    Args:
        layout: all pages of the file, at least one.
        schemas: the known document types: their titles and labels are what is looked for.
    """
    if len(layout.pages) == 1:
        return (layout,)
    signs = signs_of(layout, schemas)
    starts = [0, *_starts(signs)]
    ends = [*starts[1:], len(layout.pages)]
    return tuple(Layout(layout.pages[start:end]) for start, end in zip(starts, ends, strict=True))


def signs_of(layout: Layout, schemas: Sequence[DocumentSchema]) -> tuple[PageSigns, ...]:
    """The signs of every page."""
    titles = {
        schema.name: frozenset(folded(title) for title in schema.titles) for schema in schemas
    }
    numbers = _numbers(layout, schemas)
    return tuple(_page_signs(page, titles, numbers[page.text.page]) for page in layout.pages)


def _starts(signs: Sequence[PageSigns]) -> Iterator[int]:
    """Places (from 0) of pages that begin a new document, the first page left out."""
    begin = 0
    for at in range(1, len(signs)):
        if not signs[at].blank and begins(signs[begin:at], signs[at]):
            begin = at
            yield at


def begins(before: Sequence[PageSigns], page: PageSigns) -> bool:
    """Whether `page` begins a new document after the pages of the one `before`."""
    written = [other for other in before if not other.blank]
    if not written:
        return False
    first, last = written[0], written[-1]
    known = frozenset(number for other in written for number in other.numbers)
    if page.continued or _goes_on(last.page_number, page.page_number) or known & page.numbers:
        return False
    signs = (
        TITLE * bool(page.kinds),
        OTHER_KIND * bool(first.kinds and page.kinds and not first.kinds & page.kinds),
        RESTART * _restarts(last.page_number, page.page_number),
        OTHER_NUMBER * _contradicts(known, page.numbers),
        OTHER_PAPER * (_is_roll(first.size) != _is_roll(page.size)),
        _head_sign(first, last, page),
        OTHER_ISSUER * _other_issuer(written, page),
        OTHER_SIZE * _other_size(last.size, page.size),
        AFTER_BLANK * before[-1].blank,
    )
    identified = any(signs[:5])
    return identified and sum(signs) >= ENOUGH


def _goes_on(last: PageNumber | None, page: PageNumber | None) -> bool:
    """Whether the page says that it is not a first one."""
    if page is None or page.number <= 1:
        return False
    return page.total is not None or last is None or page.number == last.number + 1


def _restarts(last: PageNumber | None, page: PageNumber | None) -> bool:
    """Whether the page is a first one, after one that was numbered or with a total of its own."""
    return page is not None and page.number == 1 and (last is not None or page.total is not None)


def _contradicts(known: frozenset[tuple[str, str]], numbers: frozenset[tuple[str, str]]) -> bool:
    """Whether a label that stood before now has another value, and none of the old ones."""
    return bool({label for label, _ in known} & {label for label, _ in numbers})


def _head_sign(first: PageSigns, last: PageSigns, page: PageSigns) -> float:
    if not page.head or not first.head:
        return 0.0
    likeness = max(_likeness(page.head, first.head), _likeness(page.head, last.head))
    return SAME_HEAD if likeness >= SAME else OTHER_HEAD if likeness <= DIFFERENT else 0.0


def _other_issuer(before: Sequence[PageSigns], page: PageSigns) -> bool:
    known = frozenset(code for other in before for code in other.issuers)
    return bool(known and page.issuers) and not known & page.issuers


def _likeness(first: frozenset[str], second: frozenset[str]) -> float:
    return len(first & second) / max(1, len(first | second))


def _other_size(first: tuple[float, float], second: tuple[float, float]) -> bool:
    return any(abs(a - b) > SIZE_CHANGE * max(a, b) for a, b in zip(first, second, strict=True))


def _is_roll(size: tuple[float, float]) -> bool:
    return size[0] < NARROW * size[1]


def _page_signs(
    page: LayoutPage, titles: Mapping[str, frozenset[str]], numbers: frozenset[tuple[str, str]]
) -> PageSigns:
    head = [row for row in page.rows if row.y1 < HEAD * page.height]
    words = [piece for row in head for token in row.tokens for piece in fold(token.text)]
    return PageSigns(
        kinds=frozenset(
            name
            for name, words in titles.items()
            if any(_is_title(page, segment, words) for segment in _upper(page))
        ),
        page_number=_page_number(page),
        numbers=numbers,
        head=frozenset(word for word in words if len(word) > 2 and not word.isdigit()),
        issuers=frozenset(_issuers(page)),
        size=(page.width, page.height),
        continued=any(_CONTINUED.search(row.text) for row in page.rows[:6]),
        blank=not page.rows,
    )


def _upper(page: LayoutPage) -> Iterator[Segment]:
    for row in page.rows:
        if row.y0 > TITLE_ZONE * page.height:
            return
        yield from row.segments


def _is_title(page: LayoutPage, segment: Segment, titles: frozenset[str]) -> bool:
    """A document type by itself, or in large print with a few words more."""
    text = folded(segment.text)
    large = segment.height >= LARGE * page.line_height
    distinct = large or segment.text.isupper()
    if text in titles:
        return distinct
    words = [folded(token.text) for token in segment.tokens]
    ends = {words[0], words[-1], "".join(words[:2]), "".join(words[-2:])}
    return distinct and len(words) <= 8 and bool(ends & titles)


def _issuers(page: LayoutPage) -> Iterator[str]:
    for row in page.rows:
        yield from (host.lower() for host in HOST.findall(row.text))
        for segment in row.segments:
            if any(char.isdigit() for char in segment.text):
                yield from (code.value for code in find_vat_ids(segment))
                yield from (code.value for code in find_ibans(segment))


def _page_number(page: LayoutPage) -> PageNumber | None:
    """`Page 1 of 2` near the edges (the outermost), or a number alone in the first or last line."""
    edges = [r for r in page.rows if r.y0 < EDGE * page.height or r.y1 > (1 - EDGE) * page.height]
    edges.sort(key=lambda row: min(row.y0, page.height - row.y1))
    found = [match for row in edges for match in _NUMBERED.finditer(row.text)]
    with_total = [match for match in found if match[2]]
    for match in (*with_total, *found):
        return _checked(match)
    for row in _outer(page.rows):
        for segment in row.segments:
            match = _BARE.fullmatch(segment.text)
            if match and (match[2] or len(row.segments) == 1):
                return _checked(match)
    return None


def _outer(rows: Sequence[Row]) -> Sequence[Row]:
    return (*rows[:1], *rows[-1:])


def _checked(match: re.Match[str]) -> PageNumber | None:
    number, total = int(match[1]), int(match[2]) if match[2] else None
    return PageNumber(number, total) if 0 < number <= (total or number) else None


def _numbers(
    layout: Layout, schemas: Sequence[DocumentSchema]
) -> dict[int, frozenset[tuple[str, str]]]:
    """Identifiers beside their labels, page by page: (path of the field, value)."""
    found: dict[int, set[tuple[str, str]]] = {page.text.page: set() for page in layout.pages}
    for schema in schemas:
        fields = tuple(spec for spec in schema.fields if spec.kind is FieldKind.IDENTIFIER)
        if fields:
            reduced = schema.model_copy(update={"fields": fields, "lists": ()})
            for hit in LabelIndex(reduced).find(layout):
                value = _value_of(layout, hit)
                if value and hit.purity > 0.5:
                    path = min(hit.paths)
                    found[hit.segment.page].add((f"{schema.name}.{path}", value))
    return {page: frozenset(values) for page, values in found.items()}


def _value_of(layout: Layout, hit: LabelHit) -> str | None:
    """The identifier right of the label, else the one below it."""
    page = layout.page(hit.segment.page)
    row = page.rows[hit.segment.row]
    right = [t for t in row.tokens if t.x0 >= hit.x1][:3]
    below = [
        segment
        for other in page.rows[hit.segment.row + 1 : hit.segment.row + 3]
        for segment in other.segments
        if segment.x0 < hit.x1 and hit.x0 < segment.x1
    ]
    candidates = [Segment(tuple(right), row.page, row.number)] if right else []
    for segment in (*candidates, *below[:1]):
        for code in find_identifiers(segment):
            if len(code.value) >= 3:
                return folded(code.value)
    return None
