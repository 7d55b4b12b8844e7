"""Pages read by embedded engines: in chunks, side by side, each in the cage."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from functools import partial

from docmill.infra.cage import CUT_OFF, Cage
from docmill.infra.opening import FileOrder
from docmill.infra.reading import PageRange, ranges
from docmill.infra.retrying import retried
from docmill.infra.settings import Settings
from docmill.infra.tasks import ReadOrder, read_pages
from docmill.schemas.outcome import Failure, Stage
from docmill.schemas.reading import DocumentReading, PageReading

# Pages read in one call to a worker; a worker that dies costs a second look at these, one by one.
CHUNK_PAGES = 16
# Threads per worker process, so that fetching goes on while the processes read.
THREADS_PER_WORKER = 2


@dataclass(frozen=True)
class CagedPages:
    """A `PagesReader` over embedded engines.

    Args:
        settings: engine and limits.
        cage: where the work is done.
        pool: threads that wait for chunks; none of them may call this reader.
    """

    settings: Settings
    cage: Cage
    pool: Executor

    @property
    def files(self) -> int:
        """More than there are workers, so that fetching goes on while they read."""
        return self.settings.workers * THREADS_PER_WORKER

    def first(self, order: FileOrder) -> DocumentReading:
        """What the file is, with its first pages."""
        start = ReadOrder(order, self.settings.ocr, first_pages=CHUNK_PAGES)
        try:
            reading = self._call(start, CHUNK_PAGES)
        except CUT_OFF:
            opened = self._call(replace(start, first_pages=0), 1)
            numbers = range(1, min(CHUNK_PAGES, opened.page_count) + 1)
            return opened.model_copy(update={"pages": self._one_by_one(start, numbers)})
        return reading.model_copy(update={"pages": self._again(start, reading.pages)})

    def pages(self, order: FileOrder, pages: PageRange) -> tuple[PageReading, ...]:
        """The pages of a range, chunk by chunk, all chunks side by side."""
        any_pages = ReadOrder(order, self.settings.ocr)
        chunks = [range(first, last + 1) for first, last in ranges(pages, CHUNK_PAGES)]
        if len(chunks) == 1:
            return self._chunk(any_pages, chunks[0])
        done = self.pool.map(partial(self._chunk, any_pages), chunks)
        return tuple(page for chunk in done for page in chunk)

    def leave(self) -> None:
        """Nobody waits for long here."""

    def _chunk(self, order: ReadOrder, numbers: range) -> tuple[PageReading, ...]:
        """A chunk of pages; where its worker is cut off, the same pages one by one."""
        chunk = replace(order, pages=tuple(numbers))
        try:
            reading = retried(lambda: self._call(chunk, len(numbers)))
        except CUT_OFF:
            return self._one_by_one(order, numbers)
        return self._again(order, reading.pages)

    def _again(self, order: ReadOrder, pages: Sequence[PageReading]) -> tuple[PageReading, ...]:
        """The same pages, with those tried once more whose failure may pass."""
        return tuple(self._single(order, page.page) if _may_pass(page) else page for page in pages)

    def _one_by_one(self, order: ReadOrder, numbers: range) -> tuple[PageReading, ...]:
        return tuple(self._single(order, number) for number in numbers)

    def _single(self, order: ReadOrder, number: int) -> PageReading:
        page = replace(order, pages=(number,))
        try:
            return retried(lambda: self._call(page, 1).pages[0], _may_pass)
        except CUT_OFF as error:
            failure = Failure.of(error, Stage.READ, page=number, attempt=2)
            return PageReading(page=number, key=None, failure=failure)

    def _call(self, order: ReadOrder, pages: int) -> DocumentReading:
        try:
            wall_s = self.settings.limits.page_seconds * max(1, pages)
            return self.cage.call(read_pages, order, wall_s=wall_s)
        except CUT_OFF:
            self.settings.open_workspace().lake().check()  # a dead lake proves nothing
            raise


def _may_pass(page: PageReading) -> bool:
    return page.failure is not None and page.failure.retryable
