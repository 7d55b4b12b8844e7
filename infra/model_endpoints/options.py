"""Settings of the model servers that read pages."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr

from docmill.schemas.frozen import Frozen

OLLAMA_SCHEME = "ollama+"
"""Before the URL of a server that speaks Ollama's own language: `ollama+http://127.0.0.1:11434`."""


def _with_scheme(urls: tuple[str, ...]) -> tuple[str, ...]:
    for url in urls:
        if not url.removeprefix(OLLAMA_SCHEME).startswith(("http://", "https://")):
            raise ValueError(f"“{url}” is no URL of a server, such as http://127.0.0.1:8000")
    return urls


Urls = Annotated[tuple[str, ...], Field(min_length=1), AfterValidator(_with_scheme)]


class ModelServers(Frozen):
    """The servers of one model; below a GPU worker that worker's own is asked instead."""

    urls: Urls = Field(
        default=("http://127.0.0.1:8000",),
        description="Its servers, which share the work: `http://…` of vLLM, `ollama+http://…`.",
    )
    model: str = Field(description="The model's name in requests.")
    weights: str = Field(description="Which weights they serve; other ones read pages anew.")
    key: SecretStr = Field(
        default=SecretStr(""), description="What they want to be shown; else `VLLM_API_KEY`."
    )
    logprobs_mode: str = Field(
        default="",
        description="What their probabilities are of, where that is known: `raw_logprobs`, …",
    )


class Chandra(ModelServers):
    """Servers of Chandra OCR 2, for `ocr = "chandra"`."""

    model: str = Field(default="chandra", description="The model's name in requests.")
    weights: str = Field(
        default="datalab-to/chandra-ocr-2",
        description="Which weights they serve; other ones read pages anew.",
    )


class GlmOcr(ModelServers):
    """Servers of GLM-OCR, for `ocr = "glm_ocr"` and `glm_ocr:regions`."""

    model: str = Field(default="glm-ocr", description="The model's name in requests.")
    weights: str = Field(
        default="zai-org/GLM-OCR",
        description="Which weights they serve; other ones read pages anew.",
    )


class Models(Frozen):
    """Vision-language models that read pages: where they are, and what helps them."""

    fallback: str = Field(
        default="auto", description="Engine for pages that a model fails at; empty for none."
    )
    pages_at_once: int = Field(
        default=128, ge=1, description="Most pages that are with the model servers at once."
    )
    chandra: Chandra = Chandra()
    glm_ocr: GlmOcr = GlmOcr()
