"""docs/gpu.md says what the code does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from docmill.gpu_workers.flags import batched_tokens, fit_of, sequences
from docmill.gpu_workers.gpus import Gpu, stated
from docmill.gpu_workers.metrics import ALL
from docmill.gpu_workers.models import CHANDRA, GLM_OCR, MISTRAL_SMALL_4, MODELS
from docmill.infra.telemetry.metrics import BUILD
from docmill.schemas.errors import UsageError

ROW = re.compile(r"^\| ([\w ]+) \| (\d+) \| ((?:\d+ \| ){5}\d+) \|$", re.MULTILINE)


@pytest.fixture(scope="module")
def text(repository: Path) -> str:
    return (repository / "docs" / "gpu.md").read_text()


def test_the_table_of_flags(text: str) -> None:
    rows = ROW.findall(text)
    assert len(rows) >= 7
    for card, mib, numbers in rows:
        memory = int(mib) * 2**20
        expected = [
            number
            for model in (CHANDRA, GLM_OCR)
            for fit in (fit_of(model, Gpu("0", card, memory)),)
            for number in (
                batched_tokens(model, memory),
                sequences(memory),
                int(fit.cache_gb / fit.page_gb),
            )
        ]
        assert [int(number) for number in numbers.split(" | ")] == expected, card


def test_the_arithmetic(text: str) -> None:
    assert fit_of(CHANDRA, stated(48)).arithmetic() in text
    with pytest.raises(UsageError) as refused:
        fit_of(MISTRAL_SMALL_4, Gpu("0", "NVIDIA H200", 143771 * 2**20))
    assert refused.value.message in text


def test_every_model_and_every_metric_is_explained(text: str) -> None:
    for name in (*MODELS, *(metric.name for metric in ALL if metric is not BUILD)):
        assert f"`{name}`" in text, name
