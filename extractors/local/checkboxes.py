"""Tick boxes with the words beside them: interactive ones, drawn ones, and those typed as signs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from docmill.extractors.layout import Layout, LayoutPage, Row, Token
from docmill.schemas.extraction import Evidence, Match
from docmill.schemas.geometry import Box

# Words farther than this many line heights from a box, or from each other, are not its label.
REACH = 2.5
WORD_GAP = 1.2
MAX_LABEL_WORDS = 16
TICKED, EMPTY = "☒", "☐"
_EMPTY_SIGN = re.compile(r"[☐□▢◻❏❑○◯]|\[_?\]|\(_?\)|_{2,4}")
_TICKED_SIGN = re.compile(r"[☑☒■✓✔✗✘⊠◉]|\[[xX✓✔]\]|\([xX✓✔]\)|_?[xX]_+|_+[xX]_?")
_OPENING, _CLOSING = ("[", "("), ("]", ")")


@dataclass(frozen=True, eq=False)
class Mark:
    """A tick box in pixels of the upright page.

    `tokens` are the words that draw it, where words do; `place` is its box on the displayed page
    otherwise.
    """

    page: int
    x0: float
    y0: float
    x1: float
    y1: float
    checked: bool
    tokens: tuple[Token, ...] = ()
    place: Box | None = None


@dataclass(frozen=True, eq=False)
class Checkbox:
    """A tick box, its label, and where the box itself stands."""

    label: tuple[Token, ...]
    checked: bool
    evidence: Evidence


def find_checkboxes(layout: Layout) -> list[Checkbox]:
    """All tick boxes that have a label, in reading order."""
    return [box for page in layout.pages for box in _on_page(layout, page)]


def _on_page(layout: Layout, page: LayoutPage) -> Iterator[Checkbox]:
    marks = [*_drawn(page), *_typed(page)]
    signs = frozenset(token for mark in marks for token in mark.tokens)
    left = _labels_stand_left(page, marks, signs)
    for mark in sorted(marks, key=lambda mark: ((mark.y0 + mark.y1) / 2, mark.x0)):
        label = _label(page, mark, marks, signs, left=left)
        label = label or _label(page, mark, marks, signs, left=not left)
        if any(char.isalnum() for token in label for char in token.text):
            yield Checkbox(label, mark.checked, _evidence(layout, mark))


def _evidence(layout: Layout, mark: Mark) -> Evidence:
    if mark.place is None:
        return layout.evidence(mark.tokens)
    sign = TICKED if mark.checked else EMPTY
    return Evidence(page=mark.page, box=mark.place, words=(), quote=sign, match=Match.EXACT)


def _drawn(page: LayoutPage) -> Iterator[Mark]:
    """Interactive boxes, and those that were seen in the picture of the page."""
    view = page.text.upright
    for field in page.text.form_fields:
        if field.kind in ("checkbox", "radio") and field.checked is not None:
            x0, y0, x1, y1 = (view.box(field.box) if view else field.box).as_tuple()
            corners = (x0 * page.width, y0 * page.height, x1 * page.width, y1 * page.height)
            yield Mark(page.text.page, *corners, field.checked, place=field.box)


def _typed(page: LayoutPage) -> Iterator[Mark]:
    """Signs such as ☐, [x] or ( ) among the words."""
    for row in page.rows:
        tokens = row.tokens
        for n, token in enumerate(tokens):
            following = tokens[n + 1] if n + 1 < len(tokens) else None
            if _EMPTY_SIGN.fullmatch(token.text) or _TICKED_SIGN.fullmatch(token.text):
                checked = bool(_TICKED_SIGN.fullmatch(token.text))
                yield _typed_mark((token,), checked=checked)
            elif following and token.text in _OPENING and following.text in _CLOSING:
                yield _typed_mark((token, following), checked=False)


def _typed_mark(tokens: tuple[Token, ...], *, checked: bool) -> Mark:
    top, bottom = min(t.y0 for t in tokens), max(t.y1 for t in tokens)
    return Mark(tokens[0].page, tokens[0].x0, top, tokens[-1].x1, bottom, checked, tokens)


def _labels_stand_left(page: LayoutPage, marks: Sequence[Mark], signs: frozenset[Token]) -> bool:
    """Whether more boxes on the page have words close to their left than to their right."""
    sides = [
        (_gap(page, mark, marks, signs, left=True), _gap(page, mark, marks, signs, left=False))
        for mark in marks
    ]
    return sum(left < right for left, right in sides) > sum(right <= left for left, right in sides)


def _gap(
    page: LayoutPage, mark: Mark, marks: Sequence[Mark], signs: frozenset[Token], *, left: bool
) -> float:
    label = _label(page, mark, marks, signs, left=left)
    if not label:
        return REACH * page.line_height
    return mark.x0 - label[-1].x1 if left else label[0].x0 - mark.x1


def _label(
    page: LayoutPage, mark: Mark, marks: Sequence[Mark], signs: frozenset[Token], *, left: bool
) -> tuple[Token, ...]:
    """The words beside a box, up to a wide gap or the next box."""
    row = _row_of(page, mark)
    if row is None:
        return ()
    tokens = [token for token in row.tokens if token not in signs]
    beside = (
        [token for token in reversed(tokens) if token.x1 <= mark.x0 + 1]
        if left
        else [token for token in tokens if token.x0 >= mark.x1 - 1]
    )
    words: list[Token] = []
    edge = mark.x0 if left else mark.x1
    for token in beside[:MAX_LABEL_WORDS]:
        gap = edge - token.x1 if left else token.x0 - edge
        limit = WORD_GAP if words else REACH
        if gap > limit * page.line_height or _between(marks, mark, edge, token, left=left):
            break
        words.append(token)
        edge = token.x0 if left else token.x1
    return tuple(reversed(words)) if left else tuple(words)


def _row_of(page: LayoutPage, mark: Mark) -> Row | None:
    """The row whose words stand level with the box."""
    middle = (mark.y0 + mark.y1) / 2
    level = [row for row in page.rows if row.y0 - 2 <= middle <= row.y1 + 2]
    return min(level, key=lambda row: abs((row.y0 + row.y1) / 2 - middle), default=None)


def _between(marks: Sequence[Mark], mark: Mark, edge: float, token: Token, *, left: bool) -> bool:
    """Whether another box of the line stands between `edge` and the next word."""
    low, high = (token.x1, edge) if left else (edge, token.x0)
    return any(
        other is not mark
        and other.y0 < mark.y1
        and mark.y0 < other.y1
        and low - 1 <= (other.x0 + other.x1) / 2 <= high + 1
        for other in marks
    )
