"""Pages and what a model would answer about them: for `benchmarks.page_cost`.

What is printed on the page, by its text layer, is regrouped into Chandra's layout HTML as in
`benchmarks.alignment`, one character of a hundred misread. Every four bytes of it are a token
with a made-up probability and two alternatives, in the form in which vLLM sends them.
"""

# PyMuPDF has no type annotations to speak of.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

import html
import json
import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import pymupdf

from benchmarks.alignment import ALPHABET, Entry, Told, regions_of
from docmill.extractors.ocr.text_layer import TextLayer
from docmill.extractors.render import OpenedPage, open_document
from docmill.schemas.geometry import Box

SAMPLES = Path(__file__).resolve().parents[1] / "sample_docs"
MISREAD = 0.01
TOKEN_BYTES = 4
SAID = (
    "amount goods delivery supplier contract payable within thirty days after receipt of the"
    " invoice unless agreed otherwise in writing by both parties who remain liable for any loss"
)
WORDS = SAID.split()


@dataclass(frozen=True)
class Pair:
    """A page of a file, and the server's response about it; `tokens` is how many it has."""

    kind: str
    content: bytes
    page: int
    response: bytes
    tokens: int


def pairs() -> Iterator[Pair]:
    """Pages of the born-digital samples, and dense ones made up for this."""
    for path in sorted(SAMPLES.glob("*/*.pdf")):
        if path.parent.name in ("invoices", "receipts", "contracts", "forms"):
            yield from _of_file(path.parent.name, path.read_bytes())
    for seed in range(3):
        yield from _of_file("dense", dense_page(seed))


def dense_page(seed: int) -> bytes:
    """A PDF of one A4 page: paragraphs in small print over a table of 37 rows, 9 columns."""
    chance = random.Random(seed)
    with pymupdf.open() as document:
        page = document.new_page(width=595, height=842)
        for row in range(40):
            said = " ".join(chance.choice(WORDS) for _ in range(22))
            gap = 14 * (row // 6)
            page.insert_text((40, 36 + 8.6 * row + gap), said[:136], fontsize=7.5)
        for row in range(37):
            for column in range(9):
                cell = f"{chance.choice(WORDS)} {row}" if not column else _amount(chance)
                page.insert_text((40 + 58 * column, 476 + 9.6 * row), cell, fontsize=7)
        return document.tobytes()


def _amount(chance: random.Random) -> str:
    return f"{chance.randrange(100)},{chance.randrange(1000):03}.{chance.randrange(100):02}"


def _of_file(kind: str, content: bytes) -> Iterator[Pair]:
    with open_document(content) as document:
        for number in range(1, document.page_count + 1):
            entries = _entries(document.page(number))
            if entries:
                answer = _misread(_html(regions_of(entries)), random.Random(number))
                response, tokens = _response(answer, random.Random(number))
                yield Pair(kind, content, number, response, tokens)


def _entries(page: OpenedPage) -> list[Entry]:
    """The lines of the text layer."""
    words = TextLayer().read(page).words
    return [
        Entry(" ".join(word.text for word in line), Box.around(word.box for word in line))
        for line in (list(group) for _, group in groupby(words, key=lambda w: (w.block, w.line)))
    ]


def _html(regions: Iterator[Told]) -> str:
    return "\n".join(map(_block, regions))


def _block(told: Told) -> str:
    corners = " ".join(str(round(1000 * c)) for c in told.box.as_tuple())
    label = "Table" if told.label == "table" else "Text"
    inside = _table(told) if told.label == "table" else f"<p>{'<br/>'.join(_lines(told))}</p>"
    return f'<div data-bbox="{corners}" data-label="{label}">{inside}</div>'


def _table(told: Told) -> str:
    rows = (
        "".join(f"<td>{_said([word.text for word in cell])}</td>" for cell in row)
        for row in told.lines
    )
    return f"<table><tbody>{''.join(f'<tr>{row}</tr>' for row in rows)}</tbody></table>"


def _lines(told: Told) -> Iterator[str]:
    return (_said([word.text for cell in row for word in cell]) for row in told.lines)


def _said(words: Sequence[str]) -> str:
    return html.escape(" ".join(words), quote=False)


def _misread(answer: str, chance: random.Random) -> str:
    """The answer with some letters wrong, none of its tags."""
    inside = False
    letters: list[str] = []
    for letter in answer:
        inside = letter == "<" or (inside and letter != ">")
        wrong = not inside and letter.isalnum() and chance.random() < MISREAD
        letters.append(chance.choice(ALPHABET[:62]) if wrong else letter)
    return "".join(letters)


def _response(answer: str, chance: random.Random) -> tuple[bytes, int]:
    """A chat completion as vLLM sends it, and how many tokens it has."""
    raw = answer.encode()
    tokens = [raw[at : at + TOKEN_BYTES] for at in range(0, len(raw), TOKEN_BYTES)]
    content = [*(_token(token, chance) for token in tokens), _token(b"<|im_end|>", chance)]
    message: dict[str, Any] = {
        "role": "assistant",
        "content": answer,
        "tool_calls": [],
        "reasoning": None,
    }
    choice: dict[str, Any] = {
        "index": 0,
        "message": message,
        "logprobs": {"content": content},
        "finish_reason": "stop",
    }
    usage = {"prompt_tokens": 3300, "completion_tokens": len(content), "total_tokens": 3300}
    body = {"id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "chandra"}
    return json.dumps({**body, "choices": [choice], "usage": usage}).encode(), len(content)


def _token(token: bytes, chance: random.Random) -> dict[str, Any]:
    likely = 1 - 0.3 * chance.random() ** 4
    first = _alternative(token, math.log(likely))
    other = _alternative(token[::-1] + b"?", math.log(1.0001 - likely))
    return {**first, "top_logprobs": [first, other]}


def _alternative(token: bytes, logprob: float) -> dict[str, Any]:
    return {"token": token.decode(errors="replace"), "logprob": logprob, "bytes": list(token)}
