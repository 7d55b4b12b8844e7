"""Making the rows of one batch ready, in files, so that writing them takes little time.

This is most of a load's work, and needs nothing of the warehouse: it may be done in other
processes, see `infra.warehouse.stagers`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import duckdb
from msgspec import DecodeError

from docmill.infra.lake import Lake
from docmill.infra.warehouse.answer_rows import answer_rows
from docmill.infra.warehouse.documents import object_names, stage_document
from docmill.infra.warehouse.histories import History
from docmill.infra.warehouse.newest_schemas import Newest, newest_of
from docmill.infra.warehouse.rows import TableRow, extraction_in
from docmill.infra.warehouse.table_files import TableFiles, TableFileWriter
from docmill.schemas.errors import StoreError

THREADS = 16  # that fetch from the lake
_NOT_WHAT_IT_SHOULD_BE = (DecodeError, ValueError, duckdb.Error)


@dataclass(frozen=True)
class Order:
    """What to stage of one portion of a batch.

    Args:
        rows: that need nothing of the lake.
        documents: all rows of these are made.
        answered: of these only the rows of their answers are made.
    """

    rows: Sequence[TableRow]
    documents: Sequence[History] = ()
    answered: Sequence[History] = ()

    @property
    def histories(self) -> Iterator[History]:
        """Of all documents."""
        yield from self.documents
        yield from self.answered


@dataclass(frozen=True)
class Staged:
    """A batch's rows, and the newest use of every schema by its results."""

    files: TableFiles
    uses: Newest


def stage(orders: Sequence[Order], folder: Path, lake: Lake) -> Staged:
    """Make a batch's rows ready.

    Args:
        orders: by the number of the portion.
        folder: for the files; empty.
        lake: has the objects that the documents' outcomes refer to.

    Raises:
        StoreError: the lake cannot be read, or is damaged: what is damaged is named; or there is
            no space for the files.
    """
    names = (name for order in orders for each in order.documents for name in object_names(each))
    with ThreadPoolExecutor(THREADS, thread_name_prefix="lake") as pool:
        try:
            return _stage(orders, TableFileWriter(folder), lake.ahead(pool, names))
        except _NOT_WHAT_IT_SHOULD_BE as error:
            _name_what_is_damaged(orders, lake)
            if not isinstance(error, duckdb.Error):
                raise  # a defect
            raise StoreError(
                f"rows cannot be made ready: {str(error).splitlines()[0]}",
                f"See that there is room in {folder.parent}.",
            ) from error


def _stage(orders: Sequence[Order], writer: TableFileWriter, lake: Lake) -> Staged:
    uses: Newest = {}
    for number, order in enumerate(orders):
        writer.begin(number)
        writer.add(order.rows)
        for history in order.documents:
            uses = newest_of([*uses.items(), *stage_document(history, lake, writer)])
        for history in order.histories:
            if history.events:
                writer.add(answer_rows(history, partial(extraction_in, lake)))
    return Staged(writer.files(), uses)


def _name_what_is_damaged(orders: Sequence[Order], lake: Lake) -> None:
    """Look at every object by itself, as its model.

    Raises:
        StoreError: one is damaged.
    """
    for history in (each for order in orders for each in order.histories):
        for key in filter(None, history.newest.page_keys):
            lake.page(key)
        for _, part in history.parts():
            if part.extraction_key is not None:
                lake.extraction(part.extraction_key)
