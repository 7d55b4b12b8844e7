"""Pages drawn as bars, one colour per line, and a model that reads exactly what it is shown.

A bar that is cut through reads differently, as half a line does; so what tiles and smaller
pictures hold is put to the test, and not what a script says they hold.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from PIL import Image

from docmill.extractors.ocr.vlm.chat import ChatAnswer, ChatRequest, Finish, Token
from docmill.extractors.ocr.vlm.picture import PagePicture, PictureSpec
from docmill.extractors.ocr.vlm.regions import ParsedAnswer, Region, RegionCell
from docmill.extractors.picture_hash import picture_hash
from docmill.schemas.engine import EngineTag
from docmill.schemas.errors import DocmillError
from docmill.schemas.geometry import Box
from docmill.schemas.page import Block, BoxSource, Table, TableCell, Word

WIDTH, HEIGHT = 300, 800
LINES, FIRST, STEP, THICK = 38, 20, 20, 12
TAG = EngineTag(name="bars", version="1", model="tiny")


def text_of(line: int) -> str:
    return f"line {line} holds amount {line * 37}.{line:02d}"


def page_image(lines: Sequence[int] = range(LINES), *, smudged: bool = False) -> Image.Image:
    """Line n is a bar of red 5 * (n + 1); `smudged` leaves no clean gap between lines."""
    pixels = np.full((HEIGHT, WIDTH, 3), 255, np.uint8)
    if smudged:
        noise = np.random.default_rng(7).random((HEIGHT, 60)) < 0.5
        pixels[:, -60:][noise] = (0, 255, 0)
    for line in lines:
        top = FIRST + STEP * line
        pixels[top : top + THICK, 20:200] = (5 * (line + 1), 0, 0)
    return Image.fromarray(pixels)


def picture_of(image: Image.Image, *, words: bool = True, blank: bool = False) -> PagePicture:
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return PagePicture(
        document_id="d" * 64,
        page=3,
        width_px=2 * image.width,
        height_px=2 * image.height,
        rotation=0,
        image=buffer.getvalue(),
        image_width=image.width,
        image_height=image.height,
        image_hash=picture_hash(image),
        blank=blank,
        words=tuple(_printed(image)) if words else (),
    )


def _printed(image: Image.Image) -> list[Word]:
    return [
        Word(text=word, box=box, block=0, line=number, box_source=BoxSource.OCR)
        for number, (text, box) in enumerate(seen(np.asarray(image)))
        for word in text.split()
    ]


def seen(pixels: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]) -> list[tuple[str, Box]]:
    """The lines in a picture with their boxes; one that was cut through is garbled."""
    height = pixels.shape[0]
    column = pixels[:, pixels.shape[1] // 3]
    dark = np.concatenate(([False], column[:, 1] < 128, [False]))
    borders = np.flatnonzero(np.diff(dark)).tolist()
    found: list[tuple[str, Box]] = []
    for start, end in zip(borders[::2], borders[1::2], strict=True):
        line = round(float(np.median(column[start:end, 0])) / 5) - 1
        cut = start == 0 or end == height
        text = f"l1n€ {line} h#lds ?moumt" if cut else text_of(line)
        found.append((text, Box(x0=0.06, y0=start / height, x1=0.67, y1=end / height)))
    return found


def html_of(lines: Sequence[tuple[str, Box]]) -> str:
    return "".join(f"{_div(box, 'Text')}{text}</div>" for text, box in lines)


def table_html_of(lines: Sequence[tuple[str, Box]]) -> str:
    """All lines as the rows of one table with two columns."""
    if not lines:
        return ""
    rows = (text.split(" ", 2) for text, _ in lines)
    cells = "".join(f"<tr><td>{a} {b}</td><td>{c}</td></tr>" for a, b, c in rows)
    return f"{_div(Box.around(box for _, box in lines), 'Table')}<table>{cells}</table></div>"


def _div(box: Box, label: str) -> str:
    numbers = " ".join(str(round(1000 * side)) for side in box.as_tuple())
    return f'<div data-bbox="{numbers}" data-label="{label}">'


_BLOCK = re.compile(r'<div data-bbox="(\d+) (\d+) (\d+) (\d+)" data-label="(\w+)">(.*?)(</div>|$)')
_ROW, _CELL = re.compile(r"<tr>(.*?)</tr>"), re.compile(r"<td>(.*?)</td>")


@dataclass(frozen=True)
class BarModel:
    """Asks with the picture as it is, and reads a little of Chandra's format."""

    tag: EngineTag = TAG
    picture: PictureSpec = PictureSpec(dpi=200, max_pixels=10_000_000)  # noqa: RUF009 (frozen)

    def request(self, picture: PagePicture, region: Box | None = None) -> ChatRequest:
        return ChatRequest(
            image=picture.image,
            media_type="image/png",
            prompt="Read it.",
            max_tokens=2000,
            top_p=0.1,
            options={
                "top_k": 1,
                "repetition_penalty": 1.1,
                "repetition_detection": {"min_count": 9},
            },
            top_logprobs=1,
        )

    def parsed(self, raw: str, picture: PagePicture) -> ParsedAnswer:
        regions = [_region(raw, found) for found in _BLOCK.finditer(raw)]
        complete = not raw or raw.endswith("</div>")
        findings = () if complete else ("a block is not closed",)
        return ParsedAnswer(tuple(regions), complete, findings)


