"""One page read by a vision-language model, whatever goes wrong: the retry ladder.

First the page as it is; then at rising temperatures, which leads most models out of a loop; then
from a smaller picture; then in tiles; then by the fallback engine. Every rung is climbed only for
what it may mend (see `tries`). A server that is away is no fault of the page: the same question
is asked again, and in the end the page stays unread, to be read by a later run.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from time import perf_counter
from typing import Protocol, runtime_checkable

from docmill.extractors.ocr.vlm.asking import Asking, Said, Step, nothing
from docmill.extractors.ocr.vlm.chat import ChatClient
from docmill.extractors.ocr.vlm.confidence import CharacterScores
from docmill.extractors.ocr.vlm.cuts import Tile, smaller, tiles_of
from docmill.extractors.ocr.vlm.model import VlmModel, joined
from docmill.extractors.ocr.vlm.page_made import Align, made, page_of
from docmill.extractors.ocr.vlm.page_scores import PageScores
from docmill.extractors.ocr.vlm.picture import PagePicture
from docmill.extractors.ocr.vlm.tile_joining import TileAnswer, joined_tiles
from docmill.extractors.ocr.vlm.tries import (
    HOTTER_MAY_HELP,
    TILES_MAY_HELP,
    RetryPolicy,
    Rung,
    Try,
)
from docmill.extractors.ocr.vlm.trouble import Trouble, TroubleKind
from docmill.schemas.errors import CageError, EngineError, EngineUnavailable, InputError
from docmill.schemas.geometry import Box
from docmill.schemas.outcome import ModelCall
from docmill.schemas.page import PageStatus, PageText

Fallback = Callable[[PagePicture], Awaitable[PageText]]
"""Reads a page with another engine (`OcrEngine.read`, wherever that runs).

It may raise what reading a page may raise: EngineError, CageError, InputError.
"""


@runtime_checkable
class _Parted(Protocol):
    """See `PartedModel`."""

    def parts(self, picture: PagePicture) -> tuple[VlmModel, ...]: ...


@dataclass(frozen=True)
class VlmReading:
    """How the reading of a page went.

    `page` is None where the server was away for too long: then `error` says so, the page has no
    fault, and is to be read again. `calls` are the requests to the model; who keeps the reading
    puts its key into them. `scores` are None for blank pages, those of the fallback engine, and
    where the server gave no probabilities.
    """

    page: PageText | None
    tries: tuple[Try, ...] = ()
    calls: tuple[ModelCall, ...] = ()
    scores: PageScores | None = None
    error: EngineUnavailable | None = None

    def no_page(self) -> EngineUnavailable:
        """Why there is no page."""
        return self.error or EngineUnavailable("The model server did not answer.")

    def page_or_raise(self) -> PageText:
        """The page.

        Raises:
            EngineUnavailable: the server was away.
        """
        if self.page is None:
            raise self.no_page()
        return self.page


async def read_picture(
    picture: PagePicture,
    model: VlmModel,
    client: ChatClient,
    policy: RetryPolicy,
    *,
    align: Align,
    fallback: Fallback | None = None,
) -> VlmReading:
    """Read one page. What is wrong with it is its status, told in words by its findings.

    A page that the fallback engine read has that engine's tag, and the status `FALLBACK`. A page
    that nobody could read in full keeps what was read of it, under a status that says why.

    Args:
        picture: the page; where it is blank, nobody is asked.
        model: how to ask, and how to read answers.
        client: who answers.
        policy: how far to go.
        align: gives the answer's words their boxes.
        fallback: another engine for this page, if there is one.

    Raises:
        EngineUnavailable: a package that the model's name or prompt comes from is missing.
        EngineError: what finds the parts of a page failed, for a `PartedModel`.
    """
    if picture.blank:
        return VlmReading(page_of(picture, model.tag, PageStatus.BLANK))
    asking = Asking(model.tag, picture.page, client, policy)
    try:
        said = await _Ladder(picture, asking, policy).climbed(model)
    except EngineUnavailable as error:
        return VlmReading(None, tuple(asking.tries), tuple(asking.calls), error=error)
    # in threads, as is parsing: the loop has other pages to look after
    page, scores, trouble = await asyncio.to_thread(
        made, picture, model.tag, said, align, asking.tries
    )
    if trouble and fallback and trouble.kind in policy.fallback_after:
        page, scores = await _fallen_back(picture, page, scores, fallback, asking.tries)
    return VlmReading(page, tuple(asking.tries), tuple(asking.calls), scores)


@dataclass(frozen=True)
class _Ladder:
    """One page on its way up; the record lies in `asking`."""

    page: PagePicture
    asking: Asking
    policy: RetryPolicy

    async def climbed(self, model: VlmModel) -> Said:
        """The best that can be had without another engine."""
        parts: Sequence[VlmModel] = ()
        if isinstance(model, _Parted):
            parts = await asyncio.to_thread(model.parts, self.page)  # runs a layout model
        if not parts:
            return await self._whole(model)
        try:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(self._part(part)) for part in parts]
        except ExceptionGroup as group:
            away, other = group.split(EngineUnavailable)
            if away is None or other is not None:
                raise
            raise _first_of(away) from group
        return _side_by_side([task.result() for task in tasks])

    async def _whole(self, model: VlmModel) -> Said:
        said = await self._shrunk(Step(model, self.page))
        if said.trouble is None or said.trouble.kind not in TILES_MAY_HELP:
            return said
        tiled = await self._in_tiles(model, self.page, None, depth=1)
        return said if tiled is None else _better(said, tiled)

    async def _part(self, model: VlmModel) -> Said:
        return await self._shrunk(Step(model, self.page, whole=False))

    async def _shrunk(self, first: Step) -> Said:
        """At all temperatures, then from smaller pictures."""
        best = last = await self._at_temperatures(first)
        for scale in () if last.trouble is None else self.policy.scales_after(last.trouble.kind):
            small = await asyncio.to_thread(smaller, self.page, scale)
            last = await self.asking.ask(
                replace(first, picture=small, rung=Rung.SMALLER, scale=scale)
            )
            best = _better(best, last)
            if last.trouble is None or last.trouble.kind is not TroubleKind.TOO_LARGE:
                break
        return best

    async def _at_temperatures(self, first: Step) -> Said:
        """As it is, then hotter while that may help; the same refusal twice ends it."""
        best = last = await self.asking.ask(first)
        if last.trouble and last.trouble.kind is TroubleKind.STOPPED:
            first = replace(first, watched=False)
            last = await self.asking.ask(replace(first, rung=Rung.UNWATCHED))
            best = _better(best, last)
        tile = first.rung is Rung.TILE
        for temperature in self.policy.temperatures[:1] if tile else self.policy.temperatures:
            if last.trouble is None or last.trouble.kind not in HOTTER_MAY_HELP:
                break
            before = last.trouble
            rung = Rung.TILE if tile else Rung.HOTTER
            last = await self.asking.ask(replace(first, rung=rung, temperature=temperature))
            best = _better(best, last)
            if last.trouble == before and before.kind is TroubleKind.BAD_OUTPUT:
                break
        return best

    async def _in_tiles(
        self, model: VlmModel, picture: PagePicture, part: Box | None, depth: int
    ) -> Said | None:
        """Tile by tile; None where the picture is too low to be cut."""
        overlap = self.policy.tile_overlap / (1.0 if part is None else part.height)
        tiles = await asyncio.to_thread(tiles_of, picture, self.policy.tiles, overlap)
        if len(tiles) < 2:
            return None
        return _tiled(tiles, [await self._tile(model, tile, part, depth) for tile in tiles])

    async def _tile(self, model: VlmModel, tile: Tile, part: Box | None, depth: int) -> Said:
        if tile.picture.blank:
            return nothing()
        own = tile.box if part is None else _inside(part, tile.box)
        said = await self._at_temperatures(Step(model, tile.picture, Rung.TILE, part=own))
        deeper = said.trouble is not None and said.trouble.kind in TILES_MAY_HELP
        if not deeper or depth >= self.policy.tile_depth:
            return said
        tiled = await self._in_tiles(model, tile.picture, own, depth + 1)
        return said if tiled is None else _better(said, tiled)


def _first_of(group: ExceptionGroup[EngineUnavailable]) -> EngineUnavailable:
    found = group.exceptions[0]
    return _first_of(found) if isinstance(found, ExceptionGroup) else found


def _better(one: Said, other: Said) -> Said:
    """The one without trouble, else the one with more text."""
    if one.trouble is None or other.trouble is None:
        return one if one.trouble is None else other
    return other if other.letters > one.letters else one


def _side_by_side(said: Sequence[Said]) -> Said:
    """What was said about parts of a page, whose boxes are the page's already."""
    raw, parsed = joined([(one.raw, one.parsed) for one in said])
    return Said(raw, parsed, _scores(raw, said), _trouble(said))


