"""How busy feeding keeps a model server: ``python -m benchmarks.feeding``.

Pages of documents of 1 to 300 pages go through `gpu_workers.feeding` to the simulated server of
`benchmarks.model_server` (64 sequences, 1.44 pages/s at speed 1), encoded beforehand; what it says
is parsed and filed in a lake's folder. Measured are the server at 100 times its speed, and memory,
with 100, 1,000 and 10,000 pages. Whole runs: `benchmarks.feeding_end_to_end`.

*Of capacity* is the time that the server would have needed for the same pages if all had lain in
its queue from the beginning, divided by the time measured: the beginning, when little is asked
yet, and the end, when less and less is left to do, count in both. *Busy* is the share of its
sequences that were at work while pages were left to send. Memory is the peak resident size of the
process that feeds, and of its largest worker.

The simulated server, the client and the workers that draw share this machine's cores; on a GPU
machine the server has its own.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import subprocess
import sys
import time
from contextlib import AsyncExitStack
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
import orjson
from tests.support.simulated_server import MODEL, SimulatedServer

from benchmarks.feeding_pages import Place, documents, drawn, encode_beforehand, write_pdf
from benchmarks.model_server import Profile
from benchmarks.processes import children, cpu_s, peak_mb
from docmill.extractors.ocr.vlm.chat import ChatRequest
from docmill.extractors.ocr.vlm.openai_chat import OpenAiChat
from docmill.extractors.ocr.vlm.picture import PagePicture
from docmill.gpu_workers.endpoints import Balanced, Patience, Rotated, endpoint
from docmill.gpu_workers.feeding import FeedLimits, FeedState, Stages, feed
from docmill.gpu_workers.turns import turns_of
from docmill.infra.cage import Cage
from docmill.infra.storage.local import LocalFolder
from docmill.schemas.errors import DocmillError

WORKERS = 2
CLIENTS = 16
LONGEST_DOCUMENT = 300


@dataclass(frozen=True)
class Scenario:
    """What is measured: pages, the server's speed, and whether pages are encoded beforehand."""

    name: str
    pages: int
    speed: float
    encoded: bool


class Text(HTMLParser):
    """The text of an answer, in the place of a model's own parser."""

    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []

    def handle_data(self, data: str) -> None:
        """A piece of text."""
        self.parts.append(data)


class Reader:
    """Asks the server, and parses what it says."""

    def __init__(self, client: Balanced) -> None:
        self._client = client

    async def read(self, picture: PagePicture) -> bytes:
        """The page's record."""
        request = ChatRequest(picture.image, "image/png", "read it " * 250, max_tokens=12384)
        answer = await self._client.ask(request)
        text = Text()
        text.feed(answer.text)
        record = {"page": picture.page, "text": "".join(text.parts), "finish": answer.finish}
        return orjson.dumps(record)


class Shelf:
    """Files records in a lake's folder."""

    def __init__(self, root: Path) -> None:
        self._store = LocalFolder(root)

    def keep(self, place: Place, outcome: bytes | DocmillError) -> None:
        """One page's."""
        if isinstance(outcome, DocmillError):
            raise outcome  # nothing fails here
        self._store.put(f"pages/{place.document}/{place.page}", outcome)


class Busy:
    """What the server did while pages were left to send."""

    def __init__(self, server: SimulatedServer, pages: int) -> None:
        self._server = server
        self._pages = pages
        self.began = time.perf_counter()
        self.taken_s = 0.0
        self._left = True
        self.share = 0.0
        self.most_waiting = 0
        self.limits: list[int] = []

    async def watch(self, http: httpx.AsyncClient) -> None:
        """Looks at the server now and then."""
        while True:
            answer = await http.get(f"{self._server.url}/metrics")
            now = time.perf_counter()
            (line,) = [x for x in answer.text.splitlines() if x.startswith("simulator:work")]
            if self._left:
                work_s = float(line.rpartition(" ")[2])
                self.share = work_s / (now - self.began) / Profile().sequences
            await asyncio.sleep(0.25)

    def seen(self, state: FeedState) -> None:
        """How feeding goes on."""
        self._left = state.read + state.in_flight + state.failed < self._pages
        self.limits.append(state.limit)
        if state.load:
            self.most_waiting = max(self.most_waiting, state.load.waiting)


