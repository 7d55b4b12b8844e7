"""The optional engine `tesseract`: the system's own, for scripts that the embedded model lacks."""

from __future__ import annotations

import io
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import groupby
from statistics import fmean

import numpy as np

from docmill.extractors.ocr.blocks import blocks_of
from docmill.extractors.picture_hash import picture_hash
from docmill.extractors.render import OpenedPage
from docmill.extractors.text_checks import wordless
from docmill.schemas.engine import EngineTag
from docmill.schemas.errors import EngineError, EngineUnavailable
from docmill.schemas.geometry import Box
from docmill.schemas.page import BoxSource, PageStatus, PageText, Word

VERSION = "1"
COMMAND = "tesseract"

TIMEOUT_S = 300
"""More than any page takes; the cage's own limit comes first."""

_NO_LANGUAGES = frozenset({"osd", "equ", "snum"})
_COLUMNS = 12
_WORD_LEVEL = "5"

HINT = "apt-get install tesseract-ocr, and tesseract-ocr-LANGUAGE for every language you need."


# Languages in letters that the embedded engine lacks; Greek it reads badly, Vietnamese too.
_FOREIGN = frozenset(
    [
        "amh", "ara", "aze_cyrl", "bel", "ben", "bul", "ell", "fas", "guj", "heb", "hin", "hye",
        "kan", "kat", "kaz", "khm", "kir", "kor", "lao", "mal", "mar", "mkd", "mon", "mya",
        "nep", "pan", "pus", "rus", "san", "sin", "srp", "syr", "tam", "tel", "tgk", "tha",
        "uig", "ukr", "urd", "uzb_cyrl", "vie", "yid",
    ]
)  # fmt: skip
MIN_CONFIDENCE = 0.6
"""Mean confidence below which the page is in letters of no language that was asked for."""


def is_installed() -> bool:
    """Whether the system has it."""
    return shutil.which(COMMAND) is not None


def foreign_languages() -> str:
    """Installed languages in letters that the embedded engine lacks, with English, or nothing.

    Raises:
        EngineError: the command is there but fails.
    """
    installed = _installed() if is_installed() else []
    foreign = sorted(_FOREIGN.intersection(installed))
    return "+".join([*foreign, *(["eng"] if "eng" in installed else [])]) if foreign else ""


def _installed() -> list[str]:
    lines = _run(["--list-langs"], b"").splitlines()[1:]
    return [name for name in lines if name not in _NO_LANGUAGES and "/" not in name]


class Tesseract:
    """Reads the picture of a page with the `tesseract` command.

    Args:
        languages: such as `rus+eng`; all that are installed where empty.
    """

    def __init__(self, languages: str = "") -> None:
        self._wanted = languages

    @cached_property
    def languages(self) -> str:
        """The languages it reads, joined by `+`.

        Raises:
            EngineUnavailable: the command or a wanted language is missing.
        """
        installed = _installed()
        wanted = self._wanted.split("+") if self._wanted else sorted(installed)
        missing = [name for name in wanted if name not in installed]
        if missing or not wanted:
            what = f"without {', '.join(missing)}" if missing else "without any language"
            raise EngineUnavailable(f"Tesseract is installed {what}.", HINT)
        return "+".join(wanted)

    @property
    def tag(self) -> EngineTag:
        """`tesseract`, its version with docmill's own, and the languages.

        Raises:
            EngineUnavailable: the command or a wanted language is missing.
        """
        return self._tag

    @cached_property
    def _tag(self) -> EngineTag:
        found = re.search(r"tesseract v?(\S+)", _run(["--version"], b""))
        number = found.group(1) if found else "unknown"
        return EngineTag(name="tesseract", version=f"{number}+{VERSION}", model=self.languages)

    def read(self, page: OpenedPage) -> PageText:
        """Words of a page, from its picture; the page is turned by Tesseract itself if it can.

        Raises:
            UnreadableFile: the page is too damaged to be drawn.
            EngineUnavailable: the command or a wanted language is missing.
            EngineError: the command failed.
        """
        picture = page.image(gray=True)
        buffer = io.BytesIO()
        picture.save(buffer, "PNG", compress_level=1)
        dpi = str(max(70, round(page.dpi)))
        table = _run(
            ["stdin", "stdout", "-l", self.languages, "--psm", "3", "--dpi", dpi, "tsv"],
            buffer.getvalue(),
        )
        words = tuple(_words(table.splitlines()[1:], picture.width, picture.height))
        confidence = fmean(word.confidence or 0.0 for word in words) if words else None
        guessed = confidence is not None and confidence < MIN_CONFIDENCE
        status = PageStatus.OK if words else wordless(np.asarray(picture))
        if guessed:
            status = PageStatus.UNSUPPORTED_SCRIPT
        return page.reading(self.tag, status).model_copy(
            update={
                "words": words,
                "image_hash": picture_hash(picture),
                "blocks": blocks_of(words),
                "mean_confidence": confidence,
                "findings": (f"its letters are guesses (mean {confidence:.2f})",)
                if guessed
                else (),
            }
        )


def _run(arguments: Sequence[str], picture: bytes) -> str:
    try:
        done = subprocess.run(
            [COMMAND, *arguments],
            input=picture,
            capture_output=True,
            timeout=TIMEOUT_S,
            check=False,
            env={**os.environ, "OMP_THREAD_LIMIT": "1"},  # one process per core
        )
    except FileNotFoundError as error:
        raise EngineUnavailable("Tesseract is not installed.", HINT) from error
    except subprocess.TimeoutExpired as error:
        raise EngineError(f"Tesseract took more than {TIMEOUT_S} s.") from error
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        raise EngineError(f"Tesseract failed: {said[-1] if said else done.returncode}")
    return done.stdout.decode(errors="replace")


def _words(lines: Sequence[str], width: int, height: int) -> Iterator[Word]:
    """Words of Tesseract's TSV output, blocks and lines numbered from 0."""
    rows = [row for line in lines if len(row := line.split("\t")) == _COLUMNS]
    rows = [row for row in rows if row[0] == _WORD_LEVEL and row[11].strip()]
    line_number = -1
    for block, (_, in_block) in enumerate(groupby(rows, key=lambda row: row[1:3])):
        for _, in_line in groupby(in_block, key=lambda row: row[3:5]):
            line_number += 1
            for row in in_line:
                left, top, wide, high = (int(number) for number in row[6:10])
                yield Word(
                    text=row[11].strip(),
                    box=Box.clipped(
                        left / width, top / height, (left + wide) / width, (top + high) / height
                    ),
                    block=block,
                    line=line_number,
                    confidence=min(1.0, max(0.0, float(row[10]) / 100)),
                    box_source=BoxSource.OCR,
                )
