from __future__ import annotations

import re
from pathlib import Path
from typing import Any, get_args

import pytest
from compose import Compose, HealthCheck, Service, UnsetVariable, load_compose, required
from pydantic import BaseModel, ValidationError

from docmill.flows.commands.gpu_worker import gpu_worker
from docmill.gpu_workers.models import model_named
from docmill.infra.settings import Settings, load_settings
from docmill.schemas.errors import UsageError

SECRETS = re.compile(r"PASSWORD|SECRET|TOKEN|AUTH|KEY", re.IGNORECASE)


def filled(file: Path) -> dict[str, str]:
    return {name: f"value-of-{name.lower()}" for name in required(file.read_text())}


@pytest.fixture(scope="module")
def compose(deploy: Path) -> Compose:
    file = deploy / "compose.yaml"
    return load_compose(file, filled(file))


def test_it_refuses_to_start_while_any_secret_is_unset(deploy: Path) -> None:
    file = deploy / "compose.yaml"
    names = filled(file)
    assert len(names) >= 6
    for missing in names:
        with pytest.raises(UnsetVariable, match=missing):
            load_compose(file, {name: value for name, value in names.items() if name != missing})
        with pytest.raises(UnsetVariable, match=missing):
            load_compose(file, names | {missing: ""})


def test_the_example_names_what_must_be_set_and_holds_no_values(deploy: Path) -> None:
    lines = (deploy / ".env.example").read_text().splitlines()
    pairs = [line.partition("=") for line in lines if line and not line.startswith("#")]
    assert {name for name, _, _ in pairs} == required((deploy / "compose.yaml").read_text())
    assert {value for _, _, value in pairs} == {""}


def test_no_secret_is_written_down(deploy: Path) -> None:
    names = filled(deploy / "compose.yaml")
    for service in load_compose(deploy / "compose.yaml", names).services.values():
        for name, value in service.environment.items():
            if SECRETS.search(name):
                assert any(secret in value for secret in names.values()), name


def test_a_misspelt_key_is_found(deploy: Path, tmp_path: Path) -> None:
    text = (deploy / "compose.yaml").read_text()
    file = tmp_path / "compose.yaml"
    for right, wrong in (("healthcheck:", "health_check:"), ("memory: 2g", "memory: 2x")):
        file.write_text(text.replace(right, wrong))
        with pytest.raises(ValidationError):
            load_compose(file, filled(file))


def test_only_loopback_is_published(compose: Compose) -> None:
    ports = [port for service in compose.services.values() for port in service.ports]
    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)
    assert len({port.split(":")[1] for port in ports}) == len(ports)


def test_images_are_pinned(compose: Compose) -> None:
    for service in compose.services.values():
        tag = service.image.rpartition(":")[2]
        assert re.search(r"\d", tag), service.image


def test_every_service_has_limits_no_new_privileges_and_comes_back(compose: Compose) -> None:
    for name, service in compose.services.items():
        assert "no-new-privileges:true" in service.security_opt, name
        assert service.restart in ("unless-stopped", "on-failure:3"), name
        if service.build:
            assert service.read_only, name
            assert service.init, name
            assert service.cap_drop == ["ALL"], name


def test_whoever_is_waited_for_can_be_waited_for(compose: Compose) -> None:
    for name, service in compose.services.items():
        for needed, dependency in service.depends_on.items():
            other = compose.services[needed]
            assert set(other.profiles) <= set(service.profiles), f"{name} needs {needed}"
            if dependency.condition == "service_healthy":
                assert other.healthcheck
                assert other.healthcheck.test, needed
            assert (dependency.condition == "service_completed_successfully") == other.ends


def test_every_lasting_service_of_ours_is_checked(compose: Compose) -> None:
    for name, service in compose.services.items():
        if service.build and not service.ends:
            assert service.environment["DOCMILL_HEALTH_URL"].startswith("http://127.0.0.1:"), name
        if service.ends:
            assert service.healthcheck == HealthCheck(disable=True), name


def test_volumes_are_declared_and_files_are_there(compose: Compose, deploy: Path) -> None:
    used: set[str] = set()
    for service in compose.services.values():
        for volume in service.volumes:
            source = volume.split(":")[0]
            if source.startswith("."):
                assert (deploy / source).exists(), source
            else:
                used.add(source)
        if service.build:
            assert (deploy / service.build.context / service.build.dockerfile).exists()
            assert f"AS {service.build.target}\n" in (deploy / "Dockerfile").read_text()
    assert used == set(compose.volumes)


