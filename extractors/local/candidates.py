"""Candidates: everything on the pages that could be the value of a field, by kind.

A candidate is a run of words with one reading of it. With `features` it is the lasting interface
of the extractor: whatever scores them, hand-set or learned, sees only these.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise

from docmill.extractors.fold import folded
from docmill.extractors.layout import Layout, Row, Segment, Token
from docmill.extractors.local.labels import LabelHit, LabelIndex
from docmill.extractors.local.names_in_text import names_firm
from docmill.extractors.local.prose import Cue, ProseValue, find_in_text
from docmill.extractors.values.codes import CodeFound, find_ibans, find_identifiers, find_vat_ids
from docmill.extractors.values.dates import DateFound, find_dates, is_range, reads_day_first
from docmill.extractors.values.masthead import find_masthead
from docmill.extractors.values.numbers import (
    NumberFound,
    currency_beside_digits,
    decimal_sign,
    find_numbers,
    plain,
)
from docmill.extractors.values.parties import (
    PartyFound,
    clean_name,
    find_parties,
    has_legal_form,
    is_contact,
    join_lines,
    without_legal_form,
)
from docmill.schemas.document_schema import FieldKind

# A value beside or under its label is rarely longer than this many words.
MAX_TEXT_WORDS = 14
# Lines under a label that may belong to one address.
MAX_ADDRESS_LINES = 5


@dataclass(frozen=True, eq=False)
class Candidate:
    """One reading of a run of words (all on one page); `traits` are facts about it, 0..1.

    `cue` is the phrase of running text that it was found by: it can then only be the value of the
    field whose phrase it is.
    """

    kind: FieldKind
    value: str
    raw: str
    tokens: tuple[Token, ...]
    segment: Segment
    traits: Mapping[str, float] = field(default_factory=dict[str, float])
    cue: Cue | None = None


@dataclass(frozen=True, eq=False)
class Scene:
    """All that was found on the pages of a part, once, for every field to choose from."""

    layout: Layout
    labels: tuple[LabelHit, ...]
    candidates: tuple[Candidate, ...]
    decimal_sign: str
    day_first: bool
    title_rows: frozenset[tuple[int, int]]

    @cached_property
    def label_tokens(self) -> frozenset[Token]:
        """Words that belong to a label."""
        return frozenset(token for hit in self.labels for token in hit.tokens)

    @cached_property
    def by_kind(self) -> Mapping[FieldKind, tuple[Candidate, ...]]:
        """The candidates of each kind, in reading order."""
        groups: dict[FieldKind, list[Candidate]] = defaultdict(list)
        for candidate in self.candidates:
            groups[candidate.kind].append(candidate)
        return {kind: tuple(group) for kind, group in groups.items()}


def scene_of(
    layout: Layout, labels: LabelIndex, titles: Sequence[str], cues: Sequence[Cue] = ()
) -> Scene:
    """Finds labels and candidates on the pages."""
    hits = tuple(labels.find(layout))
    dates = {segment: find_dates(segment) for segment in layout.segments}
    numbers = {
        segment: _outside(find_numbers(segment), dates[segment]) for segment in layout.segments
    }
    day_first = reads_day_first((date for found in dates.values() for date in found), layout.text)
    sign = decimal_sign(number for found in numbers.values() for number in found)
    label_tokens = frozenset(token for hit in hits for token in hit.tokens)
    parties = find_parties(layout, label_tokens)
    masthead = find_masthead(
        layout.pages[0], label_tokens, frozenset(folded(title) for title in titles)
    )
    candidates = (
        *_date_candidates(layout, dates, day_first=day_first),
        *_number_candidates(numbers.values(), sign),
        *_code_candidates(layout, dates),
        *_party_candidates(parties),
        *(_party_candidates([masthead], masthead=1.0) if masthead else ()),
        *_text_candidates(layout, hits),
        *_prose_candidates(layout, cues, day_first=day_first, sign=sign),
    )
    return Scene(layout, hits, candidates, sign, day_first, _title_rows(layout, titles))


def _title_rows(layout: Layout, titles: Sequence[str]) -> frozenset[tuple[int, int]]:
    """(page, row) of lines that begin with the document's type: `Invoice 4711 of 3 May 2024`."""
    words = tuple({folded(title) for title in titles if len(folded(title)) > 3})
    if not words:
        return frozenset()
    return frozenset(
        (segment.page, segment.row)
        for segment in layout.segments
        if folded(segment.tokens[0].text).endswith(words)
        or folded(" ".join(token.text for token in segment.tokens[:2])).endswith(words)
    )


def _outside(numbers: Iterable[NumberFound], dates: Sequence[DateFound]) -> list[NumberFound]:
    """Numbers that are not the day or year of a date."""
    taken = {token for date in dates for token in date.tokens}
    return [number for number in numbers if not taken.intersection(number.tokens)]


