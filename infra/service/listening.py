"""uvicorn in a thread, so that signals stay with whoever started it."""

from __future__ import annotations

import socket
import time
from threading import Thread
from types import TracebackType
from typing import Self

import uvicorn
from fastapi import FastAPI

from docmill.schemas.errors import UsageError

_START_LIMIT_S = 30.0
_END_LIMIT_S = 30  # for requests under way


class Listening:
    """An application that answers on an address from `with` to the end of the block.

    Args:
        app: what answers.
        host: address or name.
        port: 0 for a free one.

    Raises:
        UsageError: at once, when the address cannot be listened on.
    """

    def __init__(self, app: FastAPI, host: str, port: int) -> None:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        try:
            self._socket = socket.create_server((host, port), family=family, backlog=1024)
        except OSError as error:
            raise UsageError(
                f"cannot listen on {host}:{port}: {error.strerror or error}",
                "Choose another port with `--port`; 0 takes any that is free.",
            ) from error
        # Inherited by every connection; asyncio sets it only for sockets that name their protocol.
        # Without it an answer's second packet waits 40 ms for the first one's acknowledgement.
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.url = _url(host, self._socket.getsockname()[1])
        config = uvicorn.Config(
            app, log_config=None, access_log=False, timeout_graceful_shutdown=_END_LIMIT_S,
            lifespan="off",
        )  # fmt: skip
        self._server = uvicorn.Server(config)
        self._thread = Thread(target=self._server.run, args=([self._socket],), name="http")

    @property
    def alive(self) -> bool:
        """Whether it still answers."""
        return self._thread.is_alive()

    def __enter__(self) -> Self:
        """Start; requests are answered from now on."""
        self._thread.start()
        deadline = time.monotonic() + _START_LIMIT_S
        while not self._server.started:
            if not self.alive or time.monotonic() > deadline:
                raise UsageError(f"the server at {self.url} does not start", "See its log.")
            time.sleep(0.01)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End; requests under way are answered first."""
        self._server.should_exit = True
        self._thread.join()
        self._socket.close()


def _url(host: str, port: int) -> str:
    """Where this machine reaches it: an address that stands for all is none to call."""
    callable_host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    shown = f"[{callable_host}]" if ":" in callable_host else callable_host
    return f"http://{shown}:{port}"
