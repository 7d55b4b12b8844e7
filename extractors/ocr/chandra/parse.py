"""Chandra's answer: `<div data-bbox="x0 y0 x1 y1" data-label="Text">…</div>`, block after block.

What the official client loses is kept: text outside of blocks, headers and footers, blocks whose
box is missing or cannot be read, blocks within blocks, and that an answer breaks off.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from docmill.extractors.ocr.chandra.boxes import box_of
from docmill.extractors.ocr.vlm.fence import unfenced
from docmill.extractors.ocr.vlm.html_content import Content, content_of
from docmill.extractors.ocr.vlm.html_tokens import (
    VOID,
    Characters,
    End,
    Start,
    Token,
    tokens_of,
)
from docmill.extractors.ocr.vlm.regions import ParsedAnswer, Region

LABELS_OF_CHANDRA: Final = {
    "Caption": "caption",
    "Footnote": "footnote",
    "Equation-Block": "formula",
    "List-Group": "list",
    "Page-Header": "page_header",
    "Page-Footer": "page_footer",
    "Image": "picture",
    "Section-Header": "section_header",
    "Table": "table",
    "Text": "text",
    "Complex-Block": "text",
    "Code-Block": "code",
    "Form": "form",
    "Table-Of-Contents": "table_of_contents",
    "Figure": "picture",
    "Chemical-Block": "chemistry",
    "Diagram": "diagram",
    "Bibliography": "bibliography",
    "Blank-Page": "blank",
}
"""The labels that its prompt names, in docmill's words."""

_LABELS: Final = {label.casefold(): ours for label, ours in LABELS_OF_CHANDRA.items()}


@dataclass
class _Block:
    """A block, or a stretch outside of all blocks where `tag` is None."""

    tag: Start | None
    start: int
    end: int | None = None
    tokens: list[Token] = field(default_factory=list[Token])

    @property
    def last(self) -> int:
        """Where it ends, as far as it goes."""
        return self.tokens[-1].end if self.tokens else self.start


def parse(raw: str) -> ParsedAnswer:
    """Regions of an answer, in the order in which they were begun; never raises.

    A region's `span` and `source` are what stands inside its block.
    """
    answer = unfenced(raw)
    found = tokens_of(raw, answer.start, answer.end)
    findings = [*answer.findings, *found.findings]
    regions: list[Region] = []
    complete = answer.whole and found.whole
    blocks = _blocks(found.tokens)
    for block in blocks:
        region, whole, said = _region(raw, block)
        regions += [region] if region else []
        complete = complete and whole
        findings += said
    if any(block.tag and block.end is None for block in blocks):
        findings.append("a block is not closed")
        complete = complete and _ends_with_block(found.tokens)
    if not regions:
        findings.append("the answer is empty")
    return ParsedAnswer(tuple(regions), complete and bool(regions), tuple(findings))


def _blocks(tokens: Sequence[Token]) -> list[_Block]:
    """Every token in the innermost block that it stands in."""
    found: list[_Block] = []
    open_blocks: list[_Block] = []
    open_tags: list[tuple[str, _Block | None]] = []
    for token in tokens:
        if isinstance(token, Start) and _begins_block(token):
            if open_blocks:
                open_blocks[-1].tokens.append(token)  # what goes on after it is another line
            block = _Block(token, token.end)
            found.append(block)
            open_blocks.append(block)
            open_tags.append(("div", block))
            continue
        if isinstance(token, Start) and token.name not in VOID:
            open_tags.append((token.name, None))
        if isinstance(token, End):
            ended = _ended(open_tags, token.name)
            if ended:
                ended.end = token.start
                open_blocks.remove(ended)
                continue
        if not open_blocks and (not found or found[-1].tag):
            found.append(_Block(None, token.start))
        (open_blocks or found)[-1].tokens.append(token)
    return found


def _begins_block(tag: Start) -> bool:
    return tag.name == "div" and not tag.attributes.keys().isdisjoint(("data-bbox", "data-label"))


def _ended(open_tags: list[tuple[str, _Block | None]], name: str) -> _Block | None:
    """Takes what a closing tag closes off the open ones; the block, if it is one that ends.

    Only `</div>` closes a block; what else is open in it ends with it.
    """
    for place in range(len(open_tags) - 1, -1, -1):
        opened, block = open_tags[place]
        if opened == name:
            del open_tags[place:]
            return block
        if block:
            break
    return None


def _region(raw: str, block: _Block) -> tuple[Region | None, bool, list[str]]:
    """The region of a block, whether it is whole, and what is odd about it."""
    content = content_of(block.tokens)
    if block.tag is None:
        return _stray(raw, block, content)
    native = block.tag.attributes.get("data-label", "").strip()
    label = _LABELS.get(re.sub(r"[\s_-]+", "-", native).casefold())
    box, fault = box_of(block.tag.attributes.get("data-bbox"))
    name = f"block {native!r}"
    findings = [
        *([f"{name} {fault}"] if fault and label != "blank" else []),
        *([f"{name} has a label that is not known"] if label is None else []),
        *(f"{name}: {finding}" for finding in content.findings),
    ]
    if label == "blank" and content.text:
        findings.append("text stands on a page that is said to be blank")
        label = "stray"
    span = (block.start, block.last if block.end is None else block.end)
    region = Region(
        label=label or "text",
        native_label=native,
        box=box,
        text=content.text,
        source=raw[slice(*span)],
        span=span,
        cells=content.cells,
        ticked=content.ticked,
    )
    return region, content.whole, findings


def _stray(raw: str, block: _Block, content: Content) -> tuple[Region | None, bool, list[str]]:
    said = [token for token in block.tokens if _says_something(token)]
    if not said:
        return None, content.whole, []
    span = (said[0].start, said[-1].end)
    source = raw[slice(*span)]
    region = Region(
        label="stray",
        native_label="",
        box=None,
        text=content.text,
        source=source,
        span=span,
        cells=content.cells,
        ticked=content.ticked,
    )
    findings = ["text stands outside of all blocks", *content.findings]
    return region, content.whole, findings


def _says_something(token: Token) -> bool:
    if isinstance(token, Characters):
        return bool(token.text.strip())
    return isinstance(token, Start) and token.name in ("input", "img", "table")


def _ends_with_block(tokens: Sequence[Token]) -> bool:
    """Whether the last thing written closes a block: the one left open was forgotten, not cut."""
    said = (token for token in reversed(tokens) if not _is_blank(token))
    last = next(said, None)
    return isinstance(last, End) and last.name == "div"


def _is_blank(token: Token) -> bool:
    return isinstance(token, Characters) and not token.text.strip()
