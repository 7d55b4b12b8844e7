"""A model server without a model: ``python -m benchmarks.model_server --speed 10``.

It speaks the part of vLLM's HTTP that docmill uses (`/v1/chat/completions`, `/v1/models`,
`/health`, `/metrics`) and takes as long as a GPU would, so that feeding can be measured where there
is none. What it assumes:

- Published for Chandra OCR 2 (chandra-ocr 0.2.0): one H100 with 80 GB, vLLM, 96 sequences: 1.44
  pages/s, 60 s per page on average, 156 s for 95 % of the pages.
- The GPU's rate is taken to be the same with 64 sequences, which is what the official start script
  sets: 64 pages at work, 64 / 1.44 = 44 s each on average. That is the harder case for whoever
  feeds it, as pages end as often while fewer are at work.
- Times are log-normal with the published ratio of 2.6 between the 95th percentile and the average
  (sigma 0.753), and end at the longest answer (12,384 tokens, taken as 8 times the average), which
  then says `finish_reason: length`.
- Continuous batching: a free sequence takes the first request of the queue at once; none waits for
  another to end. Prefill and the picture's encoding are part of a page's time.
- A sequence is as fast alone as among 63 others. On a GPU the others become faster when one is
  idle, so an idle sequence costs more here than there, and a share of capacity measured here is
  rather too low.
- Everything is `--speed` times as fast as that. The end of one page and the start of the next in
  its place are at the same moment by its own clock, even when this process was late to notice.
- Its answers are as long as their time says, without log-probabilities. With `--answers` it says
  of each picture what lies in that folder under the picture's SHA-256, as it is, whatever time it
  takes for it, and refuses pictures that it does not know.
- Streaming, prefix caching and restarts by itself are left out.
"""

from __future__ import annotations

import argparse
import asyncio
import heapq
import math
import socket
import struct
from base64 import b64decode
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any

import orjson
import uvicorn
from fastapi import FastAPI, Request, Response
from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest

MODEL = "simulated"
PAGES_PER_SECOND = 1.44
SEQUENCES = 64
P95_TO_MEAN = 156 / 60
LONGEST_TO_MEAN = 8.0
LONGEST_TOKENS = 12_384
MAX_MODEL_LEN = 18_000
PIXELS_PER_TOKEN = 32 * 32
WORDS = "The quick brown fox jumps over the lazy dog and reads the fine print of it. " * 1000


@dataclass(frozen=True)
class Profile:
    """How fast the server is.

    Args:
        sequences: pages it works on at a time.
        pages_per_s: its rate when it always has something to do, at speed 1.
        speed: how many times as fast it runs.
        seed: of the pages' times; equal seeds give equal times, in order of arrival.
    """

    sequences: int = SEQUENCES
    pages_per_s: float = PAGES_PER_SECOND
    speed: float = 1.0
    seed: int = 1

    @property
    def mean_s(self) -> float:
        """What a page takes on average."""
        return self.sequences / self.pages_per_s / self.speed

    def seconds(self) -> Iterator[float]:
        """What one page after the other takes, without end."""
        random = Random(self.seed)
        z95 = 1.6449
        sigma = z95 - math.sqrt(z95**2 - 2 * math.log(P95_TO_MEAN))
        longest = LONGEST_TO_MEAN * self.mean_s
        while True:
            yield min(longest, self.mean_s * random.lognormvariate(-(sigma**2) / 2, sigma))

    def ideal_s(self, pages: int) -> float:
        """From the first page's start to the last one's end, if all lay in the queue at once."""
        batch = Batch(self.sequences)
        for number, seconds in enumerate(islice(self.seconds(), pages)):
            batch.add(0.0, number, seconds)
        return max(ended for _, ended in batch.advance(math.inf))


