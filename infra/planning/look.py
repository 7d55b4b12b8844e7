"""Which document an object holds, as far as one can tell without, or with, looking into it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from docmill.infra.cage import Cage
from docmill.infra.fetch import local_copy
from docmill.infra.lake import Lake
from docmill.infra.settings import Settings
from docmill.infra.storage.opening import FILE
from docmill.infra.tasks import ReadOrder, read_pages, warm_up
from docmill.schemas.errors import DocmillError
from docmill.schemas.source import SourceObject


@dataclass(frozen=True)
class Looked:
    """An object, its document (None: never looked into), and its pages where they were counted.

    `unreadable`: its bytes could not be had or opened.
    """

    source: SourceObject
    document_id: str | None = None
    pages: int | None = None
    unreadable: bool = False


class Look:
    """Looks at objects from many threads; with `exact`, into local files as well.

    Args:
        settings: limits and engine.
        lake: what was seen before.
        exact: open local files that are not known.
    """

    def __init__(self, settings: Settings, lake: Lake, exact: bool) -> None:
        self._settings = settings
        self._lake = lake
        self._exact = exact
        self._cage = Cage(settings.workers, settings.limits.cage(), warm_up)

    def __enter__(self) -> Self:
        """No process is started before it is needed."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Ends the processes."""
        self._cage.close()

    def at(self, source: SourceObject) -> Looked:
        """What can be told about an object.

        Raises:
            StoreError: the lake failed.
        """
        document_id = source.document_id or self._lake.known_document(source)
        if document_id or not self._exact or not source.uri.startswith(FILE):
            return Looked(source, document_id)
        try:
            with local_copy(source, self._settings.limits.opening().max_bytes) as copy:
                return Looked(source, copy.document_id, self._pages(copy.path, copy.document_id))
        except DocmillError:
            return Looked(source, pages=0, unreadable=True)

    def _pages(self, path: Path, document_id: str) -> int:
        order = ReadOrder(
            lake_root=self._settings.open_workspace().lake_root,
            path=path,
            document_id=document_id,
            ocr=self._settings.ocr,
            limits=self._settings.limits.opening(),
            first_pages=0,
        )
        return self._cage.call(read_pages, order).page_count
