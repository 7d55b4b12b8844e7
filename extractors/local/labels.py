"""Finding what is printed beside values: the labels of a schema, in any language and spelling."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz, process

from docmill.extractors.fold import fold, folded
from docmill.extractors.layout import Layout, Row, Segment, Token
from docmill.extractors.values.parties import has_legal_form
from docmill.schemas.document_schema import DocumentSchema, FieldKind, ListShape

# The longest label, in folded pieces.
MAX_PIECES = 7
# Below this length one wrong letter makes another word, so only equal text counts.
MIN_FUZZY_LENGTH = 5
MIN_LIKENESS = 86.0


@dataclass(frozen=True, eq=False)
class LabelHit:
    """A label found in a segment.

    `likeness` is 0..1 (1 = same letters); `purity` the share of the segment's words, up to the
    first value, that the label covers: `Date` in `Date of delivery` covers a third.
    """

    paths: frozenset[str]
    tokens: tuple[Token, ...]
    segment: Segment
    likeness: float
    purity: float

    @property
    def strength(self) -> float:
        """How surely this text names the field, 0..1."""
        return self.likeness * (0.25 + 0.75 * self.purity)

    @property
    def x0(self) -> float:
        """Left edge, pixels."""
        return self.tokens[0].x0

    @property
    def x1(self) -> float:
        """Right edge, pixels."""
        return self.tokens[-1].x1


class LabelIndex:
    """The labels of one schema, by folded text."""

    def __init__(self, schema: DocumentSchema) -> None:
        self._paths: dict[str, set[str]] = defaultdict(set)
        for path, spec in schema.paths():
            for label in spec.labels:
                self._add(label, path)
        for rows in schema.lists:
            if rows.shape is not ListShape.ROWS:
                continue  # pairs and tick boxes are found by their looks
            for label in rows.labels:
                self._add(label, f"{rows.name}[]")
        self._names = frozenset(
            path for path, spec in schema.paths() if spec.kind is FieldKind.NAME
        )
        self._fuzzy_keys = [key for key in self._paths if len(key) >= MIN_FUZZY_LENGTH]

    def _add(self, label: str, path: str) -> None:
        key = folded(label)
        if key:
            self._paths[key].add(path)

    def lookup(self, key: str, *, fuzzy: bool) -> tuple[frozenset[str], float] | None:
        """The paths whose label is `key`, with the likeness 0..1; None where none is."""
        if key in self._paths:
            return frozenset(self._paths[key]), 1.0
        if not fuzzy or len(key) < MIN_FUZZY_LENGTH:
            return None
        best = process.extractOne(
            key, self._fuzzy_keys, scorer=fuzz.ratio, score_cutoff=MIN_LIKENESS
        )
        return (frozenset(self._paths[best[0]]), best[1] / 100) if best else None

    def find(self, layout: Layout) -> list[LabelHit]:
        """All labels on the pages; where labels overlap, the longest wins."""
        hits = [hit for segment in layout.segments for hit in self._find_in(segment)]
        return [*hits, *self._name_rows(layout, hits)]

    def _name_rows(self, layout: Layout, hits: Sequence[LabelHit]) -> Iterator[LabelHit]:
        """`Name:` in the rows under a party's heading stands for the party's name."""
        for hit in hits:
            paths = hit.paths & self._names
            if not paths or hit.purity < 0.6:
                continue
            page = layout.page(hit.segment.page)
            for row in page.rows[hit.segment.row + 1 : hit.segment.row + 6]:
                segment = _indented(row, hit.x0, page.width)
                if segment is None:
                    continue
                if fold(segment.tokens[0].text)[:1] in _NAME_WORDS:
                    tokens = segment.tokens[:1]
                    yield LabelHit(paths, tokens, segment, hit.likeness, 1.0)
                    break

    def _find_in(self, segment: Segment) -> Iterator[LabelHit]:
        pieces = [
            (piece, at + part / 1000)
            for at, token in enumerate(segment.tokens)
            for part, text in enumerate(token.text.split("/"))  # `Buyer/Recipient`: two words
            for piece in fold(text)
        ]
        fuzzy = any(token.from_ink for token in segment.tokens)
        start = 0
        while start < len(pieces):
            found = self._longest_from(pieces, start, fuzzy=fuzzy)
            if found is None:
                start += 1
                continue
            end, paths, likeness = found
            tokens = segment.tokens[int(pieces[start][1]) : int(pieces[end - 1][1]) + 1]
            start, began = end, start
            if paths <= self._names and _is_part_of_name(segment, tokens):
                start = began + 1
                continue
            yield LabelHit(paths, tokens, segment, likeness, _purity(segment, tokens))

    def _longest_from(
        self, pieces: Sequence[tuple[str, float]], start: int, *, fuzzy: bool
    ) -> tuple[int, frozenset[str], float] | None:
        if start and pieces[start][1] == pieces[start - 1][1] and pieces[start][0] not in "#%":
            return None  # a label begins with a word, not inside one
        for end in range(min(len(pieces), start + MAX_PIECES), start, -1):
            if end < len(pieces) and pieces[end][1] == pieces[end - 1][1]:
                continue
            key = "".join(piece for piece, _ in pieces[start:end])
            found = self.lookup(key, fuzzy=fuzzy)
            if found:
                return end, *found
        return None


# "Name" in ten languages.
_NAME_WORDS = frozenset(
    (word,)
    for word in (
        *("name", "firma", "company", "nom", "nombre", "nome"),
        *("naam", "nazwa", "namn", "navn", "entreprise"),
    )
)


def _indented(row: Row, x0: float, page_width: float) -> Segment | None:
    """The row's segment that begins at `x0` or a little to the right of it."""
    inside = (s for s in row.segments if -0.01 < (s.x0 - x0) / page_width < 0.15)
    return next(inside, None)


def _is_part_of_name(segment: Segment, label: Sequence[Token]) -> bool:
    """Whether a word such as `Supplier` belongs to a firm's name: `Supplier GmbH`."""
    last = segment.tokens.index(label[-1])
    following = segment.tokens[last + 1 : last + 3]
    if label[-1].text.endswith(":") or not following:
        return False
    return has_legal_form(" ".join(token.text for token in following))


def _purity(segment: Segment, label: Sequence[Token]) -> float:
    """Share of the letters of the segment's wording that the label covers."""
    own = sum(_letters(token.text) for token in label)
    last = segment.tokens.index(label[-1])
    wording = sum(_letters(token.text) for token in segment.tokens[: last + 1])
    if not label[-1].text.endswith(":"):
        for token in segment.tokens[last + 1 :]:
            if _is_value(token.text) or token.text == ":":
                break
            wording += _letters(token.text)
            if token.text.endswith(":"):
                break
    return own / wording if own and wording else float(own == wording)


def _letters(text: str) -> int:
    return sum(char.isalpha() for char in text)


def _is_value(text: str) -> bool:
    return any(char.isdigit() for char in text)