def _date_candidates(
    layout: Layout, dates: Mapping[Segment, Sequence[DateFound]], *, day_first: bool
) -> Iterator[Candidate]:
    for page in layout.pages:
        for row in page.rows:
            found = [date for segment in row.segments for date in dates[segment]]
            sides = _range_sides(found)
            for date in found:
                day = date.value(day_first=day_first)
                if day is not None:
                    traits = {"ambiguous": float(date.ambiguous), "range": sides.get(date, 0.0)}
                    yield Candidate(
                        FieldKind.DATE, day.isoformat(), date.raw, date.tokens, date.segment, traits
                    )


def _range_sides(dates: Sequence[DateFound]) -> dict[DateFound, float]:
    """-1 for the first and 1 for the second date of each `from - to` in a row."""
    sides: dict[DateFound, float] = {}
    for first, second in pairwise(dates):
        if first not in sides and is_range(first, second):
            sides[first], sides[second] = -1.0, 1.0
    return sides


def _number_candidates(numbers: Iterable[Sequence[NumberFound]], sign: str) -> Iterator[Candidate]:
    for number in (number for found in numbers for number in found):
        value = number.value(sign)
        if value is None:
            continue
        traits = {
            "two_decimals": float(number.two_decimals),
            "currency": float(number.currency is not None),
            "zero": float(value == 0),
            "negative": float(value < 0),
        }
        kinds = [FieldKind.PERCENT] if number.percent else [FieldKind.AMOUNT, FieldKind.NUMBER]
        if value == value.to_integral_value() and not number.percent:
            kinds.append(FieldKind.INTEGER)
        for kind in kinds:
            text = f"{value:.0f}" if kind is FieldKind.INTEGER else plain(value)
            yield Candidate(kind, text, number.raw, number.tokens, number.segment, traits)


def _code_candidates(
    layout: Layout, dates: Mapping[Segment, Sequence[DateFound]]
) -> Iterator[Candidate]:
    for segment in layout.segments:
        codes = [
            *_as(FieldKind.IBAN, find_ibans(segment)),
            *_as(FieldKind.VAT_ID, find_vat_ids(segment)),
        ]
        yield from codes
        taken = {token for code in codes for token in code.tokens}
        taken.update(token for date in dates[segment] for token in date.tokens)
        for code in find_identifiers(segment):
            if not taken.intersection(code.tokens):
                traits = {"identifier_shape": _identifier_shape(code.value)}
                yield Candidate(
                    FieldKind.IDENTIFIER, code.value, code.raw, code.tokens, segment, traits
                )
        for token in segment.tokens:
            code = currency_beside_digits(token.text)
            if code:
                traits = {"currency_code": float(token.text.strip("().,:").upper() == code)}
                yield Candidate(FieldKind.CURRENCY, code, token.text, (token,), segment, traits)


def _as(kind: FieldKind, codes: Iterable[CodeFound]) -> Iterator[Candidate]:
    for code in codes:
        traits = {"valid": float(code.valid)}
        yield Candidate(kind, code.value, code.raw, code.tokens, code.segment, traits)


def _identifier_shape(value: str) -> float:
    """How much a word looks like a document's number rather than a count or a sum."""
    if re.fullmatch(r"\d+[.,]\d{1,2}", value):
        return 0.0
    length = len(value)
    return 1.0 if length >= 5 else 0.75 if length == 4 else 0.5 if length == 3 else 0.25


def _party_candidates(
    parties: Iterable[PartyFound], *, masthead: float = 0.0
) -> Iterator[Candidate]:
    for party in parties:
        traits = {
            "masthead": masthead,
            "party": float(bool(party.address)),
            "legal_form": float(party.legal_form),
            "one_line": float(party.one_line),
        }
        if party.name_text:
            yield Candidate(
                FieldKind.NAME, party.name_text, party.name_text, party.name, party.head, traits
            )
        if party.address:
            yield Candidate(
                FieldKind.ADDRESS,
                party.address_text,
                party.address_text,
                party.address,
                party.head,
                traits,
            )


def _prose_candidates(
    layout: Layout, cues: Sequence[Cue], *, day_first: bool, sign: str
) -> Iterator[Candidate]:
    """Values in running text; the strongest cue of each place alone."""
    if not cues:
        return
    best: dict[tuple[str, tuple[Token, ...]], ProseValue] = {}
    for found in find_in_text(layout, cues, day_first=day_first, decimal_sign=sign):
        place = (found.cue.path, found.tokens)
        if place not in best or best[place].cue.strength < found.cue.strength:
            best[place] = found
    segment_of = {token: segment for segment in layout.segments for token in segment.tokens}
    for found in best.values():
        segment = segment_of[found.tokens[0]]
        traits = {"cue": found.cue.strength, **_prose_traits(found)}
        yield Candidate(
            found.cue.kind, found.value, found.raw, found.tokens, segment, traits, found.cue
        )


