"""The HTTP side of the service: routes, who may use them, and how failures are told."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Depends, FastAPI, HTTPException, Request, Response
from fastapi.responses import JSONResponse
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import Field

from docmill.infra.service.answers import MOST_AT_ONCE, Answer, Verdict
from docmill.infra.service.owner_service import OwnerService
from docmill.infra.service.reports import PublishReport, ServiceState, Trouble
from docmill.infra.service.sql import SqlRequest
from docmill.infra.telemetry.metrics import CONTENT_TYPE
from docmill.schemas.errors import (
    CageError,
    DocmillError,
    MemoryExceeded,
    StoreError,
    UsageError,
    WorkerTimeout,
)

_STATUS: tuple[tuple[type[DocmillError], int], ...] = (
    (UsageError, 400),
    (WorkerTimeout, 408),
    (MemoryExceeded, 413),
    (CageError, 503),
    (StoreError, 503),
)
_RETRY_AFTER_S = "1"
_BEARER = HTTPBearer(auto_error=False)


def create_app(service: OwnerService) -> FastAPI:
    """The application over a running service."""
    app = FastAPI(
        title="docmill", docs_url=None, redoc_url=None, openapi_url=None
    )  # the pages of FastAPI load scripts from other hosts; the description is at /api/openapi.json
    app.add_exception_handler(DocmillError, _told)
    app.include_router(_health(service))
    app.include_router(_metrics(service))
    app.include_router(_api(service, app), prefix="/api", dependencies=[Depends(_guard(service))])
    return app


def _guard(service: OwnerService) -> Callable[..., None]:
    def check(shown: Annotated[HTTPAuthorizationCredentials | None, Depends(_BEARER)]) -> None:
        given = shown.credentials if shown else ""
        if not secrets.compare_digest(given.encode(), service.token.encode()):
            raise HTTPException(
                401, "a valid token is wanted", headers={"WWW-Authenticate": "Bearer"}
            )

    return check


def _health(service: OwnerService) -> APIRouter:
    router = APIRouter(prefix="/health")

    @router.get("/live")
    async def live() -> str:
        """The process answers."""
        return "live"

    @router.get("/ready", responses={503: {"model": list[str]}})
    def ready() -> JSONResponse:
        """The warehouse is open and up to date; else the reasons why not."""
        reasons = service.state().unready
        return JSONResponse(list(reasons), status_code=503 if reasons else 200)

    return router


def _metrics(service: OwnerService) -> APIRouter:
    router = APIRouter()

    @router.get("/metrics", include_in_schema=False)
    def metrics() -> Response:
        """What Prometheus scrapes: numbers and names, no documents."""
        return Response(service.metrics.exposition(), media_type=CONTENT_TYPE)

    return router


def _api(service: OwnerService, app: FastAPI) -> APIRouter:
    failures = {503: {"model": Trouble, "description": "Lake or warehouse failed; try again."}}
    router = APIRouter(responses={**failures})

    @router.post("/review-events")
    async def review_events(
        answers: Annotated[list[Answer], Field(max_length=MOST_AT_ONCE)],
    ) -> list[Verdict]:
        """Keep answers of reviewers; one verdict each, in order, when they are kept for good."""
        return await asyncio.wrap_future(service.answer(answers))

    limits = {
        400: {"model": Trouble, "description": "The query cannot be run."},
        408: {"model": Trouble, "description": "It took too long."},
        413: {"model": Trouble, "description": "It needed too much memory."},
    }

    @router.post("/sql", responses={**limits})
    async def sql(request: SqlRequest) -> Response:
        """Ask published.duckdb: columns, types, rows, truncated, loaded_through."""
        content = await asyncio.wrap_future(service.ask(request))
        return Response(content, media_type="application/json")

    @router.post("/publish")
    def publish() -> PublishReport:
        """Load what is in the lake now, publish it, then answer."""
        return service.publish()

    @router.post("/rebuild", status_code=202)
    def rebuild() -> ServiceState:
        """Begin to build the warehouse anew from the lake; `doing` tells when it is done."""
        service.rebuild()
        return service.state()

    @router.get("/state")
    def state() -> ServiceState:
        """What the service does, and how it is."""
        return service.state()

    @router.get("/openapi.json", include_in_schema=False)
    def openapi() -> JSONResponse:
        return JSONResponse(app.openapi())

    return router


async def _told(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, DocmillError)
    status = next((code for kind, code in _STATUS if isinstance(error, kind)), 500)
    headers = {"Retry-After": _RETRY_AFTER_S} if status == 503 else None
    trouble = Trouble(error=error.message, hint=error.hint)
    return JSONResponse(trouble.model_dump(), status_code=status, headers=headers)
