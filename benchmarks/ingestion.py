"""What following a source costs: `python -m benchmarks.ingestion`.

Passes over 10,000 objects in SeaweedFS and in a folder, all new and all known, and over a
synthetic source of a million objects of which a few changed; each in a process of its own. Times
are CPU seconds of that process, without the server's; memory is its peak so far, and what the step
added to it. Lakes are folders, so a request to the lake is a file written, read, looked for or
listed.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, process_time
from typing import Any

from docmill.infra.ingestion.batches import file_report, open_batch
from docmill.infra.ingestion.followed import Followed, follow
from docmill.infra.ingestion.inventory import Entry, Update
from docmill.infra.ingestion.scan import Scan, inventories_of
from docmill.infra.lake import Lake, utc_now
from docmill.infra.settings import load_settings
from docmill.infra.sources import Place
from docmill.infra.storage.local import LocalFolder
from docmill.infra.storage.opening import open_store
from docmill.infra.storage.store import StoredObject
from docmill.infra.work import Work
from docmill.schemas.batch import BatchReport, SourceResult
from docmill.schemas.outcome import RunRecord

OBJECTS = 10_000
MILLION = 1_000_000
EVERY = 10_000  # of a million objects, one in so many is changed, new or gone
BUCKET = "docmill-benchmark"
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


class CountingFolder(LocalFolder):
    """A folder that counts what is asked of it."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.asked: Counter[str] = Counter()

    def put(self, key: str, content: bytes) -> bool:
        """See `ObjectStore.put`."""
        self.asked.update({"put": 1, "bytes put": len(content)})
        return super().put(key, content)

    def get(self, key: str) -> bytes | None:
        """See `ObjectStore.get`."""
        content = super().get(key)
        self.asked.update({"get": 1, "bytes got": len(content or b"")})
        return content

    def find(self, key: str) -> StoredObject | None:
        """See `ObjectStore.find`."""
        self.asked["find"] += 1
        return super().find(key)

    def list(self, prefix: str, start_after: str | None = None) -> Iterator[StoredObject]:
        """See `ObjectStore.list`."""
        self.asked["list"] += 1
        return super().list(prefix, start_after)


class Synthetic(LocalFolder):
    """A source that exists only as its listing."""

    def __init__(self, listing: Callable[[], Iterator[StoredObject]]) -> None:
        super().__init__(Path("/"))
        self._listing = listing

    def list(self, prefix: str, start_after: str | None = None) -> Iterator[StoredObject]:
        """See `ObjectStore.list`."""
        return self._listing()


def peak_mb() -> float:
    """The most memory this process ever had, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


@contextmanager
def measured(what: str, objects: int, store: CountingFolder) -> Generator[None]:
    """Prints what happens inside."""
    store.asked.clear()
    cpu, wall, memory = process_time(), perf_counter(), peak_mb()
    yield
    cpu, wall = process_time() - cpu, perf_counter() - wall
    asked = ", ".join(f"{count:,} {kind}" for kind, count in sorted(store.asked.items()))
    print(
        f"{what}: {cpu:.2f} s CPU = {1000 * cpu / objects:.4f} ms per object, {wall:.1f} s in all, "
        f"peak {peak_mb():.0f} ({peak_mb() - memory:+.0f}) MiB; lake: {asked or 'nothing'}",
        flush=True,
    )


def source_at(uri: str, folder: Path) -> Followed:
    """A source that is followed with the default engines."""
    settings = load_settings(workspace=folder, sources={"bench": {"uri": uri}})
    return follow("bench", settings)


def key_of(followed: Followed) -> Callable[[str], str]:
    """The work keys of a source's documents."""
    return Work(followed.settings, followed.schemas, "").key


def settle(lake: Lake, followed: Followed, batch: str) -> None:
    """File a report that says of every object of a batch that it is done."""
    results = tuple(
        SourceResult(object=each, document_id=document, settled=key_of(followed)(document))
        for each in open_batch(lake, batch).objects
        for document in [sha256(each.uri.encode()).hexdigest()]
    )
    run = RunRecord(run_id="r", started_at=NOON, finished_at=NOON, sources=(), documents=0,
                    already_done=0, pages=0, failed=0, version="0")  # fmt: skip
    file_report(lake, batch, BatchReport(run=run, results=results))


