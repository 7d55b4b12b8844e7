"""The photographs of the set. They are shown turned upright; so are their truths."""

from __future__ import annotations

from typing import Final

from sample_docs.generate.copies import Copy
from sample_docs.generate.designs import ch_electrician, es_translator, fr_bistro
from sample_docs.generate.look import Look, Snapped, Wear
from sample_docs.generate.packing import heic, sideways_jpeg, webp

OAK, SLATE, BEECH = (146, 108, 74), (84, 90, 98), (190, 160, 122)

PHOTOS: Final[tuple[Copy, ...]] = (
    Copy(
        path="photos/fr-bistro-phone.jpg",
        stratum="photo",
        difficulty="perspective, shadow, EXIF rotation",
        proves=(
            "A receipt photographed on a desk with a phone held sideways: pixels lie turned, the "
            "EXIF note turns them, and the truth holds for the upright picture."
        ),
        originals=(fr_bistro.SAMPLE,),
        looks=(
            Look(
                Snapped(
                    (1080, 1800), ((0.13, 0.08), (0.84, 0.05), (0.92, 0.93), (0.07, 0.90)), OAK
                ),
                Wear(paper=236, ink=50, blur=0.7, noise=4, shadow=0.5, colour=True),
                dpi=300,
                seed=101,
            ),
        ),
        pack=sideways_jpeg,
    ),
    Copy(
        path="photos/es-translator-phone.webp",
        stratum="photo",
        difficulty="perspective, shadow",
        proves="An invoice photographed from below, so that it narrows to the top, as WebP.",
        originals=(es_translator.SAMPLE,),
        looks=(
            Look(
                Snapped(
                    (1500, 2000), ((0.10, 0.05), (0.93, 0.07), (0.97, 0.96), (0.04, 0.95)), SLATE
                ),
                Wear(paper=240, ink=40, blur=0.6, noise=3, shadow=0.45, colour=True),
                seed=111,
            ),
        ),
        pack=webp,
    ),
    Copy(
        path="photos/ch-electrician-phone.heic",
        stratum="photo",
        difficulty="perspective, shadow",
        proves="An invoice with a QR-bill as HEIC, the kind of file newer phones make.",
        originals=(ch_electrician.SAMPLE,),
        looks=(
            Look(
                Snapped(
                    (1500, 2000), ((0.05, 0.04), (0.95, 0.03), (0.90, 0.96), (0.09, 0.97)), BEECH
                ),
                Wear(paper=238, ink=35, blur=0.5, noise=2.5, shadow=0.4, colour=True),
                seed=121,
            ),
        ),
        pack=heic,
    ),
)
