"""The token that callers must show."""

from __future__ import annotations

import ipaddress
import os
import secrets
from pathlib import Path

from docmill.infra.settings import Serve
from docmill.infra.workspace import Workspace
from docmill.schemas.errors import StoreError, UsageError

_BYTES = 32
_LEAST = 16  # characters of a token set by hand


def token_file(workspace: Workspace) -> Path:
    """Where a workspace's own token is."""
    return workspace.root / "serve.token"


def token_of(workspace: Workspace, settings: Serve) -> str:
    """The token that is set, else the workspace's own, made now where there is none.

    Raises:
        UsageError: the one that is set is too short to be a secret.
        StoreError: the file cannot be written or read, or others may read it.
    """
    if chosen := settings.token.get_secret_value():
        if len(chosen) < _LEAST:
            raise UsageError(
                f"serve.token has fewer than {_LEAST} characters",
                "Make one with: python -c 'import secrets; print(secrets.token_urlsafe(32))'",
            )
        return chosen
    path = token_file(workspace)
    try:
        _make(path)
        return _read(path)
    except OSError as error:
        raise StoreError(f"{path}: {error.strerror or error}") from error


def known_token(workspace: Workspace, settings: Serve) -> str:
    """The token for a caller: the one that is set, else the workspace's own.

    Raises:
        UsageError: neither is there.
    """
    try:
        return settings.token.get_secret_value() or _read(token_file(workspace))
    except OSError as error:
        raise UsageError(
            f"the token of the running service cannot be read: {error.strerror}",
            "Set DOCMILL_SERVE__TOKEN to the one that `docmill serve` was started with.",
        ) from error


def check_host(settings: Serve) -> None:
    """Refuse to be reached from other machines by a token that nobody chose.

    Raises:
        UsageError: `serve.host` is no loopback address, and no token is set.
    """
    if settings.token.get_secret_value() or _is_loopback(settings.host):
        return
    raise UsageError(
        f"serve.host is {settings.host}, which other machines reach, and no token is set",
        "Set DOCMILL_SERVE__TOKEN, and put a proxy with TLS before the service.",
    )


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _make(path: Path) -> None:
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(secrets.token_urlsafe(_BYTES) + "\n")


def _read(path: Path) -> str:
    if path.stat().st_mode & 0o077:
        raise StoreError(f"others may read {path}", f"Run: chmod 600 {path}")
    token = path.read_text("ascii").strip()
    if not token:
        raise StoreError(f"{path} is empty", "Delete it; the service makes a new one.")
    return token
