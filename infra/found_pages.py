"""Pages that are in the lake already, for those who read none themselves."""

from __future__ import annotations

from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

from docmill.infra.cage import Cage
from docmill.infra.caged_pages import THREADS_PER_WORKER
from docmill.infra.lake import Lake
from docmill.infra.opening import FileOrder, look_into
from docmill.infra.reading import PageRange, PagesReader
from docmill.infra.tasks import page_key, reading_of
from docmill.infra.work import Work
from docmill.schemas.engine import EngineTag
from docmill.schemas.errors import EngineUnavailable
from docmill.schemas.outcome import Failure, Stage
from docmill.schemas.reading import DocumentReading, PageReading

# Requests to a lake on S3 mostly wait.
LOOKS_AT_ONCE = 8


@contextmanager
def pages_found(work: Work, cage: Cage) -> Generator[PagesReader]:
    """A `ByModel` that asks no model: its pages were read by another run, or are left for one."""
    lake = work.settings.open_workspace().lake()
    yield FoundPages(lake, cage, work.ocr_engine, work.settings.workers * THREADS_PER_WORKER)


@dataclass(frozen=True)
class FoundPages:
    """A `PagesReader` that finds what others read; what they left unread may be read later.

    Args:
        lake: where pages are.
        cage: where files are opened.
        engine: who read them.
        files: files that are looked at at a time.
    """

    lake: Lake
    cage: Cage
    engine: EngineTag
    files: int

    def first(self, order: FileOrder) -> DocumentReading:
        """What the file is, without pages."""
        return self.cage.call(look_into, order)

    def pages(self, order: FileOrder, pages: PageRange) -> tuple[PageReading, ...]:
        """The pages of a range."""
        found = self.all_found(order.document_id, pages)
        return tuple(reading or self._unread(number) for number, reading in found.items())

    def leave(self) -> None:
        """Nobody waits here."""

    def all_found(self, document_id: str, pages: PageRange) -> dict[int, PageReading | None]:
        """How each page of a range went, in order; None where the lake does not hold it.

        Raises:
            StoreError: the lake failed.
        """
        numbers = range(pages[0], pages[1] + 1)
        with ThreadPoolExecutor(LOOKS_AT_ONCE, thread_name_prefix="look") as threads:
            found = threads.map(partial(self._found, document_id), numbers)
            return dict(zip(numbers, found, strict=True))

    def _found(self, document_id: str, page: int) -> PageReading | None:
        key = page_key(document_id, page, self.engine)
        text = self.lake.page(key)
        return text and reading_of(text, key, found=True, calls=self.lake.page_calls(key))

    def _unread(self, page: int) -> PageReading:
        error = EngineUnavailable(
            f"Page {page} was left unread by the run that reads pages with {self.engine.name}.",
            "That run says why; the next one tries again.",
        )
        failure = Failure.of(error, Stage.READ, page=page)
        return PageReading(page=page, key=None, failure=failure)
