"""`docmill gpu-worker`: a model server for one GPU, and the work for it."""

from __future__ import annotations

import logging
import os
import shlex
import shutil
import socket
import sys
from pathlib import Path

import click

from docmill.flows.commands.options import workspace_option
from docmill.flows.stopping import told_to_stop
from docmill.gpu_workers.flags import fit_of, server_flags
from docmill.gpu_workers.gpus import Gpu, described, gpu_at, stated
from docmill.gpu_workers.local import VARIABLE, Address, WorkerFolder
from docmill.gpu_workers.metrics import WorkerMetrics
from docmill.gpu_workers.models import MODELS, ServedModel, model_named
from docmill.gpu_workers.process import KeptProcess
from docmill.gpu_workers.taking import Taking
from docmill.gpu_workers.worker import GpuWorker, Times
from docmill.infra.model_endpoints.endpoint import KEY, ModelEndpoint
from docmill.infra.settings import Settings, load_settings
from docmill.infra.telemetry.serving import scraped
from docmill.schemas.errors import UsageError

_LOOPBACK = ("127.0.0.1", "::1", "localhost")


@click.command(
    context_settings={"ignore_unknown_options": True},
    epilog="""\b
Examples:
  docmill gpu-worker --model glm-ocr
  docmill gpu-worker --model chandra --gpu 1 --port 8001
  docmill gpu-worker --model chandra --dry-run --memory-gb 48
  docmill gpu-worker --model chandra --weights copies/chandra-ocr-2 --server-only
  docmill gpu-worker --model chandra -- --kv-cache-dtype fp8
""",
)
@click.option("--model", "name", required=True, help=f"{', '.join(MODELS)}, a folder, OWNER/MODEL.")
@click.option("--weights", help="Other weights of that model: a folder, or OWNER/MODEL.")
@click.option("--weights-gb", type=click.FloatRange(min=0), help="Their size, in 10^9 bytes.")
@click.option("--gpu", type=click.IntRange(min=0), default=0, help="Which GPU.  [default: 0]")
@click.option(
    "--memory-gb", type=click.FloatRange(min=1), help="Its memory, where it cannot be asked for."
)
@click.option("--host", default="127.0.0.1", help="Address of the server.  [default: 127.0.0.1]")
@click.option("--port", type=click.IntRange(1, 65535), default=8000, help="Port.  [default: 8000]")
@click.option("--pool", default="gpu", help="Work pool that flow runs come from.  [default: gpu]")
@click.option(
    "--limit", type=click.IntRange(min=1), default=2, help="Flow runs at once.  [default: 2]"
)
@click.option("--server-only", is_flag=True, help="Only the server, for others to ask; no Prefect.")
@click.option(
    "--drain-seconds", type=click.FloatRange(min=0), default=120,
    help="Time for pages under way when it is told to end.  [default: 120]",
)  # fmt: skip
@click.option(
    "--start-seconds", type=click.FloatRange(min=1), default=1800,
    help="Time for the server to be ready; the first start downloads.  [default: 1800]",
)  # fmt: skip
@click.option("--metrics-port", type=click.IntRange(0, 65535), help="Shows metrics; 0 for none.")
@click.option("--vllm", help="The program.  [default: `vllm` beside this Python, or on the PATH]")
@click.option("--dry-run", is_flag=True, help="Only show the arithmetic and the command line.")
@workspace_option
@click.argument("further", nargs=-1, type=click.UNPROCESSED)
def gpu_worker(
    name: str,
    weights: str | None,
    weights_gb: float | None,
    gpu: int,
    memory_gb: float | None,
    host: str,
    port: int,
    pool: str,
    limit: int,
    server_only: bool,
    drain_seconds: float,
    start_seconds: float,
    metrics_port: int | None,
    vllm: str | None,
    dry_run: bool,
    workspace: Path | None,
    further: tuple[str, ...],
) -> None:
    """Start a model server for one GPU, keep it running, and take the page-OCR work of its pool.

    Flags follow the GPU's memory; what comes after `--` is added and wins. Several GPUs are
    several workers, each with a port of its own. Runs until SIGTERM or Ctrl-C: then no new page
    is begun, those under way end, and the server is stopped.
    """
    model = model_named(name, weights=weights, weights_gb=weights_gb)
    device = gpu_at(gpu) if memory_gb is None else stated(memory_gb)
    fit = fit_of(model, device)
    flags = server_flags(model, device, host=host, port=port, further=further)
    click.echo(f"{model.name} on {device.name}: {fit.arithmetic()}")
    _tell_licence(model)
    if dry_run:
        click.echo(shlex.join((vllm or "vllm", *flags)))
        return
    settings = _with_port(load_settings(workspace=workspace), metrics_port)
    _check_address(host, port)
    folder = settings.workspace / "gpu-worker" / str(port)
    address = Address(url=f"http://{_called(host)}:{port}", model=model.served_name)
    metrics = WorkerMetrics()
    with ModelEndpoint(address.url, os.environ.get(KEY, "")) as endpoint:
        worker = GpuWorker(
            server=KeptProcess(
                (_program(vllm), *flags), _server_environment(device), folder / "server.log"
            ),
            endpoint=endpoint,
            model=model.served_name,
            folder=WorkerFolder(folder, address),
            metrics=metrics,
            pool=None if server_only else _taking(folder, pool, limit, drain_seconds),
            ask_gpu=(lambda: described(device.device)) if device.device else None,
            times=Times(start=start_seconds, drain=drain_seconds),
        )
        logging.basicConfig(format="%(asctime)s %(levelname)s %(message)s")
        logging.getLogger("docmill").setLevel(logging.INFO)
        with told_to_stop() as stop, scraped(metrics.metrics, settings.telemetry):
            worker.run(stop)


