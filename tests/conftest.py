"""What holds for every test: a clean environment; and where outside documents may lie."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def empty_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(autouse=True)
def clean_environment(empty_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests see nothing of the settings and the home folder of whoever runs them."""
    monkeypatch.setenv("HOME", str(empty_home))
    for name in tuple(os.environ):
        if name.upper().startswith("DOCMILL_"):
            monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def repository(pytestconfig: pytest.Config) -> Path:
    """The root of the repository."""
    return pytestconfig.rootpath


@pytest.fixture(scope="session")
def eval_dir(repository: Path) -> Path:
    """Documents with truth, which are not part of the project."""
    return _beside(repository, "eval")


@pytest.fixture(scope="session")
def robustness_dir(repository: Path) -> Path:
    """Damaged and odd documents, which are not part of the project."""
    return _beside(repository, "robustness")


def _beside(repository: Path, name: str) -> Path:
    folder = repository.parent / "shared" / name
    if not folder.is_dir():
        pytest.skip(f"there is no ../shared/{name} beside the repository")
    return folder
