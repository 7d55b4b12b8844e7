"""Manifests against Kubernetes' own schemas, and every reference in them; nothing is run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest
import yaml
from kubernetes_validate import validate  # pyright: ignore

from docmill.flows.commands.gpu_worker import gpu_worker
from docmill.gpu_workers.models import model_named
from docmill.schemas.errors import UsageError

Manifest = dict[str, Any]
VERSION = "1.33"
# Kinds of the Prometheus operator, whose schemas are not Kubernetes'.
FOREIGN = {"PodMonitor", "ServiceMonitor"}
# Made by hand or by a secret store, never here.
SECRET, SECRET_KEYS = "docmill", {
    "aws-access-key-id",
    "aws-secret-access-key",
    "prefect-auth",
    "serve-token",
}  # fmt: skip


def load(path: Path) -> list[Manifest]:
    return [document for document in yaml.safe_load_all(path.read_text()) if document]


def resources(folder: Path) -> list[Manifest]:
    """All that a kustomization lists, with what it builds on."""
    (kustomization,) = load(folder / "kustomization.yaml")
    found: list[Manifest] = []
    for name in kustomization["resources"]:
        path = folder / name
        assert path.exists(), path
        found += resources(path) if path.is_dir() else load(path)
    return found


@pytest.fixture(scope="module")
def kubernetes(deploy: Path) -> Path:
    return deploy / "kubernetes"


@pytest.fixture(scope="module")
def manifests(kubernetes: Path) -> list[Manifest]:
    """The largest set: base and GPU."""
    return resources(kubernetes / "gpu")


def named(manifests: list[Manifest], *kinds: str) -> dict[str, Manifest]:
    return {each["metadata"]["name"]: each for each in manifests if each["kind"] in kinds}


def pods(manifests: list[Manifest]) -> dict[str, Manifest]:
    """Pod templates by the name of what makes them."""
    makers = named(manifests, "Deployment", "StatefulSet", "Job")
    return {name: maker["spec"]["template"] for name, maker in makers.items()}


def containers(manifests: list[Manifest]) -> Iterator[tuple[str, Manifest, Manifest]]:
    for name, template in pods(manifests).items():
        for container in template["spec"]["containers"]:
            yield name, template["spec"], container


def test_every_file_is_listed(kubernetes: Path) -> None:
    for folder in kubernetes.iterdir():
        (kustomization,) = load(folder / "kustomization.yaml")
        there = {path.name for path in folder.glob("*.yaml")} - {"kustomization.yaml"}
        assert there == {name for name in kustomization["resources"] if name.endswith(".yaml")}


def test_every_manifest_fits_the_schema_of_its_kind(manifests: list[Manifest]) -> None:
    assert len(manifests) >= 15
    for manifest in manifests:
        validate(manifest, VERSION, strict=True)


def test_the_schema_finds_what_is_misspelt(manifests: list[Manifest]) -> None:
    deployment = yaml.safe_load(
        yaml.safe_dump(named(manifests, "Deployment")["docmill-worker-cpu"])
    )
    deployment["spec"]["template"]["spec"]["containers"][0]["livenessprobe"] = {}
    with pytest.raises(Exception, match="livenessprobe"):
        validate(deployment, VERSION, strict=True)


def test_foreign_kinds_are_those_we_know(kubernetes: Path, manifests: list[Manifest]) -> None:
    monitors = {each["kind"]: each for each in resources(kubernetes / "monitoring")}
    assert set(monitors) == FOREIGN
    monitor = monitors["ServiceMonitor"]
    (endpoint,) = monitor["spec"]["endpoints"]
    (service,) = (
        each
        for each in named(manifests, "Service").values()
        if monitor["spec"]["selector"]["matchLabels"].items()
        <= each["metadata"].get("labels", {}).items()
    )
    assert endpoint["port"] in {port["name"] for port in service["spec"]["ports"]}
    monitor = monitors["PodMonitor"]["spec"]
    (template,) = (
        each
        for each in pods(manifests).values()
        if monitor["selector"]["matchLabels"].items() <= each["metadata"]["labels"].items()
    )
    (endpoint,) = monitor["podMetricsEndpoints"]
    assert endpoint["port"] in {port["name"] for port in _ports(template)}


def test_gpu_workers_drain_have_their_weights_and_listen_to_themselves(
    manifests: list[Manifest],
) -> None:
    maker = named(manifests, "StatefulSet")["docmill-worker-gpu"]
    spec = maker["spec"]["template"]["spec"]
    (container,) = spec["containers"]
    assert container["command"][:2] == ["docmill", "gpu-worker"]
    options = gpu_worker.make_context("gpu-worker", container["command"][2:]).params
    assert spec["terminationGracePeriodSeconds"] > options["drain_seconds"] + 30
    assert options["host"] == "127.0.0.1"
    assert options["metrics_port"] in {port["containerPort"] for port in container["ports"]}
    assert options["port"] not in {port["containerPort"] for port in container["ports"]}
    variables = {each["name"]: each.get("value") for each in container["env"]}
    claims = {claim["metadata"]["name"] for claim in maker["spec"]["volumeClaimTemplates"]}
    kept = {mount["mountPath"] for mount in container["volumeMounts"] if mount["name"] in claims}
    assert variables["HF_HOME"] in kept
    assert variables["DOCMILL_HEALTH_URL"] == f"http://127.0.0.1:{options['port']}/health"


def test_no_model_is_chosen_for_anybody(manifests: list[Manifest]) -> None:
    config = named(manifests, "ConfigMap")["docmill-gpu"]
    with pytest.raises(UsageError, match="no model"):
        model_named(config["data"]["model"])


def test_configuration_and_secrets_that_are_asked_for_exist(manifests: list[Manifest]) -> None:
    maps = named(manifests, "ConfigMap")
    assert not named(manifests, "Secret")
    keys: set[str] = set()
    for name, spec, container in containers(manifests):
        for source in container.get("envFrom", ()):
            assert source["configMapRef"]["name"] in maps, name
        for variable in container.get("env", ()):
            reference = variable.get("valueFrom", {})
            if secret := reference.get("secretKeyRef"):
                assert secret["name"] == SECRET
                keys.add(secret["key"])
            if config := reference.get("configMapKeyRef"):
                assert config["key"] in maps[config["name"]]["data"]
            assert not ("value" in variable and "TOKEN" in variable["name"])
        for volume in spec["volumes"]:
            if config := volume.get("configMap"):
                assert config["name"] in maps
    assert keys == SECRET_KEYS


def test_volumes_claims_and_accounts_exist(manifests: list[Manifest]) -> None:
    accounts, claims = named(manifests, "ServiceAccount"), named(manifests, "PersistentVolumeClaim")
    for name, maker in named(manifests, "Deployment", "StatefulSet", "Job").items():
        spec = maker["spec"]["template"]["spec"]
        assert spec["serviceAccountName"] in accounts, name
        volumes = {volume["name"] for volume in spec["volumes"]}
        volumes |= {
            claim["metadata"]["name"] for claim in maker["spec"].get("volumeClaimTemplates", ())
        }
        mounted = {
            mount["name"] for container in spec["containers"] for mount in container["volumeMounts"]
        }
        assert mounted == volumes, name
        for volume in spec["volumes"]:
            if claim := volume.get("persistentVolumeClaim"):
                assert claim["claimName"] in claims
    config = named(manifests, "ConfigMap")["docmill-settings"]
    mounts = [
        mount["subPath"]
        for _, _, container in containers(manifests)
        for mount in container["volumeMounts"]
        if "subPath" in mount
    ]
    assert set(mounts) == set(config["data"])


def test_selectors_find_their_pods_and_ports_have_names(manifests: list[Manifest]) -> None:
    templates = pods(manifests)
    labels = [template["metadata"]["labels"] for template in templates.values()]
    for maker in named(manifests, "Deployment", "StatefulSet").values():
        wanted = maker["spec"]["selector"]["matchLabels"]
        assert wanted.items() <= maker["spec"]["template"]["metadata"]["labels"].items()
        assert sum(wanted.items() <= each.items() for each in labels) == 1
    for name, service in named(manifests, "Service").items():
        found = [
            template
            for template in templates.values()
            if service["spec"]["selector"].items() <= template["metadata"]["labels"].items()
        ]
        assert len(found) == 1, name
        ports = {port["name"] for port in _ports(found[0])}
        assert {port["targetPort"] for port in service["spec"]["ports"]} <= ports
    for kind in ("PodDisruptionBudget", "NetworkPolicy"):
        for name, each in named(manifests, kind).items():
            selector = each["spec"].get("selector", each["spec"].get("podSelector", {}))
            wanted = selector.get("matchLabels", {})
            assert any(wanted.items() <= label.items() for label in labels), name
    for scaler in named(manifests, "HorizontalPodAutoscaler").values():
        target = scaler["spec"]["scaleTargetRef"]
        scaled = named(manifests, target["kind"])[target["name"]]
        assert "replicas" not in scaled["spec"]  # or every apply would undo the scaler's work
    owner = named(manifests, "StatefulSet")["docmill-owner"]["spec"]
    assert owner["replicas"] == 1
    assert owner["serviceName"] in named(manifests, "Service")


def _ports(template: Manifest) -> list[Manifest]:
    return [
        port for container in template["spec"]["containers"] for port in container.get("ports", ())
    ]


def test_probes_ask_ports_that_are_there(manifests: list[Manifest]) -> None:
    for name, _, container in containers(manifests):
        probes = [value for key, value in container.items() if key.endswith("Probe")]
        if name != "docmill-deploy":
            assert {"startupProbe", "livenessProbe"} <= set(container), name
        for probe in probes:
            if "exec" in probe:
                assert probe["exec"]["command"] == ["python", "/opt/docmill/deploy/healthy.py"]
                assert "DOCMILL_HEALTH_URL" in {each["name"] for each in container["env"]}, name
                continue
            asked = probe["httpGet"]["port"]
            assert asked in {port["name"] for port in container["ports"]}, name


def test_every_container_is_confined(manifests: list[Manifest]) -> None:
    for name, spec, container in containers(manifests):
        assert spec["securityContext"]["runAsNonRoot"] is True, name
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert spec["automountServiceAccountToken"] is False
        own = container["securityContext"]
        assert own["allowPrivilegeEscalation"] is False
        assert own["readOnlyRootFilesystem"] is True
        assert own["capabilities"] == {"drop": ["ALL"]}
        assert {"cpu", "memory"} <= set(container["resources"]["limits"])
        assert {"cpu", "memory"} <= set(container["resources"]["requests"])


def test_images_are_pinned(kubernetes: Path, manifests: list[Manifest]) -> None:
    pinned: set[str] = set()
    for folder in ("base", "gpu"):
        (kustomization,) = load(kubernetes / folder / "kustomization.yaml")
        for image in cast(list[dict[str, str]], kustomization["images"]):
            assert image["newTag"] != "latest"
            pinned.add(image["name"])
    for name, _, container in containers(manifests):
        image = container["image"]
        assert image in pinned or ":" in image, name
