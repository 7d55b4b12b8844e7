"""What was tried to read a page, and how far one goes: the rungs of the ladder."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from docmill.extractors.ocr.vlm.chat import ChatRequest
from docmill.extractors.ocr.vlm.trouble import TroubleKind
from docmill.schemas.geometry import Box

WATCH = "repetition_detection"
"""The option by which vLLM stops an answer that repeats itself; it takes empty cells for that."""


class Rung(StrEnum):
    """In this order."""

    AS_IT_IS = "as_it_is"
    UNWATCHED = "unwatched"
    HOTTER = "hotter"
    SMALLER = "smaller"
    TILE = "tile"
    FALLBACK = "fallback"

    @property
    def label(self) -> str:
        """How that is, for people."""
        return {
            Rung.AS_IT_IS: "as it is",
            Rung.UNWATCHED: "without the server's watch for repetition",
            Rung.HOTTER: "hotter",
            Rung.SMALLER: "from a smaller picture",
            Rung.TILE: "in tiles",
            Rung.FALLBACK: "by the fallback engine",
        }[self]


@dataclass(frozen=True)
class Try:
    """One try, whatever came of it; `attempt` counts from 1 on the page.

    `scale` is of the picture's sides; `part` is the tile of the page, in 0..1 of it, None for all
    of it. `error` says what was wrong, None where the answer was good. `server`: the server was,
    and the same was tried again.
    """

    attempt: int
    rung: Rung
    temperature: float | None
    scale: float
    part: Box | None
    seconds: float
    error: str | None
    server: bool = False

    def __str__(self) -> str:
        """How it was asked."""
        hot = f", at temperature {self.temperature:g}" if self.temperature is not None else ""
        small = f" ({self.scale:.0%})" if self.rung is Rung.SMALLER else ""
        return f"{self.rung.label}{small}{hot}"


HOTTER_MAY_HELP = frozenset({
    TroubleKind.LOOPING, TroubleKind.STOPPED, TroubleKind.BROKEN_OFF, TroubleKind.EMPTY,
    TroubleKind.BAD_OUTPUT,
})  # fmt: skip
SMALLER_MAY_HELP = frozenset({
    TroubleKind.LOOPING, TroubleKind.STOPPED, TroubleKind.BROKEN_OFF, TroubleKind.EMPTY,
    TroubleKind.NO_ROOM, TroubleKind.TOO_LARGE,
})  # fmt: skip
TILES_MAY_HELP = frozenset({
    *SMALLER_MAY_HELP, TroubleKind.TOO_LONG,
})  # fmt: skip


@dataclass(frozen=True)
class RetryPolicy:
    """How far to go for a page.

    `temperatures` rise from the model's own, tiles get the first of them only; `top_p` goes with
    them, since models ask with one that leaves no choice. `scales` are of the picture's sides,
    tried in order. A page is cut into `tiles` bands, and a band that fails again, `tile_depth`
    levels deep; `tile_overlap` is the share of the page's height that two show where no gap
    between lines is found. `fallback_after` says what the fallback engine is for. After
    `max_retries` no more is tried; asking again because the server was away does not count.

    A server that is away is asked up to `server_tries` times, and for no longer than `patience_s`
    in all, with pauses from `first_pause_s` to `longest_pause_s`: a restart takes minutes.
    """

    temperatures: tuple[float, ...] = (0.2, 0.5, 0.8)
    top_p: float = 0.95
    scales: tuple[float, ...] = (0.75, 0.5)
    tiles: int = 2
    tile_depth: int = 2
    tile_overlap: float = 0.06
    max_retries: int = 16
    fallback_after: frozenset[TroubleKind] = frozenset(TroubleKind)
    server_tries: int = 20
    first_pause_s: float = 1.0
    longest_pause_s: float = 30.0
    patience_s: float = 900.0

    def changed(
        self, request: ChatRequest, temperature: float | None, *, watched: bool = True
    ) -> ChatRequest:
        """The same request at another temperature, or without the server's watch for loops.

        Args:
            request: as the model would be asked first.
            temperature: another one; None leaves it.
            watched: False takes `WATCH` out.
        """
        dropped = {*(() if watched else (WATCH,)), *(() if temperature is None else ("top_k",))}
        options = {name: value for name, value in request.options.items() if name not in dropped}
        if temperature is None:
            return replace(request, options=options)
        # With the most likely token alone to choose from, no temperature changes anything.
        top_p = max(request.top_p, self.top_p)
        return replace(request, temperature=temperature, top_p=top_p, options=options)

    def scales_after(self, trouble: TroubleKind) -> tuple[float, ...]:
        """Which smaller pictures are worth trying."""
        if trouble is TroubleKind.TOO_LARGE:
            return self.scales
        return self.scales[:1] if trouble in SMALLER_MAY_HELP else ()
