"""Does the model fit, and which flags does its server get? All from the GPU's memory."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from docmill.gpu_workers.gpus import Gpu
from docmill.gpu_workers.models import GB, ServedModel
from docmill.schemas.errors import UsageError

USED_SHARE = 0.85
"""Of the GPU's memory; the official launcher of Chandra OCR 2 sets the same."""

RESERVE_GB = 2.0
"""Taken for activations and CUDA graphs: an assumption, not measured. vLLM measures it at start."""

# bfloat16 needs Ampere.
_LEAST_CAPABILITY = (8, 0)
# The table of the official launcher is written for 80 GB, and scaled.
_FULL_GB = 80
_FULL_BATCHED_TOKENS = 8192
_FULL_SEQUENCES = 64


@dataclass(frozen=True)
class Fit:
    """How a model's weights and a page's tokens go into a GPU's memory, in decimal gigabytes."""

    model: ServedModel
    memory_gb: float
    weights_gb: float

    @property
    def usable_gb(self) -> float:
        """What the server may take."""
        return self.memory_gb * USED_SHARE

    @property
    def cache_gb(self) -> float:
        """What is left for keys and values of pages; negative: the model does not fit."""
        return self.usable_gb - self.weights_gb - RESERVE_GB

    @property
    def page_gb(self) -> float:
        """What one page of full length takes; 0 where that is not known."""
        return (self.model.kv_bytes_per_token or 0) * self.model.context_tokens / GB

    @property
    def fits(self) -> bool:
        """Whether at least one page of full length does."""
        return self.cache_gb > 0 and self.cache_gb >= self.page_gb

    def arithmetic(self) -> str:
        """The whole sum, one line."""
        text = (
            f"{self.memory_gb:.1f} GB × {USED_SHARE:g} = {self.usable_gb:.1f} GB, less "
            f"{self.weights_gb:.1f} GB of weights and {RESERVE_GB:g} GB for activations"
        )
        page = f"{self.model.context_tokens:,} tokens take {self.page_gb:.2f} GB"
        if self.cache_gb < 0:
            return f"{text}: {-self.cache_gb:.1f} GB are missing"
        left = f"{text}: {self.cache_gb:.1f} GB for pages"
        if not self.page_gb:
            return left
        if not self.fits:
            return f"{left}, too little for one of full length ({page})"
        return f"{left}, {int(self.cache_gb / self.page_gb)} at full length ({page} each)"


def fit_of(model: ServedModel, gpu: Gpu) -> Fit:
    """The sum of a model and a GPU.

    Raises:
        UsageError: the model does not fit (the message holds the sum), its size is not known, or
            the GPU is too old for it.
    """
    if model.weights_gb is None:
        raise UsageError(
            f"the size of {model.weights} is not known, so nobody can say whether it fits",
            "Say it with `--weights-gb`: the sum of its *.safetensors files.",
        )
    if model.dtype == "bfloat16" and gpu.capability and gpu.capability < _LEAST_CAPABILITY:
        version = ".".join(map(str, gpu.capability))
        raise UsageError(
            f"{model.name} is served in bfloat16, which {gpu.name} lacks: it has compute "
            f"capability {version}, and 8.0 (Ampere) is needed",
            "Use a newer GPU, such as L4, A10, L40S, A100 or H100.",
        )
    fit = Fit(model, gpu.memory / GB, model.weights_gb)
    if not fit.fits:
        raise UsageError(
            f"{model.name} does not fit on {gpu.name}: {fit.arithmetic()}", model.too_large
        )
    free_gb = (gpu.memory - (gpu.used or 0)) / GB
    if free_gb < fit.usable_gb:
        raise UsageError(
            f"other processes use {(gpu.used or 0) / GB:.1f} GB of {gpu.name}: {free_gb:.1f} GB "
            f"are free, and the server takes {fit.memory_gb:.1f} GB × {USED_SHARE:g} = "
            f"{fit.usable_gb:.1f} GB",
            "End them (`nvidia-smi` lists them), or choose another GPU with `--gpu`.",
        )
    return fit


def batched_tokens(model: ServedModel, memory: int) -> int:
    """Tokens per step of the server: 8192 on 80 GB, scaled, down to a power of 2.

    The rule of the launcher in `chandra-ocr` 0.2.0, but never fewer than a picture needs.
    Decimal gigabytes reproduce its table: an “80 GB” card reports less than 80 GiB.
    """
    scaled = int(_FULL_BATCHED_TOKENS * memory / GB / _FULL_GB)
    power = 1 << max(scaled, 1).bit_length() - 1
    return max(1024, model.least_batched_tokens, min(power, _FULL_BATCHED_TOKENS))


def sequences(memory: int) -> int:
    """Pages at work at once: 64 on 80 GB, scaled, down to a multiple of 8 (the same launcher)."""
    return max(8, int(_FULL_SEQUENCES * memory / GB / _FULL_GB) // 8 * 8)


def server_flags(
    model: ServedModel, gpu: Gpu, *, host: str, port: int, further: Sequence[str] = ()
) -> tuple[str, ...]:
    """The arguments of `vllm` that serve this model on this GPU.

    `further` come last, so they win over those set here. Speculative decoding (MTP) is left out:
    log-probabilities, which confidence is made of, were wrong under it in some versions.
    """
    flags = [
        "serve", model.weights,
        "--served-model-name", model.served_name,
        "--host", host,
        "--port", str(port),
        "--dtype", model.dtype,
        "--max-model-len", str(model.context_tokens),
        "--max-num-batched-tokens", str(batched_tokens(model, gpu.memory)),
        "--max-num-seqs", str(sequences(gpu.memory)),
        "--gpu-memory-utilization", f"{USED_SHARE:g}",
        "--enable-prefix-caching",
        "--limit-mm-per-prompt", '{"image":1,"video":0}',
        "--logprobs-mode", "raw_logprobs",  # comparable between tries of different temperature
        "--max-logprobs", "20",
        "--disable-uvicorn-access-log",  # a line per page
    ]  # fmt: skip
    if model.processor:
        processor = json.dumps(dict(model.processor), separators=(",", ":"))
        flags += ["--mm-processor-kwargs", processor]
    return (*flags, *model.flags, *further)
