"""Where tables are on a page: ruled grids first, then rules of one width, then white space."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from docmill.extractors.layout import Token
from docmill.extractors.tables.aligned import aligned
from docmill.extractors.tables.region import Region, inside
from docmill.extractors.tables.ruled import frames_of
from docmill.extractors.tables.rulings import Rulings
from docmill.extractors.tables.stacked import stacked


def regions_of(tokens: Sequence[Token], rulings: Rulings) -> Iterator[Region]:
    """Regions of a page that may be tables, ruled ones first; no word is in two of them."""
    rest = list(tokens)
    for corners, rules in frames_of(rulings):
        words = [token for token in rest if inside(token, corners)]
        if len(words) >= 2:
            taken = set(words)
            rest = [token for token in rest if token not in taken]
            yield Region(tuple(words), corners, rules, framed=True)
    for region in stacked(rest, rulings):
        taken = set(region.tokens)
        rest = [token for token in rest if token not in taken]
        yield region
    yield from aligned(rest, rulings)
