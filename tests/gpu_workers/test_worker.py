"""A worker and a server that behaves like vLLM, as real processes."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from docmill.gpu_workers import metrics as m
from docmill.gpu_workers.health import Restarts
from docmill.gpu_workers.local import Address, State, WorkerFolder
from docmill.gpu_workers.metrics import WorkerMetrics
from docmill.gpu_workers.process import KeptProcess
from docmill.gpu_workers.taking import Taking
from docmill.gpu_workers.worker import GpuWorker, Times
from docmill.infra.model_endpoints.checking import question
from docmill.infra.model_endpoints.endpoint import ModelEndpoint
from docmill.schemas.errors import BadOutput, EngineUnavailable

pytestmark = [pytest.mark.servers, pytest.mark.timeout(90)]

Until = Callable[..., None]
QUICK = Times(start=20, drain=10, look=0.05)


@pytest.fixture
def build(fake: Any, endpoint: ModelEndpoint, tmp_path: Path) -> Callable[..., GpuWorker]:
    def build(**options: Any) -> GpuWorker:
        given: dict[str, Any] = {
            "server": fake.process(),
            "endpoint": endpoint,
            "model": "chandra",
            "folder": WorkerFolder(tmp_path / "worker", Address(fake.url, "chandra")),
            "metrics": WorkerMetrics(),
            "times": QUICK,
            "restarts": Restarts(most=2, first_s=0.05),
        }
        return GpuWorker(**(given | options))

    return build


@contextmanager
def running(worker: GpuWorker) -> Generator[threading.Event]:
    """It runs in a thread, which must outlive its processes; it is told to stop at the end."""
    stop, errors = threading.Event(), list[BaseException]()

    def run() -> None:
        try:
            worker.run(stop)
        except BaseException as error:
            errors.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield stop
    finally:
        stop.set()
        thread.join(30)
    assert not thread.is_alive()
    if errors:
        raise errors[0]


def ready(worker: GpuWorker) -> bool:
    return worker.folder.state is State.READY


def value(worker: GpuWorker, metric: m.Metric, **labels: str) -> float:
    name = metric.name
    found = worker.metrics.metrics.registry.get_sample_value(name, labels)
    assert found is not None
    return found


def test_ready_after_a_first_answer_and_ended_when_told(
    build: Callable[..., GpuWorker], fake: Any, until: Until
) -> None:
    worker = build()
    with running(worker):
        assert worker.folder.state is State.STARTING
        until(lambda: ready(worker))
        assert fake.lines("finished") == ["done"]  # the warm-up
        until(lambda: value(worker, m.TOKENS, kind="input") > 0)
        assert value(worker, m.WAITING) == 0
        assert value(worker, m.REQUESTS, reason="stop") == 1
    assert worker.folder.state is State.ENDED
    assert not worker.server.runs


def test_a_server_that_was_killed_is_started_again(
    build: Callable[..., GpuWorker], fake: Any, until: Until, alive: Callable[[int], bool]
) -> None:
    worker = build()
    with running(worker):
        until(lambda: ready(worker))
        server, engine = fake.pids
        os.kill(server, signal.SIGKILL)
        until(lambda: len(fake.pids) == 4 and ready(worker))
        assert not alive(engine)  # what it left behind would have held the GPU's memory
        assert value(worker, m.STARTS) == 2


def test_a_server_that_hangs_is_started_again(
    build: Callable[..., GpuWorker], fake: Any, endpoint: ModelEndpoint, until: Until,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr("docmill.gpu_workers.health._LOOK_LIMIT_S", 0.3)
    worker = build()
    with running(worker):
        until(lambda: ready(worker))
        fake.tell("hangs")
        until(lambda: worker.folder.state is State.DOWN)
        (fake.folder / "hangs").unlink()
        until(lambda: len(fake.pids) == 4 and ready(worker))


def test_one_that_never_is_ready_is_given_up_with_its_last_lines(
    build: Callable[..., GpuWorker], fake: Any
) -> None:
    fake.tell("fails", "ValueError: no kernel image is available for this GPU")
    worker = build()
    with pytest.raises(EngineUnavailable) as given_up:
        worker.run(threading.Event())
    assert "failed 2 times" in given_up.value.message
    assert "exit status 3" in given_up.value.message
    assert "ValueError: no kernel image is available for this GPU" in given_up.value.message
    assert str(worker.server.log) in given_up.value.hint
    assert worker.folder.state is State.ENDED


def test_one_that_was_ready_is_given_more_starts(
    build: Callable[..., GpuWorker], fake: Any, until: Until
) -> None:
    worker = build()
    with pytest.raises(EngineUnavailable, match="failed 3 times"), running(worker) as stop:
        until(lambda: ready(worker))
        fake.tell("fails", "CUDA error")
        os.kill(fake.pids[0], signal.SIGKILL)
        until(lambda: worker.folder.state is State.ENDED)
        assert not stop.is_set()
    assert len(fake.lines("starts")) == 3


def test_one_that_refuses_pictures_is_refused_at_once(
    build: Callable[..., GpuWorker], fake: Any
) -> None:
    fake.tell("blind")
    with pytest.raises(BadOutput, match="not a multimodal model"):
        build().run(threading.Event())
    assert len(fake.lines("starts")) == 1


def test_one_that_takes_too_long(build: Callable[..., GpuWorker], fake: Any) -> None:
    fake.tell("hangs")
    worker = build(times=Times(start=0.2, look=0.05))
    with pytest.raises(EngineUnavailable, match=r"not ready after 0\.2 s"):
        worker.run(threading.Event())


def test_another_server_at_the_port(
    build: Callable[..., GpuWorker], fake: Any, until: Until, endpoint: ModelEndpoint
) -> None:
    other = fake.process()
    other.start()
    until(endpoint.is_healthy)
    with pytest.raises(BadOutput, match="serves chandra, not glm-ocr"):
        build(model="glm-ocr").run(threading.Event())
    other.stop()


def test_requests_under_way_end_before_the_server_does(
    build: Callable[..., GpuWorker], fake: Any, until: Until
) -> None:
    worker = build()
    answers: list[dict[str, Any]] = []

    def ask() -> None:
        with ModelEndpoint(fake.url, timeout_s=30) as client:
            answers.append(client.complete(question("chandra")))

    with running(worker) as stop:
        until(lambda: ready(worker))
        fake.tell("slow", "1.5")
        askers = [threading.Thread(target=ask) for _ in range(8)]
        for asker in askers:
            asker.start()
        until(lambda: value(worker, m.RUNNING) == 8)
        stop.set()
        for asker in askers:
            asker.join()
    assert len(answers) == 8


def test_a_drain_has_an_end(build: Callable[..., GpuWorker], fake: Any, until: Until) -> None:
    worker = build(times=Times(start=20, drain=0.5, look=0.05))
    failed = list[str]()

    def ask() -> None:
        with ModelEndpoint(fake.url, timeout_s=60) as client:
            try:
                client.complete(question("chandra"))
            except EngineUnavailable as error:
                failed.append(error.message)

    with running(worker) as stop:
        until(lambda: ready(worker))
        fake.tell("slow", "50")
        asker = threading.Thread(target=ask)
        asker.start()
        until(lambda: value(worker, m.RUNNING) == 1)
        began = time.monotonic()
        stop.set()
    asker.join()
    assert time.monotonic() - began < 15
    assert len(failed) == 1


# Takes "work" while the worker is ready; ends in order when it is told to.
TAKES = """
import signal, sys, time
from docmill.gpu_workers.local import LocalWorker, State
local = LocalWorker.here()
stop = []
signal.signal(signal.SIGTERM, lambda *_: stop.append(1))
while not stop:
    if local.state is State.READY:
        local.count(pages=1)
    time.sleep(0.02)
