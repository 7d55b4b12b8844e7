"""The S3 client, by boto3's own chain of environment, profiles and roles."""

from __future__ import annotations

import os
import random
from functools import lru_cache
from typing import Any, cast

import boto3.session  # pyright: ignore
import botocore.session  # pyright: ignore
from botocore.config import Config  # pyright: ignore

from docmill.infra.storage.patience import PATIENT, Patience
from docmill.infra.storage.s3.errors import translated

# Connections kept for threads that share the client.
CONNECTIONS = 64
_LONGEST_WAIT_S = 10.0


def client_for(patience: Patience = PATIENT) -> Any:
    """The client for this process and its environment, shared by all threads; cheap to ask for.

    Raises:
        StoreRefused: endpoint, profile or region are set to something that cannot be.
    """
    return _client(patience, os.getpid(), _environment())


def attempts_of(client: Any) -> int:
    """How often this client tries a request."""
    return int(client.meta.config.retries["total_max_attempts"])


def wait_after(attempt: int) -> float:
    """Seconds to wait after so many tries (from 1): exponential backoff with full jitter."""
    return random.uniform(0, min(0.1 * 2**attempt, _LONGEST_WAIT_S))


def _environment() -> tuple[tuple[str, str], ...]:
    """What the chain looks at in the environment; other settings, another client."""
    return tuple(
        sorted(
            item for item in os.environ.items() if item[0].startswith("AWS_") or item[0] in _MORE
        )
    )


_MORE = ("HOME", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy")


@lru_cache(maxsize=8)
def _client(patience: Patience, process: int, environment: object) -> Any:
    del process, environment  # they only tell clients apart
    with translated("connect to the object store"):
        core: Any = cast(Any, botocore.session).get_session()
        attempts = core.get_config_variable("max_attempts") or patience.attempts
        config: Any = Config(
            retries={"mode": "standard", "total_max_attempts": attempts},
            connect_timeout=patience.connect_s,
            read_timeout=patience.read_s,
            max_pool_connections=CONNECTIONS,
            tcp_keepalive=True,
            user_agent_extra="docmill",
        )
        session: Any = boto3.session.Session(botocore_session=core)
        return session.client("s3", config=config)
