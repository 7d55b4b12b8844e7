"""A client of a running service, for commands and flows that find one on their workspace."""

from __future__ import annotations

import time
from collections.abc import Sequence
from types import TracebackType
from typing import Any, Self

import httpx
from pydantic import TypeAdapter, ValidationError

from docmill.infra.service.answers import Answer, Verdict
from docmill.infra.service.reports import WAIT_S, PublishReport, ServiceState, Trouble
from docmill.infra.service.sql import SqlRequest
from docmill.infra.service.token import known_token
from docmill.infra.settings import Settings
from docmill.infra.warehouse.lock import holder
from docmill.schemas.errors import StoreError, StoreRefused, UsageError, WorkspaceBusy

_ANSWER_S = 30.0
_ASK_AGAIN_S = 0.5
_VERDICTS = TypeAdapter(list[Verdict])


class ServiceClient:
    """Speaks to one service over one connection, which stays open (`with`, or `close`).

    Raises:
        StoreError: from every method, when the service does not answer or cannot do it now.
        StoreRefused: from every method, when the token is not the service's.
        UsageError: from every method, when the service says that the request is wrong.
    """

    def __init__(self, url: str, token: str) -> None:
        self.url = url
        self._http = httpx.Client(
            base_url=url,
            headers={"Authorization": f"Bearer {token}"},
            timeout=_ANSWER_S,
            trust_env=False,  # no proxy between this machine and itself
        )

    def answer(self, answers: Sequence[Answer]) -> list[Verdict]:
        """Send answers; one verdict each, in order."""
        body = [answer.model_dump(mode="json") for answer in answers]
        return _VERDICTS.validate_json(self._post("/api/review-events", body))

    def sql(self, sql: str, parameters: Any = None, max_rows: int | None = None) -> dict[str, Any]:
        """Ask published.duckdb: columns, types, rows, truncated, loaded_through."""
        request = SqlRequest(sql=sql, parameters=parameters or [], max_rows=max_rows)
        body = request.model_dump(mode="json")
        found: dict[str, Any] = httpx.Response(200, content=self._post("/api/sql", body)).json()
        return found

    def publish(self) -> PublishReport:
        """Have everything loaded and published that is in the lake now."""
        return PublishReport.model_validate_json(self._post("/api/publish", None, WAIT_S * 2))

    def state(self) -> ServiceState:
        """How it is."""
        return ServiceState.model_validate_json(self._request("GET", "/api/state"))

    def rebuild(self) -> None:
        """Have the warehouse built anew from the lake; this returns when that is done."""
        rebuilt = ServiceState.model_validate_json(self._post("/api/rebuild", None)).rebuilt
        while (state := self.state()).rebuilt == rebuilt:
            if problem := state.problems.get("loading"):
                raise StoreError(problem.message, problem.hint)
            time.sleep(_ASK_AGAIN_S)

    def close(self) -> None:
        """Close the connection."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _post(self, path: str, body: Any, seconds: float = _ANSWER_S) -> bytes:
        return self._request("POST", path, body, seconds)

    def _request(
        self, method: str, path: str, body: Any = None, seconds: float = _ANSWER_S
    ) -> bytes:
        try:
            response = self._http.request(method, path, json=body, timeout=seconds)
        except httpx.HTTPError as error:
            reason = str(error) or type(error).__name__
            raise StoreError(f"the service at {self.url} does not answer: {reason}") from error
        if response.is_success:
            return response.content
        raise _error_of(self.url, response)


def service_of(settings: Settings, busy: WorkspaceBusy) -> ServiceClient:
    """A client of the service that keeps a workspace busy.

    Args:
        settings: of the workspace.
        busy: what was raised when the workspace could not be owned.

    Raises:
        WorkspaceBusy: `busy` itself: what owns the workspace is no service.
        UsageError: there is one, and its token cannot be read.
        StoreError: others may read the token, too.
    """
    workspace = settings.open_workspace()
    owner = holder(workspace.lock)
    if owner is None or owner.url is None:
        raise busy
    return ServiceClient(owner.url, known_token(workspace, settings.serve))


def _error_of(url: str, response: httpx.Response) -> StoreError | UsageError:
    try:
        told = Trouble.model_validate_json(response.content)
    except ValidationError:  # not from the service's own hand
        told = Trouble(error=f"{response.reason_phrase}: {response.text[:500]}")
    if response.status_code in (401, 403):
        return StoreRefused(
            f"the service at {url} refuses the token",
            "Set DOCMILL_SERVE__TOKEN to the one it was started with.",
        )
    if response.status_code < 500:
        return UsageError(f"{url}: {told.error}", told.hint)
    return StoreError(f"{url}: {told.error}", told.hint)
