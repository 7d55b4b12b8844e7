"""The driver's tool is a script here: this machine may have no GPU."""

from __future__ import annotations

from pathlib import Path

import pytest

from docmill.gpu_workers.gpus import Gpu, described, gpu_at
from docmill.schemas.errors import UsageError

L4 = "GPU-5f1c, NVIDIA L4, 23034, 512, 8.9"


@pytest.fixture
def says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The answer of `nvidia-smi` is in this file; what it was asked, in `asked` beside it."""
    answer = tmp_path / "answer"
    tool = tmp_path / "nvidia-smi"
    tool.write_text(f'#!/bin/sh\necho "$@" > {tmp_path}/asked\n. {answer}\n')
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    return answer


def test_what_the_driver_says(says: Path) -> None:
    says.write_text(f'echo "{L4}"')
    gpu = gpu_at(1, {})
    assert gpu == Gpu("1", "NVIDIA L4", 23034 * 2**20, 512 * 2**20, (8, 9))
    assert "--id=1" in (says.parent / "asked").read_text().split()


@pytest.mark.parametrize(
    ("visible", "index", "device"),
    [("3", 0, "3"), ("3,5", 1, "5"), ("GPU-5f1c, GPU-77aa", 1, "GPU-77aa")],
)
def test_the_visible_ones_are_counted(says: Path, visible: str, index: int, device: str) -> None:
    says.write_text(f'echo "{L4}"')
    assert gpu_at(index, {"CUDA_VISIBLE_DEVICES": visible}).device == device


@pytest.mark.parametrize("visible", ["", "3"])
def test_one_that_is_not_visible(visible: str) -> None:
    with pytest.raises(UsageError, match="there is no GPU 1"):
        gpu_at(1, {"CUDA_VISIBLE_DEVICES": visible})


def test_memory_shared_with_the_machine_is_not_said(says: Path) -> None:
    says.write_text('echo "GPU-1, NVIDIA GB10, [N/A], [N/A], 12.1"')
    with pytest.raises(UsageError) as refused:
        described("0")
    assert "--memory-gb" in refused.value.hint


def test_used_memory_may_be_unknown(says: Path) -> None:
    says.write_text('echo "GPU-1, X, 81559, [N/A], [N/A]"')
    assert described("0") == Gpu("0", "X", 81559 * 2**20, None, None)


def test_no_such_gpu(says: Path) -> None:
    says.write_text('echo "No devices were found"; exit 6')
    with pytest.raises(UsageError, match="knows no GPU 0: No devices were found"):
        described("0")


def test_no_driver(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UsageError, match="no NVIDIA GPU"):
        gpu_at(0, {})
