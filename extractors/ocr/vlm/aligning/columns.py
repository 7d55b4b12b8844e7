"""Equal words in one row of a table, told apart by the columns that they stand in.

Order alone does not say which of three equal numbers is the one that was not found.
"""

# pyright: reportMissingTypeStubs=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from statistics import median

import numpy as np

from docmill.extractors.ocr.vlm.aligning.opposite import Piece, Pieces
from docmill.extractors.ocr.vlm.aligning.written import Written
from docmill.extractors.ocr.vlm.regions import Region
from docmill.schemas.page import Word


def in_columns(
    region: Region, written: Sequence[Written], faced: Mapping[int, Pieces], found: Sequence[Word]
) -> dict[int, Pieces]:
    """The table's words, where equal ones of a row stand nearest to their columns.

    Columns stand where the words of complete rows have them. Only rows with words missing are
    looked at, and only whole found words change hands.
    """
    placed = dict(faced)
    rows: dict[int, list[int]] = defaultdict(list)
    for number, word in enumerate(written):
        rows[word.line].append(number)
    middles = _middles(region, written, placed, found, rows)
    for numbers in rows.values():
        if all(number in placed for number in numbers):
            continue
        equal: dict[str, list[int]] = defaultdict(list)
        for number in numbers:
            equal[written[number].key].append(number)
        for group in equal.values():
            known = all(_column(region, written[number]) in middles for number in group)
            if len(group) > 1 and known:
                wanted = [middles[_column(region, written[number])] for number in group]
                _share_out(group, wanted, placed, found)
    return placed


def _middles(
    region: Region,
    written: Sequence[Written],
    placed: Mapping[int, Pieces],
    found: Sequence[Word],
    rows: Mapping[int, Sequence[int]],
) -> dict[int, float]:
    """Where the middles of columns are, from the left: medians over complete rows."""
    seen: dict[int, list[float]] = defaultdict(list)
    for numbers in rows.values():
        if all(number in placed for number in numbers):
            for number in numbers:
                column = _column(region, written[number])
                seen[column].append(_middle(found[placed[number][0].found]))
    return {column: median(middles) for column, middles in seen.items()}


def _column(region: Region, word: Written) -> int:
    return region.cells[word.origin.cell or 0].column


def _share_out(
    group: Sequence[int], wanted: Sequence[float], placed: dict[int, Pieces], found: Sequence[Word]
) -> None:
    """Gives the found words of a group to those whose columns are nearest, all taken together."""
    from scipy.optimize import linear_sum_assignment  # half a second, which most runs never need

    pieces = [placed[number][0] for number in group if number in placed]
    if not pieces or not all(_is_whole(placed[n]) for n in group if n in placed):
        return
    places = np.array([_middle(found[piece.found]) for piece in pieces])
    away = np.abs(np.array(wanted)[:, None] - places[None, :])
    chosen, given = linear_sum_assignment(away)
    for number in group:
        placed.pop(number, None)
    for one, other in zip(chosen, given, strict=True):
        placed[group[int(one)]] = (Piece(pieces[int(other)].found),)


def _is_whole(pieces: Pieces) -> bool:
    return len(pieces) == 1 and pieces[0].whole


def _middle(word: Word) -> float:
    box = word.upright or word.box
    return (box.x0 + box.x1) / 2