def _region(raw: str, found: re.Match[str]) -> Region:
    sides = [int(found[number]) / 1000 for number in range(1, 5)]
    cells: list[RegionCell] = []
    for row, line in enumerate(_ROW.finditer(raw, *found.span(6))):
        for column, cell in enumerate(_CELL.finditer(raw, *line.span(1))):
            cells.append(RegionCell(row, column, 1, 1, cell[1], False, cell.span(1)))
    rows = ["\t".join(cell.text for cell in cells if cell.row == row) for row in range(len(cells))]
    return Region(
        label=found[5].lower(),
        native_label=found[5],
        box=Box.clipped(*sides),
        text="\n".join(filter(None, rows)) if cells else found[6],
        source=found[6],
        span=found.span(6),
        cells=tuple(cells),
    )


Reply = ChatAnswer | DocmillError | Callable[[ChatRequest], ChatAnswer]


@dataclass
class BarClient:
    """Answers with what the picture shows, unless its script has something else to say first.

    `replies` are used up in order; `max_height` is that of the largest picture it takes.
    """

    replies: list[Reply] = field(default_factory=list[Reply])
    tables: bool = False
    requests: list[ChatRequest] = field(default_factory=list[ChatRequest])
    always: Callable[[ChatRequest], Reply | None] = lambda _: None

    async def ask(self, request: ChatRequest) -> ChatAnswer:
        self.requests.append(request)
        reply = self.replies.pop(0) if self.replies else self.always(request)
        if isinstance(reply, DocmillError):
            raise reply
        if isinstance(reply, ChatAnswer):
            return reply
        return reply(request) if reply else self.reading(request)

    def reading(self, request: ChatRequest) -> ChatAnswer:
        lines = seen(np.asarray(picture_in(request)))
        return answer_of(table_html_of(lines) if self.tables else html_of(lines))


def picture_in(request: ChatRequest) -> Image.Image:
    return Image.open(io.BytesIO(request.image)).convert("RGB")


def answer_of(
    text: str,
    finish: Finish = Finish.STOP,
    *,
    logprobs: bool = True,
    output_tokens: int | None = None,
    mode: str | None = "raw_logprobs",
) -> ChatAnswer:
    """An answer in tokens of up to four bytes, and numbers, of which the model is less sure."""
    parts = re.findall(rb"[0-9.]+|[^0-9.]{1,4}", text.encode())
    tokens = tuple(Token(part, -0.5 if part[:1].isdigit() else -0.01, 2.0) for part in parts)
    return ChatAnswer(
        text=text,
        finish=finish,
        model="tiny",
        input_tokens=120,
        output_tokens=len(parts) if output_tokens is None else output_tokens,
        seconds=0.01,
        cached_tokens=20,
        tokens=tokens if logprobs else (),
        logprobs_mode=mode if logprobs else None,
    )


@dataclass(frozen=True)
class From:
    """Where a word was in the model's text."""

    region: int
    cell: int | None
    start: int
    end: int


@dataclass(frozen=True)
class Placed:
    """Every word with its region's box."""

    words: tuple[Word, ...]
    blocks: tuple[Block, ...]
    tables: tuple[Table, ...]
    origins: tuple[From, ...]
    findings: tuple[str, ...] = ()


def placed(picture: PagePicture, regions: Sequence[Region]) -> Placed:
    """Words, blocks and tables of all regions with a box."""
    words: list[Word] = []
    origins: list[From] = []
    blocks: list[Block] = []
    tables: list[Table] = []
    for number, region in enumerate(regions):
        if region.box is None:
            continue
        cells: list[TableCell] = []
        for index, text, cell in _texts(region):
            first = len(words)
            for found in re.finditer(r"\S+", text):
                words.append(Word(text=found[0], box=region.box, block=len(blocks), line=number))
                origins.append(From(number, index, *found.span()))
            if cell:
                where = tuple(range(first, len(words)))
                cells.append(
                    TableCell(
                        row=cell.row, column=cell.column, text=text, box=region.box, words=where
                    )
                )
        blocks.append(Block(label=region.label, text=region.text, box=region.box))
        if cells:
            rows, columns = (1 + max(side) for side in zip(*_places(cells), strict=True))
            tables.append(Table(box=region.box, rows=rows, columns=columns, cells=tuple(cells)))
    return Placed(tuple(words), tuple(blocks), tuple(tables), tuple(origins))


def _places(cells: Sequence[TableCell]) -> list[tuple[int, int]]:
    return [(cell.row, cell.column) for cell in cells]


def _texts(region: Region) -> list[tuple[int | None, str, RegionCell | None]]:
    if not region.cells:
        return [(None, region.text, None)]
    return [(index, cell.text, cell) for index, cell in enumerate(region.cells)]