class Batch:
    """Continuous batching in a time of its own: the moments come from outside, in order."""

    def __init__(self, sequences: int) -> None:
        self._sequences = sequences
        self._running: list[tuple[float, int]] = []  # a heap of ends
        self._waiting: deque[tuple[int, float]] = deque()
        self._now = 0.0
        self.work_s = 0.0
        """Seconds of all sequences that were at work, together."""

    @property
    def running(self) -> int:
        """Requests at work."""
        return len(self._running)

    @property
    def waiting(self) -> int:
        """Requests in the queue."""
        return len(self._waiting)

    @property
    def next_end(self) -> float | None:
        """When the next one ends."""
        return self._running[0][0] if self._running else None

    def add(self, now: float, number: int, seconds: float) -> None:
        """A request comes in. Call `advance` to this moment before."""
        self._waiting.append((number, seconds))
        self._fill(now)

    def remove(self, now: float, number: int) -> None:
        """Nobody waits for a request any more."""
        self._waiting = deque(each for each in self._waiting if each[0] != number)
        self._running = [each for each in self._running if each[1] != number]
        heapq.heapify(self._running)
        self._fill(now)

    def advance(self, now: float) -> list[tuple[int, float]]:
        """The requests that have ended by now, with the moment of their end."""
        ended: list[tuple[int, float]] = []
        while self._running and self._running[0][0] <= now:
            moment, number = self._running[0]
            self._pass(moment)
            heapq.heappop(self._running)
            ended.append((number, moment))
            self._fill(moment)
        if now < math.inf:
            self._pass(now)
        return ended

    def _fill(self, now: float) -> None:
        while self._waiting and len(self._running) < self._sequences:
            number, seconds = self._waiting.popleft()
            heapq.heappush(self._running, (now + seconds, number))

    def _pass(self, now: float) -> None:
        self.work_s += len(self._running) * max(0.0, now - self._now)
        self._now = max(self._now, now)


class Engine:
    """The batch by the clock of the event loop."""

    def __init__(self, profile: Profile) -> None:
        self.batch = Batch(profile.sequences)
        self._seconds = profile.seconds()
        self._ends: dict[int, asyncio.Future[None]] = {}
        self._number = 0
        self._timer: asyncio.TimerHandle | None = None

    @property
    def received(self) -> int:
        """Requests so far."""
        return self._number

    async def work(self) -> float:
        """One request from its arrival to its end; what it takes without the queue, in seconds."""
        loop = asyncio.get_running_loop()
        self._advance()
        seconds = next(self._seconds)
        self._number += 1
        number = self._number
        end = self._ends[number] = loop.create_future()
        self.batch.add(loop.time(), number, seconds)
        self._set_timer()
        try:
            await end
        except asyncio.CancelledError:
            del self._ends[number]
            self._advance()
            self.batch.remove(loop.time(), number)
            self._set_timer()
            raise
        return seconds

    def look(self) -> Batch:
        """The batch as it is now."""
        self._advance()
        return self.batch

    def _advance(self) -> None:
        for number, _ in self.batch.advance(asyncio.get_running_loop().time()):
            end = self._ends.pop(number, None)
            if end and not end.done():
                end.set_result(None)

    def _set_timer(self) -> None:
        if self._timer:
            self._timer.cancel()
        if (moment := self.batch.next_end) is not None:
            self._timer = asyncio.get_running_loop().call_at(moment, self._ring)

    def _ring(self) -> None:
        self._advance()
        self._set_timer()


class Refused(Exception):
    """A request that the server does not take; the arguments are status and message."""


def application(profile: Profile, answers: Mapping[str, bytes]) -> FastAPI:
    """The HTTP side; `answers` by the SHA-256 of pictures, or none."""
    engine = Engine(profile)
    registry, answered = _metrics(engine)
    app = FastAPI()

    @app.get("/health")
    async def health() -> Response:  # pyright: ignore[reportUnusedFunction]
        return Response()

    @app.get("/metrics")
    async def metrics() -> Response:  # pyright: ignore[reportUnusedFunction]
        engine.look()
        return Response(generate_latest(registry), media_type="text/plain")

    @app.get("/v1/models")
    async def models() -> Response:  # pyright: ignore[reportUnusedFunction]
        model = {"id": MODEL, "object": "model", "max_model_len": MAX_MODEL_LEN}
        return _json({"object": "list", "data": [model]})

    @app.post("/v1/chat/completions")
    async def chat(request: Request) -> Response:  # pyright: ignore[reportUnusedFunction]
        try:
            picture = _picture(orjson.loads(await request.body()))
            tokens = _picture_tokens(picture)
            known = _known(answers, picture) if answers else None
        except Refused as refusal:
            status, message = refusal.args
            return _json({"error": {"message": message, "code": status}}, status)
        seconds = await _unless_gone(request, engine)
        if seconds is None:
            return Response(status_code=499)
        if known is not None:
            answered.labels("stop").inc()
            return Response(known, media_type="application/json")
        answer = _completion(tokens, seconds / profile.mean_s)
        answered.labels(answer["choices"][0]["finish_reason"]).inc()
        return _json(answer)

    return app


