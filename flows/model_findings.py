"""What is there of GPUs and model servers, for `docmill doctor`."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace

from docmill.gpu_workers.flags import fit_of
from docmill.gpu_workers.gpus import Gpu, gpu_at
from docmill.gpu_workers.model_servers import servers_for
from docmill.gpu_workers.models import GB, MODELS, model_named
from docmill.infra.model_endpoints.checking import Check, Expected, checks
from docmill.infra.model_endpoints.endpoint import KEY, ModelEndpoint
from docmill.infra.model_endpoints.ollama import ollama_checks
from docmill.infra.model_endpoints.options import OLLAMA_SCHEME, Models
from docmill.infra.wiring import model_reader
from docmill.schemas.errors import UsageError


def endpoint_checks(
    model: str, url: str, key: str | None = None, *, served: str | None = None
) -> Iterator[Check]:
    """The checks of one endpoint; what it should serve follows from the model.

    Args:
        model: one of docmill's, or the name by which an endpoint serves another.
        url: of a server with OpenAI's interface; `ollama+http://…` for Ollama.
        key: its key; `VLLM_API_KEY` by default.
        served: the name by which the endpoint serves one of docmill's; docmill's own by default.
    """
    known = MODELS.get(model)
    name = served or (known.served_name if known else model)
    known = known or model_named(f"any/{model}")
    licence = known.licence
    expected = Expected(name, known.context_tokens, licence.name, licence.attention)
    key = os.environ.get(KEY, "") if key is None else key
    if url.startswith(OLLAMA_SCHEME):
        yield from ollama_checks(url, expected)
        return
    try:
        endpoint = ModelEndpoint(url, key)
    except UsageError as error:
        yield Check("fail", "address", error.message, error.hint)
        return
    with endpoint:
        yield from checks(endpoint, expected)


def server_checks(engine: str, models: Models) -> Iterator[Check]:
    """The checks of all servers that an engine's pages would go to; none for an embedded engine.

    Args:
        engine: its name in the settings.
        models: the settings.
    """
    reader = model_reader(engine, models)
    if reader is None:
        return
    known = engine.partition(":")[0].replace("_", "-")
    servers = servers_for(reader.servers, None)
    for url in servers.urls:
        for check in endpoint_checks(known, url, servers.key, served=servers.model):
            several = len(servers.urls) > 1
            yield replace(check, name=f"{url} {check.name}") if several else check


def gpu_check() -> Check:
    """Which models fit on the first GPU; there need not be one."""
    try:
        gpu = gpu_at(0)
    except UsageError as error:
        return Check("ok", "GPU (optional)", error.message)
    fitting = [name for name in MODELS if _fits(name, gpu)]
    detail = f"{gpu.name}, {gpu.memory / GB:.1f} GB: {', '.join(fitting) or 'no model'} would fit"
    return Check("ok", "GPU (optional)", detail)


def _fits(name: str, gpu: Gpu) -> bool:
    try:
        fit_of(MODELS[name], gpu)
    except UsageError:
        return False
    return True