async def fed(scenario: Scenario, folder: Path, cage: Cage, server: SimulatedServer) -> Busy:
    """Feeds all pages."""
    async with AsyncExitStack() as opened:
        http = await opened.enter_async_context(httpx.AsyncClient(timeout=30, trust_env=False))
        clients = [OpenAiChat(server.url, MODEL) for _ in range(CLIENTS)]
        chat = Rotated([await opened.enter_async_context(each) for each in clients])
        async with Balanced([endpoint(http, server.url, chat)], Patience(tries=3)) as client:
            busy = Busy(server, scenario.pages)
            watching = asyncio.create_task(busy.watch(http))
            stages = Stages(drawn, Reader(client).read, Shelf(folder / "lake").keep)
            limits = FeedLimits(drawers=WORKERS, look_s=1 / min(scenario.speed, 20))
            pages = documents(folder, scenario.pages, encoded=scenario.encoded)
            done = await feed(turns_of(pages), stages, cage, client, limits, watch=busy.seen)
            assert done.read == scenario.pages, done
            busy.taken_s = time.perf_counter() - busy.began
            watching.cancel()
            return busy


def measured(scenario: Scenario) -> dict[str, Any]:
    """The figures of one run, in this process."""
    with TemporaryDirectory() as name, Cage(WORKERS) as cage:
        folder = Path(name)
        write_pdf(folder / "all.pdf", LONGEST_DOCUMENT)
        encode_beforehand(folder, cage, WORKERS)
        sizes = [path.stat().st_size for path in folder.glob("*.png")]
        with SimulatedServer(scenario.speed) as server:
            before_s, server_s = cpu_s(os.getpid()), cpu_s(server.process.pid)
            busy = asyncio.run(fed(scenario, folder, cage, server))
            taken = busy.taken_s
            workers = children(os.getpid()) - {server.process.pid}
            figures = {
                "pages": scenario.pages,
                "seconds": taken,
                "ideal": Profile(speed=scenario.speed).ideal_s(scenario.pages),
                "busy": busy.share,
                "most_waiting": busy.most_waiting,
                "limit": max(busy.limits),
                "picture_kb": sum(sizes) / len(sizes) / 1e3,
                "peak_mb": peak_mb(os.getpid()),
                "worker_mb": max(peak_mb(worker) for worker in workers),
                "feeder_cpu": (cpu_s(os.getpid()) - before_s) / taken,
                "server_cpu": (cpu_s(server.process.pid) - server_s) / taken,
            }
    return figures


def in_a_fresh_process(scenario: Scenario) -> dict[str, Any]:
    """The figures of one run."""
    options = [scenario.name, f"--pages={scenario.pages}", f"--speed={scenario.speed}"]
    options += ["--encoded"] if scenario.encoded else []
    command = [sys.executable, "-m", "benchmarks.feeding", *options]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)


def show(scenario: Scenario, figures: dict[str, Any]) -> None:
    """One line."""
    print(
        f"{scenario.name:<11}{scenario.speed:4g}x {scenario.pages:6} pages "
        f"{figures['seconds']:7.1f} s {figures['pages'] / figures['seconds']:7.1f} pages/s  "
        f"{figures['ideal'] / figures['seconds']:6.1%} of capacity, {figures['busy']:6.1%} busy  "
        f"queue <= {figures['most_waiting']:3}, limit {figures['limit']:3}  "
        f"{figures['peak_mb']:5.0f} MB, worker {figures['worker_mb']:4.0f} MB  "
        f"CPU: feeder {figures['feeder_cpu']:.2f}, server {figures['server_cpu']:.2f} of "
        f"{os.cpu_count()} cores",
        flush=True,
    )


SCENARIOS = (
    Scenario("encoded", 100, 100, encoded=True),
    Scenario("encoded", 1_000, 100, encoded=True),
    Scenario("encoded", 10_000, 100, encoded=True),
)


def main() -> None:
    """Prints the figures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("name", nargs="?", help="one scenario alone, its figures as JSON")
    parser.add_argument("--pages", type=int, default=1000)
    parser.add_argument("--speed", type=float, default=100)
    parser.add_argument("--encoded", action="store_true")
    chosen = parser.parse_args()
    if chosen.name:
        scenario = Scenario(chosen.name, chosen.pages, chosen.speed, chosen.encoded)
        print(json.dumps(measured(scenario)))
        return
    peaks: dict[int, float] = {}
    for scenario in SCENARIOS:
        figures = in_a_fresh_process(scenario)
        show(scenario, figures)
        if scenario.encoded:
            peaks[scenario.pages] = figures["peak_mb"]
    print(f"peak memory, 10,000 pages to 100: {peaks[10_000] / peaks[100]:.2f}")


if __name__ == "__main__":
    main()
