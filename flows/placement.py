"""Which work pool the steps of a source run on."""

from __future__ import annotations

from dataclasses import dataclass

from docmill.infra.settings import Settings
from docmill.infra.wiring import pool_of


@dataclass(frozen=True)
class Pools:
    """The work pools that read pages and fill schemas; where they are one, one run does both."""

    read: str
    extract: str

    @property
    def together(self) -> bool:
        """Whether one flow run does both."""
        return self.read == self.extract


def pools_of(settings: Settings, source: str) -> Pools:
    """The pools of a source: its own choice, else those of its engines."""
    chosen = settings.sources[source]
    own = pools_for(chosen.ocr or settings.ocr, chosen.extractor or settings.extractor)
    return Pools(chosen.read_pool or own.read, chosen.extract_pool or own.extract)


def pools_for(ocr: str, extractor: str) -> Pools:
    """The pools of two engines, by their names."""
    return Pools(pool_of(ocr), pool_of(extractor))