def _tiled(tiles: Sequence[Tile], said: Sequence[Said]) -> Said:
    raw, parsed = joined_tiles(
        [TileAnswer(tile.box, one.raw, one.parsed) for tile, one in zip(tiles, said, strict=True)]
    )
    return Said(raw, parsed, _scores(raw, said), _trouble(said))


def _scores(raw: str, said: Sequence[Said]) -> CharacterScores | None:
    return CharacterScores.joined(raw, [(one.raw, one.scores) for one in said])


def _trouble(said: Sequence[Said]) -> Trouble | None:
    """The first trouble of several parts: one part missing is a page not read in full."""
    return next((one.trouble for one in said if one.trouble is not None), None)


def _inside(outer: Box, inner: Box) -> Box:
    """A box given in 0..1 of another one, in 0..1 of what that one is of."""
    return Box.clipped(
        outer.x0 + inner.x0 * outer.width,
        outer.y0 + inner.y0 * outer.height,
        outer.x0 + inner.x1 * outer.width,
        outer.y0 + inner.y1 * outer.height,
    )


async def _fallen_back(
    picture: PagePicture,
    page: PageText,
    scores: PageScores | None,
    fallback: Fallback,
    tries: list[Try],
) -> tuple[PageText, PageScores | None]:
    """The page as the fallback engine read it; as the model left it where that one fails too."""
    begun = perf_counter()
    try:
        read = await fallback(picture)
        error = None if read.status.complete else f"{read.engine} left it {read.status}"
    except (EngineError, CageError, InputError) as caught:
        read, error = page, caught.message
    seconds = perf_counter() - begun
    tries.append(Try(len(tries) + 1, Rung.FALLBACK, None, 1.0, None, seconds, error))
    if error is not None:
        findings = (*page.findings, f"the fallback engine failed too: {error}")
        return page.model_copy(update={"findings": findings}), scores
    told = f"{page.engine} failed ({page.status}); read by {read.engine} instead"
    status = PageStatus.FALLBACK if read.status is PageStatus.OK else read.status
    findings = (*page.findings, told, *read.findings)
    return read.model_copy(update={"status": status, "findings": findings}), None
