"""Settings of outputs: where finished documents are delivered to."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints
from pydantic_core import Url

from docmill.schemas.frozen import Frozen
from docmill.schemas.outcome import DocumentStatus

# A part of object keys in the lake.
OutputName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$")]
_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_OWN_HEADERS = re.compile(r"(?i)webhook-.*|content-.*|host|transfer-encoding|connection|user-agent")


def _url(text: str) -> str:
    try:
        url = Url(text)
    except ValueError as error:
        raise ValueError(f"not a URL: {text!r}; write https://host/path") from error
    if url.scheme not in ("http", "https"):
        raise ValueError(f"{url.scheme}:// cannot be posted to; write https:// or http://")
    if url.username or url.password:
        raise ValueError("holds a user or password; name their variable in `headers_env` instead")
    return text


def _since(text: str) -> str:
    if text not in ("now", "start"):
        try:
            datetime.fromisoformat(text)
        except ValueError as error:
            raise ValueError("write `now`, `start`, or a time such as 2026-11-01") from error
    return text


def _headers(names: dict[str, str]) -> dict[str, str]:
    for name in names:
        if not _HEADER.fullmatch(name) or _OWN_HEADERS.fullmatch(name):
            raise ValueError(f"the header {name!r} cannot be set")
    return names


def _folder(place: str) -> str:
    if "://" in place and not re.match(r"(s3://[^/]+|file:///)", place):
        raise ValueError(f"not a folder and not s3://bucket/prefix: {place!r}")
    return place


class OutputOptions(Frozen):
    """What every output has."""

    sources: tuple[str, ...] = Field(
        default=(), description="Only documents of these sources, by their names; else all."
    )
    schemas: tuple[str, ...] = Field(
        default=(), description="Only documents with a part of any of these schemas; else all."
    )
    statuses: tuple[DocumentStatus, ...] = Field(
        default=tuple(DocumentStatus),
        description="Only documents that ended so: `done`, `needs_review`, `partial`, `failed`.",
    )
    since: Annotated[str, AfterValidator(_since)] = Field(
        default="now",
        description="What a new output begins with: `now`, `start` (everything), or a time.",
    )
    attempts: int = Field(
        default=12,
        ge=1,
        le=100,
        description="Attempts before a document becomes a dead letter; 12 take about a day.",
    )

    def since_time(self) -> datetime | None:
        """The time that `since` names, in UTC; None for `now` and `start`."""
        if self.since in ("now", "start"):
            return None
        time = datetime.fromisoformat(self.since)
        return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)


class WebhookOptions(OutputOptions):
    """Each finished document is posted to a URL."""

    kind: Literal["webhook"] = "webhook"
    url: Annotated[str, AfterValidator(_url)] = Field(description="Where to, http or https.")
    secret_env: str = Field(
        min_length=1,
        description="The environment variable that holds the signing secret, or several of them "
        "parted by spaces while it is being changed.",
    )
    headers_env: Annotated[dict[str, str], AfterValidator(_headers)] = Field(
        default_factory=dict,
        description="Further headers, each with the environment variable that holds its value.",
    )
    timeout_seconds: float = Field(
        default=30, gt=0, le=300, description="Longest time for one request, all in all."
    )
    parallel: int = Field(
        default=1,
        ge=1,
        le=32,
        description="Requests at once; more than 1 gives up the order among so many.",
    )
    max_kilobytes: int = Field(
        default=1000,
        ge=16,
        description="Largest body in KiB; larger ones go without results, and say `truncated`.",
    )


class FilesOptions(OutputOptions):
    """Each finished document's JSON is written as a file of its own."""

    kind: Literal["files"] = "files"
    to: Annotated[str, AfterValidator(_folder)] = Field(
        default="",
        description="A folder or `s3://bucket/prefix`; empty: beside each source.",
    )


Output = Annotated[WebhookOptions | FilesOptions, Field(discriminator="kind")]
