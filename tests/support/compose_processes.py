"""The services of compose.yaml as processes of this machine, without containers.

Command, environment and health check of every service are the file's own; only what a container
changes is changed: names of hosts become loopback, ports become free ones, and the places of
volumes become folders.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self, cast

from compose import Compose, Service
from object_server import find_weed
from postgres import DATABASE, USER, Postgres, find_postgres
from prefect_server import Process

_HEALTH_LIMIT_S = 180.0
_END_LIMIT_S = 180.0
# Listeners of `weed mini` that have no port in the file, since a container has all for itself.
_WEED_PORTS = ("master", "filer", "volume", "admin")


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return cast(int, listener.getsockname()[1])


@dataclass
class ComposeProcesses:
    """Starts services one after the other, each when those it depends on are as they should be.

    Args:
        compose: the file.
        deploy: the folder it is in.
        folder: for volumes, homes and logs.
        password: the database's.
        extra: variables for every service of ours.
    """

    compose: Compose
    deploy: Path
    folder: Path
    password: str
    extra: Mapping[str, str] = field(default_factory=dict[str, str])

    def __post_init__(self) -> None:
        ports = {name: free_port() for name in ("s3", "database", "prefect", "owner")}
        self.ports = ports
        self.running: dict[str, Process] = {}
        self.health: dict[str, str] = {}
        self._postgres: Postgres | None = None
        self._replaced = {
            "http://object-store:8333": f"http://127.0.0.1:{ports['s3']}",
            "http://prefect:4200": f"http://127.0.0.1:{ports['prefect']}",
            "http://127.0.0.1:4200": f"http://127.0.0.1:{ports['prefect']}",
            "http://127.0.0.1:8610": f"http://127.0.0.1:{ports['owner']}",
            "-s3.port=8333": f"-s3.port={ports['s3']}",
            "-ip=object-store": "-ip=127.0.0.1",
            "/opt/docmill/deploy/": f"{self.deploy}/",
            "0.0.0.0": "127.0.0.1",
        }

    @property
    def has_postgres(self) -> bool:
        """Whether this machine has what the service `database` runs."""
        return find_postgres() is not None

    def start(self) -> None:
        """Starts all services of no profile.

        Raises:
            AssertionError: one did not end well, or did not become healthy in time.
        """
        for name in self.compose.in_order():
            service = self.compose.services[name]
            if name == "database":
                self._start_database()
            elif service.ends:
                self._run(name, service)
            else:
                self._start(name, service)

    def data(self, name: str) -> Path:
        """What the service has at /data."""
        service = self.compose.services[name]
        volume = next((v.split(":")[0] for v in service.volumes if v.endswith(":/data")), name)
        folder = self.folder / "volumes" / volume
        folder.mkdir(parents=True, exist_ok=True)
        for mount in service.volumes:
            source, _, place = mount.removesuffix(":ro").partition(":")
            if source.startswith("./") and place.startswith("/data/"):
                shutil.copyfile(self.deploy / source, folder / place.removeprefix("/data/"))
        return folder

    def environment(self, name: str) -> dict[str, str]:
        """The service's variables, beside those of the image."""
        service = self.compose.services[name]
        kept = {
            key: value
            for key, value in os.environ.items()
            if not key.startswith(("PREFECT_", "DOCMILL_", "AWS_", "OTEL_"))
        }
        own = {key: self._local(name, value) for key, value in service.environment.items()}
        if "PREFECT_WORKER_WEBSERVER_PORT" in own:
            port = str(free_port())
            own["PREFECT_WORKER_WEBSERVER_PORT"] = port
            own["DOCMILL_HEALTH_URL"] = own["DOCMILL_HEALTH_URL"].replace("8080", port)
        if "DOCMILL_SERVE__PORT" in own:
            own["DOCMILL_SERVE__PORT"] = str(self.ports["owner"])
        home = self.folder / "homes" / name
        home.mkdir(parents=True, exist_ok=True)
        image = {
            "HOME": str(home),
            "PREFECT_HOME": str(home / "prefect"),
            "DOCMILL_WORKSPACE": str(self.data(name)),
            "DO_NOT_TRACK": "1",
        }
        quick = {"PREFECT_WORKER_QUERY_SECONDS": "1"}
        return kept | image | own | quick | dict(self.extra)

    def logs(self) -> str:
        """The ends of all logs."""
        return "\n".join(f"== {name}\n{each.tail()}" for name, each in self.running.items())

    def healthy(self, name: str) -> bool:
        """What the service's own health check says."""
        done = subprocess.run(
            [sys.executable, str(self.deploy / "healthy.py")],
            env=os.environ | {"DOCMILL_HEALTH_URL": self.health[name]},
            capture_output=True,
            check=False,
        )
        return done.returncode == 0

    def close(self) -> None:
        """Ends all, the last one first."""
        for process in reversed(self.running.values()):
            process.close()
        if self._postgres:
            self._postgres.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _local(self, name: str, text: str) -> str:
        for inside, outside in self._replaced.items():
            text = text.replace(inside, outside)
        if text == "4200":
            return str(self.ports["prefect"])
        if "@database:5432" in text:
            return self._database_url(text)
        return text.replace("=/data", f"={self.data(name)}")

    def _database_url(self, text: str) -> str:
        if self._postgres is None:  # none on this machine
            return f"sqlite+aiosqlite:///{self.folder / 'prefect.db'}"
        return text.replace("@database:5432", f"@127.0.0.1:{self._postgres.port}")

    def _command(self, name: str, service: Service) -> list[str]:
        program, *arguments = [*service.entrypoint, *service.command]
        match Path(program).name:
            case "weed":
                ports = [
                    f"-{each}.port{kind}={free_port()}"
                    for each in _WEED_PORTS
                    for kind in ("", ".grpc")
                ]
                start = [str(find_weed()), *ports, f"-s3.port.grpc={free_port()}"]
                start.insert(1, arguments.pop(0))
            case "docmill":
                start = [sys.executable, "-m", "docmill.flows.cli"]
            case "prefect":
                start = [sys.executable, "-m", "prefect"]
            case "python":
                start = [sys.executable]
            case other:
                raise AssertionError(f"no such program here: {other}")
        return [*start, *(self._local(name, argument) for argument in arguments)]

    def _start_database(self) -> None:
        service = self.compose.services["database"]
        names = {service.environment["POSTGRES_USER"], service.environment["POSTGRES_DB"]}
        assert names == {USER, DATABASE}
        if self.has_postgres:
            self._postgres = Postgres(self.folder / "postgres", self.password)

    def _run(self, name: str, service: Service) -> None:
        log = self.folder / f"{name}.log"
        with log.open("wb") as output:
            done = subprocess.run(
                self._command(name, service),
                env=self.environment(name),
                cwd=self.folder,
                stdout=output,
                stderr=subprocess.STDOUT,
                timeout=_END_LIMIT_S,
                check=False,
            )
        assert done.returncode == 0, f"{name}:\n{log.read_text()}"

    def _start(self, name: str, service: Service) -> None:
        environment = self.environment(name)
        self.health[name] = environment.get(
            "DOCMILL_HEALTH_URL", f"http://127.0.0.1:{self.ports['s3']}/status"
        )
        log = self.folder / f"{name}.log"
        self.running[name] = Process(self._command(name, service), environment, log)
        self._wait(name, lambda: self.healthy(name))

    def _wait(self, name: str, well: Callable[[], bool]) -> None:
        deadline = time.monotonic() + _HEALTH_LIMIT_S
        while not well():
            process = self.running[name]
            assert not process.ended, f"{name} ended:\n{process.tail()}"
            assert time.monotonic() < deadline, f"{name} is not healthy:\n{process.tail()}"
            time.sleep(0.5)
