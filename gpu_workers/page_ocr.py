"""Pages of many files read by a model server at once, for threads that wait for their own.

    threads with files ─▶ turns ─▶ `feed`: draw, ask, keep ─▶ the threads get their pages back

One event loop in a thread of its own does the asking; see `feeding` for what goes on there.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from functools import partial
from threading import Lock, Thread

from docmill.extractors.ocr.vlm.alignment import Aligned, align
from docmill.extractors.ocr.vlm.chat import ChatClient
from docmill.extractors.ocr.vlm.ladder import Fallback, VlmReading, read_picture
from docmill.extractors.ocr.vlm.picture import PagePicture
from docmill.extractors.ocr.vlm.regions import Region
from docmill.extractors.ocr.vlm.tries import RetryPolicy, Rung
from docmill.gpu_workers.feeding import FeedLimits, Stages, feed
from docmill.gpu_workers.gate import GatePolicy
from docmill.gpu_workers.local import LocalWorker
from docmill.gpu_workers.model_servers import Servers, check, connected, servers_for
from docmill.gpu_workers.turns import Turns
from docmill.infra.cage import Cage
from docmill.infra.drawing import PageOrder, draw_page, read_without_model
from docmill.infra.found_pages import FoundPages
from docmill.infra.opening import FileOrder, look_into
from docmill.infra.reading import PageRange, PagesReader
from docmill.infra.tasks import page_key, reading_of
from docmill.infra.wiring import ModelReader, model_reader
from docmill.infra.work import Work
from docmill.schemas.errors import DocmillError, InternalError, StoreError, WorkerLeaving
from docmill.schemas.outcome import Failure, Stage
from docmill.schemas.page import PageStatus, PageText
from docmill.schemas.reading import DocumentReading, PageReading

# Drawn pages that wait for the server, beyond those that the workers are drawing.
READY = 8


@contextmanager
def pages_by_model(work: Work, cage: Cage) -> Generator[PagesReader]:
    """Who reads pages where the settings name a model: a `ByModel`.

    Below a GPU worker that worker's server is asked, else those of the settings.

    Raises:
        UsageError: no model has the engine's name, or the GPU worker here serves another one.
        EngineUnavailable: a package that the model needs is not installed.
    """
    settings = work.settings
    reader = model_reader(settings.ocr, settings.models)
    assert reader is not None, f"{settings.ocr} is no model"
    local = LocalWorker.here()
    pages = ModelPages(work, cage, reader, servers_for(reader.servers, local), local)
    pages.start()
    try:
        yield pages
    finally:
        pages.close()


class ModelPages:
    """A `PagesReader` over model servers. Its methods may be called from any thread.

    Args:
        work: engine, limits, lake.
        cage: where pages are drawn, and read again where the model fails.
        reader: the model.
        servers: where it is asked.
        local: the GPU worker above this process: it is told what was read, and tells when to end.
    """

    def __init__(
        self,
        work: Work,
        cage: Cage,
        reader: ModelReader,
        servers: Servers,
        local: LocalWorker | None = None,
    ) -> None:
        self._work = work
        self._cage = cage
        self._reader = reader
        self._servers = servers
        self._local = local
        self._lake = work.settings.open_workspace().lake()
        self._found = FoundPages(self._lake, cage, work.ocr_engine, self.files)
        self._turns: Turns[PageOrder] = Turns()
        self._waiting: dict[tuple[str, int], _Asked] = {}
        self._lock = Lock()
        self._checking = Lock()
        self._checked = False
        self._over: DocmillError | None = None
        self._abort: Callable[[], object] = _nothing
        self._thread = Thread(target=self._feed, name="feed", daemon=True)

    @property
    def files(self) -> int:
        """Enough that pages of single-page files keep all servers busy."""
        settings = self._work.settings
        return settings.models.pages_at_once + settings.workers + READY

    def start(self) -> None:
        """From now on pages are read."""
        self._thread.start()

    def close(self) -> None:
        """Waits for pages under way, and takes no more."""
        self._turns.close()
        self._thread.join()

    def leave(self) -> None:
        """Gives up on pages under way too: what was asked of a server may take minutes."""
        self._abort()

    def first(self, order: FileOrder) -> DocumentReading:
        """What the file is, without pages.

        Raises:
            InputError: it cannot be opened.
        """
        return self._cage.call(look_into, order)

    def pages(self, order: FileOrder, pages: PageRange) -> tuple[PageReading, ...]:
        """The pages of a range; those in the lake are not read again.

        Raises:
            WorkerLeaving: not all of them were read, since this process is to end.
            EngineUnavailable: no server answers.
            UsageError: a server does not have the model.
        """
        found = self._found.all_found(order.document_id, pages)
        asked = self._ask_for(order, [number for number, reading in found.items() if not reading])
        return tuple(reading or asked[number].result() for number, reading in found.items())

    def _ask_for(self, file: FileOrder, numbers: Sequence[int]) -> dict[int, Future[PageReading]]:
        spec = self._reader.model.picture
        if numbers:
            self._check_servers()
        orders = [PageOrder(file, number, spec) for number in numbers]
        asked = [_Asked(order) for order in orders]
        with self._lock:
            if self._over:
                raise self._over
            self._waiting |= {(file.document_id, each.order.page): each for each in asked}
        self._turns.add(orders)
        return {each.order.page: each.reading for each in asked}

    def _check_servers(self) -> None:
        """Before the first page: what is wrong with all servers is no page's fault."""
        with self._checking:
            if not self._checked:
                check(self._servers)
                self._checked = True

    def _feed(self) -> None:
        """The thread that reads; however it ends, nobody is left waiting."""
        over: DocmillError = WorkerLeaving("This process takes no more pages.")
        try:
            asyncio.run(self._fed())
        except asyncio.CancelledError:
            pass  # by `leave`
        except DocmillError as error:
            over = error
        except Exception as error:
            over = InternalError(f"reading with {self._reader.tag.name} broke: {error!r}")
        with self._lock:
            self._over = over
            left = list(self._waiting.values())
            self._waiting.clear()
        for each in left:
            each.reading.set_exception(over)

    async def _fed(self) -> None:
        task = asyncio.current_task()
        assert task is not None
        loop = asyncio.get_running_loop()
        self._abort = lambda: loop.call_soon_threadsafe(task.cancel)
        try:
            await self._fed_until_over()
        finally:
            self._abort = _nothing

    async def _fed_until_over(self) -> None:
        settings = self._work.settings
        limits = FeedLimits(
            gate=GatePolicy(most=settings.models.pages_at_once),
            drawers=settings.workers,
            ready=max(READY, settings.workers),
        )
        async with connected(self._servers) as client:
            stages = Stages(draw_page, partial(self._read, client), self._keep)
            await feed(self._turns, stages, self._cage, client, limits, stop=self._is_to_stop)

    def _is_to_stop(self) -> bool:
        return self._local is not None and self._local.draining

    async def _read(self, client: ChatClient, picture: PagePicture) -> VlmReading:
        return await read_picture(
            picture,
            self._reader.model,
            client,
            RetryPolicy(),
            align=_aligned,
            fallback=self._fallback if self._reader.fallback else None,
        )

    @property
    def _fallback(self) -> Fallback:
        async def read(picture: PagePicture) -> PageText:
            order = self._waiting[picture.document_id, picture.page].order
            return await asyncio.to_thread(
                self._cage.call, read_without_model, order, self._reader.fallback
            )

        return read

    def _keep(self, order: PageOrder, outcome: VlmReading | DocmillError) -> None:
        """Files what became of a page, and tells whoever waits for it."""
        try:
            reading = self._kept(order, outcome)
        except StoreError as error:
            reading = _failed(order.page, error)
        if self._local:
            self._count(self._local, outcome)
        with self._lock:
            asked = self._waiting.pop((order.file.document_id, order.page))
        asked.reading.set_result(reading)

    def _kept(self, order: PageOrder, outcome: VlmReading | DocmillError) -> PageReading:
        if isinstance(outcome, DocmillError):
            return _failed(order.page, outcome)
        page = outcome.page
        if page is None:
            failed = _failed(order.page, outcome.no_page())
            return failed.model_copy(update={"calls": outcome.calls})
        key = page_key(page.document_id, page.page, self._work.ocr_engine)
        calls = tuple(call.model_copy(update={"output_key": key}) for call in outcome.calls)
        if calls:
            self._lake.put_page_calls(key, calls)
        self._lake.put_page(key, page)  # last: whoever finds it finds its calls
        return reading_of(page, key, calls=calls)

    def _count(self, local: LocalWorker, outcome: VlmReading | DocmillError) -> None:
        if isinstance(outcome, DocmillError):
            local.count(pages=1)
            return
        retries = sum(one.rung not in (Rung.AS_IT_IS, Rung.FALLBACK) for one in outcome.tries)
        fell_back = outcome.page is not None and outcome.page.status is PageStatus.FALLBACK
        local.count(pages=1, retries=retries, fallbacks=int(fell_back))


class _Asked:
    """A page that somebody waits for."""

    def __init__(self, order: PageOrder) -> None:
        self.order = order
        self.reading: Future[PageReading] = Future()


def _nothing() -> None:
    """Nobody is at work."""


def _aligned(picture: PagePicture, regions: Sequence[Region]) -> Aligned:
    return align(regions, picture.words, picture.upright)


def _failed(page: int, error: DocmillError) -> PageReading:
    return PageReading(page=page, key=None, failure=Failure.of(error, Stage.READ, page=page))
