"""A program that behaves like `vllm serve` as far as a GPU worker can see; it has no model.

``python model_server.py serve WEIGHTS --served-model-name NAME --host HOST --port PORT …``

A folder named by MODEL_SERVER_FOLDER says how it is to behave, by files in it:

    fails       it says what is in the file and ends with status 3, before it listens
    blind       pictures are refused with HTTP 400
    left_out    pictures are accepted and ignored
    plain       no log-probabilities in answers
    processed   log-probabilities are taken after everything that changes them
    unmoved     no bias of a request is heeded
    free        structured output is not structured
    hangs       /health answers no more
    answers     of pictures that are in this folder by their SHA-256, it says what is in the file
    slow        completions take as many seconds as the file says

It appends to `starts` there the ids of its process and of one that it starts itself, as vLLM starts
its engine, and to `finished` one line per completion.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import os
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

CONTEXT_TOKENS = 20480
PICTURE_TOKENS = 196
PLAIN_TOKENS = 7

EXPOSITION = """\
# TYPE vllm:num_requests_running gauge
vllm:num_requests_running{{engine="0",model_name="{model}"}} {running}.0
# TYPE vllm:num_requests_waiting gauge
vllm:num_requests_waiting{{engine="0",model_name="{model}"}} 0.0
# TYPE vllm:kv_cache_usage_perc gauge
vllm:kv_cache_usage_perc{{engine="0",model_name="{model}"}} 0.25
# TYPE vllm:prompt_tokens_total counter
vllm:prompt_tokens_total{{engine="0",model_name="{model}"}} {input}.0
# TYPE vllm:generation_tokens_total counter
vllm:generation_tokens_total{{engine="0",model_name="{model}"}} {output}.0
# TYPE vllm:prefix_cache_queries_total counter
vllm:prefix_cache_queries_total{{engine="0",model_name="{model}"}} {input}.0
# TYPE vllm:prefix_cache_hits_total counter
vllm:prefix_cache_hits_total{{engine="0",model_name="{model}"}} 0.0
# TYPE vllm:request_success_total counter
vllm:request_success_total{{engine="0",finished_reason="stop",model_name="{model}"}} {finished}.0
vllm:request_success_total{{engine="0",finished_reason="length",model_name="{model}"}} 0.0
"""


class ModelServer(ThreadingHTTPServer):
    """The server and what it counted."""

    daemon_threads = True

    def __init__(self, address: tuple[str, int], model: str, key: str, folder: Path) -> None:
        super().__init__(address, Handler)
        self.model, self.key, self.folder = model, key, folder
        self.lock = threading.Lock()
        self.running = self.finished = self.input = self.output = 0

    def is_told(self, behaviour: str) -> bool:
        return (self.folder / behaviour).exists()

    def completion(self, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        if body["model"] != self.model:
            return 404, {"error": {"message": f"The model `{body['model']}` does not exist."}}
        pictured = isinstance(body["messages"][0]["content"], list)
        if pictured and self.is_told("blind"):
            return 400, {"error": {"message": f"{self.model} is not a multimodal model"}}
        with self.lock:
            self.running += 1
        if self.is_told("slow"):
            time.sleep(float((self.folder / "slow").read_text()))
        seen = pictured and not self.is_told("left_out")
        tokens = PLAIN_TOKENS + (PICTURE_TOKENS if seen else 0)
        with self.lock:
            self.running -= 1
            self.finished += 1
            self.input += tokens
            self.output += 2
        with (self.folder / "finished").open("a") as file:
            file.write("done\n")
        return 200, self._answer(body, tokens)

    def _answer(self, body: dict[str, Any], tokens: int) -> dict[str, Any]:
        choice: dict[str, Any] = {
            "message": {"role": "assistant", "content": self._text(body)},
            "finish_reason": "stop",
        }
        if body.get("logprobs") and not self.is_told("plain"):
            choice["logprobs"] = {"content": [self._token(body)]}
        usage = {"prompt_tokens": tokens, "completion_tokens": 2, "total_tokens": tokens + 2}
        return {"model": self.model, "choices": [choice], "usage": usage}

    def _text(self, body: dict[str, Any]) -> str:
        if "response_format" in body and not self.is_told("free"):
            return '{"print": true}'
        content: Any = body["messages"][0]["content"]
        if isinstance(content, str):
            return "ok"
        image = base64.b64decode(content[0]["image_url"]["url"].partition(",")[2])
        known = self.folder / "answers" / hashlib.sha256(image).hexdigest()
        return known.read_text() if known.exists() else "ok"

    def _token(self, body: dict[str, Any]) -> dict[str, Any]:
        """Its probability is small where a token was forced, unless that is told of."""
        forced = bool(body.get("logit_bias")) and not self.is_told("unmoved")
        certain = forced and self.is_told("processed")
        logprob = 0.0 if certain else -9.0 if forced else -0.25
        others = [{"token": "x" * n, "logprob": logprob - n} for n in range(body["top_logprobs"])]
        return {"token": "g" if forced else "ok", "logprob": logprob, "top_logprobs": others}

    def metrics(self) -> str:
        with self.lock:
            return EXPOSITION.format(
                model=self.model, running=self.running, finished=self.finished,
                input=self.input, output=self.output,
            )  # fmt: skip


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: ModelServer  # pyright: ignore[reportIncompatibleVariableOverride]

    def do_GET(self) -> None:
        match self.path:
            case "/health":
                while self.server.is_told("hangs"):
                    time.sleep(0.1)
                self._send(200, b"")
            case "/metrics":
                self._send(200, self.server.metrics().encode())
            case "/v1/models" if self._may():
                card = {"id": self.server.model, "max_model_len": CONTEXT_TOKENS}
                self._json(200, {"object": "list", "data": [card]})
            case "/v1/models":
                self._json(401, {"error": "Unauthorized"})
            case _:
                self._json(404, {"detail": "Not Found"})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        if not self._may():
            self._json(401, {"error": "Unauthorized"})
        else:
            self._json(*self.server.completion(body))

    def _may(self) -> bool:
        key = self.server.key
        return not key or self.headers.get("authorization") == f"Bearer {key}"

    def _json(self, status: int, content: object) -> None:
        self._send(status, json.dumps(content).encode())

    def _send(self, status: int, content: bytes) -> None:
        self.send_response(status)
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing, as with --disable-uvicorn-access-log."""


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("command", choices=["serve"])
    parser.add_argument("weights")
    for flag in ("--served-model-name", "--host", "--port"):
        parser.add_argument(flag, required=True)
    given, _ = parser.parse_known_args()
    folder = Path(os.environ["MODEL_SERVER_FOLDER"])
    print(f"loading {given.weights}", flush=True)
    engine = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(1000)"])
    with (folder / "starts").open("a") as file:
        file.write(f"{os.getpid()} {engine.pid}\n")
    if (folder / "fails").exists():
        sys.stderr.write((folder / "fails").read_text() + "\n")
        os._exit(3)
    address = (given.host, int(given.port))
    key = os.environ.get("VLLM_API_KEY", "")
    ModelServer(address, given.served_model_name, key, folder).serve_forever(0.05)


if __name__ == "__main__":
    main()
