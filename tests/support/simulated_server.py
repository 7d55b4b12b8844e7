"""The simulated model server as a child process, and a plain client, for tests and benchmarks."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from base64 import b64encode
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx
import orjson

from docmill.extractors.ocr.vlm.chat import ChatAnswer, ChatRequest, Finish
from docmill.schemas.errors import BadOutput, EngineUnavailable

ROOT = Path(__file__).parents[2]
MODEL = "simulated"


class SimulatedServer:
    """``python -m benchmarks.model_server``; it can be killed and started again at its port."""

    def __init__(
        self, speed: float, sequences: int = 64, rate: float = 1.44, answers: Path | None = None
    ) -> None:
        self._options = [f"--speed={speed}", f"--sequences={sequences}"]
        self._options += [f"--answers={answers}"] if answers else []
        self._options.append(f"--pages-per-second={rate}")
        self.process, self.url = self._started(0)

    def kill(self) -> None:
        """As the kernel does it when memory is short."""
        self.process.kill()
        self.process.wait()

    def restart(self) -> None:
        """Again, at the same port."""
        self.process, self.url = self._started(int(self.url.rpartition(":")[2]))

    def work_seconds(self) -> float:
        """Seconds that its sequences were at work, all together."""
        return self.metric("simulator:work_seconds")

    def metric(self, name: str) -> float:
        """A metric of one sample."""
        lines = httpx.get(f"{self.url}/metrics").text.splitlines()
        return sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith(name))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.kill()

    def _started(self, port: int) -> tuple[subprocess.Popen[str], str]:
        process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.model_server", f"--port={port}", *self._options],
            cwd=ROOT,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        with process.stdout as output:
            url = output.readline().strip()
        assert url, "the simulated server does not start"
        _wait_until_well(url)
        return process, url


class PlainChat:
    """A `ChatClient` of the few lines that the simulated server needs."""

    def __init__(self, http: httpx.AsyncClient, url: str) -> None:
        self._http = http
        self._url = f"{url}/v1/chat/completions"

    async def ask(self, request: ChatRequest) -> ChatAnswer:
        """See `ChatClient.ask`."""
        began = time.perf_counter()
        headers = {"content-type": "application/json"}
        try:
            response = await self._http.post(
                self._url, content=_body(request), headers=headers, timeout=request.timeout_s
            )
        except httpx.HTTPError as error:
            raise EngineUnavailable(f"{self._url}: {error!r}") from error
        if response.is_server_error:
            raise EngineUnavailable(f"{self._url}: {response.status_code}")
        if not response.is_success:
            raise BadOutput(response.text)
        return _answer(orjson.loads(response.content), time.perf_counter() - began)


def _body(request: ChatRequest) -> bytes:
    url = f"data:{request.media_type};base64,{b64encode(request.image).decode()}"
    image = {"type": "image_url", "image_url": {"url": url}}
    content = [image, {"type": "text", "text": request.prompt}]
    return orjson.dumps({
        "model": MODEL,
        "messages": [{"role": "user", "content": content}],
        "max_tokens": request.max_tokens,
    })  # fmt: skip


def _answer(body: dict[str, object], seconds: float) -> ChatAnswer:
    match body:
        case {
            "choices": [{"message": {"content": str(text)}, "finish_reason": str(finish)}],
            "usage": {"prompt_tokens": int(asked), "completion_tokens": int(answered)},
        }:
            return ChatAnswer(text, Finish(finish), MODEL, asked, answered, seconds)
        case _:
            raise BadOutput("no completion")


def _wait_until_well(url: str) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            httpx.get(f"{url}/health", timeout=10).raise_for_status()
        except httpx.HTTPError:
            time.sleep(0.05)
        else:
            return
    raise TimeoutError(url)
