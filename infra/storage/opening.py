"""Stores by the place they are at."""

from __future__ import annotations

from pathlib import Path

from docmill.infra.storage.local import LocalFolder
from docmill.infra.storage.patience import PATIENT, Patience
from docmill.infra.storage.store import ObjectStore
from docmill.schemas.errors import UsageError

FILE = "file://"
S3 = "s3://"
_KNOWN = "Name a folder, or `s3://bucket/prefix`."


def open_store(root: str, patience: Patience = PATIENT) -> ObjectStore:
    """The store at `root`: a folder's path, `file://` and one, or `s3://bucket/prefix`.

    Nothing is asked of it yet; a call costs microseconds, but for the first one on S3 in a
    process, which imports boto3 and makes the client.

    Args:
        root: the place.
        patience: how long S3 is waited for.

    Raises:
        UsageError: it is none of these.
        StoreRefused: boto3 cannot make a client of what is set in the environment.
    """
    if "://" not in root or root.startswith(FILE):
        return LocalFolder(Path(root.removeprefix(FILE)))
    bucket, prefix = _in_bucket(root)
    return _prefix(bucket, prefix, patience)


def locate(uri: str) -> tuple[ObjectStore, str]:
    """The store that holds the object of this URI, and its key there.

    Raises:
        UsageError: it is no `file:///path` and no `s3://bucket/key`.
        StoreRefused: boto3 cannot make a client of what is set in the environment.
    """
    if uri.startswith(FILE):
        return LocalFolder(Path("/")), uri.removeprefix(FILE).lstrip("/")
    bucket, key = _in_bucket(uri)
    if not key:
        raise UsageError(f"names a bucket and no object: {uri}", "Name `s3://bucket/key`.")
    return _prefix(bucket, "", PATIENT), key


def is_on_s3(root: str) -> bool:
    """Whether a store's root or an object's URI is on S3."""
    return root.startswith(S3)


def _in_bucket(uri: str) -> tuple[str, str]:
    """Bucket and key; whatever the key holds (`?`, `%`, `#`, spaces, `//`) belongs to it."""
    scheme, _, path = uri.partition("://")
    bucket, _, key = path.partition("/")
    if not is_on_s3(uri):
        raise UsageError(f"docmill knows no {scheme}://, only s3:// and folders: {uri}", _KNOWN)
    if not bucket:
        raise UsageError(f"names no bucket: {uri}", _KNOWN)
    return bucket, key


def _prefix(bucket: str, prefix: str, patience: Patience) -> ObjectStore:
    # Here, since boto3 takes half a second to import: whoever has folders pays nothing.
    from docmill.infra.storage.s3.client import client_for
    from docmill.infra.storage.s3.prefix import S3Prefix

    return S3Prefix(bucket, prefix, client_for(patience))
