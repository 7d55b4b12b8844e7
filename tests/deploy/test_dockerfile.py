from __future__ import annotations

import re
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def lines(deploy: Path) -> list[str]:
    text = (deploy / "Dockerfile").read_text().replace("\\\n", " ")
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def test_bases_are_pinned_and_stages_are_known(lines: list[str]) -> None:
    stages: set[str] = set()
    argument = next(line for line in lines if line.startswith("ARG PYTHON_IMAGE="))
    assert re.search(r":3\.\d+\.\d+-", argument)
    for line in lines:
        if match := re.fullmatch(r"FROM (\S+) AS (\S+)", line):
            assert match[1] == "${PYTHON_IMAGE}" or match[1] in stages
            stages.add(match[2])
        if match := re.search(r"--from=(\S+)", line):
            assert match[1] in stages
    assert {"cpu", "gpu"} <= stages


def test_it_runs_as_nobody_in_particular(lines: list[str]) -> None:
    """Root only installs: whatever a stage begins with, it ends with the user it is run by."""
    users: dict[str, str] = {}
    stage = ""
    for line in lines:
        if match := re.fullmatch(r"FROM (\S+) AS (\S+)", line):
            stage = match[2]
            users[stage] = users.get(match[1], "root")
        if line.startswith("USER"):
            users[stage] = line.removeprefix("USER ")
    assert users["cpu"] == users["gpu"] == "10001:10001"
    assert any(line.startswith("HEALTHCHECK") for line in lines)


def test_what_is_copied_is_there_and_not_ignored(lines: list[str], repository: Path) -> None:
    ignored = (repository / "infra" / "deploy" / "Dockerfile.dockerignore").read_text()
    allowed = {line[1:] for line in ignored.splitlines() if line.startswith("!")}
    copied = [
        source
        for line in lines
        if line.startswith("COPY") and "--from" not in line
        for source in line.split()[1:-1]
    ]
    assert len(copied) >= 8
    for source in copied:
        assert (repository / source).exists(), source
        assert source.split("/")[0] in allowed, source


def test_the_wheel_is_built_from_what_is_copied(repository: Path) -> None:
    """Each folder that the wheel takes is among what the image's build sees."""
    pyproject = (repository / "pyproject.toml").read_text()
    only = re.search(r"targets\.wheel\]\nonly-include = \[([^\]]*)\]", pyproject)
    assert only
    text = (repository / "infra" / "deploy" / "Dockerfile").read_text()
    for folder in re.findall(r'"(\w+)"', only[1]):
        assert f"COPY {folder} {folder}" in text
