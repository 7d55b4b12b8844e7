"""The models that a GPU worker knows: where their weights are, how big, under which licence."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from docmill.schemas.errors import UsageError

GB = 10**9


@dataclass(frozen=True)
class Licence:
    """A licence of weights; `attention` is what somebody must decide before using them."""

    name: str
    attention: str = ""


@dataclass(frozen=True)
class ServedModel:
    """A model as vLLM serves it.

    Sizes are decimal gigabytes (10**9 bytes), as on a GPU's data sheet.

    Attributes:
        name: what `docmill gpu-worker --model` takes.
        weights: repository on the Hugging Face hub, or a folder.
        served_name: the model's name in requests.
        weights_gb: size of the weights in memory; None: not known.
        context_tokens: picture, prompt and answer together; the server's `--max-model-len`.
        kv_bytes_per_token: what a token occupies in the cache of keys and values at 16 bits;
            None: not known.
        least_batched_tokens: vLLM gives its encoder cache as many tokens as fit into one batch; a
            picture with more is refused with HTTP 400.
        processor: limits on pictures, for the server's own processor.
        dtype: the number format that the weights are loaded in.
        flags: of the server, for this model alone.
        licence: of the weights.
        too_large: what to do on a GPU that is too small.
    """

    name: str
    weights: str
    served_name: str
    weights_gb: float | None
    context_tokens: int
    kv_bytes_per_token: int | None = None
    least_batched_tokens: int = 1024
    processor: Mapping[str, int] = field(default_factory=dict[str, int])
    dtype: str = "bfloat16"
    flags: tuple[str, ...] = ()
    licence: Licence = Licence(
        "not known to docmill", "Read the licence that comes with the weights before using them."
    )
    too_large: str = "Use a larger GPU, or quantised weights with `--weights` and `--weights-gb`."


CHANDRA = ServedModel(
    name="chandra",
    weights="datalab-to/chandra-ocr-2",
    served_name="chandra",
    weights_gb=10.6,  # 5.3 billion parameters at 16 bits
    # A picture of 6.29 million pixels has about 6,050 tokens, the prompt 600, and the official
    # client asks for 12,384 of answer: 19,034. The official launcher's 18,000 would cut pages off.
    context_tokens=20480,
    kv_bytes_per_token=8 * 2 * 4 * 256 * 2,  # full attention in 8 of 32 layers, 4 heads of 256
    processor={"min_pixels": 3136, "max_pixels": 6291456},
    licence=Licence(
        "modified OpenRAIL-M",
        "Free for research, for personal use, and for companies with under 2 million USD of "
        "revenue in the past year and of funding in total; not for products that compete with "
        "Datalab's; the share-alike clause reaches what the model writes. Read the licence file "
        "that comes with the weights.",
    ),
    too_large="Use a GPU of 24 GB or more, or GLM-OCR (`--model glm-ocr`).",
)

GLM_OCR = ServedModel(
    name="glm-ocr",
    weights="zai-org/GLM-OCR",
    served_name="glm-ocr",
    weights_gb=2.5,
    # A page of 200 dpi has about 4,770 tokens, and the official client asks for 8,192 of answer.
    context_tokens=16384,
    kv_bytes_per_token=16 * 2 * 8 * 128 * 2,  # 16 layers, 8 heads of 128
    least_batched_tokens=8192,
    licence=Licence("MIT"),
    too_large="Use a GPU of 8 GB or more.",
)

MISTRAL_SMALL_4 = ServedModel(
    name="mistral-small-4",
    weights="mistralai/Mistral-Small-4-119B-2603",
    served_name="mistral-small-4",
    weights_gb=242.0,  # 119 billion parameters, at full precision
    context_tokens=32768,
    licence=Licence("Apache-2.0"),
    too_large=(
        "No single GPU holds it at full precision. Take quantised weights (NVFP4, about 72 GB: "
        "`--weights mistralai/Mistral-Small-4-119B-2603-NVFP4 --weights-gb 72`, on a GPU of 96 GB "
        "or more); or several GPUs, with a vLLM of your own (`--tensor-parallel-size`) named as "
        "an endpoint; or the smaller `--model mistral-small-3.2` (48 GB of weights, on 80 GB)."
    ),
)

MISTRAL_SMALL_3_2 = ServedModel(
    name="mistral-small-3.2",
    weights="mistralai/Mistral-Small-3.2-24B-Instruct-2506",
    served_name="mistral-small-3.2",
    weights_gb=48.0,
    context_tokens=32768,
    kv_bytes_per_token=40 * 2 * 8 * 128 * 2,  # 40 layers, 8 heads of 128
    least_batched_tokens=4096,  # a picture of 1540 x 1540 pixels has 3,025 tokens
    flags=("--tokenizer-mode", "mistral", "--config-format", "mistral", "--load-format", "mistral"),
    licence=Licence("Apache-2.0"),
    too_large="Use a GPU of 80 GB, or quantised weights with `--weights` and `--weights-gb`.",
)

MODELS: Mapping[str, ServedModel] = {
    model.name: model for model in (CHANDRA, GLM_OCR, MISTRAL_SMALL_4, MISTRAL_SMALL_3_2)
}
"""By name. None of them is a default: a model is chosen by whoever answers for its licence."""

_OWN_CONTEXT = 16384


def model_named(
    name: str, *, weights: str | None = None, weights_gb: float | None = None
) -> ServedModel:
    """A known model, a folder with weights, or a repository such as `owner/model`.

    Args:
        name: one of `MODELS`, a folder, or a repository.
        weights: other weights of a known model: quantised ones, or a folder that holds a copy.
        weights_gb: their size in memory, in decimal gigabytes; a folder's own by default.

    Raises:
        UsageError: there is no such model, or the folder holds none.
    """
    known = MODELS.get(name)
    place = weights or (known.weights if known else name)
    if known is None and "/" not in name and not Path(name).is_dir():
        raise UsageError(
            f"no model “{name}”", f"Known: {', '.join(MODELS)}; else a folder or OWNER/MODEL."
        )
    if Path(place).is_dir():
        found = _of_folder(Path(place))
    else:
        found = ServedModel(name, place, _last(place), None, _OWN_CONTEXT)
    if known is not None:
        size = known.weights_gb if weights is None else found.weights_gb
        found = replace(known, weights=place, weights_gb=size)
    return found if weights_gb is None else replace(found, weights_gb=weights_gb)


def _of_folder(folder: Path) -> ServedModel:
    config = folder / "config.json"
    try:
        content = json.loads(config.read_bytes())
    except (OSError, ValueError) as error:
        raise UsageError(
            f"{folder} holds no model: config.json cannot be read ({error})",
            "Name the folder that `hf download` made.",
        ) from error
    size = sum(path.stat().st_size for path in folder.glob("*.safetensors"))
    longest = _longest(content)
    return ServedModel(
        name=str(folder),
        weights=str(folder),
        served_name=folder.resolve().name,
        weights_gb=size / GB if size else None,
        context_tokens=min(_OWN_CONTEXT, longest) if longest else _OWN_CONTEXT,
    )


def _longest(config: Any) -> int | None:
    """The longest context that a configuration of a model allows, in tokens."""
    text = config.get("text_config", config) if isinstance(config, dict) else {}  # pyright: ignore
    longest = text.get("max_position_embeddings") if isinstance(text, dict) else None  # pyright: ignore
    return longest if isinstance(longest, int) else None


def _last(place: str) -> str:
    return place.rstrip("/").rpartition("/")[2]
