"""A whole file read into the lake: in chunks of pages, side by side, each in the cage."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from docmill.infra.cage import Cage
from docmill.infra.retrying import retried
from docmill.infra.tasks import ReadOrder, read_pages
from docmill.infra.work import Work
from docmill.schemas.errors import CageError, DocmillError, InternalError, SourceGone
from docmill.schemas.outcome import Failure, Stage
from docmill.schemas.reading import DocumentReading, PageReading

# Pages read in one call to a worker; a worker that dies costs a second look at these, one by one.
CHUNK_PAGES = 16
# What one page, or one extraction, can do to the worker it runs in.
CUT_OFF = (CageError, InternalError)

PageRange = tuple[int, int]
"""First and last page, from 1, inclusive."""


@dataclass(frozen=True)
class Spread:
    """Who reads the pages of long files elsewhere.

    Args:
        pages: files with more pages are spread, in ranges of this many.
        read: called with the URI and the ranges; returns when their pages are in the lake, or
            cannot be: what is missing then is read here.
    """

    pages: int
    read: Callable[[str, Sequence[PageRange]], None]


@dataclass(frozen=True)
class FileReader:
    """Reads files, from many threads at a time.

    Args:
        work: engine and limits.
        cage: where the work is done.
        pool: threads that wait for chunks; none of them may call this reader.
        spread: who helps with long files.
    """

    work: Work
    cage: Cage
    pool: Executor
    spread: Spread | None = None

    def read(self, uri: str, path: Path, document_id: str) -> DocumentReading:
        """All pages of the file at `path`; every failure is part of the answer."""
        order = self._order(path, document_id)
        try:
            first = retried(lambda: self._first(order))
            if self.spread and first.page_count > self.spread.pages:
                self.spread.read(uri, tuple(_ranges(1, first.page_count, self.spread.pages)))
            rest = self._pages(order, (len(first.pages) + 1, first.page_count))
        except DocmillError as error:
            stage = Stage.FETCH if isinstance(error, SourceGone) else Stage.OPEN
            failure = Failure.of(error, stage)
            return DocumentReading(media_type=None, page_count=0, failure=failure)
        return first.model_copy(update={"pages": (*first.pages, *rest)})

    def read_range(self, path: Path, document_id: str, pages: PageRange) -> tuple[PageReading, ...]:
        """The pages of a range only."""
        return self._pages(self._order(path, document_id), pages)

    def _order(self, path: Path, document_id: str) -> ReadOrder:
        settings = self.work.settings
        return ReadOrder(
            lake_root=settings.open_workspace().lake_root,
            path=path,
            document_id=document_id,
            ocr=settings.ocr,
            limits=settings.limits.opening(),
            first_pages=CHUNK_PAGES,
        )

    def _first(self, order: ReadOrder) -> DocumentReading:
        """What the file is, with its first pages."""
        try:
            reading = self._call(order, CHUNK_PAGES)
        except CUT_OFF:
            opened = self._call(replace(order, first_pages=0), 1)
            numbers = range(1, min(CHUNK_PAGES, opened.page_count) + 1)
            return opened.model_copy(update={"pages": self._one_by_one(order, numbers)})
        return reading.model_copy(update={"pages": self._again(order, reading.pages)})

    def _pages(self, order: ReadOrder, pages: PageRange) -> tuple[PageReading, ...]:
        """The pages of a range, chunk by chunk, all chunks side by side."""
        chunks = [range(first, last + 1) for first, last in _ranges(*pages, CHUNK_PAGES)]
        if len(chunks) == 1:
            return self._chunk(order, chunks[0])
        done = self.pool.map(partial(self._chunk, order), chunks)
        return tuple(page for chunk in done for page in chunk)

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
        settings = self.work.settings
        try:
            wall_s = settings.limits.page_seconds * max(1, pages)
            return self.cage.call(read_pages, order, wall_s=wall_s)
        except CUT_OFF:
            settings.open_workspace().lake().check()  # a wait for a dead lake proves nothing
            raise


def _may_pass(page: PageReading) -> bool:
    return page.failure is not None and page.failure.retryable


def _ranges(first: int, last: int, length: int) -> Iterator[PageRange]:
    for start in range(first, last + 1, length):
        yield start, min(start + length - 1, last)