assert local.draining
print("ended in order", flush=True)
"""


@pytest.fixture
def taking(tmp_path: Path) -> Callable[..., Taking]:
    def taking(script: str, restarts: Restarts) -> Taking:
        environment = {**os.environ, "DOCMILL_GPU_WORKER": str(tmp_path / "worker")}
        command = (sys.executable, "-c", script)
        return Taking(KeptProcess(command, environment, tmp_path / "pool.log"), restarts)

    return taking


def test_work_is_taken_while_the_server_is_ready(
    build: Callable[..., GpuWorker], taking: Callable[..., Taking], until: Until
) -> None:
    pool = taking(TAKES, Restarts())
    worker = build(pool=pool)
    with running(worker):
        until(lambda: value(worker, m.PAGES) > 3)
    assert pool.process.last_lines() == "ended in order"
    assert pool.process.code == 0


def test_the_process_that_takes_work_is_started_again(
    build: Callable[..., GpuWorker], taking: Callable[..., Taking], until: Until, tmp_path: Path
) -> None:
    once = tmp_path / "once"
    script = f"""
from pathlib import Path
once = Path({str(once)!r})
if not once.exists():
    once.touch()
    raise SystemExit("no route to the Prefect server")
{TAKES}"""
    worker = build(pool=taking(script, Restarts(most=1, first_s=0.1)))
    with running(worker):
        until(lambda: value(worker, m.PAGES) > 3)


def test_nobody_takes_work(build: Callable[..., GpuWorker], taking: Callable[..., Taking]) -> None:
    script = "raise SystemExit('PREFECT_API_URL must be set')"
    worker = build(pool=taking(script, Restarts(most=1, first_s=0.1)))
    with pytest.raises(EngineUnavailable) as given_up:
        worker.run(threading.Event())
    assert "ended 2 times" in given_up.value.message
    assert "PREFECT_API_URL must be set" in given_up.value.message


def test_pauses_double_up_to_a_bound_and_begin_anew() -> None:
    restarts = Restarts(most=4, first_s=5, longest_s=18, stable_s=100)
    assert [restarts.pause_after(1) for _ in range(5)] == [5, 10, 18, 18, None]
    assert restarts.pause_after(101) == 5
    assert restarts.pause_after(1, most=1) is None
