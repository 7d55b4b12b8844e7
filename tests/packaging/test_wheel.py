"""The wheel holds all of docmill and nothing else, and works where it is installed."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
import venv
from collections.abc import Sequence
from pathlib import Path
from zipfile import ZipFile

import pytest

PACKAGES = ("flows", "extractors", "schemas", "gpu_workers", "infra")


def run(*command: str | Path, cwd: Path) -> str:
    finished = subprocess.run(
        list(map(str, command)),
        cwd=cwd,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
    )
    assert finished.returncode == 0, finished.stdout
    return finished.stdout


def build(repository: Path, folder: Path, *options: str) -> Path:
    """Builds with the hatchling that is installed, so without the network."""
    command = [sys.executable, "-P", "-m", "build", "--no-isolation", "--outdir", str(folder)]
    run(*command, *options, cwd=repository)
    (wheel,) = folder.glob("*.whl")
    return wheel


@pytest.fixture(scope="module")
def wheel(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(repository, tmp_path_factory.mktemp("wheel"), "--wheel")


@pytest.fixture(scope="module")
def python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of a new environment: the wheel, and the dependencies of this environment."""
    folder = tmp_path_factory.mktemp("installed") / "venv"
    venv.create(folder, with_pip=True)
    python = folder / "bin" / "python"
    run(python, "-m", "pip", "install", "--no-deps", "--no-index", wheel, cwd=folder)
    paths = {"base": str(folder), "platbase": str(folder)}
    site_packages = Path(sysconfig.get_path("purelib", "venv", vars=paths))
    # A folder named in a .pth file brings its packages, but not its own .pth files, and so not
    # the editable installation of docmill.
    (site_packages / "dependencies.pth").write_text(sysconfig.get_path("purelib"))
    return python


def packaged_files(repository: Path) -> set[str]:
    return {
        f"docmill/{path.relative_to(repository).as_posix()}"
        for package in PACKAGES
        for path in (repository / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
        if not path.is_relative_to(repository / "infra" / "deploy")
    }


def contents(wheel: Path) -> dict[str, bytes]:
    with ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_the_top_level_is_docmill_and_its_metadata(wheel: Path) -> None:
    metadata = "-".join(wheel.name.split("-")[:2]) + ".dist-info"
    assert {name.split("/")[0] for name in contents(wheel)} == {"docmill", metadata}


def test_every_file_is_in_it(wheel: Path, repository: Path) -> None:
    names = {name for name in contents(wheel) if name.startswith("docmill/")}
    expected = packaged_files(repository)
    assert names == expected
    assert {f"docmill/{package}/py.typed" for package in PACKAGES} <= expected
    assert "docmill/infra/cage_worker.py" in expected


def test_a_wheel_made_from_the_source_archive_is_the_same(
    wheel: Path, repository: Path, tmp_path: Path
) -> None:
    assert contents(build(repository, tmp_path)) == contents(wheel)


def test_it_works_where_it_is_installed(python: Path, tmp_path: Path) -> None:
    code = (
        "from docmill.infra import cage\n"
        "with cage.Cage(1) as work: print(work.call(abs, -7), cage.__file__)"
    )
    answer, place = run(python, "-c", code, cwd=tmp_path).split()
    assert answer == "7"
    assert Path(place).is_relative_to(python.parent.parent)


@pytest.mark.parametrize("package", PACKAGES)
def test_bare_names_do_not_exist(python: Path, tmp_path: Path, package: str) -> None:
    code = f"import docmill.{package}, importlib.util; print(importlib.util.find_spec('{package}'))"
    assert run(python, "-c", code, cwd=tmp_path) == "None\n"


@pytest.mark.parametrize("arguments", [["--help"], ["run", "--help"]])
def test_the_command_explains_itself(
    python: Path, tmp_path: Path, arguments: Sequence[str]
) -> None:
    assert "Usage" in run(python.parent / "docmill", *arguments, cwd=tmp_path)
