"""Values in running text, found by the phrases around them: the cues of a schema.

A cue is a few words with `{}` where the value stands and `…` for words left open: `governed by …
laws of {}`, `between {} … and {}`, `{} (the “Company”)`. Signs in the text count only where the
cue has them, too. What stands at `{}` is read by the field's kind: a date, a length of time, an
amount, a name (capitals and a legal form), or for free text the rest of the clause.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import zip_longest

from docmill.extractors.fold import fold
from docmill.extractors.layout import Layout, LayoutPage, Segment, Token
from docmill.extractors.local.names_in_text import Piece, name_after, name_before, names_firm
from docmill.extractors.values.dates import find_dates
from docmill.extractors.values.durations import find_durations
from docmill.extractors.values.numbers import find_numbers, plain
from docmill.extractors.values.parties import clean_name
from docmill.schemas.document_schema import DocumentSchema, FieldKind, FieldSpec

SLOT, GAP = "{}", "…"
# The most words that `…` stands for, and that may stand between a cue and a typed value.
MAX_GAP = 40
MAX_FILLERS = 4
# How much the last cue of a field counts; the first counts fully.
WEAKEST = 0.4
MAX_CLAUSE = 20
_PIECE = re.compile(r"[^\W_](?:[\w.&'’/-]*[^\W_]\.?|\.)?|[(),;:.&]|[\"“”„«»]")
_QUOTES = str.maketrans(dict.fromkeys("“”„«»", '"'))
_SIGNS = frozenset('(),;:."&')


@dataclass(frozen=True)
class Cue:
    """One phrase of a field: folded words, signs, `SLOT` and `GAP`; `strength` is 0..1."""

    path: str
    kind: FieldKind
    atoms: tuple[str, ...]
    strength: float


@dataclass(frozen=True, eq=False)
class ProseValue:
    """A value found by a cue: its words stand on one page, perhaps in two lines."""

    cue: Cue
    value: str
    raw: str
    tokens: tuple[Token, ...]


def cues_of(schema: DocumentSchema) -> tuple[Cue, ...]:
    """Every cue of every field."""
    return tuple(cue for path, spec in schema.paths() for cue in _cues(path, spec))


def _cues(path: str, spec: FieldSpec) -> Iterator[Cue]:
    for place, phrase in enumerate(spec.cues):
        atoms = tuple(_atoms(phrase))
        if SLOT not in atoms:
            atoms = (*atoms, SLOT)
        strength = 1 - (1 - WEAKEST) * place / len(spec.cues)
        yield Cue(path, spec.kind, atoms, strength)


def _atoms(phrase: str) -> Iterator[str]:
    for part in re.findall(r"\{\}|…|\.\.\.|[^\s{}…]+", phrase):
        if part in (SLOT, GAP, "..."):
            yield GAP if part == "..." else part
        else:
            yield from (atom for piece in _split(part) for atom in _folded_piece(piece))


def _split(text: str) -> list[str]:
    return _PIECE.findall(text)


def _folded_piece(piece: str) -> tuple[str, ...]:
    return (piece.translate(_QUOTES),) if piece.translate(_QUOTES) in _SIGNS else fold(piece)


def find_in_text(
    layout: Layout, cues: Sequence[Cue], *, day_first: bool, decimal_sign: str
) -> Iterator[ProseValue]:
    """Every value that a cue points to, page by page; the same value may come several times."""
    for page in layout.pages:
        text = _Text(page, day_first=day_first, decimal_sign=decimal_sign)
        for cue in cues:
            yield from text.values(cue)


# A line that ends before this share of the text's width ends on purpose.
SHORT_LINE = 0.8


def _pieces(tokens: Sequence[Token]) -> list[Piece]:
    left = min((token.x0 for token in tokens), default=0.0)
    margin = left + SHORT_LINE * (max((token.x1 for token in tokens), default=0.0) - left)
    pieces: list[Piece] = []
    for token, following in zip_longest(tokens, tokens[1:]):
        ends = following is None or abs(following.middle - token.middle) > token.height / 2
        texts = _split(token.text) or [token.text]
        pieces += [Piece(text, token) for text in texts[:-1]]
        pieces.append(Piece(texts[-1], token, breaks=ends and token.x1 < margin))
    return pieces


class _Text:
    """The words of one page as a stream of pieces, in the engine's reading order."""

    def __init__(self, page: LayoutPage, *, day_first: bool, decimal_sign: str) -> None:
        tokens = sorted((t for row in page.rows for t in row.tokens), key=lambda t: t.index)
        self.segment = Segment(tuple(tokens), page.text.page, 0)
        self.pieces = _pieces(tokens)
        self.atoms = [
            (atom, at) for at, piece in enumerate(self.pieces) for atom in _folded_piece(piece.text)
        ]
        self._first = {at: n for n, (_, at) in reversed(list(enumerate(self.atoms)))}
        self._day_first, self._decimal_sign = day_first, decimal_sign

    @cached_property
    def _places(self) -> Mapping[str, list[int]]:
        places: dict[str, list[int]] = defaultdict(list)
        for place, (atom, _) in enumerate(self.atoms):
            places[atom].append(place)
        return places

    def values(self, cue: Cue) -> Iterator[ProseValue]:
        """The values of every place that fits the cue."""
        lead = next(n for n, atom in enumerate(cue.atoms) if atom not in (SLOT, GAP))
        for start in self._places.get(cue.atoms[lead], ()):
            found = self._match(cue, cue.atoms[lead:], start)
            if found is None:
                continue
            if SLOT in cue.atoms[:lead]:
                before = self._before(cue, start)
                found = [] if before is None else [before, *found]
            yield from found

    def _match(self, cue: Cue, atoms: Sequence[str], place: int) -> list[ProseValue] | None:
        """The slots' values where `atoms` fit the text from `place` on; None where they do not."""
        if not atoms:
            return []
        if atoms[0] == SLOT:
            return self._match_slot(cue, atoms[1:], place)
        if atoms[0] == GAP:
            tails = (self._match(cue, atoms[1:], at) for at in self._within_gap(place))
            return next((tail for tail in tails if tail is not None), None)
        while place < len(self.atoms) and self._skips(place, atoms[0]):
            place += 1
        if place >= len(self.atoms) or self.atoms[place][0] != atoms[0]:
            return None
        return self._match(cue, atoms[1:], place + 1)

    def _skips(self, place: int, wanted: str) -> bool:
        """Whether the sign at `place` may be passed over on the way to `wanted`."""
        atom = self.atoms[place][0]
        return atom != wanted and atom in _SIGNS and atom not in "()."

    def _within_gap(self, place: int) -> Iterator[int]:
        """Places up to the end of the sentence, or of the bracket that `place` stands in."""
        depth = 0
        for at in range(place, min(place + MAX_GAP, len(self.atoms))):
            yield at
            atom = self.atoms[at][0]
            depth += (atom == "(") - (atom == ")")
            if depth < 0 or (atom == "." and depth == 0):
                return

    def _match_slot(self, cue: Cue, rest: Sequence[str], place: int) -> list[ProseValue] | None:
        if place >= len(self.atoms):
            return None
        found = self._after(cue, self.atoms[place][1])
        if found is None:
            return None
        last = found.tokens[-1]
        following = next(
            (n for n in range(place, len(self.atoms)) if self._token(n).index > last.index),
            len(self.atoms),
        )
        tail = self._match(cue, rest, following)
        return None if tail is None else [found, *tail]

    def _token(self, place: int) -> Token:
        return self.pieces[self.atoms[place][1]].token

    def _after(self, cue: Cue, piece: int) -> ProseValue | None:
        if cue.kind in (FieldKind.NAME, FieldKind.ADDRESS):
            return self._named(cue, name_after(self.pieces, piece))
        if cue.kind in (FieldKind.TEXT, FieldKind.CHOICE):
            return self._clause(cue, piece)
        for at in range(piece, min(piece + MAX_FILLERS + 1, len(self.pieces))):
            typed = self._typed(cue.kind).get(self.pieces[at].token)
            if typed is not None:
                return ProseValue(cue, *typed)
        return None

    def _before(self, cue: Cue, place: int) -> ProseValue | None:
        piece = self.atoms[place][1]
        if cue.kind in (FieldKind.NAME, FieldKind.ADDRESS):
            return self._named(cue, name_before(self.pieces, piece))
        nearby = {p.token for p in self.pieces[max(0, piece - MAX_FILLERS - 1) : piece]}
        for value, raw, tokens in self._typed(cue.kind).values():
            if tokens[-1] in nearby:
                return ProseValue(cue, value, raw, tokens)
        return None

    def _named(self, cue: Cue, tokens: tuple[Token, ...]) -> ProseValue | None:
        raw = " ".join(token.text for token in tokens)
        name = clean_name(raw).strip("()\"“”„«»' ")
        last = name.split()[-1] if name else ""
        if len(last) > 4 and "." not in last[:-1] and not names_firm(last):
            name = name.rstrip(".")
        return ProseValue(cue, name, raw, tokens) if name else None

    def _clause(self, cue: Cue, piece: int) -> ProseValue | None:
        """The words up to the next sign that ends a clause."""
        tokens: dict[Token, None] = {}
        for at in range(piece, min(piece + MAX_CLAUSE, len(self.pieces))):
            if self.pieces[at].text in ('"', ".", ";", ",", "(", ")"):
                break
            tokens[self.pieces[at].token] = None
        raw = " ".join(token.text for token in tokens)
        value = raw.strip(" .,;:")
        return ProseValue(cue, value, raw, tuple(tokens)) if value else None

    def _typed(self, kind: FieldKind) -> Mapping[Token, tuple[str, str, tuple[Token, ...]]]:
        """Value, text and words of every reading of this kind, by its first word."""
        if kind not in self._readings:
            readers: Mapping[FieldKind, Callable[[], Iterator[_Reading]]] = {
                FieldKind.DATE: self._dates,
                FieldKind.DURATION: self._durations,
            }
            reader = readers.get(kind, lambda: self._numbers(kind))
            self._readings[kind] = {tokens[0]: (v, raw, tokens) for v, raw, tokens in reader()}
        return self._readings[kind]

    @cached_property
    def _readings(self) -> dict[FieldKind, Mapping[Token, _Reading]]:
        return {}

    def _dates(self) -> Iterator[_Reading]:
        for date in find_dates(self.segment):
            day = date.value(day_first=self._day_first)
            if day is not None:
                yield day.isoformat(), date.raw, date.tokens

    def _durations(self) -> Iterator[_Reading]:
        for found in find_durations(self.segment):
            yield found.value, found.raw, found.tokens

    def _numbers(self, kind: FieldKind) -> Iterator[_Reading]:
        if kind not in (FieldKind.AMOUNT, FieldKind.NUMBER, FieldKind.PERCENT, FieldKind.INTEGER):
            return
        for number in find_numbers(self.segment):
            value = number.value(self._decimal_sign)
            if value is None or (kind is FieldKind.PERCENT) != number.percent:
                continue
            if kind is FieldKind.INTEGER and value != value.to_integral_value():
                continue
            text = f"{value:.0f}" if kind is FieldKind.INTEGER else plain(value)
            yield text, number.raw, number.tokens


_Reading = tuple[str, str, tuple[Token, ...]]
