"""The scans of the set."""

from __future__ import annotations

from random import Random
from typing import Final

from sample_docs.generate.copies import Copy
from sample_docs.generate.designs import (
    de_confidentiality,
    de_parking_permit,
    de_wholesale,
    gb_corner_shop,
    gb_credit_note,
    gb_fasteners,
    it_tiles,
    nl_broadband,
    pt_bakery,
    us_landscaping,
)
from sample_docs.generate.look import Look, Turned, Wear
from sample_docs.generate.packing import jpeg, pdf, png, tiff

OFFICE: Final = Wear(paper=250, ink=25, blur=0.5, noise=2.5)
WORN: Final = Wear(paper=243, ink=45, blur=0.9, noise=6)
THERMAL: Final = Wear(paper=236, ink=70, blur=0.6, noise=4)
FAX: Final = Look(bilevel=True)
LIKE: Final = dict(zip("0158BOlsceoanumrtiAEG", "O1S8B0I5ecaoumnnlf4FC", strict=True))


def misread(word: str) -> str:
    """What a bad reader makes of a word: about every second letter or digit for another."""
    chance = Random(word)
    return "".join(_misread(letter, chance) for letter in word)


def _misread(letter: str, chance: Random) -> str:
    roll = chance.random()
    if letter in LIKE and roll < 0.7:
        return LIKE[letter]
    if letter.isalnum() and roll < 0.3:
        return chance.choice("~^|j;7vx¬f")
    return letter


SCANS: Final[tuple[Copy, ...]] = (
    Copy(
        path="scans/us-landscape-supply-skewed.pdf",
        stratum="scan",
        difficulty="skew, noise, blur",
        proves=(
            "A Letter page laid 2.4 degrees askew on the glass, grey, grainy and a little "
            "blurred, as JPEG in a PDF without text: the born-digital sample's values again."
        ),
        originals=(us_landscaping.SAMPLE,),
        looks=(Look(Turned(skew=2.4), WORN, seed=11),),
        pack=lambda leaves: pdf(leaves, quality=38),
    ),
    Copy(
        path="scans/de-wholesale-clean.pdf",
        stratum="scan",
        difficulty="clean",
        proves=(
            "A clean black-and-white scan of two pages without text: what is lost against the "
            "born-digital file is the reading's doing alone."
        ),
        originals=(de_wholesale.SAMPLE,),
        looks=(FAX, FAX),
        pack=pdf,
    ),
    Copy(
        path="scans/de-wholesale-fax.tiff",
        stratum="scan",
        difficulty="clean",
        proves="The same two pages as one TIFF (CCITT group 4), as fax servers store them.",
        originals=(de_wholesale.SAMPLE,),
        looks=(FAX, FAX),
        pack=tiff,
    ),
    Copy(
        path="scans/gb-two-invoices.pdf",
        stratum="scan",
        difficulty="two documents in one file",
        proves=(
            "One scan of two documents: an invoice of two pages and another firm's credit note; "
            "each part has a truth of its own."
        ),
        originals=(gb_fasteners.SAMPLE, gb_credit_note.SAMPLE),
        looks=(
            Look(Turned(skew=0.5), OFFICE, dpi=150, seed=21),
            Look(Turned(skew=-0.4), OFFICE, dpi=150, seed=22),
            Look(Turned(skew=0.7), OFFICE, dpi=150, seed=23),
        ),
        pack=lambda leaves: pdf(leaves, quality=34),
    ),
    Copy(
        path="scans/it-tiles-sideways.pdf",
        stratum="scan",
        difficulty="page turned by 90 degrees",
        proves=(
            "A page fed in sideways: its content is turned by 90 degrees in the picture, and "
            "the PDF's rotation says nothing about it."
        ),
        originals=(it_tiles.SAMPLE,),
        looks=(Look(Turned(turns=1, skew=0.3), OFFICE, seed=31),),
        pack=lambda leaves: pdf(leaves, quality=40),
    ),
    Copy(
        path="scans/gb-fasteners-upside-down.pdf",
        stratum="scan",
        difficulty="second page upside down",
        proves="A scan of two pages whose second one, with rows and totals, is upside down.",
        originals=(gb_fasteners.SAMPLE,),
        looks=(
            Look(Turned(skew=-0.6), OFFICE, dpi=150, seed=41),
            Look(Turned(turns=2, skew=0.4), OFFICE, dpi=150, seed=42),
        ),
        pack=lambda leaves: pdf(leaves, quality=45),
    ),
    Copy(
        path="scans/nl-broadband-bad-text.pdf",
        stratum="scan",
        difficulty="wrong text layer",
        proves=(
            "A scan with an invisible text layer full of reading errors: the truth is what the "
            "picture shows, and no value may come from the layer."
        ),
        originals=(nl_broadband.SAMPLE,),
        looks=(Look(Turned(skew=-0.8), OFFICE, seed=51),),
        pack=lambda leaves: pdf(leaves, quality=40),
        misread=misread,
    ),
    Copy(
        path="scans/gb-corner-shop.png",
        stratum="scan",
        difficulty="faint print",
        proves=(
            "A faint till receipt as PNG: company in capitals, rows with tax letters, cash given "
            "and change beside the total, VAT contained in it."
        ),
        originals=(gb_corner_shop.DRAWING,),
        looks=(Look(Turned(skew=-1.1), THERMAL, seed=61),),
        pack=png,
    ),
    Copy(
        path="scans/pt-bakery.jpg",
        stratum="scan",
        difficulty="skew, noise",
        proves=(
            "A Portuguese receipt as JPEG: accents and cedillas, day-month-year with dashes, tax "
            "at two rates in a table, cash and change."
        ),
        originals=(pt_bakery.DRAWING,),
        looks=(Look(Turned(skew=1.6), WORN, seed=71),),
        pack=jpeg,
    ),
    Copy(
        path="scans/de-parking-permit.pdf",
        stratum="scan",
        difficulty="skew",
        proves=(
            "A scanned German form: keys in small print above their values in ruled cells, and "
            "tick boxes whose crosses run over the edge."
        ),
        originals=(de_parking_permit.DRAWING,),
        looks=(Look(Turned(skew=0.9), OFFICE, seed=81),),
        pack=lambda leaves: pdf(leaves, quality=40),
    ),
    Copy(
        path="scans/de-confidentiality.pdf",
        stratum="scan",
        difficulty="skew",
        proves=(
            "A scanned German contract on one page: a firm and a person as parties, another date "
            "beside the day it takes effect, another period beside its term."
        ),
        originals=(de_confidentiality.DRAWING,),
        looks=(Look(Turned(skew=-1.3), OFFICE, seed=91),),
        pack=lambda leaves: pdf(leaves, quality=40),
    ),
)