async def _unless_gone(request: Request, engine: Engine) -> float | None:
    """Works on a request; None where the client did not wait for the end."""
    work = asyncio.ensure_future(engine.work())
    gone = asyncio.ensure_future(request.receive())  # the next message is the disconnection
    try:
        await asyncio.wait((work, gone), return_when=asyncio.FIRST_COMPLETED)
        return work.result() if work.done() else None
    finally:
        work.cancel()
        gone.cancel()


def _picture(body: Any) -> str:
    """The request's picture, in base64.

    Raises:
        Refused: another model, or no picture.
    """
    if body.get("model") != MODEL:
        raise Refused(404, f"The model `{body.get('model')}` does not exist.")
    parts = [part for message in body["messages"] for part in message["content"]]
    urls = [part["image_url"]["url"] for part in parts if part["type"] == "image_url"]
    if len(urls) != 1 or not urls[0].startswith("data:image/png;base64,"):
        raise Refused(400, "One picture is expected, as a data URL of PNG.")
    return urls[0].partition(",")[2]


def _picture_tokens(picture: str) -> int:
    """Tokens of a picture in base64.

    Raises:
        Refused: it is no PNG, or has more tokens than the context holds.
    """
    head = b64decode(picture[:64])
    if not head.startswith(b"\x89PNG"):
        raise Refused(400, "The picture is no PNG.")
    width, height = struct.unpack(">II", head[16:24])
    tokens = width * height // PIXELS_PER_TOKEN
    if tokens > MAX_MODEL_LEN:
        raise Refused(
            400, f"The prompt has {tokens} tokens; the maximum context is {MAX_MODEL_LEN}."
        )
    return tokens


def _known(answers: Mapping[str, bytes], picture: str) -> bytes:
    answer = answers.get(sha256(b64decode(picture)).hexdigest())
    if answer is None:
        raise Refused(400, "Nobody told of this picture.")
    return answer


def _completion(picture_tokens: int, share: float) -> dict[str, Any]:
    """An answer that took `share` times the average, about as long as one of Chandra's."""
    tokens = round(min(share, LONGEST_TO_MEAN) * LONGEST_TOKENS / LONGEST_TO_MEAN)
    finish = "length" if tokens >= LONGEST_TOKENS else "stop"
    text = WORDS[: tokens * 4]
    content = f'<div data-bbox="90 90 910 910" data-label="Text"><p>{text}</p></div>'
    usage = {"prompt_tokens": picture_tokens + 600, "completion_tokens": tokens}
    message = {"role": "assistant", "content": content}
    choice = {"index": 0, "message": message, "finish_reason": finish, "logprobs": None}
    return {"object": "chat.completion", "model": MODEL, "choices": [choice], "usage": usage}


def _metrics(engine: Engine) -> tuple[CollectorRegistry, Counter]:
    """Names of vLLM, and one of the simulator's own: the work done, in seconds of sequences."""
    registry = CollectorRegistry()
    batch = engine.batch
    shown: Iterable[tuple[str, Callable[[], float]]] = (
        ("vllm:num_requests_running", lambda: batch.running),
        ("vllm:num_requests_waiting", lambda: batch.waiting),
        ("simulator:work_seconds", lambda: batch.work_s),
        ("simulator:received", lambda: engine.received),
    )
    for name, value in shown:
        Gauge(name, name, ("model_name",), registry=registry).labels(MODEL).set_function(value)
    answered = Counter("vllm:request_success", "ended", ("finished_reason",), registry=registry)
    return registry, answered


def _json(content: Any, status: int = 200) -> Response:
    return Response(orjson.dumps(content), status, media_type="application/json")


def main() -> None:
    """Serves until it is killed; the first line tells its URL."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0, help="0: any that is free")
    parser.add_argument("--speed", type=float, default=1.0)
    parser.add_argument("--sequences", type=int, default=SEQUENCES)
    parser.add_argument("--pages-per-second", type=float, default=PAGES_PER_SECOND)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--answers", type=Path, help="folder of answers by picture")
    chosen = parser.parse_args()
    profile = Profile(chosen.sequences, chosen.pages_per_second, chosen.speed, chosen.seed)
    files = chosen.answers.iterdir() if chosen.answers else ()
    answers = {file.name: file.read_bytes() for file in files}
    with socket.create_server(("127.0.0.1", chosen.port), backlog=1024) as listening:
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        print(f"http://127.0.0.1:{listening.getsockname()[1]}", flush=True)
        config = uvicorn.Config(
            application(profile, answers), log_config=None, access_log=False, lifespan="off"
        )
        uvicorn.Server(config).run([listening])


if __name__ == "__main__":
    main()
