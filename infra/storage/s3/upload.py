"""Creating objects on S3, once and for all: none is ever overwritten.

Every upload carries a token of its own as metadata. When a request was cut off or answered with
an error after the server had carried it out, the next try finds an object; by the token it is
told whether that is this upload's or another writer's, also where both hold the same bytes.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO
from uuid import uuid4

from botocore.exceptions import (  # pyright: ignore
    BotoCoreError,
    ClientError,
)

from docmill.infra.storage.s3.client import wait_after
from docmill.infra.storage.s3.errors import code_of, retries_of, status_of

# What is larger goes up in parts of this size, one in memory at a time. S3 takes 10,000 parts.
PART_BYTES = 16 * 2**20
MOST_PARTS = 10_000
# Tries of an upload that collides with another one on its way to the same key (409).
COLLISIONS = 8
_TOKEN = "docmill-upload"

Place = dict[str, str]  # {"Bucket": …, "Key": …}


def create(client: Any, place: Place, body: bytes | BinaryIO) -> bool:
    """Create an object from bytes, or from a file open at its start. False: there was one.

    Raises:
        botocore's exceptions: it could not be created, or nobody knows whether it was.
    """
    token = uuid4().hex

    def upload() -> None:
        if not isinstance(body, bytes):
            body.seek(0)
        client.put_object(**place, Body=body, IfNoneMatch="*", Metadata={_TOKEN: token})

    return _created(client, place, token, upload)


def create_from_file(client: Any, place: Place, path: Path) -> bool:
    """The same from a file, in parts where it is large; a failed upload leaves no parts behind.

    Raises:
        OSError: the file cannot be read.
    """
    size = path.stat().st_size
    if size <= PART_BYTES:
        with path.open("rb") as file:
            return create(client, place, file)
    token = uuid4().hex
    part_bytes = max(PART_BYTES, -(-size // MOST_PARTS))

    def upload() -> None:
        with path.open("rb") as file:
            _upload_parts(client, place, file, part_bytes, token)

    return _created(client, place, token, upload)


def _created(client: Any, place: Place, token: str, upload: Callable[[], None]) -> bool:
    unsure = False  # whether a try that looked failed may have created the object
    for attempt in range(1, COLLISIONS + 1):
        try:
            upload()
        except ClientError as error:
            unsure = unsure or retries_of(error) > 0
            if status_of(error) == 412:
                return unsure and _is_ours(client, place, token)
            if unsure and code_of(error) == "NoSuchUpload" and _is_ours(client, place, token):
                return True
            if status_of(error) != 409 or attempt == COLLISIONS:
                raise
            time.sleep(wait_after(attempt))
        else:
            return True
    raise AssertionError("the last collision is raised")


def _is_ours(client: Any, place: Place, token: str) -> bool:
    try:
        found = client.head_object(**place)
    except ClientError as error:
        if status_of(error) == 404:
            return False
        raise
    return found["Metadata"].get(_TOKEN) == token


def _upload_parts(client: Any, place: Place, file: BinaryIO, part_bytes: int, token: str) -> None:
    started = client.create_multipart_upload(**place, Metadata={_TOKEN: token})
    upload = place | {"UploadId": started["UploadId"]}
    try:
        parts: list[dict[str, object]] = []
        while content := file.read(part_bytes):
            number = len(parts) + 1
            sent = client.upload_part(**upload, PartNumber=number, Body=content)
            checksums = {name: sent[name] for name in sent if name.startswith("Checksum")}
            checksums.pop("ChecksumType", None)
            parts.append({"ETag": sent["ETag"], "PartNumber": number} | checksums)
        client.complete_multipart_upload(
            **upload, MultipartUpload={"Parts": parts}, IfNoneMatch="*"
        )
    except BaseException:
        with suppress(ClientError, BotoCoreError):  # the error that led here says more
            client.abort_multipart_upload(**upload)
        raise
