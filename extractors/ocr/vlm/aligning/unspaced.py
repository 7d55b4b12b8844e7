"""Words of scripts without spaces: characters that stand in one found word, put together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from docmill.extractors.ocr.vlm.aligning.opposite import Piece, Pieces
from docmill.extractors.ocr.vlm.aligning.written import Written, follows, is_unspaced, joined

FEW = 2
"""So many characters that nothing stands opposite of count with their neighbours: misread."""

_Group = tuple[Written, Pieces | None, int]
"""A word, what is opposite, and how many characters it is made of."""


def put_together(
    written: Sequence[Written], faced: Mapping[int, Pieces]
) -> tuple[list[Written], dict[int, Pieces]]:
    """The words of a region with runs of single characters joined, and their pieces.

    Args:
        written: words, those of scripts without spaces character by character.
        faced: for the number of a word, what stands opposite.
    """
    if not any(is_unspaced(word.text) for word in written):
        return list(written), dict(faced)
    single: Iterable[_Group] = ((word, faced.get(n), 1) for n, word in enumerate(written))
    groups = _merged(_merged(single, 0), FEW)
    return (
        [word for word, _, _ in groups],
        {n: pieces for n, (_, pieces, _) in enumerate(groups) if pieces},
    )


def _merged(groups: Iterable[_Group], few: int) -> list[_Group]:
    """Groups that follow each other joined where they are in one found word, or nowhere.

    Of those without a place, only such as have at most `few` characters join others.
    """
    merged: list[_Group] = []
    for word, pieces, count in groups:
        if merged and follows(merged[-1][0], word):
            last, others, length = merged[-1]
            both = _both(others, pieces)
            short = (others is None and length <= few) or (pieces is None and count <= few)
            if both is not None or (others is None and pieces is None) or short:
                merged[-1] = (joined(last, word), both or others or pieces, length + count)
                continue
        merged.append((word, pieces, count))
    return merged


def _both(one: Pieces | None, other: Pieces | None) -> Pieces | None:
    """Two parts of one found word, taken together; None where they are not."""
    if one is None or other is None or len(one) != 1 or len(other) != 1:
        return None
    (here,), (there,) = one, other
    if here.found != there.found:
        return None
    return (Piece(here.found, min(here.start, there.start), max(here.end, there.end)),)
