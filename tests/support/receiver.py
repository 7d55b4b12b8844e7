"""A receiver of webhooks on loopback, which behaves as a test tells it."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self


@dataclass(frozen=True)
class Received:
    """A request."""

    path: str
    headers: Mapping[str, str]  # names in small letters
    body: bytes

    @property
    def event_id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def event(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Reply:
    """What is answered. `hang_s` passes first; `cut` closes the connection instead."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    body: bytes = b"ok"
    hang_s: float = 0
    cut: bool = False
    drip_s: float = 0  # between the single bytes of the head


class Receiver:
    """Takes every POST, and answers with `reply(received)`."""

    def __init__(self, reply: Callable[[Received], Reply] = lambda _: Reply()) -> None:
        self.reply: Callable[[Received], Reply] = reply
        self.received: list[Received] = []
        self.closing = threading.Event()
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/hook"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    def take(self, received: Received) -> Reply:
        with self._lock:
            self.received.append(received)
            return self.reply(received)

    @property
    def ids(self) -> list[str]:
        """Ids of the events received, in order."""
        return [each.event_id for each in self.received]

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def unused_url() -> str:
    """A URL where nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}/hook"


def _handler(receiver: Receiver) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            reply = receiver.take(Received(self.path, headers, body))
            receiver.closing.wait(reply.hang_s)
            if reply.cut:
                self.connection.shutdown(socket.SHUT_RDWR)
                self.close_connection = True
                return
            try:
                self._answer(reply)
            except OSError:  # the other side had enough
                self.close_connection = True

        def _answer(self, reply: Reply) -> None:
            if reply.drip_s:
                for byte in b"HTTP/1.1 200 OK\r\nx-slow: " + b"a" * 1000:
                    self.wfile.write(bytes([byte]))
                    time.sleep(reply.drip_s)
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(reply.body)))
            self.end_headers()
            self.wfile.write(reply.body)

        def log_message(self, format: str, *args: Any) -> None:
            """Nothing on the terminal."""

    return Handler
