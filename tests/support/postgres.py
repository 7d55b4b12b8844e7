"""A real PostgreSQL on loopback for tests, where the system has one; it refuses to run as root."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from pathlib import Path
from types import TracebackType
from typing import Self

USER, DATABASE = "prefect", "prefect"


def find_postgres() -> Path | None:
    """The folder of PostgreSQL's programs, or None."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    if found := shutil.which("initdb"):
        folders.append(Path(found).parent)
    needed = ("initdb", "postgres", "createdb")
    return next((each for each in folders if all((each / n).is_file() for n in needed)), None)


class Postgres:
    """A server with its data in a folder.

    Args:
        folder: empty; it must be reachable for other users when the tests run as root.
        password: of the user `prefect`.

    Raises:
        RuntimeError: it does not start; the message holds its log.
    """

    def __init__(self, folder: Path, password: str) -> None:
        programs = find_postgres()
        assert programs, "install postgresql"
        folder.mkdir(parents=True, exist_ok=True)
        secret = folder / "password"
        secret.write_text(password)
        self._as_user = _as_user(folder)
        data = folder / "data"
        self._run(
            programs / "initdb", "--pgdata", data, "--username", USER,
            "--pwfile", secret, "--auth", "scram-sha-256", "--no-sync",
        )  # fmt: skip
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            self.port: int = listener.getsockname()[1]
        self._log = folder / "log"
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [
                    *self._as_user, str(programs / "postgres"), "-D", str(data),
                    "-p", str(self.port), "-h", "127.0.0.1", "-k", "", "-F",
                ],
                stdout=log, stderr=subprocess.STDOUT, cwd=folder,
            )  # fmt: skip
        try:
            self._wait(programs, password)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Ends it at once."""
        self._process.send_signal(3)  # SIGQUIT: immediate shutdown, of all its children
        self._process.wait(20)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _wait(self, programs: Path, password: str) -> None:
        deadline = time.monotonic() + 60
        environment = os.environ | {"PGPASSWORD": password}
        address = ["-h", "127.0.0.1", "-p", str(self.port), "-U", USER]
        create = [str(programs / "createdb"), *address, DATABASE]
        while True:
            done = subprocess.run(create, env=environment, capture_output=True, text=True)
            if done.returncode == 0:
                return
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{done.stderr}\n{self._log.read_text('utf-8', 'replace')}")
            time.sleep(0.3)

    def _run(self, *command: object) -> None:
        done = subprocess.run(
            [*self._as_user, *map(str, command)], capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            raise RuntimeError(f"{done.stdout}\n{done.stderr}")


def _as_user(folder: Path) -> list[str]:
    """What makes a command run as `postgres` where it would run as root."""
    if os.getuid() != 0:
        return []
    for path in (folder, *folder.iterdir()):
        shutil.chown(path, "postgres", "postgres")
    return ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups", "--"]
