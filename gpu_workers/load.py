"""How busy a model server is, by the queue that it shows under `/metrics`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import httpx

from docmill.infra.model_endpoints.figures import figures_of
from docmill.schemas.errors import BadOutput


@dataclass(frozen=True)
class ServerLoad:
    """Requests that a server works on (`running`), and that it keeps in its queue (`waiting`).

    `own` are those of them, or on their way there, that this process sent; 0 where nobody counts.
    """

    running: int
    waiting: int
    own: int = 0

    def __add__(self, other: ServerLoad) -> ServerLoad:
        """Both servers together."""
        return ServerLoad(
            self.running + other.running, self.waiting + other.waiting, self.own + other.own
        )


class LoadSource(Protocol):
    """Who knows how busy the server is, or several servers together."""

    async def load(self) -> ServerLoad | None:
        """The load now; None where nobody says: no such metrics, or no answer."""
        ...


class UntoldLoad:
    """The load of a server that does not tell."""

    async def load(self) -> ServerLoad | None:
        """See `LoadSource.load`."""
        return None


class MetricsLoad:
    """The load of one server of the vLLM kind.

    Args:
        http: asks; its timeouts count.
        url: of the server, without a path.
    """

    def __init__(self, http: httpx.AsyncClient, url: str) -> None:
        self._http = http
        self._url = f"{url.rstrip('/')}/metrics"

    async def load(self) -> ServerLoad | None:
        """See `LoadSource.load`."""
        try:
            answer = await self._http.get(self._url)
        except httpx.HTTPError:
            return None  # whether it is down is seen by those who ask it questions
        return _load(answer.text) if answer.is_success else None


def _load(metrics: str) -> ServerLoad | None:
    try:
        figures = figures_of(metrics)
    except BadOutput:
        return None
    if figures.running is None or figures.waiting is None:
        return None
    return ServerLoad(figures.running, figures.waiting)
