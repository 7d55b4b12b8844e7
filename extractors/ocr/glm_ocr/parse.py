"""GLM-OCR's answer: Markdown with HTML tables and LaTeX formulas, without any coordinates.

A Markdown parser is no help here: it would turn print into markup (a line of dashes under a line
of text, four spaces at its beginning) and keeps no places of characters. Only what the model is
known to write is taken for markup: headings, lists, tables, formulas, fenced code, bold print.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from docmill.extractors.ocr.vlm.fence import unfenced
from docmill.extractors.ocr.vlm.html_content import TICKED, UNTICKED, content_of, ticked_in
from docmill.extractors.ocr.vlm.html_tokens import tokens_of
from docmill.extractors.ocr.vlm.regions import ParsedAnswer, Region

_TABLE_TAG = re.compile(r"<table\b|</table\s*>", re.IGNORECASE)
# A formula that is not closed is one at the beginning of a line, and ends with its paragraph.
_SPECIAL = re.compile(
    r"(?P<table><table\b)"
    r"|(?:\$\$(?P<formula>(?:(?!\$\$|<table\b|\n[ \t]*\n).)+)\$\$)"
    r"|(?:\\\[(?P<bracketed>(?:(?!\\\]|<table\b|\n[ \t]*\n).)+)\\\])"
    r"|^[ \t]*(?:\$\$|\\\[)(?P<open>(?:(?!<table\b|\n[ \t]*\n).)+)"
    r"|^```[^\n`]*\n(?P<code>.*?)(?P<fence>^[ \t]*```[ \t]*$|\Z)",
    re.DOTALL | re.MULTILINE | re.IGNORECASE,
)
_HEADING = re.compile(r"(#{1,6})[ \t]+(\S.*)")
_ITEM = re.compile(r"[ \t]*(?:[-*+\u2022\u00b7]|\d{1,3}[.)])[ \t]+\S")
_BOLD = re.compile(r"(?<!\*)\*\*(?![\s*])(.+?)(?<![\s*])\*\*(?!\*)")
_SQUARES = {r"$\square$": UNTICKED, r"$\Box$": UNTICKED, r"$\boxtimes$": TICKED}
_TASK_BOX = re.compile(r"^([ \t]*[-*+][ \t]+)?\[([ xX])\](?=[ \t])", re.MULTILINE)

BROKEN_TABLE: Final = "a table is not closed"


@dataclass(frozen=True)
class _Stretch:
    """A part of the answer; `inner` is what stands between its marks."""

    label: str
    start: int
    end: int
    inner: tuple[int, int]
    whole: bool = True


def parse(raw: str) -> ParsedAnswer:
    """Regions of an answer about a page, in reading order, without boxes; never raises."""
    answer = unfenced(raw)
    regions: list[Region] = []
    findings = [*answer.findings]
    complete = answer.whole
    for stretch in _stretches(raw, answer.start, answer.end):
        region, whole, said = _region(raw, stretch)
        regions.append(region)
        complete = complete and whole
        findings += said
    if not regions:
        findings.append("the answer is empty")
    return ParsedAnswer(tuple(regions), complete and bool(regions), tuple(findings))


def _stretches(raw: str, start: int, end: int) -> Iterator[_Stretch]:
    place = start
    while found := _SPECIAL.search(raw, place, end):
        yield from _prose(raw, place, found.start())
        special = _special(raw, found, end)
        yield special
        place = special.end
    yield from _prose(raw, place, end)


def _special(raw: str, found: re.Match[str], end: int) -> _Stretch:
    start = found.start()
    if found["table"]:
        close = _table_end(raw, start, end)
        stop = end if close is None else close
        return _Stretch("table", start, stop, (start, stop), close is not None)
    for name in ("formula", "bracketed", "open"):
        if found[name] is not None:
            return _Stretch("formula", start, found.end(), found.span(name), name != "open")
    return _Stretch("code", start, found.end(), found.span("code"), bool(found["fence"]))


def _table_end(raw: str, start: int, end: int) -> int | None:
    """Where the table that begins at `start` is closed, tables in its cells apart."""
    depth = 0
    for tag in _TABLE_TAG.finditer(raw, start, end):
        depth += -1 if tag.group().startswith("</") else 1
        if depth == 0:
            return tag.end()
    return None


def _prose(raw: str, start: int, end: int) -> Iterator[_Stretch]:
    """Headings, lists and paragraphs between two tables or formulas."""
    begun: _Stretch | None = None
    for line in re.finditer(r"[^\n]+", raw[start:end]):
        kind, inner = _kind(line)
        first, last = start + line.start(), start + line.end()
        paragraph_ends = begun and re.search(r"\n[ \t]*\n", raw[begun.end : first + 1])
        if begun and (kind != begun.label or kind not in ("text", "list") or paragraph_ends):
            yield begun
            begun = None
        if not line.group().strip():
            continue
        if begun:
            begun = replace(begun, end=last, inner=(begun.start, last))
        else:
            begun = _Stretch(kind, first, last, (start + inner, last))
    if begun:
        yield begun


def _kind(line: re.Match[str]) -> tuple[str, int]:
    """What a line is, and where its text begins."""
    heading = _HEADING.fullmatch(line.group().strip())
    if heading:
        label = "title" if len(heading[1]) == 1 else "section_header"
        return label, line.end() - len(line.group().lstrip().lstrip("#").lstrip())
    return ("list" if _ITEM.match(line.group()) else "text"), line.start()


def _region(raw: str, stretch: _Stretch) -> tuple[Region, bool, list[str]]:
    span = (stretch.start, stretch.end)
    region = Region(stretch.label, "", None, "", raw[slice(*span)], span)
    if stretch.label in ("formula", "code"):
        text = raw[slice(*stretch.inner)].strip("\n \t")
        findings = [] if stretch.whole else [f"a {stretch.label} block is not closed"]
        return replace(region, text=text), stretch.whole, findings
    tokens = tokens_of(raw, *stretch.inner)
    content = content_of(tokens.tokens, lines=True)
    findings = [*tokens.findings, *content.findings]
    text = content.text if stretch.label == "table" else _plain(content.text)
    whole = tokens.whole and content.whole and stretch.whole
    if not stretch.whole and BROKEN_TABLE not in findings:
        findings.append(BROKEN_TABLE)
    return replace(region, text=text, cells=content.cells, ticked=ticked_in(text)), whole, findings


def _plain(text: str) -> str:
    """Prose without the marks of bold print, tick boxes as signs."""
    for formula, sign in _SQUARES.items():
        text = text.replace(formula, sign)
    text = _TASK_BOX.sub(lambda m: f"{m[1] or ''}{UNTICKED if m[2] == ' ' else TICKED}", text)
    return _BOLD.sub(r"\1", text)