def two_passes(uri: str, folder: Path) -> None:
    """Over objects that are new, then known."""
    store = CountingFolder(folder / "lake")
    lake, followed = Lake(store), source_at(uri, folder)
    with measured("  first pass, scan alone", OBJECTS, store):
        scan = Scan(lake, followed, key_of(followed))
        batches = list(scan)
    assert scan.listed == OBJECTS
    for batch in batches:
        settle(lake, followed, batch)
    with measured(f"  inventory from {len(batches)} reports", OBJECTS, store):
        scan.finish()
    for _ in range(2):
        with measured("  nothing new (target: 1 ms)", OBJECTS, store):
            scan = Scan(lake, followed, key_of(followed))
            assert list(scan) == []
            scan.finish()


def folder() -> None:
    """10,000 files."""
    with TemporaryDirectory() as root:
        inbox = Path(root) / "inbox"
        inbox.mkdir()
        for number in range(OBJECTS):
            (inbox / f"{number:06d}.pdf").write_bytes(b"%d" % number)
        print(f"{OBJECTS:,} files in a folder", flush=True)
        two_passes(str(inbox), Path(root))


def bucket() -> None:
    """10,000 objects in SeaweedFS, with the requests to it counted."""
    sys.path.append(str(Path(__file__).parents[1] / "tests/support"))
    from object_server import ObjectServer

    from docmill.infra.storage.s3.client import client_for

    with TemporaryDirectory() as root, ObjectServer(Path(root)) as server:
        os.environ.update(server.environment())
        server.client().create_bucket(Bucket=BUCKET)
        uri = f"s3://{BUCKET}/in"
        inbox = open_store(uri)

        def fill(number: int) -> bool:
            return inbox.put(f"{number:06d}.pdf", b"%d" % number)

        with ThreadPoolExecutor(16) as pool:
            assert all(pool.map(fill, range(OBJECTS)))
        requests: Counter[str] = Counter()

        def count(model: Any, **_: Any) -> None:
            requests[model.name] += 1

        client_for().meta.events.register("before-call.s3", count)
        print(f"{OBJECTS:,} objects in SeaweedFS", flush=True)
        two_passes(uri, Path(root) / "ws")
        print(f"  requests to S3 in all three passes: {dict(requests)}", flush=True)


def million() -> None:
    """A million known objects, of which a few are new, changed or gone."""

    def listing(changed: bool) -> Iterator[StoredObject]:
        for number in range(MILLION):
            odd = number % EVERY if changed else 1
            tag = f"{number + (odd == 8) * MILLION:032x}"  # changed
            if odd != 7:  # gone
                yield StoredObject(f"2026/{number:09d}-scan.pdf", 50_000, tag, NOON)
            if odd == 9:
                yield StoredObject(f"2026/{number:09d}-scan.tif", 50_000, tag, NOON)

    with TemporaryDirectory() as root:
        store = CountingFolder(Path(root) / "lake")
        lake, known = Lake(store), source_at(root, Path(root))
        place = Place(Synthetic(lambda: listing(changed=True)))
        followed = Followed(known.name, known.source, place, known.settings, known.schemas)
        inventories, key = inventories_of(lake, followed), key_of(followed)
        documents = ((each, sha256(each.key.encode()).hexdigest()) for each in listing(False))
        entries = (
            Update(each.key, Entry(each.key, each.size, each.etag, document, key(document)))
            for each, document in documents
        )
        print(f"{MILLION:,} synthetic objects", flush=True)
        with measured("  inventory written", MILLION, store):
            inventory = inventories.update(inventories.newest(), entries, utc_now())
        print(f"  {len(inventory.chunks)} chunks", flush=True)
        with measured("  synthetic listing alone", MILLION, store):
            assert sum(1 for _ in listing(changed=True)) == MILLION
        with measured("  pass over them", MILLION, store):
            scan = Scan(lake, followed, key)
            batches = list(scan)
        print(f"  {dict(scan.counts)}, {len(batches)} batches", flush=True)
        for batch in batches:
            settle(lake, followed, batch)
        with measured("  new inventory", MILLION, store):
            scan.finish()


PARTS = {"bucket": bucket, "folder": folder, "million": million}


def main() -> None:
    """Runs the parts that are named, or each in a process of its own."""
    for part in sys.argv[1:]:
        PARTS[part]()
    for part in PARTS if len(sys.argv) == 1 else ():
        subprocess.run([sys.executable, "-m", "benchmarks.ingestion", part], check=True)


if __name__ == "__main__":
    main()
