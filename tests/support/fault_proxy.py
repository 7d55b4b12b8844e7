"""An HTTP proxy in front of a real server that spoils chosen answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPResponse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from types import TracebackType
from typing import Self
from urllib.parse import unquote, urlsplit


@dataclass(frozen=True)
class Request:
    """A request as it came: method, path with query (not percent-encoded), headers."""

    method: str
    path: str
    headers: dict[str, str]


@dataclass(frozen=True)
class Refuse:
    """Answers an error, and does not ask the server."""

    status: int
    code: str
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Lose:
    """Has the server carry the request out, and answers an error instead of what it said."""

    status: int = 500
    code: str = "InternalError"


@dataclass(frozen=True)
class Drop:
    """Has the server carry the request out, and closes the connection without an answer."""


@dataclass(frozen=True)
class Cut:
    """Passes on so many bytes of the answer's body, then closes the connection."""

    after_bytes: int


@dataclass(frozen=True)
class Corrupt:
    """Passes on an answer with one bit of its body turned over."""


Fault = Refuse | Lose | Drop | Cut | Corrupt


@dataclass
class _Plan:
    matches: Callable[[Request], bool]
    fault: Fault
    times: int


@dataclass
class FaultProxy:
    """Listens on loopback and passes everything to a server at `upstream` (`http://host:port`).

    It calls itself `name`, where one is given, instead of what the server is called.
    """

    upstream: str
    name: str | None = None
    requests: list[Request] = field(default_factory=list[Request])

    def __post_init__(self) -> None:
        self._plans: list[_Plan] = []
        self._lock = Lock()
        proxy = self

        class Handler(_Handler):
            faults = proxy

        self._server = _Server(("127.0.0.1", 0), Handler)
        self._thread = Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    @property
    def endpoint(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def spoil(self, fault: Fault, method: str, part: str = "", times: int = 1) -> None:
        """Spoil the next answers to requests of a method whose path holds `part`."""
        plan = _Plan(lambda seen: seen.method == method and part in seen.path, fault, times)
        with self._lock:
            self._plans.append(plan)

    def count(self, method: str, part: str = "") -> int:
        """How many such requests came."""
        return sum(seen.method == method and part in seen.path for seen in self.requests)

    @property
    def unspoiled(self) -> int:
        """How many planned faults no request has met yet."""
        return sum(plan.times for plan in self._plans)

    def fault_for(self, request: Request) -> Fault | None:
        """What to do with this request; it is counted."""
        with self._lock:
            self.requests.append(request)
            for plan in self._plans:
                if plan.times and plan.matches(request):
                    plan.times -= 1
                    return plan.fault
        return None

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    faults: FaultProxy

    def do_GET(self) -> None:
        request = Request(self.command, unquote(self.path), dict(self.headers.items()))
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        fault = self.faults.fault_for(request)
        self.close_connection = True
        if isinstance(fault, Refuse):
            self._error(fault.status, fault.code, fault.headers)
            return
        upstream = HTTPConnection(urlsplit(self.faults.upstream).netloc, timeout=60)
        try:
            answer = self._ask(upstream, body)
            match fault:
                case Lose(status, code):
                    answer.read()
                    self._error(status, code)
                case Drop():
                    answer.read()
                case Cut(after_bytes):
                    self._pass_on(answer, lambda body: body[:after_bytes])
                case Corrupt():
                    self._pass_on(answer, lambda body: bytes([body[0] ^ 1]) + body[1:])
                case None:
                    self._pass_on(answer)
        finally:
            upstream.close()

    do_PUT = do_POST = do_HEAD = do_DELETE = do_GET

    def _ask(self, upstream: HTTPConnection, body: bytes) -> HTTPResponse:
        upstream.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
        for name, value in self.headers.items():
            if name.lower() not in ("expect", "connection"):
                upstream.putheader(name, value)
        upstream.endheaders(body or None)
        return upstream.getresponse()

    def _pass_on(
        self, answer: HTTPResponse, spoiled: Callable[[bytes], bytes] = lambda body: body
    ) -> None:
        self.send_response_only(answer.status, answer.reason)
        for name, value in answer.getheaders():
            if name.lower() == "server":
                self.send_header(name, self.faults.name or value)
            elif name.lower() not in ("connection", "transfer-encoding"):
                self.send_header(name, value)
        content = answer.read()
        if answer.getheader("Content-Length") is None:
            self.send_header("Content-Length", str(len(content)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(spoiled(content))

    def _error(self, status: int, code: str, headers: tuple[tuple[str, str], ...] = ()) -> None:
        text = f"<Error><Code>{code}</Code><Message>as planned</Message></Error>"
        content = b"" if self.command == "HEAD" else text.encode()
        self.send_response_only(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        pass