def test_profiles_leave_the_system_whole(compose: Compose) -> None:
    profiles = {profile for each in compose.services.values() for profile in each.profiles}
    assert profiles == {"observability", "gpu", "gpu-1", "llm"}
    pools = {
        word.removeprefix("--pool=")
        for name in compose.in_order()
        for word in compose.services[name].command
        if word.startswith("--pool=")
    }
    pools |= {
        command[command.index("--pool") + 1]
        for name in compose.in_order()
        if "--pool" in (command := compose.services[name].command)
    }
    assert pools == {"ingest", "cpu", "warehouse"}
    writers = [
        name for name, each in compose.services.items() if each.command == ["docmill", "serve"]
    ]
    assert writers == ["owner"]


def gpu_workers(compose: Compose) -> dict[str, tuple[Service, dict[str, Any]]]:
    """The services that run `docmill gpu-worker`, with the options of their commands."""
    return {
        name: (service, gpu_worker.make_context("gpu-worker", service.command[2:]).params)
        for name, service in compose.services.items()
        if service.command[:2] == ["docmill", "gpu-worker"]
    }


def test_each_gpu_has_a_worker_with_ports_of_its_own(compose: Compose) -> None:
    workers = gpu_workers(compose)
    assert len(workers) >= 2
    devices: list[str] = []
    for service, _ in workers.values():
        reservations = service.deploy.resources.reservations
        assert reservations
        (device,) = reservations.devices
        devices += device.device_ids
    ports = [options[name] for _, options in workers.values() for name in ("port", "metrics_port")]
    assert len(devices) == len(set(devices)) == len(workers)
    assert len(ports) == len(set(ports))


def test_a_gpu_worker_drains_before_it_is_killed(compose: Compose) -> None:
    for name, (service, options) in gpu_workers(compose).items():
        assert service.stop_grace_period, name
        grace = re.fullmatch(r"(\d+)s", service.stop_grace_period)
        assert grace
        assert int(grace[1]) > options["drain_seconds"] + 30, name


def test_a_model_server_is_asked_by_its_worker_alone(compose: Compose) -> None:
    """Beyond loopback it would need a key, and this file has none."""
    for name, (service, options) in gpu_workers(compose).items():
        assert options["host"] == "127.0.0.1", name
        assert service.ports == [], name
        asked = f"http://127.0.0.1:{options['port']}/health"
        assert service.environment["DOCMILL_HEALTH_URL"] == asked, name


def test_weights_are_fetched_once(compose: Compose, deploy: Path) -> None:
    for name, (service, _) in gpu_workers(compose).items():
        place = service.environment["HF_HOME"]
        assert any(volume.endswith(f":{place}") for volume in service.volumes), name
        assert f"chown 10001:10001 /data {place}" in (deploy / "Dockerfile").read_text()


def test_no_model_is_chosen_for_anybody(compose: Compose, deploy: Path) -> None:
    for _, options in gpu_workers(compose).values():
        with pytest.raises(UsageError, match="no model"):
            model_named(options["name"])
    named = load_compose(
        deploy / "compose.yaml", filled(deploy / "compose.yaml") | {"GPU_MODEL": "glm-ocr"}
    )
    for _, options in gpu_workers(named).values():
        assert model_named(options["name"]).licence.name == "MIT"


def test_the_variables_are_settings(compose: Compose) -> None:
    known = {name.upper().replace(".", "__") for name in _names(Settings)}
    used = {
        name.removeprefix("DOCMILL_")
        for service in compose.services.values()
        for name in service.environment
        if name.startswith("DOCMILL_") and name != "DOCMILL_HEALTH_URL"
    }
    assert used
    assert used <= known


def _names(model: type[BaseModel], prefix: str = "") -> list[str]:
    found: list[str] = []
    for name, field in model.model_fields.items():
        own = f"{prefix}{field.alias or name}"
        found.append(own)
        for kind in (field.annotation, *get_args(field.annotation)):
            if isinstance(kind, type) and issubclass(kind, BaseModel):
                found += _names(kind, f"{own}.")
    return found


def test_the_settings_file_is_valid(deploy: Path, tmp_path: Path) -> None:
    (tmp_path / "docmill.toml").write_text((deploy / "docmill.toml").read_text())
    assert load_settings(workspace=tmp_path).sources["inbox"].uri == "s3://docmill/inbox"
