from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from docmill.infra.sources import Selection, Sources, find_sources, open_place, source_file
from docmill.infra.storage.local import LocalFolder
from docmill.schemas.errors import StoreError, UsageError


@pytest.fixture
def inbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.chdir(tmp_path)
    for name in (
        "a.pdf",
        "B.PDF",
        "notes.txt",
        ".hidden.pdf",
        "sub/c.png",
        "sub/.git/d.pdf",
        "drafts/e.pdf",
        "drafts/f.tmp.pdf",
        "name without suffix",
    ):
        path = tmp_path / "inbox" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode())
    yield tmp_path / "inbox"


def below(inbox: Path, sources: Sources) -> list[str]:
    return [source.uri.removeprefix(f"file://{inbox}/") for source in sources.objects]


def test_a_folder_gives_its_documents_to_the_bottom(inbox: Path) -> None:
    found = find_sources(["inbox"])
    assert below(inbox, found) == [
        "B.PDF",
        "a.pdf",
        "drafts/e.pdf",
        "drafts/f.tmp.pdf",
        "sub/c.png",
    ]
    assert found.passed_over == 2  # hidden ones are not even counted


def test_an_object_is_as_its_store_lists_it(inbox: Path) -> None:
    (listed,) = find_sources(["inbox/sub"]).objects
    stored = LocalFolder(inbox).find("sub/c.png")
    assert stored is not None
    assert (listed.size, listed.etag, listed.modified_at) == (
        stored.size,
        stored.etag,
        stored.modified_at,
    )
    assert listed == source_file(inbox / "sub/c.png")


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["inbox/a.pdf", "inbox/./a.pdf", "inbox/sub/../a.pdf"], ["a.pdf"]),
        (["inbox/notes.txt"], ["notes.txt"]),  # named directly
        (["inbox/.hidden.pdf"], [".hidden.pdf"]),
        (["inbox/*.pdf"], ["a.pdf"]),
        (["inbox/s*"], ["sub/c.png"]),
        (["inbox/**/*.pdf"], ["a.pdf", "drafts/e.pdf", "drafts/f.tmp.pdf"]),
        (["inbox/drafts", "inbox/drafts/e.pdf"], ["drafts/e.pdf", "drafts/f.tmp.pdf"]),
    ],
)
def test_files_globs_and_repetitions(
    inbox: Path, arguments: list[str], expected: list[str]
) -> None:
    assert below(inbox, find_sources(arguments)) == expected
    assert below(inbox, find_sources([f"file://{inbox.parent}/{each}" for each in arguments])) == (
        expected
    )


def test_excluded_files_are_counted(inbox: Path) -> None:
    found = find_sources(["inbox"], ["drafts/*", "*.PDF"])
    assert below(inbox, found) == ["a.pdf", "sub/c.png"]
    assert found.passed_over == 5
    assert below(inbox, find_sources(["inbox/drafts/e.pdf"], ["*.pdf"])) == ["drafts/e.pdf"]


@pytest.mark.parametrize("argument", ["inbox/none.pdf", "inbox/*.xyz", "ftp://host/a.pdf"])
def test_what_names_nothing_is_an_error(inbox: Path, argument: str) -> None:
    with pytest.raises(UsageError) as caught:
        find_sources([argument])
    assert argument in caught.value.message
    assert caught.value.hint


@pytest.mark.parametrize(
    ("selection", "taken"),
    [
        (Selection(), {"a.pdf", "x/b.TIFF"}),
        (Selection(include=("*",)), {"a.pdf", "x/b.TIFF", "x/7f3a", "x/c.txt"}),
        (Selection(include=("x/*",), exclude=("*.txt",)), {"x/b.TIFF", "x/7f3a"}),
        (Selection(exclude=("a.*",)), {"x/b.TIFF"}),
    ],
)
def test_what_is_taken(selection: Selection, taken: set[str]) -> None:
    keys = ["a.pdf", "x/b.TIFF", "x/7f3a", "x/c.txt", "x/", ".y/d.pdf", "x/.e.pdf"]
    assert {key for key in keys if selection.takes(key)} == taken


def test_links_are_followed_but_never_in_circles(inbox: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere/far.pdf").write_bytes(b"far")
    (inbox / "linked").symlink_to(tmp_path / "elsewhere")
    (inbox / "sub/up").symlink_to(inbox)
    (inbox / "sub/self").symlink_to(inbox / "sub")
    (tmp_path / "elsewhere/back").symlink_to(tmp_path / "elsewhere")
    (inbox / "sub/drafts").symlink_to(inbox / "drafts")
    (inbox / "drafts/sub").symlink_to(inbox / "sub")
    (inbox / "broken.pdf").symlink_to(inbox / "nowhere.pdf")
    assert below(inbox, find_sources(["inbox"])) == [
        "B.PDF",
        "a.pdf",
        "drafts/e.pdf",
        "drafts/f.tmp.pdf",
        "drafts/sub/c.png",
        "linked/far.pdf",
        "sub/c.png",
        "sub/drafts/e.pdf",
        "sub/drafts/f.tmp.pdf",
    ]


def test_a_name_that_cannot_be_a_uri_stops_the_listing(inbox: Path) -> None:
    path = os.fsencode(inbox / "sub") + b"/M\xfcller.pdf"
    os.close(os.open(path, os.O_CREAT))
    with pytest.raises(StoreError, match="not UTF-8") as caught:
        find_sources(["inbox"])
    assert "M\\xfcller.pdf" in caught.value.message
    assert "Rename" in caught.value.hint


def test_a_place_that_is_not_there_is_not_empty(inbox: Path) -> None:
    place = open_place("nowhere")
    with pytest.raises(StoreError, match=r"no folder .*nowhere") as caught:
        list(place.list())
    assert "mounted" in caught.value.hint


def test_uris_and_keys(inbox: Path) -> None:
    place = open_place("inbox")
    objects = [place.object(found) for found in place.list()]
    assert [place.key(each.uri) for each in objects] == below(inbox, Sources(tuple(objects), 0))
