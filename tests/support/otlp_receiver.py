"""A real receiver of traces on loopback: OTLP over HTTP, as OpenTelemetry's exporter sends it."""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from types import TracebackType
from typing import Any, Self

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)


@dataclass(frozen=True)
class ReceivedSpan:
    """A span: ids in hex, `parent` empty at the root, times in seconds, status 2 for an error."""

    service: str
    name: str
    trace: str
    id: str
    parent: str
    seconds: float
    attributes: dict[str, Any]
    events: int
    failed: bool


class OtlpReceiver:
    """Receives spans as long as it is open."""

    def __init__(self) -> None:
        self._spans: list[ReceivedSpan] = []
        self._lock = Lock()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if self.headers.get("Content-Encoding") == "gzip":
                    body = gzip.decompress(body)
                assert self.path == "/v1/traces"
                receiver.take(ExportTraceServiceRequest.FromString(body))
                answer = ExportTraceServiceResponse().SerializeToString()
                self.send_response(200)
                self.send_header("Content-Type", "application/x-protobuf")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = Thread(target=self._server.serve_forever)
        self._thread.start()

    def environment(self) -> dict[str, str]:
        """The variable by which OpenTelemetry finds it."""
        return {"OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{self._server.server_port}"}

    def spans(self, *names: str) -> list[ReceivedSpan]:
        """Those received so far, of all names or of some."""
        with self._lock:
            return [span for span in self._spans if not names or span.name in names]

    def take(self, request: ExportTraceServiceRequest) -> None:
        """Notes what came."""
        for resource in request.resource_spans:
            about = _plain(resource.resource.attributes)
            for scope in resource.scope_spans:
                for span in scope.spans:
                    received = ReceivedSpan(
                        service=about["service.name"],
                        name=span.name,
                        trace=span.trace_id.hex(),
                        id=span.span_id.hex(),
                        parent=span.parent_span_id.hex(),
                        seconds=(span.end_time_unix_nano - span.start_time_unix_nano) / 1e9,
                        attributes=_plain(span.attributes),
                        events=len(span.events),
                        failed=span.status.code == 2,
                    )
                    with self._lock:
                        self._spans.append(received)

    def close(self) -> None:
        """Stops listening."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def _plain(attributes: Any) -> dict[str, Any]:
    return {each.key: getattr(each.value, each.value.WhichOneof("value")) for each in attributes}
