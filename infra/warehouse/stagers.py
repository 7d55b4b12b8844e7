"""Where batches are staged: in this process, or in processes of their own.

Staging keeps Python busy, and every thread that wants to do something meanwhile, such as writing a
reviewer's answer, waits for Python at each of its steps.
"""

from __future__ import annotations

import os
from collections.abc import Generator, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol

from docmill.infra.cage import Cage, CageLimits
from docmill.infra.lake import Lake
from docmill.infra.storage.opening import open_store
from docmill.infra.warehouse.staging import Order, Staged, stage

_LIMITS = CageLimits(memory_mb=6000, wall_s=1800, cpu_s=1800)  # for one batch


class Stager(Protocol):
    """Stages batches; `ahead` is how many may be under way while another is written."""

    @property
    def ahead(self) -> int:
        """See the class."""
        ...

    def stage(self, orders: Sequence[Order], folder: Path) -> Future[Staged]:
        """See `docmill.infra.warehouse.staging.stage`, for the lake that it was made for."""
        ...


@dataclass(frozen=True)
class Here:
    """Stages in this thread: nothing has to start, and nothing goes on meanwhile."""

    lake: Lake
    ahead: int = 0

    def stage(self, orders: Sequence[Order], folder: Path) -> Future[Staged]:
        """See `Stager.stage`; the future is done."""
        future: Future[Staged] = Future()
        future.set_result(stage(orders, folder, self.lake))
        return future


@dataclass(frozen=True)
class Elsewhere:
    """Stages in worker processes."""

    lake_root: str
    cage: Cage
    threads: Executor
    ahead: int

    def stage(self, orders: Sequence[Order], folder: Path) -> Future[Staged]:
        """See `Stager.stage`.

        The future may raise CageError, where a worker was killed, and CancelledError, where the
        workers were ended.
        """
        return self.threads.submit(self.cage.call, stage_from, self.lake_root, orders, folder)


@contextmanager
def staging_workers(lake_root: str, workers: int = 1) -> Generator[Elsewhere]:
    """So many worker processes to the end of the block, started when first needed."""
    warm = partial(_warm_up, lake_root)
    with (
        ThreadPoolExecutor(workers, thread_name_prefix="staging") as threads,
        Cage(workers, _LIMITS, warm) as cage,
    ):
        yield Elsewhere(lake_root, cage, threads, workers)


def stage_from(lake_root: str, orders: Sequence[Order], folder: Path) -> Staged:
    """`stage`, in a worker."""
    return stage(orders, folder, Lake(open_store(lake_root)))


def _warm_up(lake_root: str) -> None:
    """Importing this module maps what staging needs; where the lake is on S3, boto3 is imported.

    The process is to use what others leave: those who write, answer and read are waited for.
    """
    os.nice(10)
    open_store(lake_root)
