"""What the cage costs per call: ``python -m benchmarks.cage``.

Compares calls into a warm worker with plain calls, and measures how long a fresh worker takes to
answer first and how fast large payloads travel.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from docmill.infra.cage import Cage

CALLS = 5000
PAYLOAD = bytes(50_000_000)


def seconds(work: Callable[[], object]) -> float:
    """How long the work takes."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def calls(cage: Cage, threads: int) -> None:
    """Calls from some threads at once."""
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(partial(cage.call, abs), range(CALLS)))


def main() -> None:
    """Prints the figures."""
    with Cage(2) as cage:
        print(f"first answer of a fresh worker  {seconds(lambda: cage.call(abs, -1)):8.3f} s")
        for threads in (1, 4):
            taken = seconds(lambda threads=threads: calls(cage, threads))
            print(
                f"small calls, {threads} thread(s)        {CALLS / taken:8.0f} calls/s, "
                f"{taken / CALLS * 1e6:.0f} µs each"
            )
        taken = seconds(lambda: cage.call(bytes, PAYLOAD))
        print(f"50 MB there and back            {2 * len(PAYLOAD) / taken / 1e6:8.0f} MB/s")


if __name__ == "__main__":
    main()
