"""Flow runs below a GPU worker: ``python -m docmill.flows.gpu_pool POOL LIMIT``.

A Prefect process worker, but for two things. It takes flow runs only while the model server is
ready. And SIGTERM makes it take no more and wait for those under way, which see that the worker
drains and end early; `prefect worker start` would end them in the midst of their pages.
"""

from __future__ import annotations

import asyncio
import logging
import signal
import sys

import anyio
from prefect.settings import get_current_settings
from prefect.utilities.services import critical_service_loop
from prefect.workers.process import ProcessWorker

from docmill.gpu_workers.local import LocalWorker, State
from docmill.schemas.errors import UsageError

_LOOK_S = 0.5

_log = logging.getLogger(__name__)


def main() -> None:
    """Works until SIGTERM, and until the flow runs under way are over."""
    logging.basicConfig(format="%(asctime)s %(levelname)s %(message)s")
    logging.getLogger("docmill").setLevel(logging.INFO)
    local = LocalWorker.here()
    if local is None:
        raise UsageError("this process belongs below a GPU worker", "Run `docmill gpu-worker`.")
    asyncio.run(taken(sys.argv[1], int(sys.argv[2]), local))


async def taken(pool: str, limit: int, local: LocalWorker) -> None:
    """Takes flow runs of a pool, at most `limit` at once, until SIGTERM."""
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    settings = get_current_settings().worker
    worker = ProcessWorker(work_pool_name=pool, limit=limit)

    async def take() -> None:
        if local.state is State.READY and not stop.is_set():
            await worker.get_and_submit_flow_runs()

    async def run(workload: object, interval: float) -> None:
        await critical_service_loop(workload, interval, jitter_range=0.3, backoff=4)  # pyright: ignore

    async with worker, anyio.create_task_group() as loops:
        loops.start_soon(run, take, settings.query_seconds)
        loops.start_soon(run, worker.sync_with_backend, settings.heartbeat_seconds)
        _log.info("taking flow runs of pool %s, at most %d at once", pool, limit)
        await stop.wait()
        _log.info("taking no more; %d under way", worker.limiter.borrowed_tokens)
        while worker.limiter.borrowed_tokens:
            await asyncio.sleep(_LOOK_S)
        loops.cancel_scope.cancel()


if __name__ == "__main__":
    main()
