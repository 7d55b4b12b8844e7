"""How the reading of a whole file went; the words themselves are kept page by page."""

from __future__ import annotations

from pydantic import Field

from docmill.schemas.frozen import Frozen
from docmill.schemas.outcome import Failure, ModelCall


class PageReading(Frozen):
    """How one page went: its key in the lake, or (and) what failed.

    `page` counts from 1. `found`: the lake held the reading before. `calls` are the requests to
    models that it took, whenever that was.
    """

    page: int = Field(ge=1)
    key: str | None
    failure: Failure | None = None
    found: bool = False
    calls: tuple[ModelCall, ...] = ()


class DocumentReading(Frozen):
    """What a file is and how its pages went, in order; with no pages where it was not opened.

    `failure` says why it could not be opened, or be read at all.
    """

    media_type: str | None
    page_count: int = Field(ge=0)
    pages: tuple[PageReading, ...] = ()
    failure: Failure | None = None

    @property
    def failures(self) -> tuple[Failure, ...]:
        """Everything that failed."""
        pages = (page.failure for page in self.pages)
        return tuple(failure for failure in (self.failure, *pages) if failure)

    @property
    def final(self) -> bool:
        """Whether reading again could change nothing: no failure is retryable."""
        return not any(failure.retryable for failure in self.failures)

    @property
    def keys(self) -> tuple[str, ...]:
        """Lake keys of the pages that were read in full."""
        return tuple(page.key for page in self.pages if page.key and page.failure is None)
