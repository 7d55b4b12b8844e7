"""Tables without lines: text lines that share columns of white space."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from docmill.extractors.layout import Token
from docmill.extractors.tables.columns import Gap, column_gaps, columns_filled, prose_columns
from docmill.extractors.tables.lines import Chunk, Line, line_height, text_lines
from docmill.extractors.tables.region import Region, region_around
from docmill.extractors.tables.rulings import Rulings
from docmill.extractors.tables.stacked import LINE_GAP, with_header

# A borderless table has at least this many lines with several chunks.
MIN_LINES = 3
# So many lines with a single chunk may stand between lines with several.
SINGLE_LINES = 3
# Share of a region's width that a line across it has.
ACROSS = 0.6
# Share of numbers in one of the columns of a table with two.
VALUES = 0.6
# How often a part of a page is parted further beside columns of running text.
MAX_DEPTH = 3


def aligned(tokens: Sequence[Token], rulings: Rulings, depth: int = 0) -> Iterator[Region]:
    """Regions whose lines share columns of white space."""
    if len(tokens) < 2 * MIN_LINES:
        return
    height = line_height(tokens)
    lines = text_lines(tokens, rulings.vertical, height)
    for run in _runs(lines, height):
        gaps = column_gaps(run, height)
        if not gaps:
            continue
        prose = prose_columns(run, gaps)
        if prose and depth < MAX_DEPTH:
            yield from _beside_prose(run, gaps, prose, rulings, depth)
        elif not prose and _holds(run, gaps):
            region = region_around(with_header(run, lines, rulings, height), rulings)
            if len(gaps) > 1 or _has_values(run, gaps[0]) or _has_rule(region):
                yield region


def _runs(lines: Sequence[Line], height: float) -> Iterator[list[Line]]:
    """Stretches of lines most of which have several chunks."""
    run: list[Line] = []
    for line in lines:
        if run and (line.y0 - run[-1].y1 > LINE_GAP * height or _trailing(run) >= SINGLE_LINES):
            yield from _trimmed(run)
            run = []
        if run or len(line.chunks) > 1:
            run.append(line)
    yield from _trimmed(run)


def _trailing(run: Sequence[Line]) -> int:
    """How many lines at the end have a single chunk, but for those of a label that goes on."""
    last = next((n for n, line in enumerate(reversed(run)) if len(line.chunks) > 1), len(run))
    if last in (0, len(run)):
        return last
    row = run[len(run) - last - 1]
    ends = run[len(run) - last :]
    return sum(line.x1 > row.chunks[1].x0 or line.x0 < row.x0 - 1 for line in ends)


def _trimmed(run: list[Line]) -> Iterator[list[Line]]:
    last = next((n for n, line in enumerate(reversed(run)) if len(line.chunks) > 1), len(run))
    kept = run[: len(run) - last]
    if sum(len(line.chunks) > 1 for line in kept) >= MIN_LINES:
        yield kept


def _holds(run: Sequence[Line], gaps: Sequence[Gap]) -> bool:
    """Whether most lines have text in several of the columns, or go on with a label."""
    filled = [len(columns_filled(line, gaps)) > 1 for line in run]
    within = sum(
        not many and not any(line.x0 < gap.middle < line.x1 for gap in gaps)
        for many, line in zip(filled, run, strict=True)
    )
    return sum(filled) >= max(MIN_LINES, 0.5 * (len(run) - within), 0.25 * len(run))


def _has_rule(region: Region) -> bool:
    """Whether a line crosses the region, as under a header."""
    x0, _, x1, _ = region.corners
    return any(rule.covers(x0, x1) > ACROSS for rule in region.rules.horizontal)


def _has_values(run: Sequence[Line], gap: Gap) -> bool:
    """Whether one of two columns holds numbers: texts beside texts are addresses or captions."""
    columns: list[list[Chunk]] = [[], []]
    for line in run:
        for chunk in line.chunks:
            columns[(chunk.x0 + chunk.x1) / 2 > gap.middle].append(chunk)
    return any(sum(chunk.numeric for chunk in chunks) >= VALUES * len(chunks) for chunks in columns)


def _beside_prose(
    run: Sequence[Line], gaps: Sequence[Gap], prose: Sequence[int], rulings: Rulings, depth: int
) -> Iterator[Region]:
    """Looks again in each part of the lines between columns of running text."""
    edges = [float("-inf"), *(gap.middle for gap in gaps), float("inf")]
    cuts = sorted({edges[n] for p in prose for n in (p, p + 1)} | {edges[0], edges[-1]})
    tokens = [token for line in run for token in line.tokens]
    for x0, x1 in pairwise(cuts):
        part = [token for token in tokens if x0 <= (token.x0 + token.x1) / 2 < x1]
        yield from aligned(part, rulings, depth + 1)
