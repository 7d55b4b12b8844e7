"""Rules about the repository as a whole."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

FOLDERS = (
    "flows",
    "extractors",
    "schemas",
    "gpu_workers",
    "infra",
    "sample_docs",
    "tests",
    "docs",
    "benchmarks",
    ".ci",
)
PACKAGES = FOLDERS[:5]
LOCK_FILES = {
    "Pipfile.lock",
    "package-lock.json",
    "pdm.lock",
    "pnpm-lock.yaml",
    "poetry.lock",
    "uv.lock",
    "yarn.lock",
}
# Each with a gap, so that this file does not match itself.
MACHINE_PATH = re.compile(r"(?<![\w.~/])/(?:work|root|home/\w+|Users/\w+)[/]")
REGISTRY = re.compile(r"\b(?:index[-_]url|find[-_]links|files\.pythonhosted|registry\.npmjs)\b")


@pytest.fixture(scope="module")
def tracked(repository: Path) -> list[Path]:
    """All files under version control, links left out."""
    if not (repository / ".git").exists():
        pytest.skip("this is not a clone of the repository")
    listing = subprocess.run(
        ["git", "-c", "safe.directory=*", "ls-files", "-z"],
        cwd=repository,
        stdout=subprocess.PIPE,
        check=True,
    )
    paths = (repository / os.fsdecode(name) for name in listing.stdout.split(b"\0") if name)
    return [path for path in paths if path.is_file() and not path.is_symlink()]


def matches(paths: list[Path], pattern: re.Pattern[str]) -> list[str]:
    found: list[str] = []
    for path in paths:
        content = path.read_bytes()
        if path == Path(__file__).resolve() or b"\0" in content or content.startswith(b"%PDF"):
            continue
        lines = content.decode(errors="replace").splitlines()
        found += [f"{path}: {line.strip()[:80]}" for line in lines if pattern.search(line)]
    return found


def test_no_file_names_a_place_on_one_machine(tracked: list[Path]) -> None:
    assert matches(tracked, MACHINE_PATH) == []


def test_no_file_names_a_package_registry(tracked: list[Path]) -> None:
    assert matches(tracked, REGISTRY) == []


@pytest.mark.parametrize(
    ("text", "hit"),
    [
        ("see /home/anna/x", True),
        ("='/root/x'", True),
        ("https://example.org/root/x", False),
        ("~/root/x", False),
        ("/api/root/x", False),
    ],
)
def test_machine_paths_are_recognised(text: str, hit: bool) -> None:
    assert bool(MACHINE_PATH.search(text)) == hit


def test_there_are_no_lock_files(tracked: list[Path]) -> None:
    assert [path for path in tracked if path.name in LOCK_FILES] == []


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_folder_is_there(repository: Path, folder: str) -> None:
    assert any((repository / folder).iterdir())


@pytest.mark.parametrize("package", PACKAGES)
def test_every_package_is_typed_and_linked(repository: Path, package: str) -> None:
    assert (repository / package / "py.typed").is_file()
    link = repository / ".devpath" / "docmill" / package
    assert link.readlink() == Path("..", "..", package)


def test_the_licence_is_there(repository: Path) -> None:
    assert "Apache License" in (repository / "LICENSE").read_text()


@pytest.mark.parametrize("command", ["make run", "make test"])
def test_the_readme_says_how_to_begin(repository: Path, command: str) -> None:
    assert command in (repository / "README.md").read_text()
