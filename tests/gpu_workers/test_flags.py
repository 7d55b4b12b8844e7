from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docmill.gpu_workers.flags import Fit, batched_tokens, fit_of, sequences, server_flags
from docmill.gpu_workers.gpus import Gpu, stated
from docmill.gpu_workers.models import (
    CHANDRA,
    GLM_OCR,
    MISTRAL_SMALL_4,
    MODELS,
    model_named,
)
from docmill.schemas.errors import UsageError

MIB = 2**20
BYTES = st.integers(8 * 10**9, 400 * 10**9)


def flag(flags: tuple[str, ...], name: str) -> str:
    """The value that the server takes: the last one."""
    last = len(flags) - 1 - flags[::-1].index(name)
    return flags[last + 1]


# What nvidia-smi reports in MiB, and the rows of the official launcher's table.
@pytest.mark.parametrize(
    ("card", "mib", "tokens", "pages"),
    [
        ("H100 80GB", 81559, 8192, 64),
        ("A100 80GB", 81920, 8192, 64),
        ("L40S", 46068, 4096, 32),
        ("A100 40GB", 40960, 4096, 32),
        ("RTX 4090", 24564, 2048, 16),
        ("L4", 23034, 2048, 16),
        ("A10", 23028, 2048, 16),
        ("T4", 15360, 1024, 8),
    ],
)
def test_the_table_of_the_official_launcher(card: str, mib: int, tokens: int, pages: int) -> None:
    assert batched_tokens(CHANDRA, mib * MIB) == tokens, card
    assert sequences(mib * MIB) == pages, card


@pytest.mark.parametrize(("gb", "tokens"), [(80, 8192), (48, 4096), (40, 4096), (24, 2048)])
def test_memory_that_was_stated_gives_the_same(gb: float, tokens: int) -> None:
    assert batched_tokens(CHANDRA, stated(gb).memory) == tokens


def test_a_page_fits_into_chandras_context() -> None:
    picture, prompt, answer = 6050, 600, 12384  # a page at 300 dpi, by its official client
    flags = server_flags(CHANDRA, stated(24), host="127.0.0.1", port=1)
    assert int(flag(flags, "--max-model-len")) >= picture + prompt + answer


def test_a_page_fits_into_glm_ocrs_encoder_cache_on_every_gpu() -> None:
    for gb in (8, 16, 24, 80):
        assert batched_tokens(GLM_OCR, stated(gb).memory) >= 4770


def test_flags() -> None:
    flags = server_flags(CHANDRA, stated(48), host="127.0.0.1", port=8123, further=("--x", "1"))
    assert flags[:2] == ("serve", "datalab-to/chandra-ocr-2")
    assert flag(flags, "--served-model-name") == "chandra"
    assert flag(flags, "--host") == "127.0.0.1"
    assert flag(flags, "--port") == "8123"
    assert flag(flags, "--logprobs-mode") == "raw_logprobs"
    assert json.loads(flag(flags, "--mm-processor-kwargs")) == {
        "min_pixels": 3136,
        "max_pixels": 6291456,
    }
    assert json.loads(flag(flags, "--limit-mm-per-prompt")) == {"image": 1, "video": 0}
    assert flags[-2:] == ("--x", "1")
    assert "--speculative-config" not in flags


def test_what_does_not_fit_is_refused_with_the_sum() -> None:
    h200 = Gpu("0", "NVIDIA H200", 143771 * MIB, 0, (9, 0))
    with pytest.raises(UsageError) as refused:
        fit_of(MISTRAL_SMALL_4, h200)
    assert "NVIDIA H200: 150.8 GB × 0.85 = 128.1 GB, less 242.0 GB of weights" in str(refused.value)
    assert "115.9 GB are missing" in str(refused.value)
    for way in ("quantised", "several GPUs", "mistral-small-3.2"):
        assert way in refused.value.hint


def test_quantised_weights_of_it_fit_on_96_gb() -> None:
    model = model_named("mistral-small-4", weights="someone/it-NVFP4", weights_gb=72)
    assert fit_of(model, stated(96)).fits
    assert model.served_name == "mistral-small-4"


def test_memory_that_others_use_is_missing() -> None:
    gpu = Gpu("0", "L4", 23034 * MIB, 9000 * MIB, (8, 9))
    with pytest.raises(UsageError, match=r"other processes use 9\.4 GB of L4"):
        fit_of(GLM_OCR, gpu)


def test_a_gpu_without_bfloat16_is_refused() -> None:
    with pytest.raises(UsageError, match=r"compute capability 7\.5"):
        fit_of(CHANDRA, Gpu("0", "T4", 15360 * MIB, 0, (7, 5)))


@given(memory=BYTES)
def test_a_model_is_served_only_where_a_whole_page_fits(memory: int) -> None:
    for model in MODELS.values():
        gpu = Gpu("0", "any", memory)
        fit = Fit(model, memory / 10**9, model.weights_gb or 0)
        if not fit.fits:
            with pytest.raises(UsageError, match="does not fit"):
                fit_of(model, gpu)
            continue
        assert fit_of(model, gpu) == fit
        assert fit.weights_gb + fit.page_gb <= fit.memory_gb * 0.85
        tokens, pages = batched_tokens(model, memory), sequences(memory)
        assert tokens & (tokens - 1) == 0
        assert 1024 <= tokens <= 8192
        assert pages >= 8
        assert pages % 8 == 0


def test_a_folder_with_weights(tmp_path: Path) -> None:
    folder = tmp_path / "tiny"
    folder.mkdir()
    (folder / "config.json").write_text('{"text_config": {"max_position_embeddings": 4096}}')
    (folder / "model.safetensors").write_bytes(bytes(3_000_000))
    model = model_named(str(folder))
    assert (model.served_name, model.weights_gb, model.context_tokens) == ("tiny", 0.003, 4096)
    assert "licence" in model.licence.attention
    copied = model_named("chandra", weights=str(folder))
    assert (copied.weights, copied.served_name, copied.weights_gb) == (
        str(folder),
        "chandra",
        0.003,
    )
    assert copied.context_tokens == CHANDRA.context_tokens


def test_a_repository_needs_its_size() -> None:
    model = model_named("someone/else")
    assert model.served_name == "else"
    with pytest.raises(UsageError, match="size of someone/else is not known"):
        fit_of(model, stated(80))
    assert fit_of(model_named("someone/else", weights_gb=4), stated(80)).fits


@pytest.mark.parametrize("name", ["chndra", "no-such-folder"])
def test_an_unknown_model_is_refused_with_those_known(name: str) -> None:
    with pytest.raises(UsageError) as refused:
        model_named(name)
    assert "glm-ocr" in refused.value.hint


def test_a_folder_without_a_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"config\.json"):
        model_named(str(tmp_path))


def test_only_permissive_licences_need_no_attention() -> None:
    quiet = {model.licence.name for model in MODELS.values() if not model.licence.attention}
    assert quiet == {"MIT", "Apache-2.0"}
    assert "2 million USD" in CHANDRA.licence.attention
