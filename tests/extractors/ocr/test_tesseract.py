"""Tesseract is optional: a stand-in command shows what is made of its answers and faults."""

# PyMuPDF has no type annotations to speak of.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pymupdf
import pytest

from docmill.extractors.ocr.tesseract import Tesseract, foreign_languages, is_installed
from docmill.extractors.render import OpenedPage, open_document
from docmill.schemas.errors import EngineError, EngineUnavailable
from docmill.schemas.page import PageStatus

ROWS = (
    "level\tpage_num\tblock_num\tpar_num\tline_num\tword_num\tleft\ttop\twidth\theight\tconf\ttext",
    "1\t1\t0\t0\t0\t0\t0\t0\t556\t278\t-1\t",
    "5\t1\t1\t1\t1\t1\t56\t28\t100\t20\t96.5\tСчёт",
    "5\t1\t1\t1\t1\t2\t160\t28\t50\t20\t91.0\t4711",
    "5\t1\t1\t1\t2\t1\t56\t60\t50\t20\t88.0\tИтого",
    "5\t1\t2\t1\t1\t1\t300\t60\t50\t20\t-1\t ",
    "5\t1\t2\t1\t1\t2\t300\t60\t50\t20\t70.0\tруб",
)

Install = Callable[[str], None]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Puts a command of this name first on the path, with a shell script for its reading."""

    def make(reading: str) -> None:
        script = tmp_path / "tesseract"
        script.write_text(
            "#!/bin/sh\n"
            'case "$1" in\n'
            '--version) echo "tesseract 5.3.0" ;;\n'
            '--list-langs) printf "List (3):\\neng\\nosd\\nrus\\n" ;;\n'
            f"*) cat >/dev/null; {reading} ;;\n"
            "esac\n",
            "utf-8",
        )
        script.chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")

    return make


@pytest.fixture
def page() -> Iterator[OpenedPage]:
    document = pymupdf.open()
    document.new_page(width=200, height=100).insert_text((20, 60), "xxxx", fontsize=40)
    with open_document(document.tobytes()) as opened:
        yield opened.page(1)


def test_words_of_the_table_become_words(
    install: Install, page: OpenedPage, tmp_path: Path
) -> None:
    table = tmp_path / "table.tsv"
    table.write_text("\n".join(ROWS) + "\n", "utf-8")
    install(f"cat '{table}'")
    text = Tesseract().read(page)
    assert text.status is PageStatus.OK
    assert [(w.text, w.block, w.line, w.confidence) for w in text.words] == [
        ("Счёт", 0, 0, 0.965),
        ("4711", 0, 0, 0.91),
        ("Итого", 0, 1, 0.88),
        ("руб", 1, 2, 0.7),
    ]
    assert text.words[0].box.x0 == pytest.approx(56 / 556, abs=0.001)
    assert [block.text for block in text.blocks] == ["Счёт 4711\nИтого", "руб"]


def test_the_tag_says_version_and_languages(install: Install) -> None:
    install("true")
    assert str(Tesseract().tag) == "tesseract@5.3.0+1[eng+rus]"
    assert Tesseract("rus").tag.model == "rus"


def test_a_missing_language_is_named(install: Install) -> None:
    install("true")
    with pytest.raises(EngineUnavailable, match="without ara"):
        _ = Tesseract("rus+ara").tag


def test_a_failure_carries_what_the_command_said(install: Install, page: OpenedPage) -> None:
    install("echo 'out of paper' >&2; exit 3")
    with pytest.raises(EngineError, match="out of paper"):
        Tesseract().read(page)


def test_guesses_are_no_reading(install: Install, page: OpenedPage, tmp_path: Path) -> None:
    table = tmp_path / "table.tsv"
    table.write_text("\n".join(ROWS).replace("\t9", "\t3").replace("\t8", "\t3"), "utf-8")
    install(f"cat '{table}'")
    text = Tesseract().read(page)
    assert text.status is PageStatus.UNSUPPORTED_SCRIPT
    assert "guesses" in text.findings[0]


def test_only_languages_in_other_letters_help_the_embedded_engine(
    install: Install, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    install("true")
    assert foreign_languages() == "rus+eng"
    monkeypatch.setenv("PATH", str(tmp_path / "nowhere"))
    assert foreign_languages() == ""


def test_an_empty_table_is_no_reading(install: Install, page: OpenedPage) -> None:
    install("true")
    assert Tesseract().read(page).status is PageStatus.NO_TEXT


def test_a_missing_command_says_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert not is_installed()
    with pytest.raises(EngineUnavailable, match="not installed") as caught:
        _ = Tesseract().tag
    assert "apt-get install" in caught.value.hint
