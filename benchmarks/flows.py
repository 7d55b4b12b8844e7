"""What a flow adds to the same work without Prefect: `python -m benchmarks.flows`.

The same batch of small documents, through `run_batch` and through the flow `process_batch`, turn
by turn, each time with a lake of its own; the flow runs in this process and talks to a real Prefect
server on this machine. What counts is the median of the differences, per document. In it is what
a batch costs once (states, artifacts, the batch and its report in the lake), so larger batches
have less of it per document; the first pair is for warming up.

Separately: a flow run that finds nothing to do, from its order until its process begins and until
it has ended, under `docmill deploy --serve`.
"""

from __future__ import annotations

import os
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

from tests.support.prefect_api import PrefectApi, until
from tests.support.prefect_server import PrefectServer, Process, docmill

from docmill.infra.ingestion.followed import Followed, follow
from docmill.infra.ingestion.scan import Scan
from docmill.infra.pipeline import run_batch
from docmill.infra.settings import Settings, load_settings
from docmill.infra.work import Work
from docmill.schemas.outcome import DocumentOutcome, SourceFailure
from docmill.schemas.source import SourceObject

SAMPLES = Path(__file__).resolve().parents[1] / "sample_docs" / "invoices"
DOCUMENTS = 200
ROUNDS = 5
LIMIT_MS = 10.0


class Silent:
    """A `Progress` that says nothing."""

    def found(self, objects: int) -> None:
        """See `Progress`."""

    def skipped(self, source: SourceObject) -> None:
        """See `Progress`."""

    def finished(self, outcome: DocumentOutcome) -> None:
        """See `Progress`."""

    def unread(self, failure: SourceFailure) -> None:
        """See `Progress`."""


@dataclass(frozen=True)
class Round:
    """A workspace of its own over the same inbox."""

    followed: Followed
    settings: Settings

    @classmethod
    def at(cls, workspace: Path, inbox: Path) -> Round:
        """A fresh one."""
        source = {"uri": str(inbox), "schema": "invoice", "batch_documents": DOCUMENTS}
        settings = load_settings(
            workspace=workspace, ocr="text_layer", workers=2, sources={"bench": source}
        )
        return cls(follow("bench", settings), settings)

    def plain(self) -> float:
        """Seconds without Prefect."""
        place = self.followed.place
        objects = tuple(map(place.object, place.list()))
        started = perf_counter()
        run_batch(objects, self.followed.schemas, self.followed.settings, Silent(), lambda: None)
        return perf_counter() - started

    def flow(self) -> float:
        """Seconds as a flow run."""
        # here, as Prefect reads the environment when it is first imported
        from docmill.flows.batches import process_batch

        lake = self.settings.open_workspace().lake()
        work = Work(self.followed.settings, self.followed.schemas, "")
        (key,) = Scan(lake, self.followed, work.key)
        started = perf_counter()
        process_batch(key)
        return perf_counter() - started


@contextmanager
def environment(values: dict[str, str]) -> Generator[None]:
    """Variables for as long as the block takes."""
    before = dict(os.environ)
    os.environ.update(values)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def fill(inbox: Path) -> None:
    """So many different small documents."""
    inbox.mkdir()
    paths = sorted(SAMPLES.glob("*.pdf"))
    for number in range(DOCUMENTS):
        path = paths[number % len(paths)]
        content = path.read_bytes() + f"\n% copy {number}\n".encode()
        (inbox / f"{number:05}.pdf").write_bytes(content)


def overhead(server: PrefectServer, folder: Path) -> tuple[float, float]:
    """Medians of the added ms per document, and of the ms per document without Prefect."""
    inbox = folder / "inbox"
    fill(inbox)
    added: list[float] = []
    plain: list[float] = []
    for number in range(ROUNDS + 1):
        seconds: dict[str, float] = {}
        for kind in ("plain", "flow") if number % 2 else ("flow", "plain"):
            workspace = folder / f"{kind}-{number}"
            there = {**server.settings(), "DOCMILL_WORKSPACE": str(workspace)}
            with environment(there | {"PREFECT_LOGGING_LEVEL": "WARNING", "DOCMILL_WORKERS": "2"}):
                turn = Round.at(workspace, inbox)
                seconds[kind] = turn.plain() if kind == "plain" else turn.flow()
        if number:
            added.append((seconds["flow"] - seconds["plain"]) / DOCUMENTS * 1000)
            plain.append(seconds["plain"] / DOCUMENTS * 1000)
    return median(added), median(plain)


def start_up(server: PrefectServer, folder: Path) -> tuple[float, float]:
    """Medians of the seconds until a flow run's process begins, and until it ends."""
    workspace, empty = folder / "served", folder / "empty"
    workspace.mkdir()
    empty.mkdir()
    (workspace / "docmill.toml").write_text(
        f'[flows]\nload_minutes = 100000\n[sources.idle]\nuri = "{empty}"\n'
    )
    log = folder / "served.log"
    command = docmill("deploy", "--serve", "--workspace", workspace)
    process = Process(command, server.environment(), log)
    api = PrefectApi(server.url)
    begun: list[float] = []
    ended: list[float] = []
    try:
        until(lambda: "serving" in process.tail(), 90, process.tail)
        for _ in range(3):
            run = api.wait(api.start("ingest/idle"), 120)
            begun.append(seconds_between(run["created"], run["start_time"]))
            ended.append(seconds_between(run["created"], run["end_time"]))
    finally:
        api.close()
        process.close()
    return median(begun), median(ended)


def seconds_between(earlier: str, later: str) -> float:
    """Between two times in ISO format."""
    return (datetime.fromisoformat(later) - datetime.fromisoformat(earlier)).total_seconds()


def main() -> None:
    """Prints both figures."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "prefect").mkdir()
        with PrefectServer(folder / "prefect") as server:
            added, plain = overhead(server, folder)
            begun, ended = start_up(server, folder)
    verdict = "holds" if added <= LIMIT_MS else "DOES NOT HOLD"
    print(
        f"a flow adds {added:.2f} ms per document to {plain:.1f} ms, in batches of {DOCUMENTS}"
        f" (limit {LIMIT_MS:g}: {verdict}; median of {ROUNDS} pairs)"
    )
    print(f"a served flow run's process begins after {begun:.1f} s; with nothing to do it")
    print(f"ends after {ended:.1f} s (median of 3)")


if __name__ == "__main__":
    main()
