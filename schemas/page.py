"""What was read on a page: words with boxes, blocks, form fields, and how far to believe them."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal, NamedTuple

from pydantic import Field

from docmill.schemas.engine import EngineTag
from docmill.schemas.frozen import Frozen
from docmill.schemas.geometry import Box


class BoxSource(StrEnum):
    """Where a word's box comes from.

    `ALIGNED`: from a word that stands there but was read differently, or a share of one.
    `REGION`: no such word was found; a part of the region that a model saw the word in.
    """

    TEXT_LAYER = "text_layer"
    FORM_FIELD = "form_field"
    OCR = "ocr"
    ALIGNED = "aligned"
    REGION = "region"


class PageStatus(StrEnum):
    """How the reading of a page ended. Only `OK`, `FALLBACK` and `BLANK` are complete readings.

    `FALLBACK`: the chosen engine failed, and another one, named as `engine`, read the page in full.
    """

    OK = "ok"
    FALLBACK = "fallback"
    BLANK = "blank"
    NO_TEXT = "no_text"
    UNTRUSTED_TEXT = "untrusted_text"
    UNSUPPORTED_SCRIPT = "unsupported_script"
    TRUNCATED = "truncated"
    LOOPING = "looping"
    FAILED = "failed"

    @property
    def complete(self) -> bool:
        """Whether the page was read in full."""
        return self.has_text or self is PageStatus.BLANK

    @property
    def has_text(self) -> bool:
        """Whether there is text on the page and all of it was read."""
        return self in (PageStatus.OK, PageStatus.FALLBACK)


class Word(Frozen):
    """One word in reading order.

    `block` and `line` count from 0 on the page. `confidence` is None where the engine gives
    none (a text layer does not doubt itself). `visible` is False for text that leaves no ink on
    the displayed page; extraction never uses such words. `upright` is where the word stands on
    the page's `UprightView`; None on pages that were read as they are displayed.
    """

    text: str
    box: Box
    block: int = Field(ge=0)
    line: int = Field(ge=0)
    confidence: float | None = Field(default=None, ge=0, le=1)
    box_source: BoxSource = BoxSource.TEXT_LAYER
    visible: bool = True
    upright: Box | None = None


class UprightView(Frozen):
    """How a page was turned, straightened or flattened to be read.

    `matrix` is a 3 x 3 homography, row by row: it takes homogeneous fractions of the displayed
    page to fractions of the upright one, which has `width_px` x `height_px` pixels.
    """

    width_px: int = Field(gt=0)
    height_px: int = Field(gt=0)
    matrix: tuple[float, ...] = Field(min_length=9, max_length=9)

    def point(self, x: float, y: float) -> tuple[float, float]:
        """Where a place of the displayed page comes to stand; both in fractions."""
        a, b, c, d, e, f, g, h, i = self.matrix
        depth = g * x + h * y + i
        return (a * x + b * y + c) / depth, (d * x + e * y + f) / depth

    def box(self, displayed: Box) -> Box:
        """Where a box of the displayed page comes to stand: level, around all of it."""
        x0, y0, x1, y1 = displayed.as_tuple()
        corners = [self.point(x, y) for x, y in ((x0, y0), (x1, y0), (x1, y1), (x0, y1))]
        xs, ys = zip(*corners, strict=True)
        return Box.clipped(min(xs), min(ys), max(xs), max(ys))


class Block(Frozen):
    """A region in reading order; `label` is the engine's (text, table, title, form_field, …).

    `detector_score` is how sure a layout model was that there is such a region, 0..1; None where
    none was asked.
    """

    label: str
    text: str
    box: Box
    confidence: float | None = Field(default=None, ge=0, le=1)
    detector_score: float | None = Field(default=None, ge=0, le=1)


class FormField(Frozen):
    """An interactive PDF form field; `checked` is set for tick boxes and radio buttons."""

    name: str
    kind: Literal["text", "checkbox", "radio", "choice", "signature", "button"]
    value: str | None
    checked: bool | None
    box: Box


class TableCell(Frozen):
    """One cell of a table.

    `row` and `column` count from 0 in the table and name the cell's upper left corner;
    `words` are indexes into the page's words, `box` is around them (the ruled cell is larger).
    """

    row: int = Field(ge=0)
    column: int = Field(ge=0)
    row_span: int = Field(default=1, ge=1)
    column_span: int = Field(default=1, ge=1)
    text: str
    box: Box
    words: tuple[int, ...]
    header: bool = False


class Table(Frozen):
    """A table as it stands on one page; only cells with text are listed, in reading order."""

    box: Box
    rows: int = Field(ge=1)
    columns: int = Field(ge=1)
    cells: tuple[TableCell, ...]


class TokenScore(NamedTuple):
    """How sure a language model was of a stretch of its answer, by the tokens it is made of.

    `minimum` is the probability (0..1) of the least probable one, `mean` their geometric mean,
    `margin` the smallest lead over a runner-up (difference of natural logarithms), None where it
    is not known.
    """

    minimum: float
    mean: float
    margin: float | None


class ModelScores(Frozen):
    """The scores of a page, in the order of its words, blocks, and cells of each table.

    `coordinates` are those of the blocks' boxes as the model wrote them. None stands where a token
    had no probability, or could not be traced back.
    """

    words: tuple[TokenScore | None, ...]
    blocks: tuple[TokenScore | None, ...]
    coordinates: tuple[TokenScore | None, ...]
    cells: tuple[tuple[TokenScore | None, ...], ...]


class PageText(Frozen):
    """Everything read on one page; `page` counts from 1.

    `width_px` and `height_px` are the displayed page at the reading resolution (200 dpi for
    PDFs, the picture's own pixels otherwise). `upright` is None where the page's lines run
    level as it is displayed. `hidden_text`: the words are an invisible layer over a scan, as
    OCR programs leave it. `image_hash` is the SHA-256 of the pixels that an engine read (see
    `extractors.picture_hash`), None where only the text layer was read. `unread_pictures` may
    hold print that no word covers. `findings` says in words what the checks found.
    `logprobs_mode` is set where confidences are a language model's token probabilities, and
    names what those are of (`raw_logprobs`, `processed_logprobs`, `unknown`): confidences of
    different modes are not comparable. `model_scores` are all that is known of those.
    """

    document_id: str
    page: int = Field(ge=1)
    width_px: int = Field(gt=0)
    height_px: int = Field(gt=0)
    rotation: int = 0
    upright: UprightView | None = None
    engine: EngineTag
    status: PageStatus
    words: tuple[Word, ...] = ()
    blocks: tuple[Block, ...] = ()
    form_fields: tuple[FormField, ...] = ()
    tables: tuple[Table, ...] = ()
    hidden_text: bool = False
    image_hash: str | None = None
    unread_pictures: tuple[Box, ...] = ()
    mean_confidence: float | None = Field(default=None, ge=0, le=1)
    logprobs_mode: str | None = None
    model_scores: ModelScores | None = None
    findings: tuple[str, ...] = ()
