"""compose.yaml as a strict model: what this project uses of the Compose specification, no more.

Docker's own check needs Docker; this finds misspelt keys, wrong shapes and unset variables.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, cast

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

_VARIABLE = re.compile(r"\$\{(\w+)(?:(:-|:\?)([^}]*))?\}")


class UnsetVariable(Exception):
    """A variable that must be set is not; compose refuses to start then."""


def interpolated(text: str, variables: Mapping[str, str]) -> str:
    """The text with `${NAME}`, `${NAME:-default}` and `${NAME:?message}` replaced."""

    def value(match: re.Match[str]) -> str:
        name, operator, rest = match[1], match[2], match[3]
        if found := variables.get(name):
            return found
        if operator == ":?":
            raise UnsetVariable(name)
        return rest or ""

    return _VARIABLE.sub(value, text)


def required(text: str) -> set[str]:
    """The variables without which it refuses to start."""
    return {match[1] for match in _VARIABLE.finditer(text) if match[2] == ":?"}


def _duration(value: str) -> str:
    assert re.fullmatch(r"(\d+[smh])+", value), value
    return value


def _size(value: str) -> str:
    assert re.fullmatch(r"\d+[bkmg]", value), value
    return value


Duration = Annotated[str, AfterValidator(_duration)]
Size = Annotated[str, AfterValidator(_size)]


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Build(Strict):
    context: str
    dockerfile: str
    target: str


class HealthCheck(Strict):
    test: list[str] = []
    interval: Duration | None = None
    timeout: Duration | None = None
    retries: int | None = None
    start_period: Duration | None = None
    disable: bool = False


class Dependency(Strict):
    condition: Literal["service_started", "service_healthy", "service_completed_successfully"]


class Limits(Strict):
    cpus: str
    memory: Size


class Device(Strict):
    driver: str
    device_ids: list[str]
    capabilities: list[str]


class Reservations(Strict):
    devices: list[Device]


class Resources(Strict):
    limits: Limits
    reservations: Reservations | None = None


class Deploy(Strict):
    resources: Resources


class Service(Strict):
    image: str
    build: Build | None = None
    entrypoint: list[str] = []
    command: list[str] = []
    profiles: list[str] = []
    environment: dict[str, str] = {}
    ports: list[str] = []
    volumes: list[str] = []
    tmpfs: list[str] = []
    healthcheck: HealthCheck | None = None
    depends_on: dict[str, Dependency] = {}
    restart: str
    network_mode: str | None = None
    ipc: str | None = None
    init: bool = False
    read_only: bool = False
    cap_drop: list[str] = []
    security_opt: list[str] = []
    shm_size: Size | None = None
    stop_grace_period: Duration | None = None
    deploy: Deploy

    @property
    def ends(self) -> bool:
        """Whether it does one thing and ends."""
        return self.restart.startswith("on-failure")


class Compose(Strict):
    name: str
    services: dict[str, Service]
    volumes: dict[str, dict[str, Any]] = Field(default_factory=dict[str, dict[str, Any]])

    def in_order(self) -> list[str]:
        """The services of no profile, each after those it depends on."""
        ordered: list[str] = []

        def add(name: str) -> None:
            for needed in self.services[name].depends_on:
                add(needed)
            if name not in ordered:
                ordered.append(name)

        for name, service in self.services.items():
            if not service.profiles:
                add(name)
        return ordered


def load_compose(path: Path, variables: Mapping[str, str]) -> Compose:
    """The file with its variables filled in and its anchors resolved.

    Raises:
        UnsetVariable: a variable that must be set is not.
        pydantic.ValidationError: something in it is not as the specification has it.
    """
    content: dict[str, Any] = yaml.safe_load(path.read_text("utf-8"))
    plain = {name: value for name, value in content.items() if not name.startswith("x-")}
    return Compose.model_validate(_filled(plain, variables))


def _filled(node: Any, variables: Mapping[str, str]) -> Any:
    """Variables are filled in after the file is parsed, as compose does: a value stays a string."""
    if isinstance(node, str):
        return interpolated(node, variables)
    if isinstance(node, list):
        return [_filled(each, variables) for each in cast(list[Any], node)]
    if isinstance(node, dict):
        mapping = cast(dict[str, Any], node)
        return {name: _filled(value, variables) for name, value in mapping.items()}
    return node
