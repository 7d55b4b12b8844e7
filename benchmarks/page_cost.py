"""What a page costs in CPU time until it is filed: ``python -m benchmarks.page_cost``.

Stage by stage, for pages read by Chandra OCR 2 behind a model server that gives probabilities:
first what the worker process does that draws the page, then what the process does that asks. The
kinds of page are the born-digital sample documents, and dense A4 pages of some 3,000 tokens made
up for this (`benchmarks.page_pairs`). Each stage runs several times on every page; the median of
a page counts, and printed is the median over the pages of a kind.

The network is left out, as is opening the file, which is done once for a document.
"""

from __future__ import annotations

import gc
import pickle
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from statistics import median
from time import process_time
from typing import TypeVar

import click
import numpy as np

from benchmarks.page_pairs import Pair, pairs
from docmill.extractors.ocr.chandra.model import Chandra
from docmill.extractors.ocr.text_layer import TextLayer
from docmill.extractors.ocr.vlm.alignment import align
from docmill.extractors.ocr.vlm.asking import Said
from docmill.extractors.ocr.vlm.confidence import CharacterScores
from docmill.extractors.ocr.vlm.drawing import EngineWords, drawn, picture_of
from docmill.extractors.ocr.vlm.openai_wire import answer_of, body_of
from docmill.extractors.ocr.vlm.page_made import made
from docmill.extractors.ocr.vlm.page_scores import page_scores
from docmill.extractors.ocr.vlm.picture import PagePicture
from docmill.extractors.ocr.vlm.png import png_of
from docmill.extractors.ocr.vlm.trouble import trouble_with
from docmill.extractors.picture_hash import picture_hash
from docmill.extractors.read import PageReader
from docmill.extractors.render import open_document

T = TypeVar("T")

FINDER = EngineWords(PageReader((TextLayer(),)))
MODEL = Chandra()


@dataclass
class Stages:
    """Milliseconds of CPU time by stage, for one page."""

    rounds: int
    taken: dict[str, float] = field(default_factory=dict[str, float])

    def run(self, stage: str, work: Callable[[], T]) -> T:
        """Does the work several times; what it gave, and its median kept under `stage`."""
        result = work()  # warm
        times: list[float] = []
        for _ in range(self.rounds):
            started = process_time()
            work()
            times.append(1000 * (process_time() - started))
        self.taken[stage] = median(times)
        return result


def drawing(pair: Pair, stages: Stages) -> PagePicture:
    """The worker's part; a page is loaded anew each time, so that nothing is drawn twice."""
    with open_document(pair.content) as document:
        number = pair.page
        stages.run("words of the text layer", lambda: FINDER.find(document.page(number)))
        pixels = stages.run("draw", lambda: drawn(document.page(number), MODEL.picture))
        stages.run("PNG", lambda: png_of(pixels))
        stages.run("hash", lambda: picture_hash(pixels))
        picture = stages.run(
            "= worker", lambda: picture_of(document.page(number), MODEL.picture, FINDER)
        )
    stages.run("pickled", lambda: pickle.dumps(picture, pickle.HIGHEST_PROTOCOL))
    return picture


def asking(pair: Pair, picture: PagePicture, stages: Stages) -> None:
    """The part of the process that asks, whose garbage collector is at work as ever."""
    sent = pickle.dumps(picture, pickle.HIGHEST_PROTOCOL)
    picture = stages.run("unpickled", lambda: pickle.loads(sent))
    request = MODEL.request(picture)
    stages.run("request as JSON", lambda: body_of(request, "chandra", request.top_logprobs))
    answer = stages.run("response decoded", lambda: answer_of(pair.response, 1.0, "raw_logprobs"))
    parsed = stages.run("HTML parsed", lambda: MODEL.parsed(answer.text, picture))
    printed = [word.text for word in picture.words if word.visible]
    trouble = stages.run("loops", lambda: trouble_with(answer, parsed, request, printed))
    scores = stages.run("character scores", lambda: CharacterScores.of(answer))
    assert trouble is None and scores is not None, (pair.kind, trouble)
    aligned = stages.run("aligned", lambda: align(parsed.regions, picture.words))
    stages.run("word scores", lambda: page_scores(aligned, parsed.regions, answer.text, scores))
    said = Said(answer.text, parsed, scores, None)
    page, _, _ = stages.run(
        "page made (with the two above)",
        lambda: made(picture, MODEL.tag, said, lambda p, r: align(r, p.words, p.upright), ()),
    )
    stages.run("page as JSON", lambda: page.model_dump_json().encode())


def totals(taken: dict[str, float]) -> None:
    """Adds what the process that asks does in all; alignment and word scores are counted once."""
    asked = ("unpickled", "request as JSON", "response decoded", "HTML parsed", "loops",
             "character scores", "page made (with the two above)", "page as JSON")  # fmt: skip
    taken["= asking"] = sum(taken[stage] for stage in asked)


def measured(pair: Pair, rounds: int) -> dict[str, float]:
    """All stages of one page."""
    stages = Stages(rounds)
    gc.collect()
    picture = drawing(pair, stages)
    asking(pair, picture, stages)
    totals(stages.taken)
    return stages.taken


def by_kind(rounds: int) -> Iterator[tuple[str, list[Pair], list[dict[str, float]]]]:
    """Kinds of page, their pages, and what these take."""
    kinds: dict[str, list[Pair]] = defaultdict(list)
    for pair in pairs():
        kinds[pair.kind].append(pair)
    for kind, members in kinds.items():
        yield kind, members, [measured(pair, rounds) for pair in members]


@click.command()
@click.option("--rounds", default=5, show_default=True, help="Times that each stage runs.")
def main(rounds: int) -> None:
    """Milliseconds of CPU time a page, by stage and kind of page."""
    found = list(by_kind(rounds))
    names = [kind for kind, _, _ in found]
    print(f"{'':32}" + "".join(f"{name:>11}" for name in names))
    print(f"{'pages':32}" + "".join(f"{len(members):11}" for _, members, _ in found))
    tokens = [median(pair.tokens for pair in members) for _, members, _ in found]
    print(f"{'tokens':32}" + "".join(f"{count:11.0f}" for count in tokens))
    for stage in found[0][2][0]:
        row = [np.median([taken[stage] for taken in pages]) for _, _, pages in found]
        print(f"{stage:32}" + "".join(f"{value:11.1f}" for value in row))


if __name__ == "__main__":
    main()
