"""Grounding: does each value stand on the page, where, and how surely is it the same text?

The engine's own citation is checked first, then the whole part is searched. A value that is
found nowhere keeps no box; none is ever invented.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from rapidfuzz import fuzz

from docmill.extractors.fold import fold, folded
from docmill.extractors.layout import Layout, Segment, Token
from docmill.extractors.normalise import Reading, readings_of, same_value
from docmill.schemas.document_schema import DocumentSchema, FieldKind
from docmill.schemas.extraction import Evidence, FieldValue, Match, ValueStatus

# Text this alike (0..100) is the same value misread or misspelt.
MIN_FUZZY = 85.0
# Typed values (dates, sums, codes) are right or wrong, never nearly right.
FUZZY_KINDS = frozenset({FieldKind.TEXT, FieldKind.NAME, FieldKind.ADDRESS, FieldKind.CHOICE})


@dataclass(frozen=True, eq=False)
class Grounder:
    """Finds values in the pages of one document part."""

    layout: Layout

    def ground(self, value: FieldValue, kind: FieldKind) -> FieldValue:
        """The value with its checked evidence, or with none."""
        if value.status is not ValueStatus.PRESENT or value.value is None:
            return value.model_copy(update={"evidence": None})
        cited = self._cited(value, kind)
        if cited is not None:
            return value.model_copy(update={"evidence": cited})
        found = self._anywhere(value.value, kind)
        return value.model_copy(update={"evidence": found})

    def _cited(self, value: FieldValue, kind: FieldKind) -> Evidence | None:
        if value.evidence is None or value.value is None:
            return None
        match = match_of(kind, value.value, value.evidence.quote)
        if match is Match.NONE:
            return None
        return value.evidence.model_copy(update={"match": match})

    def _anywhere(self, value: str, kind: FieldKind) -> Evidence | None:
        """The first place that holds the value; exact places before others."""
        best: tuple[int, Evidence] | None = None
        for tokens in self._places(value, kind):
            quote = " ".join(token.text for token in tokens)
            rank = _ORDER.index(match_of(kind, value, quote))
            if rank < _ORDER.index(Match.NONE) and (best is None or rank < best[0]):
                best = (rank, self.layout.evidence(tokens, _ORDER[rank]))
        return best[1] if best else None

    def _places(self, value: str, kind: FieldKind) -> Iterator[tuple[Token, ...]]:
        for reading in self._readings:
            if reading.kind is kind and value in reading.values:
                yield reading.tokens
        if kind in FUZZY_KINDS or kind is FieldKind.IDENTIFIER:
            wanted = fold(value)
            for segment in self.layout.segments:
                yield from _runs(segment, wanted)

    @cached_property
    def _readings(self) -> Sequence[Reading]:
        return [reading for segment in self.layout.segments for reading in readings_of(segment)]


_ORDER = (Match.EXACT, Match.NORMALISED, Match.FUZZY, Match.NONE)


def _runs(segment: Segment, wanted: Sequence[str]) -> Iterator[tuple[Token, ...]]:
    """Runs of about as many words as the value has, beginning with its first piece."""
    if not wanted:
        return
    for start, token in enumerate(segment.tokens):
        pieces = fold(token.text)
        if pieces and (pieces[0] == wanted[0] or fuzz.ratio(pieces[0], wanted[0]) >= MIN_FUZZY):
            run, count = start, 0
            while run < len(segment.tokens) and count < len(wanted):
                count += len(fold(segment.tokens[run].text))
                run += 1
            yield segment.tokens[start:run]


def match_of(kind: FieldKind, value: str, quote: str) -> Match:
    """How the printed `quote` carries the `value`."""
    if " ".join(quote.split()) == " ".join(value.split()):
        return Match.EXACT
    if same_value(kind, value, quote) or (kind in FUZZY_KINDS and folded(value) == folded(quote)):
        return Match.NORMALISED
    if kind in FUZZY_KINDS and fuzz.ratio(folded(value), folded(quote)) >= MIN_FUZZY:
        return Match.FUZZY
    return Match.NONE


def ground(
    values: Sequence[FieldValue], layout: Layout, schema: DocumentSchema
) -> tuple[FieldValue, ...]:
    """Every value with evidence that was checked against the words of the pages."""
    grounder = Grounder(layout)
    return tuple(
        grounder.ground(value, spec.kind)
        for value in values
        if (spec := schema.spec_of(value.path)) is not None
    )
