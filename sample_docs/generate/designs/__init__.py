"""One module per design; no two documents share one."""

from __future__ import annotations

from typing import Final

from sample_docs.generate.designs import (
    de_office_supplies,
    de_supermarket,
    es_translator,
    fr_caterer,
    us_hardware,
    us_landscaping,
)
from sample_docs.generate.sample import Sample

SAMPLES: Final[tuple[Sample, ...]] = (
    de_office_supplies.SAMPLE,
    us_landscaping.SAMPLE,
    fr_caterer.SAMPLE,
    es_translator.SAMPLE,
    de_supermarket.SAMPLE,
    us_hardware.SAMPLE,
)