def _prose_traits(found: ProseValue) -> Mapping[str, float]:
    """What candidates of the kind are asked for elsewhere."""
    match found.cue.kind:
        case FieldKind.DATE:
            return {"range": 0.0}
        case FieldKind.AMOUNT:
            return {"two_decimals": 0.0, "currency": 0.0}
        case FieldKind.NAME:
            return {"legal_form": float(names_firm(found.value))}
        case _:
            return {}


def _text_candidates(layout: Layout, hits: Sequence[LabelHit]) -> Iterator[Candidate]:
    """Free text beside and under labels: such values have no shape of their own."""
    labels = frozenset(token for hit in hits for token in hit.tokens)
    seen: set[tuple[Token, ...]] = set()
    for hit in hits:
        for tokens, segment in _near(layout, hit, labels):
            if tokens and tokens not in seen and len(tokens) <= MAX_TEXT_WORDS:
                seen.add(tokens)
                yield from _text_readings(tokens, segment)
        lines = _lines_under(layout, hit, labels)
        if lines:
            tokens = tuple(token for line in lines for token in line.tokens)
            text = join_lines(tokens)
            yield Candidate(FieldKind.ADDRESS, text, text, tokens, lines[0], {"under_label": 1.0})


def _text_readings(tokens: tuple[Token, ...], segment: Segment) -> Iterator[Candidate]:
    raw = " ".join(token.text for token in tokens)
    if not raw.strip(" :"):
        return
    yield Candidate(FieldKind.TEXT, raw, raw, tokens, segment)
    name = clean_name(raw)
    if _could_be_name(raw, name):
        traits = {"legal_form": float(has_legal_form(name)), "labelled": 1.0}
        yield Candidate(FieldKind.NAME, name, name, tokens, segment, traits)


def _could_be_name(raw: str, name: str) -> bool:
    """Letters mostly, no heading, no contact detail, not a legal form alone."""
    letters = sum(char.isalpha() for char in name)
    digits = sum(char.isdigit() for char in name)
    rest = without_legal_form(name)
    return (
        letters >= 2
        and digits <= letters / 2
        and len(name) <= 80
        and not raw.endswith(":")
        and not is_contact(name)
        and any(char.isalpha() for char in rest)
    )


def _near(
    layout: Layout, hit: LabelHit, labels: frozenset[Token]
) -> Iterator[tuple[tuple[Token, ...], Segment]]:
    """Words after the label in its segment, else the next segment; and the segment below."""
    segment = hit.segment
    rest = segment.tokens[segment.tokens.index(hit.tokens[-1]) + 1 :]
    rest = _until_label(rest, labels)
    if rest:
        yield rest, segment
    else:
        right = _right_of(layout, segment)
        if right and right.tokens[0] not in labels:
            yield _until_label(right.tokens, labels), right
    below = _below(layout, hit)
    if below and below.tokens[0] not in labels:
        yield _until_label(below.tokens, labels), below


def _until_label(tokens: Sequence[Token], labels: frozenset[Token]) -> tuple[Token, ...]:
    words = list(tokens)
    while words and words[0].text in (":", "-", "–", "#", "."):
        words.pop(0)
    end = next((n for n, token in enumerate(words) if n and token in labels), len(words))
    return tuple(words[:end])


def _right_of(layout: Layout, segment: Segment) -> Segment | None:
    row = layout.page(segment.page).rows[segment.row]
    place = row.segments.index(segment)
    return row.segments[place + 1] if place + 1 < len(row.segments) else None


def _below(layout: Layout, hit: LabelHit, within: float = 3.0) -> Segment | None:
    """The nearest segment under the label, at most `within` line heights away."""
    page = layout.page(hit.segment.page)
    for row in page.rows[hit.segment.row + 1 : hit.segment.row + 5]:
        if row.y0 - hit.segment.y1 > within * page.line_height:
            return None
        found = _under(row, hit.x0, hit.x1)
        if found:
            return found
    return None


def _under(row: Row, x0: float, x1: float) -> Segment | None:
    """The segment of `row` that stands under the span `x0`..`x1`."""
    return next((s for s in row.segments if s.x0 < x1 and x0 < s.x1), None)


def _lines_under(layout: Layout, hit: LabelHit, labels: frozenset[Token]) -> list[Segment]:
    """The lines of text right under a label with its left edge: a labelled address."""
    page = layout.page(hit.segment.page)
    lines: list[Segment] = []
    bottom = hit.segment.y1
    for row in page.rows[hit.segment.row + 1 : hit.segment.row + 2 + MAX_ADDRESS_LINES]:
        segment = next((s for s in row.segments if abs(s.x0 - hit.x0) <= page.line_height), None)
        if segment is None:
            continue
        if segment.y0 - bottom > 1.5 * page.line_height or segment.tokens[0] in labels:
            break
        lines.append(segment)
        bottom = segment.y1
    return lines
