"""Makes the lake's bucket, with versions kept, where it is missing: `make_bucket.py BUCKET`.

Versions protect against deletion and overwriting by other tools; docmill itself does neither.
Address and keys come from where AWS tools take them.
"""

from __future__ import annotations

import sys
from typing import Any

import boto3.session  # pyright: ignore
from botocore.exceptions import ClientError  # pyright: ignore


def main(bucket: str) -> None:
    """Makes it, or finds it there."""
    session: Any = boto3.session.Session()
    client = session.client("s3")
    try:
        client.create_bucket(Bucket=bucket)
        made = "made"
    except ClientError as error:
        refused: Any = error
        code = refused.response.get("Error", {}).get("Code")
        if code not in ("BucketAlreadyOwnedByYou", "BucketAlreadyExists"):
            raise
        made = "is there"
    client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    sys.stdout.write(f"bucket {bucket} {made}, with versions\n")


if __name__ == "__main__":
    main(sys.argv[1])
