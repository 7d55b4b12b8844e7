"""A whole file read into the lake: all its pages, whoever reads them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from docmill.infra.cage import Cage
from docmill.infra.opening import FileOrder
from docmill.infra.retrying import retried
from docmill.infra.work import Work
from docmill.schemas.errors import (
    DocmillError,
    EngineUnavailable,
    SourceGone,
    UsageError,
    WorkerLeaving,
)
from docmill.schemas.outcome import Failure, Stage
from docmill.schemas.reading import DocumentReading, PageReading

PageRange = tuple[int, int]
"""First and last page, from 1, inclusive."""


class PagesReader(Protocol):
    """Reads pages of files into the lake, for many threads at a time."""

    @property
    def files(self) -> int:
        """How many files at a time keep it busy."""
        ...

    def first(self, order: FileOrder) -> DocumentReading:
        """What a file is; its first pages may come with it.

        Raises:
            DocmillError: it cannot be opened, or who opens it failed.
        """
        ...

    def pages(self, order: FileOrder, pages: PageRange) -> tuple[PageReading, ...]:
        """The pages of a range, each with an outcome.

        Raises:
            DocmillError: who reads them failed.
            WorkerLeaving: they were not read, since this process is to end.
            EngineUnavailable: nobody can read any page now.
        """
        ...

    def leave(self) -> None:
        """Begin no more pages; whoever waits for some gets `WorkerLeaving`."""
        ...


ByModel = Callable[[Work, Cage], AbstractContextManager[PagesReader]]
"""Who reads pages where the settings name a model: `docmill.gpu_workers.page_ocr` does."""


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
        reader: who reads pages.
        spread: who helps with long files.
    """

    work: Work
    reader: PagesReader
    spread: Spread | None = None

    def read(self, uri: str, path: Path, document_id: str) -> DocumentReading:
        """All pages of the file at `path`; every failure is part of the answer.

        Raises:
            WorkerLeaving: not all were read, since this process is to end.
            EngineUnavailable: nobody can read any page now.
            UsageError: the settings do not fit those who read.
        """
        order = self._order(path, document_id)
        try:
            first = retried(lambda: self.reader.first(order))
            if self.spread and first.page_count > self.spread.pages:
                self.spread.read(uri, tuple(ranges((1, first.page_count), self.spread.pages)))
            rest = self.reader.pages(order, (len(first.pages) + 1, first.page_count))
        except (WorkerLeaving, EngineUnavailable, UsageError):
            raise  # no document's fault
        except DocmillError as error:
            stage = Stage.FETCH if isinstance(error, SourceGone) else Stage.OPEN
            failure = Failure.of(error, stage)
            return DocumentReading(media_type=None, page_count=0, failure=failure)
        return first.model_copy(update={"pages": (*first.pages, *rest)})

    def read_range(self, path: Path, document_id: str, pages: PageRange) -> tuple[PageReading, ...]:
        """The pages of a range only."""
        return self.reader.pages(self._order(path, document_id), pages)

    def _order(self, path: Path, document_id: str) -> FileOrder:
        settings = self.work.settings
        return FileOrder(
            lake_root=settings.open_workspace().lake_root,
            path=path,
            document_id=document_id,
            limits=settings.limits.opening(),
        )


def ranges(pages: PageRange, length: int) -> Iterator[PageRange]:
    """The range cut into ranges of `length` pages, the last one shorter."""
    first, last = pages
    for start in range(first, last + 1, length):
        yield start, min(start + length - 1, last)
