"""A model that reads pages perfectly, since it was told what stands on them: for whole runs."""

from __future__ import annotations

import html
from collections.abc import Callable, Iterable
from hashlib import sha256
from itertools import groupby
from pathlib import Path

from docmill.extractors.ocr.chandra.model import Chandra
from docmill.extractors.ocr.vlm.chat import ChatRequest
from docmill.extractors.ocr.vlm.picture import PagePicture
from docmill.extractors.ocr.vlm.scripted import Fault, Step, said
from docmill.extractors.render import OpenLimits
from docmill.infra.drawing import PageOrder, draw_page
from docmill.infra.opening import FileOrder, look_into
from docmill.schemas.geometry import Box

UNKNOWN = Fault("a page that nobody told of", 500)


def pictures(path: Path) -> list[PagePicture]:
    """All pages of a file as Chandra is given them."""
    file = FileOrder("", path, "", OpenLimits())
    numbers = range(1, look_into(file).page_count + 1)
    return [draw_page(PageOrder(file, number, Chandra().picture)) for number in numbers]


def answers_for(paths: Iterable[Path]) -> dict[str, str]:
    """What a perfect model says of every page of these files, by the SHA-256 of its picture."""
    return {
        sha256(picture.image).hexdigest(): layout_html(picture)
        for path in paths
        for picture in pictures(path)
    }


def truthful(paths: Iterable[Path]) -> Callable[[ChatRequest], Step]:
    """For `ChatServer`: says of every page of these files what its text layer says."""
    answers = answers_for(paths)

    def answer(request: ChatRequest) -> Step:
        known = answers.get(sha256(request.image).hexdigest())
        return UNKNOWN if known is None else said(known)

    return answer


def layout_html(picture: PagePicture) -> str:
    """The words of the page as Chandra's HTML, a block for each of the page's blocks."""
    parts: list[str] = []
    for _, block in groupby(picture.words, key=lambda word: word.block):
        words = list(block)
        lines = groupby(words, key=lambda word: word.line)
        text = "<br/>".join(html.escape(" ".join(w.text for w in line)) for _, line in lines)
        box = " ".join(
            str(round(1000 * side)) for side in Box.around(w.box for w in words).as_tuple()
        )
        parts.append(f'<div data-bbox="{box}" data-label="Text"><p>{text}</p></div>')
    return "\n".join(parts)
