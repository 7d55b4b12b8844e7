"""What the collection as a whole covers; that it can be made again; that broken files break."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportGeneralTypeIssues=false

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pymupdf
import pytest

from docmill.extractors.render import open_document
from docmill.schemas import errors


@pytest.fixture(scope="module")
def regenerated(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sample_docs")
    command = [sys.executable, "-m", "sample_docs.generate", "--out", str(folder)]
    subprocess.run(command, cwd=repository, check=True)
    return folder


def stored(folder: Path) -> list[Path]:
    files = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    return sorted(path for path in files if path.suffix in (".pdf", ".jsonl"))


def words(path: Path) -> list[list[tuple[Any, ...]]]:
    """The words of all pages with their positions in points, rounded."""
    with pymupdf.open(path) as pdf:
        found: list[Any] = [page.get_text("words") for page in pdf]
    return [[(*(round(x, 1) for x in word[:4]), word[4]) for word in page] for page in found]


def test_making_it_again_gives_the_same_files(sample_docs: Path, regenerated: Path) -> None:
    assert stored(regenerated) == stored(sample_docs)
    for path in stored(sample_docs):
        old, new = sample_docs / path, regenerated / path
        # Another version of ReportLab may write other bytes; the pages must be the same.
        same = old.read_bytes() == new.read_bytes()
        assert same or (path.parts[0] != "broken" and words(old) == words(new)), path


def test_the_truth_is_the_same_again(sample_docs: Path, regenerated: Path) -> None:
    for name in ("manifest.jsonl", "broken/manifest.jsonl"):
        assert (regenerated / name).read_bytes() == (sample_docs / name).read_bytes()


def test_it_covers_kinds_and_languages(manifest: list[dict[str, Any]]) -> None:
    kinds = Counter(entry["doc_type"] for entry in manifest)
    assert kinds["invoice"] >= 7
    assert kinds["receipt"] >= 2
    assert {"de", "en", "fr", "es", "it", "nl"} <= {entry["language"] for entry in manifest}
    assert len({entry["id"] for entry in manifest}) == len(manifest)


def test_one_table_runs_over_a_page_break(manifest: list[dict[str, Any]]) -> None:
    (long,) = (entry for entry in manifest if entry["pages"] > 1)
    boxes = long["boxes"]
    pages = [boxes[f"line_items[{i}].line_total"]["page"] for i in range(len(long["line_items"]))]
    assert pages == sorted(pages)
    assert set(pages) == {1, 2}


def test_it_is_small(sample_docs: Path) -> None:
    assert sum((sample_docs / path).stat().st_size for path in stored(sample_docs)) < 2_000_000


def test_the_readme_says_what_each_file_is_for(
    sample_docs: Path, manifest: list[dict[str, Any]]
) -> None:
    readme = (sample_docs / "README.md").read_text("utf-8")
    rows = [f"| `{e['path']}` | {e['language']} | {e['proves']} |" for e in manifest]
    assert [row for row in rows if row not in readme] == []


def test_a_broken_file_ends_in_its_error(sample_docs: Path, broken: dict[str, Any]) -> None:
    content = (sample_docs / "broken" / broken["path"]).read_bytes()
    with pytest.raises(getattr(errors, broken["error"])):
        open_document(content)


def test_the_encrypted_file_opens_with_its_password(sample_docs: Path) -> None:
    with pymupdf.open(sample_docs / "broken" / "encrypted.pdf") as pdf:
        assert pdf.authenticate("sample")
        assert "Rechnung" in pdf[0].get_text()
