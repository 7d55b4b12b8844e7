"""A script on the wire: vLLM's chat completions and Ollama's generate, faults included."""

from __future__ import annotations

import base64
import json
import socket
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Lock, Thread
from types import TracebackType
from typing import Any, Self, cast

from docmill.extractors.ocr.vlm.chat import ChatAnswer, ChatRequest, Finish, Token
from docmill.extractors.ocr.vlm.scripted import MOST_ALTERNATIVES, Fault, Slow, Step

CHAT, GENERATE = "/v1/chat/completions", "/api/generate"
_FINISH = {Finish.ABORTED: "abort"}


@dataclass
class ChatServer:
    """Listens on loopback. `script` as for `ScriptedChat`, or whole bodies as bytes.

    `bodies` are the requests as they came, `headers` likewise. `model` is the only one that it
    serves; by default it answers for any. `kill` and `start` make it go away and come back.
    """

    script: Iterable[Step | bytes] | Callable[[ChatRequest], Step | bytes]
    refuses_logprobs: bool = False
    model: str | None = None
    bodies: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    headers: list[Mapping[str, str]] = field(default_factory=list[Mapping[str, str]])

    def __post_init__(self) -> None:
        self._lock = Lock()
        self._steps = None if callable(self.script) else iter(self.script)
        self._last: Step | bytes | None = None
        self._port = 0
        self._listen()

    def _listen(self) -> None:
        outer = self

        class Handler(_Handler):
            server_side = outer

        self._stopped = Event()
        self._http = _Server(("127.0.0.1", self._port), Handler)
        self._port = self._http.server_address[1]
        self._thread = Thread(target=self._http.serve_forever, args=(0.02,), daemon=True)

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def stopped(self) -> Event:
        """Set when it stops: nobody is kept waiting."""
        return self._stopped

    def step(self, request: ChatRequest) -> Step | bytes:
        """What happens to a question; the last step to all further ones."""
        if callable(self.script):
            return self.script(request)
        with self._lock:
            assert self._steps is not None
            self._last = next(self._steps, self._last)
            assert self._last is not None
            return self._last

    def kill(self) -> None:
        """Hang up on everybody and listen no more."""
        self._stopped.set()
        self._http.shutdown()
        self._http.server_close()
        self._http.hang_up()
        self._thread.join()

    def start(self) -> None:
        """Listen again, at the same address."""
        self._listen()
        self._thread.start()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if not self._stopped.is_set():
            self.kill()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256

    def __init__(self, address: tuple[str, int], handler: type[BaseHTTPRequestHandler]) -> None:
        self._open: set[Any] = set()
        super().__init__(address, handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def hang_up(self) -> None:
        """Ends all connections."""
        for connection in tuple(self._open):
            with suppress(OSError):  # it has just ended
                connection.shutdown(socket.SHUT_RDWR)


class _Handler(BaseHTTPRequestHandler):
    server_side: ChatServer
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        answers = {
            "/health": b"",
            "/metrics": b"",
            "/v1/models": {
                "data": [{"id": self.server_side.model or "scripted", "max_model_len": 20480}]
            },
            "/api/tags": {"models": [{"model": self.server_side.model or "scripted"}]},
            "/api/version": {"version": "0.6.0"},
        }
        answer = answers.get(self.path)
        self._send(404 if answer is None else 200, b"" if answer is None else answer)

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server_side.bodies.append(body)
        self.server_side.headers.append(dict(self.headers.items()))
        if (refusal := self._refusal(body)) is not None:
            self._send(refusal.status or 400, self._failure(refusal.message))
            return
        stopped = self.server_side.stopped
        step = self.server_side.step(_request(self.path, body))
        if isinstance(step, Slow):
            stopped.wait(step.seconds)
            step = step.step
        if stopped.is_set():  # nobody listens
            self.close_connection = True
            return
        if isinstance(step, bytes):
            self._send(200, step)
        elif isinstance(step, Fault) and step.status is None:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
        elif isinstance(step, Fault):
            self._send(step.status or 500, self._failure(step.message))
        elif self.path == CHAT:
            self._send(200, _completion(step, body))
        else:
            self._send(*_generated(step, body))

    def _refusal(self, body: Mapping[str, Any]) -> Fault | None:
        """What a server refuses whatever its script says."""
        served = self.server_side.model
        if served is not None and body["model"] != served:
            return Fault(f"The model `{body['model']}` does not exist.", 404)
        if self.server_side.refuses_logprobs and body.get("logprobs"):
            return Fault("logprobs are not supported with this configuration", 400)
        if (body.get("top_logprobs") or 0) > MOST_ALTERNATIVES:
            return Fault(f"top_logprobs must be between 0 and {MOST_ALTERNATIVES}", 400)
        return None

    def _failure(self, message: str) -> dict[str, Any]:
        return _error(message) if self.path == CHAT else {"error": message}

    def _send(self, status: int, body: Mapping[str, Any] | bytes) -> None:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


def _request(path: str, body: Mapping[str, Any]) -> ChatRequest:
    if path == CHAT:
        content = cast(list[dict[str, Any]], body["messages"][0]["content"])
        image, prompt = content[0]["image_url"]["url"].partition(",")[2], content[1]["text"]
        settings = body
    else:
        image, prompt, settings = body["images"][0], body["prompt"], body["options"]
    return ChatRequest(
        image=base64.b64decode(image),
        media_type="image/png",
        prompt=prompt,
        max_tokens=settings.get("max_tokens") or settings["num_predict"],
        temperature=settings["temperature"],
        top_p=settings["top_p"],
    )


def _error(message: str) -> dict[str, Any]:
    return {"error": {"message": message, "type": "BadRequestError", "param": None, "code": 400}}


def _completion(answer: ChatAnswer, body: Mapping[str, Any]) -> dict[str, Any]:
    """vLLM's form; the end of the answer is a token, too."""
    wanted = body.get("logprobs")
    tokens = [*answer.tokens, Token(b"<|im_end|>", 0.0, 5.0)] if answer.tokens else []
    choice = {
        "index": 0,
        "message": {"role": "assistant", "content": answer.text},
        "finish_reason": _FINISH.get(answer.finish, answer.finish.value),
        "logprobs": {"content": [_logprob(token) for token in tokens]} if wanted else None,
    }
    usage = {
        "prompt_tokens": answer.input_tokens,
        "completion_tokens": answer.output_tokens,
        "prompt_tokens_details": {"cached_tokens": answer.cached_tokens},
    }
    return {"id": "chatcmpl-1", "model": body["model"], "choices": [choice], "usage": usage}


def _logprob(token: Token) -> dict[str, Any]:
    text = token.text.decode(errors="replace")
    said = {"token": text, "logprob": token.logprob, "bytes": list(token.text)}
    other = {"token": "\0", "logprob": token.logprob - (token.margin or 0.0), "bytes": [0]}
    return {**said, "top_logprobs": [said, other]}


def _generated(answer: ChatAnswer, body: Mapping[str, Any]) -> tuple[int, dict[str, Any]]:
    """Ollama's form: a loop is status 500, and what was broken off is not done."""
    if answer.finish is Finish.REPETITION:
        return 500, {"error": "prediction aborted, token repeat limit reached"}
    done = answer.finish is not Finish.ABORTED
    found: dict[str, Any] = {
        "model": body["model"],
        "created_at": "2026-03-01T12:00:00Z",
        "response": answer.text,
        "done": done,
        "prompt_eval_count": answer.input_tokens,
        "eval_count": answer.output_tokens,
    }
    if done:
        found["done_reason"] = answer.finish.value
    if body.get("logprobs"):
        found["logprobs"] = [_logprob(token) for token in answer.tokens]
    return 200, found
