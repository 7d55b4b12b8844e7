"""The Prefect server, as the command line finds it."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

import httpx
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.exceptions import PrefectHTTPStatusError
from prefect.settings import get_current_settings

from docmill.schemas.errors import SchedulerUnavailable, UsageError

_HOW = (
    "Start one with `prefect server start`, then tell everybody where it is: "
    "`prefect config set PREFECT_API_URL=http://127.0.0.1:4200/api`."
)


def api_url() -> str:
    """The address of the server's API.

    Raises:
        UsageError: none is set; without one Prefect would start a server for this call alone.
    """
    url = get_current_settings().api.url
    if not url:
        raise UsageError("PREFECT_API_URL is not set: there is no Prefect server to talk to", _HOW)
    return url


@contextmanager
def connected() -> Generator[SyncPrefectClient]:
    """A client of the server, which answers.

    Raises:
        UsageError: no server is set.
        SchedulerUnavailable: it does not answer, or it refuses.
    """
    url = api_url()
    with get_client(sync_client=True) as client:
        error = client.api_healthcheck()
        if error is not None:
            raise SchedulerUnavailable(
                f"the Prefect server at {url} does not answer: {error}", _HOW
            )
        try:
            yield client
        except PrefectHTTPStatusError as refused:
            detail = refused.response.text[:300]
            raise SchedulerUnavailable(f"{url} refused: {detail}") from refused
        except httpx.TransportError as cut:
            raise SchedulerUnavailable(f"{url} went away: {cut}") from cut
