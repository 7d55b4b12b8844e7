"""What the collection as a whole covers; that it can be made again; that broken files break."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportGeneralTypeIssues=false

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pymupdf
import pytest
from PIL import Image, ImageChops, ImageStat

from docmill.extractors.render import open_document
from docmill.schemas import errors

Pictures = Callable[[Path], list[Image.Image]]


def stored(folder: Path) -> list[Path]:
    files = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    code = ("generate", "README.md")
    return sorted(path for path in files if path.parts[0] not in code)


def words(path: Path) -> list[list[tuple[Any, ...]]]:
    """The words of all pages with their positions in points, rounded."""
    with pymupdf.open(path) as pdf:
        found: list[Any] = [page.get_text("words") for page in pdf]
    return [[(*(round(x, 1) for x in word[:4]), word[4]) for word in page] for page in found]


def look_alike(first: list[Image.Image], second: list[Image.Image]) -> bool:
    """Whether all pages have the same size, and levels that differ by little on average."""
    pairs = zip(first, second, strict=True)
    return all(
        a.size == b.size and sum(ImageStat.Stat(ImageChops.difference(a, b)).mean) < 3
        for a, b in pairs
    )


def test_making_it_again_gives_the_same_files(
    sample_docs: Path, regenerated: tuple[Path, Path], pictures: Pictures
) -> None:
    assert stored(regenerated[0]) == stored(sample_docs)
    for path in stored(sample_docs):
        old, new = sample_docs / path, regenerated[0] / path
        # Other versions of the libraries may write other bytes; the pages must be the same.
        if old.read_bytes() != new.read_bytes():
            assert path.suffix not in (".jsonl", ".txt"), path
            assert path.suffix != ".pdf" or words(old) == words(new), path
            assert look_alike(pictures(old), pictures(new)), path


def test_the_truth_is_the_same_again(sample_docs: Path, regenerated: tuple[Path, Path]) -> None:
    for name in ("manifest.jsonl", "broken/manifest.jsonl"):
        assert (regenerated[0] / name).read_bytes() == (sample_docs / name).read_bytes()


def test_every_file_is_listed_and_every_listed_file_is_there(sample_docs: Path) -> None:
    for folder, ignored in ((sample_docs, ("broken",)), (sample_docs / "broken", ())):
        lines = (folder / "manifest.jsonl").read_text("utf-8").splitlines()
        listed = sorted(Path(json.loads(line)["path"]) for line in lines)
        files = [path for path in stored(folder) if path.suffix != ".jsonl"]
        assert [path for path in files if path.parts[0] not in ignored] == listed


def test_it_covers_kinds_and_languages(manifest: list[dict[str, Any]]) -> None:
    kinds = Counter(entry["doc_type"] for entry in manifest)
    assert kinds["invoice"] >= 7
    assert kinds["receipt"] >= 4
    assert kinds["form"] >= 2
    assert kinds["contract"] >= 2
    strata = Counter(entry["stratum"] for entry in manifest)
    assert strata.keys() == {"born_digital", "scan", "photo"}
    assert min(strata.values()) >= 3
    assert {"de", "en", "fr", "es", "it", "nl", "pt"} <= {entry["language"] for entry in manifest}
    assert len({entry["id"] for entry in manifest}) == len(manifest)


def test_tables_run_over_a_page_break(manifest: list[dict[str, Any]]) -> None:
    long = [e for e in manifest if e["pages"] > 1 and len(e.get("line_items", ())) > 30]
    assert {entry["stratum"] for entry in long} == {"born_digital", "scan"}
    for entry in long:
        rows = range(len(entry["line_items"]))
        pages = [entry["boxes"][f"line_items[{i}].line_total"]["page"] for i in rows]
        assert pages == sorted(pages)
        assert set(pages) == {1, 2}


def test_parts_share_the_pages_out(manifest: list[dict[str, Any]]) -> None:
    (several,) = (entry for entry in manifest if "parts" in entry)
    pages = [p for part in several["parts"] for p in range(part["page_from"], part["page_to"] + 1)]
    assert pages == list(range(1, several["pages"] + 1))
    assert len({part["fields"]["seller_name"] for part in several["parts"]}) == 2
    for part in several["parts"]:
        on = {spot["page"] for spot in part["boxes"].values()}
        assert on == set(range(part["page_from"], part["page_to"] + 1))


def test_it_is_small(sample_docs: Path) -> None:
    sizes = {path: (sample_docs / path).stat().st_size for path in stored(sample_docs)}
    assert sum(sizes.values()) < 4_000_000
    assert {p for p, size in sizes.items() if size > 300_000} <= {Path("manifest.jsonl")}


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
