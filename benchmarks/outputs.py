"""How fast documents are delivered, and what looking costs: `python -m benchmarks.outputs`.

A lake of 1,000 documents with 40 values each goes to a receiver on loopback that answers at once,
and to files; then a pass finds nothing new. At last, a day of 20,000 settled documents per hour is
looked at, as a process does that has just started, and once more while it runs.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

from docmill.infra.lake import Lake
from docmill.infra.outputs.deliverer import Deliverer
from docmill.infra.outputs.ledger import Ledger, stamp
from docmill.infra.settings import load_settings
from docmill.infra.storage.opening import open_store
from docmill.schemas.engine import EngineTag
from docmill.schemas.extraction import Extraction, FieldValue, ValueStatus
from docmill.schemas.keys import stable_key
from docmill.schemas.outcome import DocumentOutcome, DocumentStatus, PartOutcome

DOCUMENTS = 1000
VALUES = 40
PER_HOUR = 20_000
HOURS = 24
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
TAG = EngineTag(name="benchmark", version="1")


class _Taking(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        """Take it."""
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(200)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing on the terminal."""


def finish(lake: Lake, number: int) -> None:
    """One more document in the lake."""
    document_id = sha256(str(number).encode()).hexdigest()
    fields = tuple(
        FieldValue(
            path=f"field_{each}", value=str(number), raw=str(number), confidence=0.9,
            status=ValueStatus.PRESENT, derived=True,
        )
        for each in range(VALUES)
    )  # fmt: skip
    extraction = Extraction(
        document_id=document_id, part=1, page_from=1, page_to=1, schema_name="invoice",
        schema_hash="0" * 40, engine=TAG, fields=fields,
    )  # fmt: skip
    key = stable_key("benchmark", {"number": number})
    lake.put_extraction(key, extraction)
    part = PartOutcome(
        part=1, page_from=1, page_to=1, status=DocumentStatus.DONE, schema_name="invoice",
        extraction_key=key,
    )  # fmt: skip
    lake.commit_document(
        DocumentOutcome(
            work_key=key, document_id=document_id, uri=f"file:///in/{number}.pdf",
            media_type="application/pdf", bytes=1, page_count=1, status=DocumentStatus.DONE,
            ocr_engine=TAG, extractor=TAG, parts=(part,), run_id="r", started_at=NOON,
            finished_at=NOON,
        )
    )  # fmt: skip


def timed(what: str, work: Callable[[], Any], count: int = 0) -> None:
    """Print how long `work` takes."""
    began = perf_counter()
    work()
    seconds = perf_counter() - began
    rate = f", {count / seconds:.0f} documents/s" if count else ""
    print(f"{what}: {seconds:.2f} s{rate}", flush=True)


def deliveries(folder: Path, url: str) -> None:
    """Delivers all of a lake to a webhook and to files."""
    settings = load_settings(
        workspace=folder,
        outputs={
            "one": {"kind": "webhook", "url": url, "secret_env": "S", "since": "start"},
            "eight": {
                "kind": "webhook", "url": url, "secret_env": "S", "since": "start", "parallel": 8
            },
            "files": {"kind": "files", "to": str(folder / "out"), "since": "start"},
        },
    )  # fmt: skip
    (folder / "out").mkdir()
    lake = settings.open_workspace().lake()
    for number in range(DOCUMENTS):
        finish(lake, number)
    secrets = {"S": "a-secret-of-a-benchmark"}
    names = {
        "one": "a webhook, one request at a time",
        "eight": "a webhook, eight at a time",
        "files": "files",
    }
    for name, text in names.items():
        deliverer = Deliverer(settings, [name], environment=secrets)
        timed(text, deliverer.once, DOCUMENTS)
        timed("  nothing new", deliverer.once)


def looking(folder: Path) -> None:
    """Looks at a day of settled documents."""
    (folder / "out").mkdir()
    settings = load_settings(
        workspace=folder,
        outputs={"files": {"kind": "files", "to": str(folder / "out"), "since": "start"}},
    )
    lake = Lake(open_store(str(folder / "lake")))
    ledger = Ledger(lake, "files")
    for hour in range(HOURS):
        start = NOON + timedelta(hours=hour)
        times = (start + timedelta(seconds=each * 0.15) for each in range(PER_HOUR))
        names = [f"{stamp(time)}-{sha256(stamp(time).encode()).hexdigest()[:40]}" for time in times]
        place = folder / "lake" / "commits" / f"{start:%Y-%m-%dT%H}"
        place.mkdir(parents=True)
        for name in names:
            os.close(os.open(place / f"{name}.json", os.O_CREAT))
        for first in range(0, PER_HOUR, 500):
            ledger.put_settled(f"{start:%Y-%m-%dT%H}", names[first : first + 500], start)
    now = NOON + timedelta(hours=HOURS)
    deliverer = Deliverer(settings, clock=lambda: now)
    timed(f"a first look at {HOURS * PER_HOUR} settled documents", deliverer.once)
    timed("the next process's look (6 hours are open)", deliverer.once)


def main() -> int:
    """Prints all figures."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Taking)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with TemporaryDirectory() as folder:
        deliveries(Path(folder), f"http://127.0.0.1:{server.server_address[1]}/")
    with TemporaryDirectory() as folder:
        looking(Path(folder))
    server.shutdown()
    return 0


if __name__ == "__main__":
    sys.exit(main())
