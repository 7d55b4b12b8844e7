"""One module per design; no two documents share one.

A module's `SAMPLE` is a document of the set, its `DRAWING` is seen on scans only.
"""

from __future__ import annotations

from typing import Final

from sample_docs.generate.designs import (
    ch_electrician,
    de_office_supplies,
    de_supermarket,
    de_wholesale,
    es_translator,
    fr_bistro,
    fr_caterer,
    gb_credit_note,
    gb_fasteners,
    gb_services_agreement,
    gb_swimming_club,
    ie_software,
    it_tiles,
    nl_broadband,
    us_hardware,
    us_landscaping,
)
from sample_docs.generate.sample import Sample

SAMPLES: Final[tuple[Sample, ...]] = (
    de_office_supplies.SAMPLE,
    de_wholesale.SAMPLE,
    ch_electrician.SAMPLE,
    us_landscaping.SAMPLE,
    gb_credit_note.SAMPLE,
    gb_fasteners.SAMPLE,
    ie_software.SAMPLE,
    fr_caterer.SAMPLE,
    es_translator.SAMPLE,
    it_tiles.SAMPLE,
    nl_broadband.SAMPLE,
    de_supermarket.SAMPLE,
    us_hardware.SAMPLE,
    fr_bistro.SAMPLE,
    gb_swimming_club.SAMPLE,
    gb_services_agreement.SAMPLE,
)
