"""How busy a whole run keeps a model server: ``python -m benchmarks.feeding_end_to_end``.

`run_batch` reads PDFs of 1 to 300 pages into a lake, as `docmill run --ocr chandra` does: files are
opened, pages drawn at the model's size and encoded, their words found, the server asked, its
answer with a log-probability of every token parsed, aligned, scored and filed. The server is the
simulated one of `benchmarks.model_server` at ten times its published speed, 14.4 pages/s. It says
of each page what `benchmarks.page_pairs` made up for it, so that nothing downstream is spared.

*Of capacity* is the time that the server would have needed for the same pages if all had lain in
its queue from the beginning, divided by the time measured: from the start of the run (worker
processes are started, the first pages drawn), and from the first page that reached the server.
*Busy* is the share of its sequences that were at work while pages were left to send.

The server, the process that asks and the workers that draw share this machine's cores; on a GPU
machine there are more of them, and the server has its own.
"""

# PyMuPDF has no type annotations to speak of.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Thread

import click
import httpx
import pymupdf
from tests.support.simulated_server import MODEL, SimulatedServer

from benchmarks.feeding_pages import lengths
from benchmarks.model_server import Profile
from benchmarks.page_pairs import Pair, pairs
from benchmarks.processes import cpu_s, peak_mb
from docmill.extractors.ocr.chandra.model import Chandra
from docmill.extractors.render import OpenLimits
from docmill.gpu_workers.page_ocr import pages_by_model
from docmill.infra.drawing import PageOrder, draw_page
from docmill.infra.opening import FileOrder
from docmill.infra.pipeline import run_batch
from docmill.infra.settings import Settings, load_settings
from docmill.infra.sources import find_sources
from docmill.schemas.outcome import DocumentOutcome, SourceFailure, Stage
from docmill.schemas.source import SourceObject

SPEED = 10.0
LOOK_S = 0.25


class Silent:
    """Nobody wants to know how the run goes on."""

    def found(self, objects: int) -> None:
        """So many."""

    def skipped(self, source: SourceObject) -> None:
        """One."""

    def unread(self, failure: SourceFailure) -> None:
        """A file that cannot be read is none of ours."""
        raise AssertionError(failure)

    def finished(self, outcome: DocumentOutcome) -> None:
        """One."""


def prepare(folder: Path, pages: int) -> None:
    """Writes PDFs with so many pages together, and the server's answers about every picture."""
    (folder / "answers").mkdir()
    (folder / "inbox").mkdir()
    known = list(pairs())
    for number, pair in enumerate(known):
        path = folder / f"{number}.pdf"
        path.write_bytes(pair.content)
        order = PageOrder(FileOrder("", path, "", OpenLimits()), pair.page, Chandra().picture)
        name = hashlib.sha256(draw_page(order).image).hexdigest()
        (folder / "answers" / name).write_bytes(pair.response)
        path.unlink()
    start = 0
    for number, length in enumerate(lengths(pages)):
        chosen = [known[(start + n) % len(known)] for n in range(length)]
        _write(folder / "inbox" / f"{number:05}.pdf", chosen, number)
        start += length


def _write(path: Path, chosen: Sequence[Pair], number: int) -> None:
    with pymupdf.open() as document:
        for pair in chosen:
            with pymupdf.open(stream=pair.content, filetype="pdf") as source:
                document.insert_pdf(source, from_page=pair.page - 1, to_page=pair.page - 1)
        document.set_metadata({"title": f"document {number}"})
        document.save(path)


@dataclass
class Watch:
    """Looks at the server while a run goes on."""

    url: str
    pages: int
    began: float = field(default_factory=time.perf_counter)
    first: float = 0.0
    busy: float = 0.0
    most_waiting: int = 0
    _over: Event = field(default_factory=Event)

    def __post_init__(self) -> None:
        self._thread = Thread(target=self._look, daemon=True)
        self._thread.start()

    def end(self) -> None:
        """No more looks."""
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        with httpx.Client(trust_env=False) as http:
            while not self._over.wait(LOOK_S):
                now = time.perf_counter()
                figures = dict(_figures(http.get(f"{self.url}/metrics").text))
                received = figures["simulator:received"]
                if received and not self.first:
                    self.first = now
                if self.first and now > self.first and received < self.pages:
                    work_s = figures["simulator:work_seconds"]
                    self.busy = work_s / (now - self.first) / Profile().sequences
                waiting = int(figures["vllm:num_requests_waiting"])
                self.most_waiting = max(self.most_waiting, waiting)


def _figures(text: str) -> list[tuple[str, float]]:
    lines = (line for line in text.splitlines() if line and not line.startswith("#"))
    return [(line.partition("{")[0], float(line.rpartition(" ")[2])) for line in lines]


def settings_for(folder: Path, url: str, workers: int) -> Settings:
    """Chandra behind the simulated server."""
    models = {"chandra": {"urls": [url], "model": MODEL}, "fallback": ""}
    return load_settings(
        workspace=folder / "workspace", ocr="chandra", models=models, workers=workers
    )


@click.command()
@click.option("--pages", default=3000, help="Pages in all.")
@click.option("--speed", default=SPEED, help="Of the server.")
@click.option("--workers", default=os.cpu_count() or 1, help="Processes that draw.")
def main(pages: int, speed: float, workers: int) -> None:
    """Prints the figures."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        prepare(folder, pages)
        objects = find_sources([str(folder / "inbox")]).objects
        with SimulatedServer(speed, answers=folder / "answers") as server:
            settings = settings_for(folder, server.url, workers)
            before_s = cpu_s(os.getpid())
            watch = Watch(server.url, pages)
            report = run_batch(
                objects,
                (),
                settings,
                Silent(),
                lambda: None,
                until=Stage.READ,
                by_model=pages_by_model,
            )
            ended = time.perf_counter()
            watch.end()
            assert report.pages_read == pages, report
            assert not report.failures, report.failures[:3]
            own_s = cpu_s(os.getpid()) - before_s
            server_s = cpu_s(server.process.pid)
    ideal = Profile(speed=speed).ideal_s(pages)
    took, asked = ended - watch.began, ended - watch.first
    print(
        f"{len(objects)} documents, {pages} pages, {speed:g}x, {workers} workers: {took:.1f} s, "
        f"{pages / took:.1f} pages/s\n"
        f"of capacity: {ideal / took:.1%} from the start of the run, {ideal / asked:.1%} from the "
        f"first page sent ({watch.first - watch.began:.1f} s later); busy {watch.busy:.1%}; "
        f"queue <= {watch.most_waiting}\n"
        f"CPU a page: asking {own_s / pages * 1000:.0f} ms, server {server_s / pages * 1000:.0f} ms"
        f"; peak memory of the asking process {peak_mb(os.getpid()):.0f} MB"
    )


if __name__ == "__main__":
    main()
