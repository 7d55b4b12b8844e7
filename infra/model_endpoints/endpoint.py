"""The few questions to a model server that need no page: is it there, what does it serve?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from types import TracebackType
from typing import Any, Self, cast

import httpx

from docmill.schemas.errors import BadOutput, EngineUnavailable, UsageError

KEY = "VLLM_API_KEY"
"""The variable that holds what callers of a server must show; vLLM itself reads it."""

_SHOWN = 300  # characters of a server's own message
_CONNECT_S = 10.0


@dataclass(frozen=True)
class Served:
    """A model that a server has; `context_tokens` is None where it does not say."""

    name: str
    context_tokens: int | None = None


class ModelEndpoint:
    """A server with OpenAI's interface, as vLLM, SGLang and llama.cpp have it.

    No proxy is used, whatever the environment says: documents go straight to the server.

    Args:
        url: with or without `/v1`: `http://127.0.0.1:8000`.
        key: what it wants as a bearer token, if anything.
        timeout_s: for one answer.

    Raises:
        UsageError: the URL is none.
    """

    def __init__(self, url: str, key: str = "", timeout_s: float = 10.0) -> None:
        self.url = url.rstrip("/").removesuffix("/v1")
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        try:
            self._http = httpx.Client(
                base_url=self.url,
                headers=headers,
                timeout=httpx.Timeout(timeout_s, connect=min(timeout_s, _CONNECT_S)),
                trust_env=False,
            )
        except httpx.InvalidURL as error:
            raise UsageError(f"“{url}” is no URL: {error}") from error
        if self._http.base_url.scheme not in ("http", "https"):
            raise UsageError(f"“{url}” is no URL of a server", "Such as http://127.0.0.1:8000.")

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Closes its connections."""
        self._http.close()

    def is_healthy(self, timeout_s: float = 10.0) -> bool:
        """Whether `/health` answers 2xx: its engine lives."""
        try:
            return self._http.get("/health", timeout=timeout_s).is_success
        except httpx.HTTPError:
            return False

    def models(self) -> tuple[Served, ...]:
        """What it serves.

        Raises:
            EngineUnavailable: it does not answer.
            BadOutput: it answers something else.
        """
        content = self._asked("GET", "/v1/models")
        try:
            return tuple(Served(each["id"], each.get("max_model_len")) for each in content["data"])
        except (KeyError, TypeError, AttributeError) as error:
            raise BadOutput(f"{self.url}/v1/models lists no models") from error

    def metrics(self) -> str:
        """Its `/metrics`, in Prometheus' text format.

        Raises:
            EngineUnavailable: it does not answer.
        """
        return self._response("GET", "/metrics").text

    def complete(self, body: Mapping[str, Any], timeout_s: float | None = None) -> dict[str, Any]:
        """The answer to a chat completion, as the server wrote it.

        Raises:
            EngineUnavailable: it does not answer, or says 5xx.
            BadOutput: it refuses; the message holds its reason.
        """
        return self._asked("POST", "/v1/chat/completions", body, timeout_s)

    def _asked(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        timeout_s: float | None = None,
    ) -> dict[str, Any]:
        response = self._response(method, path, body, timeout_s)
        try:
            content = response.json()
        except ValueError as error:
            raise BadOutput(f"{self.url}{path} answered no JSON") from error
        if not isinstance(content, dict):
            raise BadOutput(f"{self.url}{path} answered no JSON object")
        return cast("dict[str, Any]", content)

    def _response(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        timeout_s: float | None = None,
    ) -> httpx.Response:
        timeout = httpx.USE_CLIENT_DEFAULT if timeout_s is None else httpx.Timeout(timeout_s)
        try:
            response = self._http.request(method, path, json=body, timeout=timeout)
        except httpx.HTTPError as error:
            what = str(error) or type(error).__name__
            raise EngineUnavailable(f"{self.url} does not answer: {what}") from error
        if response.is_success:
            return response
        said = f"{self.url}{path} answered {response.status_code}: {_message(response)}"
        if response.is_server_error:
            raise EngineUnavailable(said)
        refused = response.status_code in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)
        raise BadOutput(said, f"Its key is missing or wrong: set {KEY}." if refused else "")


def _message(response: httpx.Response) -> str:
    """The reason in an error's body, in whichever of the usual places it is."""
    try:
        content = response.json()
        error = content.get("error", content)
        return str(error.get("message", error))[:_SHOWN]
    except (ValueError, AttributeError):
        return " ".join(response.text.split())[:_SHOWN]
