"""The servers that a model's pages go to: those of the settings, or the GPU worker's own."""

from __future__ import annotations

import os
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import httpx

from docmill.extractors.ocr.vlm.openai_chat import OpenAiChat
from docmill.gpu_workers.endpoints import Balanced, Endpoint, Rotated, endpoint, ollama_endpoint
from docmill.gpu_workers.local import LocalWorker
from docmill.gpu_workers.models import MODELS
from docmill.infra.model_endpoints.endpoint import KEY, ModelEndpoint
from docmill.infra.model_endpoints.options import OLLAMA_SCHEME, ModelServers
from docmill.schemas.errors import BadOutput, EngineUnavailable, UsageError

CLIENTS_PER_SERVER = 8
# What `docmill gpu-worker` starts its server with.
LOCAL_LOGPROBS_MODE = "raw_logprobs"
_LOOK_S = 10.0


@dataclass(frozen=True)
class Servers:
    """Where requests go, and what is shown and known there."""

    urls: tuple[str, ...]
    model: str
    key: str
    logprobs_mode: str | None


def servers_for(wanted: ModelServers, local: LocalWorker | None) -> Servers:
    """The GPU worker's own server where there is one, else those of the settings.

    Raises:
        UsageError: the GPU worker serves another model.
    """
    key = wanted.key.get_secret_value() or os.environ.get(KEY, "")
    if local is None:
        return Servers(wanted.urls, wanted.model, key, wanted.logprobs_mode or None)
    address = local.address
    if address.model != wanted.model:
        raise UsageError(
            f"the GPU worker here serves {address.model}, but {wanted.model} is to read the pages",
            "Give each model a work pool of its own: `docmill gpu-worker --pool NAME` and "
            "`read_pool` of the sources.",
        )
    return Servers((address.url,), address.model, key, LOCAL_LOGPROBS_MODE)


def check(servers: Servers) -> None:
    """Makes sure that pages sent there can be read; one server that answers is enough.

    Raises:
        EngineUnavailable: none answers.
        UsageError: one does not serve the model, or does not take the key.
    """
    away: list[EngineUnavailable] = []
    for url in servers.urls:
        try:
            names = _served(url, servers.key)
        except EngineUnavailable as error:
            away.append(error)
            continue
        except BadOutput as error:
            raise UsageError(
                f"a model server refuses: {error.message}",
                f"Check its URL and key ({KEY}, or `key` under `models`); `docmill doctor` asks.",
            ) from error
        if servers.model not in names:
            raise UsageError(
                f"{url} does not serve “{servers.model}”, but: {', '.join(names) or 'nothing'}",
                "Correct `urls` or `model` under `models`; `docmill doctor` asks each server.",
            )
    if len(away) == len(servers.urls):
        known = servers.model if servers.model in MODELS else "NAME"
        raise EngineUnavailable(
            f"no server of {servers.model} answers: {'; '.join(each.message for each in away)}",
            f"Start one with `docmill gpu-worker --model {known} --server-only`, or name yours "
            "under `models` in docmill.toml.",
        )


def _served(url: str, key: str) -> tuple[str, ...]:
    if url.startswith(OLLAMA_SCHEME):
        from docmill.infra.model_endpoints.ollama import ollama_models

        return ollama_models(url)
    with ModelEndpoint(url, key) as endpoint:
        return tuple(served.name for served in endpoint.models())


@asynccontextmanager
async def connected(servers: Servers) -> AsyncGenerator[Balanced]:
    """All of them as one `ChatClient`, which knows how busy they are."""
    async with AsyncExitStack() as stack:
        headers = {"Authorization": f"Bearer {servers.key}"} if servers.key else {}
        looks = httpx.AsyncClient(timeout=_LOOK_S, headers=headers, trust_env=False)
        http = await stack.enter_async_context(looks)
        seats = [await _seat(stack, http, servers, url) for url in servers.urls]
        yield await stack.enter_async_context(Balanced(seats))


async def _seat(
    stack: AsyncExitStack, http: httpx.AsyncClient, servers: Servers, url: str
) -> Endpoint:
    if url.startswith(OLLAMA_SCHEME):
        from docmill.extractors.ocr.vlm.ollama_chat import OllamaChat  # few need the package

        host = url.removeprefix(OLLAMA_SCHEME)
        chat = await stack.enter_async_context(OllamaChat(host, servers.model))
        return ollama_endpoint(http, host, chat)
    clients = [
        await stack.enter_async_context(
            OpenAiChat(url, servers.model, servers.key, logprobs_mode=servers.logprobs_mode)
        )
        for _ in range(CLIENTS_PER_SERVER)
    ]
    return endpoint(http, clients[0].url, Rotated(clients))
