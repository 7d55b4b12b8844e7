"""What a model said about a page: regions in reading order, not yet with words."""

from __future__ import annotations

from dataclasses import dataclass

from docmill.schemas.geometry import Box


@dataclass(frozen=True)
class RegionCell:
    """A cell of a table, as the model wrote it; `row` and `column` count from 0."""

    row: int
    column: int
    row_span: int
    column_span: int
    text: str
    header: bool
    span: tuple[int, int]


@dataclass(frozen=True)
class Region:
    """A part of the page.

    `label` is one of `LABELS`, `native_label` the model's own. `box` is in 0..1 of the displayed
    page; None where the model gave none, or none that can be believed. `text` is plain text with
    line breaks; cells of a row are parted by tabs, formulas are LaTeX. `source` is what the model
    wrote (HTML, Markdown). `span` are the characters of the raw answer that it came from.
    `detector_score` is how sure a layout model was of the region, None where there was none.
    """

    label: str
    native_label: str
    box: Box | None
    text: str
    source: str
    span: tuple[int, int]
    cells: tuple[RegionCell, ...] = ()
    ticked: tuple[tuple[str, bool], ...] = ()  # tick boxes with what stands beside them
    detector_score: float | None = None


@dataclass(frozen=True)
class ParsedAnswer:
    """All regions of an answer; `findings` says in words what was odd about it.

    `complete` is False where the answer breaks off: an unclosed table, a tag cut in the middle.
    """

    regions: tuple[Region, ...]
    complete: bool
    findings: tuple[str, ...] = ()


LABELS = frozenset({
    "text", "title", "section_header", "list", "table", "formula", "caption", "footnote",
    "page_header", "page_footer", "picture", "code", "form", "table_of_contents", "chemistry",
    "diagram", "bibliography", "seal", "stray", "blank",
})  # fmt: skip
"""`stray` is text that the model wrote outside of any region."""
