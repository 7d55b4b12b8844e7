"""What is left to do for one document or object: its keys say it."""

from __future__ import annotations

import mimetypes
from dataclasses import dataclass
from enum import StrEnum

from docmill.infra.lake import Lake
from docmill.infra.planning.figure import Figure
from docmill.infra.planning.history import History
from docmill.infra.planning.known import FilledPart, KnownDocument
from docmill.infra.tasks import extraction_key, page_key
from docmill.infra.work import Work
from docmill.schemas.document_schema import DocumentSchema
from docmill.schemas.frozen import Frozen
from docmill.schemas.reading import DocumentReading
from docmill.schemas.source import SourceObject


class Step(StrEnum):
    """The first thing to be done; all that comes after it is done as well.

    `NOTHING`: the work key is settled. `TRIAGE`: reading and extractions are there. `EXTRACT`: the
    reading is there. `READ`: the document is known, its reading is not. `FETCH`: the object was
    never looked into.
    """

    NOTHING = "nothing"
    TRIAGE = "triage"
    EXTRACT = "extract"
    READ = "read"
    FETCH = "fetch"


class Left(Frozen):
    """What is left to do for one object, in pages, parts and characters of text.

    `pages_found` are in the lake; `parts` will be given to the extractor, with `characters` of
    text in all.
    """

    step: Step
    pages_to_read: Figure = Figure()
    pages_found: int = 0
    parts: Figure = Figure()
    characters: Figure = Figure()


@dataclass(frozen=True)
class Reckoner:
    """Tells what is left to do, for one configuration.

    Args:
        work: what would be done.
        lake: what is there.
        history: the workspace's past, for what is not known.
    """

    work: Work
    lake: Lake
    history: History

    def unknown(self, source: SourceObject, pages: int | None = None) -> Left:
        """An object that was never looked into; `pages` where they were counted."""
        if pages is not None:
            count = Figure(known=pages)
        else:
            media_type = mimetypes.guess_type(source.uri)[0]
            estimate = self.history.pages_of(source.size, media_type)
            count = Figure(unknown=1) if estimate is None else Figure(estimated=estimate)
        return Left(
            step=Step.FETCH,
            pages_to_read=count,
            parts=self._parts(None, count),
            characters=self._characters(count),
        )

    def left(self, document_id: str, source: SourceObject, known: KnownDocument | None) -> Left:
        """A document whose bytes were seen before.

        Raises:
            StoreError: the lake failed.
        """
        if self.lake.is_done(self.work.key(document_id)):
            return Left(step=Step.NOTHING)
        reading = self.lake.reading(self.work.reading_key(document_id))
        if reading is None:
            return self._unread(document_id, source, known)
        if not reading.keys or not self.work.schemas or self._is_extracted(reading, known):
            return Left(step=Step.TRIAGE, pages_found=len(reading.pages))
        pages = Figure(known=len(reading.keys))
        return Left(
            step=Step.EXTRACT,
            pages_found=len(reading.pages),
            parts=self._parts(known, pages),
            characters=self._known_characters(known) or self._characters(pages),
        )

    def _unread(self, document_id: str, source: SourceObject, known: KnownDocument | None) -> Left:
        if known is None or not known.page_count:
            return self.unknown(source).model_copy(update={"step": Step.READ})
        found = self._found_pages(document_id, known.page_count)
        pages = Figure(known=known.page_count)
        return Left(
            step=Step.READ,
            pages_to_read=Figure(known=known.page_count - found),
            pages_found=found,
            parts=self._parts(known, pages),
            characters=self._known_characters(known) or self._characters(pages),
        )

    def _found_pages(self, document_id: str, page_count: int) -> int:
        """Pages in the lake, from an interrupted run or one with other limits.

        Files are read from the front, so that without page 1 there is none worth a look.
        """
        engine = self.work.ocr_engine
        found = 0
        for number in range(1, page_count + 1):
            if self.lake.has_page(page_key(document_id, number, engine)):
                found += 1
            elif number == 1:
                return 0
        return found

    def _is_extracted(self, reading: DocumentReading, known: KnownDocument | None) -> bool:
        """Whether the extractions of the newest outcome are those this work would ask for.

        Only where the file is split and classified as it was; other schemas may change that.
        """
        if known is None or not known.parts:
            return False
        if len(self.work.schemas) > 1 and not known.classified:
            return False
        schemas = {schema.name: schema for schema in self.work.schemas}
        there = {
            part.part
            for part in known.filled
            if part.schema_name in schemas
            and part.extraction_key == self._key(reading, part, schemas[part.schema_name])
        }
        return len(there) == known.parts

    def _key(self, reading: DocumentReading, part: FilledPart, schema: DocumentSchema) -> str:
        """The extraction that this work would ask for, if the part has the pages it had."""
        pages = range(part.page_from, part.page_to + 1)
        keys = [
            page.key
            for page in reading.pages
            if page.key and page.failure is None and page.page in pages
        ]
        return extraction_key(keys, schema, self.work.extractor, part.part)

    def _parts(self, known: KnownDocument | None, pages: Figure) -> Figure:
        """How many parts there will be; one page is one part, and no page is none."""
        if not self.work.schemas:
            return Figure()
        if pages.certainty == "known" and pages.known <= 1:
            return Figure(known=pages.known)
        if known is not None and known.parts:
            return Figure(estimated=known.parts)
        mean = self.history.parts_per_document
        return Figure(unknown=1) if mean is None else Figure(estimated=mean)

    def _known_characters(self, known: KnownDocument | None) -> Figure | None:
        if not self.work.schemas:
            return Figure()
        return Figure(known=known.characters) if known and known.characters else None

    def _characters(self, pages: Figure) -> Figure:
        return pages.times(self.history.characters_per_page) if self.work.schemas else Figure()
