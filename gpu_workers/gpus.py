"""The GPU at hand, as the driver's own tool `nvidia-smi` describes it."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass

from docmill.gpu_workers.models import GB
from docmill.schemas.errors import UsageError

_MIB = 2**20
_FIELDS = "uuid,name,memory.total,memory.used,compute_cap"
_TIMEOUT_S = 30.0
_STATE_IT = "State its memory with `--memory-gb` if it has one, for example for a `--dry-run`."


@dataclass(frozen=True)
class Gpu:
    """A GPU; memory in bytes.

    Attributes:
        device: index or UUID, as `CUDA_VISIBLE_DEVICES` takes it; empty where only its memory was
            stated.
        name: of the product.
        memory: all of it.
        used: by whatever process; None where it cannot be asked for.
        capability: CUDA's compute capability, such as (8, 0); None where it is not known.
    """

    device: str
    name: str
    memory: int
    used: int | None = None
    capability: tuple[int, int] | None = None


def stated(memory_gb: float) -> Gpu:
    """A GPU of which only the memory is known, in decimal gigabytes."""
    return Gpu("", "a GPU", round(memory_gb * GB))


def gpu_at(index: int, environment: Mapping[str, str] = os.environ) -> Gpu:
    """The GPU of this index, from 0, among those that `CUDA_VISIBLE_DEVICES` allows.

    Raises:
        UsageError: there is none, or nothing can be learnt of it.
    """
    return described(_device(index, environment.get("CUDA_VISIBLE_DEVICES")))


def described(device: str) -> Gpu:
    """What the driver says about a device, by index or UUID.

    Raises:
        UsageError: it says nothing that can be used.
    """
    tool = shutil.which("nvidia-smi")
    if tool is None:
        raise UsageError("this machine has no NVIDIA GPU: there is no `nvidia-smi`", _STATE_IT)
    command = [tool, f"--query-gpu={_FIELDS}", "--format=csv,noheader,nounits", f"--id={device}"]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=_TIMEOUT_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise UsageError(f"nvidia-smi does not answer: {error}", _STATE_IT) from error
    if done.returncode:
        said = (done.stdout + done.stderr).strip()
        raise UsageError(f"nvidia-smi knows no GPU {device}: {said}", _STATE_IT)
    return _parsed(device, done.stdout)


def _device(index: int, visible: str | None) -> str:
    if visible is None:
        return str(index)
    devices = [part.strip() for part in visible.split(",") if part.strip()]
    if index >= len(devices):
        raise UsageError(
            f"there is no GPU {index}: CUDA_VISIBLE_DEVICES is “{visible}”",
            "Choose another with `--gpu`, counted from 0 among those.",
        )
    return devices[index]


def _parsed(device: str, line: str) -> Gpu:
    parts = [part.strip() for part in line.strip().split(",")]
    if len(parts) != 5 or not parts[2].isdigit():  # memory that is the machine's own says [N/A]
        raise UsageError(f"nvidia-smi does not say how much memory it has: {line!r}", _STATE_IT)
    major, _, minor = parts[4].partition(".")
    return Gpu(
        device=device,
        name=parts[1],
        memory=int(parts[2]) * _MIB,
        used=int(parts[3]) * _MIB if parts[3].isdigit() else None,
        capability=(int(major), int(minor)) if major.isdigit() and minor.isdigit() else None,
    )
