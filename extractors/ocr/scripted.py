"""An engine that plays back what it was given: for tests and dry runs, without any model."""

from __future__ import annotations

from collections.abc import Iterable

from docmill.extractors.render import OpenedPage
from docmill.schemas.engine import EngineTag
from docmill.schemas.errors import DocmillError
from docmill.schemas.page import PageStatus, PageText


class ScriptedOcr:
    """Answers each page from a script; pages that are not in it come back blank.

    Args:
        pages: what to answer, found by document and page number; the name on it is replaced
            by this engine's tag.
        error: raised for every page, if given.
        tag: the engine's name and version.
    """

    def __init__(
        self,
        pages: Iterable[PageText] = (),
        *,
        error: DocmillError | None = None,
        tag: EngineTag | None = None,
    ) -> None:
        self._tag = tag or EngineTag(name="scripted", version="1")
        self._error = error
        self._pages = {
            (page.document_id, page.page): page.model_copy(update={"engine": self._tag})
            for page in pages
        }

    @property
    def tag(self) -> EngineTag:
        """`scripted@1` unless told otherwise."""
        return self._tag

    def read(self, page: OpenedPage) -> PageText:
        """The scripted answer for this page.

        Raises:
            DocmillError: the one given.
        """
        if self._error is not None:
            raise self._error
        scripted = self._pages.get((page.document_id, page.number))
        return scripted or page.reading(self._tag, PageStatus.BLANK)