def _tell_licence(model: ServedModel) -> None:
    click.echo(f"weights: {model.weights}, licence: {model.licence.name}")
    if model.licence.attention:
        click.echo(f"licence: {model.licence.attention}")


def _with_port(settings: Settings, port: int | None) -> Settings:
    if port is None:
        return settings
    telemetry = settings.telemetry.model_copy(update={"metrics_port": port})
    return settings.model_copy(update={"telemetry": telemetry})


def _check_address(host: str, port: int) -> None:
    if host not in _LOOPBACK and not os.environ.get(KEY):
        raise UsageError(
            f"--host is {host}, which other machines reach, and no key is set",
            f"Set {KEY} here and for those who ask; anybody could read pages and use the GPU.",
        )
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        socket.create_server((host, port), family=family).close()
    except OSError as error:
        raise UsageError(
            f"cannot listen on {host}:{port}: {error.strerror or error}",
            "Choose another port with `--port`.",
        ) from error


def _called(host: str) -> str:
    """How this machine reaches it."""
    callable_host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    return f"[{callable_host}]" if ":" in callable_host else callable_host


def _program(chosen: str | None) -> str:
    beside = str(Path(sys.executable).parent)
    found = (
        shutil.which(chosen)
        if chosen
        else shutil.which("vllm", path=beside) or shutil.which("vllm")
    )
    if found is None:
        raise UsageError(
            f"there is no {chosen or 'vllm'} here",
            "Install it with `pip install 'docmill[gpu]'`, or into an environment of its own, and "
            "name it with `--vllm`.",
        )
    return found


def _server_environment(gpu: Gpu) -> dict[str, str]:
    """That of this process, the GPU, and no reports to anybody about its use."""
    own = {"VLLM_NO_USAGE_STATS": "1", "DO_NOT_TRACK": "1", "HF_HUB_DISABLE_TELEMETRY": "1"}
    return {**os.environ, **own} | ({"CUDA_VISIBLE_DEVICES": gpu.device} if gpu.device else {})


def _taking(folder: Path, pool: str, limit: int, drain_seconds: float) -> Taking:
    from docmill.flows.server import api_url

    api_url()  # without a Prefect server there would be nothing to take
    command = (sys.executable, "-m", "docmill.flows.gpu_pool", pool, str(limit))
    environment = {**os.environ, VARIABLE: str(folder.absolute())}
    return Taking(KeptProcess(command, environment, folder / "pool.log", drain_seconds))
