"""Whom the contract of chat clients holds for: the fakes, and the real vLLM with tiny models.

What they say does not matter (the tiny models' weights are random), only how a question ends.
"""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncGenerator, Generator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from http import HTTPStatus
from pathlib import Path
from typing import Final, Protocol

import numpy as np
from chat_server import ChatServer
from PIL import Image, UnidentifiedImageError
from vllm_cpu import VllmCpu, VllmServer

from docmill.extractors.ocr.vlm import scripted
from docmill.extractors.ocr.vlm.chat import ChatClient, ChatRequest, Finish
from docmill.extractors.ocr.vlm.ollama_chat import OllamaChat
from docmill.extractors.ocr.vlm.openai_chat import OpenAiChat
from docmill.extractors.ocr.vlm.scripted import Fault, ScriptedChat, Slow, Step

CONTEXT: Final = 1024
"""Tokens that every subject takes: picture, prompt and answer."""

LOOP: Final = "loop"
_PATCH_PX = 28
_LETTERS_PER_TOKEN = 4
_S_PER_TOKEN = 0.005


def noise(side: int, seed: int = 0) -> bytes:
    """A square picture, all of noise, so that no two are the same."""
    pixels = np.random.default_rng(seed).integers(0, 255, (side, side, 3), np.uint8)
    content = io.BytesIO()
    Image.fromarray(pixels).save(content, "PNG")
    return content.getvalue()


class ChatSubject(Protocol):
    """A server, and the client made for it; `model` is the only one that it serves."""

    model: str

    def client(self, model: str) -> AbstractAsyncContextManager[ChatClient]:
        """A client that asks for a model."""
        ...

    def loop(self, request: ChatRequest) -> ChatRequest:
        """The request, changed so that the answer is one loop, which the server is to notice."""
        ...

    async def kill(self) -> None:
        """The server is gone, in the middle of what it does."""
        ...

    async def start(self) -> None:
        """It is back."""
        ...


def small_server(request: ChatRequest) -> Step:
    """What a fake does with a question: as a server with a context of 1024 tokens would."""
    try:
        with Image.open(io.BytesIO(request.image)) as picture:
            seen = picture.width * picture.height // _PATCH_PX**2
    except UnidentifiedImageError:
        return Fault("Failed to load image: cannot identify image file", HTTPStatus.BAD_REQUEST)
    given = seen + len(request.prompt) // _LETTERS_PER_TOKEN
    if given >= CONTEXT:
        return scripted.CONTEXT_TOO_SHORT
    if request.prompt == LOOP:
        return scripted.looping("", "12,00 ", noticed=True)
    answer = scripted.said("Zahlbar 12,00 € bis 1. März. " * 12)
    if answer.output_tokens > request.max_tokens:
        text = answer.text.encode()[: request.max_tokens * _LETTERS_PER_TOKEN]
        answer = scripted.said(text.decode(errors="ignore"), Finish.LENGTH)
    answer = replace(answer, input_tokens=given)
    return Slow(answer, request.max_tokens * _S_PER_TOKEN)


class ScriptedSubject:
    """The shipped fake, without any network."""

    model = scripted.MODEL

    def __init__(self) -> None:
        self._server = ScriptedChat(small_server)

    @asynccontextmanager
    async def client(self, model: str) -> AsyncGenerator[ChatClient]:
        served = model == self.model
        yield self._server if served else ScriptedChat([scripted.UNKNOWN_MODEL])

    def loop(self, request: ChatRequest) -> ChatRequest:
        return replace(request, prompt=LOOP)

    async def kill(self) -> None:
        self._server.kill()

    async def start(self) -> None:
        self._server.restart()


@dataclass
class HttpSubject:
    """A fake on the wire, asked by one of the clients."""

    server: ChatServer
    kind: type[OpenAiChat] | type[OllamaChat]
    model: str = scripted.MODEL

    @asynccontextmanager
    async def client(self, model: str) -> AsyncGenerator[ChatClient]:
        async with self.kind(self.server.url, model) as client:
            yield client

    def loop(self, request: ChatRequest) -> ChatRequest:
        return replace(request, prompt=LOOP)

    async def kill(self) -> None:
        await asyncio.to_thread(self.server.kill)

    async def start(self) -> None:
        await asyncio.to_thread(self.server.start)


@dataclass
class VllmSubject:
    """The real vLLM."""

    server: VllmServer
    model: str = "tiny"

    @asynccontextmanager
    async def client(self, model: str) -> AsyncGenerator[ChatClient]:
        async with OpenAiChat(self.server.url, model) as client:
            yield client

    def loop(self, request: ChatRequest) -> ChatRequest:
        """One token in a row: no other is allowed."""
        detection = {"max_pattern_size": 4, "min_pattern_size": 1, "min_count": 20}
        options = {"repetition_detection": detection, "ignore_eos": True, "allowed_token_ids": [70]}
        return replace(request, max_tokens=200, options=options)

    async def kill(self) -> None:
        await asyncio.to_thread(self.server.kill)

    async def start(self) -> None:
        await asyncio.to_thread(self.server.start)


@contextmanager
def scripted_subject() -> Generator[ChatSubject]:
    """Without any network."""
    yield ScriptedSubject()


@contextmanager
def openai_subject() -> Generator[ChatSubject]:
    """A fake with vLLM's form of answers."""
    with ChatServer(small_server, model=scripted.MODEL) as server:
        yield HttpSubject(server, OpenAiChat)


@contextmanager
def ollama_subject() -> Generator[ChatSubject]:
    """A fake with Ollama's form of answers."""
    with ChatServer(small_server, model=scripted.MODEL) as server:
        yield HttpSubject(server, OllamaChat)


@contextmanager
def vllm_subject(vllm: VllmCpu, model: str, log: Path) -> Generator[ChatSubject]:
    """One of the tiny models."""
    with VllmServer(vllm, model, log, ("--max-model-len", str(CONTEXT))) as server:
        yield VllmSubject(server)
