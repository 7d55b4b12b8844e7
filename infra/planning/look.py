"""Which document an object holds, as far as one can tell without, or with, looking into it."""

from __future__ import annotations

from dataclasses import dataclass

from docmill.infra.cage import Cage
from docmill.infra.fetch import LocalCopy, local_copy
from docmill.infra.lake import Lake
from docmill.infra.opening import FileOrder, look_into
from docmill.infra.settings import Settings
from docmill.infra.storage.opening import FILE
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


@dataclass(frozen=True)
class Look:
    """Looks at objects from many threads.

    Args:
        settings: limits.
        lake: what was seen before.
        cage: where local files that are not known are opened; without it none is.
    """

    settings: Settings
    lake: Lake
    cage: Cage | None = None

    def at(self, source: SourceObject) -> Looked:
        """What can be told about an object.

        Raises:
            StoreError: the lake failed.
        """
        document_id = source.document_id or self.lake.known_document(source)
        if document_id or self.cage is None or not source.uri.startswith(FILE):
            return Looked(source, document_id)
        try:
            with local_copy(source, self.settings.limits.opening().max_bytes) as copy:
                pages = self._pages(self.cage, copy)
                return Looked(source, copy.document_id, pages)
        except DocmillError:
            return Looked(source, pages=0, unreadable=True)

    def _pages(self, cage: Cage, copy: LocalCopy) -> int:
        order = FileOrder(
            lake_root=self.settings.open_workspace().lake_root,
            path=copy.path,
            document_id=copy.document_id,
            limits=self.settings.limits.opening(),
        )
        return cage.call(look_into, order).page_count
