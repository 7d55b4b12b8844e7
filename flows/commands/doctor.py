"""`docmill doctor`: is everything here that a run needs?"""

from __future__ import annotations

import os
import platform
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from docmill.flows.commands.options import workspace_option
from docmill.infra.settings import Settings, load_settings
from docmill.schemas.errors import DocmillError, UsageError, WorkspaceBusy

LITTLE_DISK = 2 * 10**9


@dataclass(frozen=True)
class Finding:
    """One check's verdict: `ok`, `warn` or `fail`, and what to do about it."""

    verdict: str
    name: str
    detail: str
    advice: str = ""


@click.command(
    epilog="""\b
Examples:
  docmill doctor
  docmill doctor --endpoint chandra=http://127.0.0.1:8000
  docmill doctor --endpoint glm-ocr=ollama+http://127.0.0.1:11434
"""
)
@workspace_option
@click.option(
    "--endpoint", "endpoints", multiple=True, metavar="MODEL=URL",
    help="Check this model server too; its key is VLLM_API_KEY.",
)  # fmt: skip
def doctor(workspace: Path | None, endpoints: tuple[str, ...]) -> int:
    """Check Python, packages, disk, a worker process, the warehouse, S3 and outputs where set.

    Nothing else uses the network. A lake on S3 is written to: one empty object, always the same.
    A model server is asked about one small picture, which docmill draws itself.
    """
    settings = load_settings(workspace=workspace)
    findings = [*_findings(settings), *_servers(settings), *_endpoints(endpoints)]
    for finding in findings:
        click.echo(f"{finding.verdict:<5} {finding.name}: {finding.detail}")
        if finding.advice:
            click.echo(f"      what to do: {finding.advice}")
    return 1 if any(finding.verdict == "fail" for finding in findings) else 0


def _findings(settings: Settings) -> Iterator[Finding]:
    yield Finding("ok", "python", f"{sys.version.split()[0]} on {platform.platform()}")
    yield from _packages()
    yield _memory()
    yield _disk(settings.workspace)
    checks = (("OCR", _ocr), ("worker process", _worker), ("warehouse", _warehouse))
    for name, check in checks:
        yield _tried(name, lambda check=check: check(settings))
    yield from _stores(settings)
    yield from _outputs(settings)
    yield _tesseract()
    yield _gpu()


def _servers(settings: Settings) -> Iterator[Finding]:
    """The servers of the models that are to read pages."""
    from docmill.flows.model_findings import server_checks

    engines = (settings.ocr, *(source.ocr for source in settings.sources.values()))
    for engine in dict.fromkeys(name for name in engines if name):
        for check in server_checks(engine, settings.models):
            yield Finding(check.verdict, f"{engine}: {check.name}", check.detail, check.advice)


def _endpoints(given: tuple[str, ...]) -> Iterator[Finding]:
    """Model servers, each by the model that it should serve."""
    from docmill.flows.model_findings import endpoint_checks

    for text in given:
        model, _, url = text.partition("=")
        if not model or not url:
            raise UsageError(
                f"“{text}” is no endpoint",
                "Such as chandra=http://127.0.0.1:8000, after --endpoint.",
            )
        for check in endpoint_checks(model, url):
            yield Finding(check.verdict, f"{model}: {check.name}", check.detail, check.advice)


def _gpu() -> Finding:
    from docmill.flows.model_findings import gpu_check

    check = gpu_check()
    return Finding(check.verdict, check.name, check.detail, check.advice)


def _packages() -> Iterator[Finding]:
    for name in ("pymupdf", "rapidocr", "duckdb", "pydantic", "prefect"):
        try:
            yield Finding("ok", name, version(name))
        except PackageNotFoundError:
            yield Finding("fail", name, "is not installed", "pip install docmill")


def _memory() -> Finding:
    free = os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    detail = f"{free / 1e9:.1f} GB free, {os.cpu_count()} cores"
    if free < 10**9:
        return Finding("warn", "memory", detail, "Use fewer `--workers`.")
    return Finding("ok", "memory", detail)


def _disk(root: Path) -> Finding:
    place = next(path for path in (root.absolute(), *root.absolute().parents) if path.exists())
    free = shutil.disk_usage(place).free
    detail = f"{free / 1e9:.1f} GB free at {place}"
    if free < LITTLE_DISK:
        return Finding("warn", "disk", detail, "Choose a workspace elsewhere with `--workspace`.")
    return Finding("ok", "disk", detail)


def _tried(name: str, check: Callable[[], str]) -> Finding:
    try:
        return Finding("ok", name, check())
    except DocmillError as error:
        return Finding("fail", name, error.message, error.hint)


def _embedded(settings: Settings) -> str:
    """The embedded engine that reads pages, or finds words where a model does."""
    from docmill.infra.drawing import WORDS_BY
    from docmill.infra.wiring import MODEL_OCR

    return WORDS_BY if settings.ocr in MODEL_OCR else settings.ocr


def _ocr(settings: Settings) -> str:
    """The embedded engines that `ocr` stands for, with their models loaded."""
    from docmill.extractors.ocr.rapid.engine import RapidOcr
    from docmill.infra.wiring import page_reader

    reader = page_reader(_embedded(settings))
    names = [engine.tag.name for engine in reader.engines]
    runtimes = [e.models.runtime for e in reader.engines if isinstance(e, RapidOcr)]
    return ", then ".join(names) + "".join(f"; rapidocr runs on {name}" for name in runtimes)


def _tesseract() -> Finding:
    from docmill.extractors.ocr.tesseract import HINT, Tesseract, foreign_languages

    if not foreign_languages():
        detail = "no foreign letters; pages in Cyrillic, Arabic, … end as unsupported_script"
        return Finding("ok", "tesseract (optional)", detail, f"If you have such pages: {HINT}")
    return _tried("tesseract (optional)", lambda: str(Tesseract().tag))


def _worker(settings: Settings) -> str:
    """A worker process reads a page."""
    import pymupdf

    from docmill.infra.cage import Cage
    from docmill.infra.opening import FileOrder
    from docmill.infra.tasks import ReadOrder, read_pages
    from docmill.schemas.keys import document_id_of

    document = pymupdf.open()
    document.new_page().insert_text((72, 72), "A page to try the reader on")  # pyright: ignore
    content = document.tobytes()  # pyright: ignore
    with TemporaryDirectory() as folder, Cage(1, settings.limits.cage()) as cage:
        path = Path(folder) / "page.pdf"
        path.write_bytes(content)
        file = FileOrder(
            lake_root=str(Path(folder) / "lake"),
            path=path,
            document_id=document_id_of(content),
            limits=settings.limits.opening(),
        )
        report = cage.call(read_pages, ReadOrder(file, _embedded(settings)))
    failed = [page.failure.message for page in report.pages if page.failure]
    return f"read {report.page_count} page" + "".join(f"; {text}" for text in failed)


def _stores(settings: Settings) -> Iterator[Finding]:
    """The lake and the sources, where they are on S3."""
    from docmill.infra.storage.checking import check_lake, check_source
    from docmill.infra.storage.opening import is_on_s3

    lake_root = settings.open_workspace().lake_root
    if is_on_s3(lake_root):
        yield _tried("lake", lambda: check_lake(lake_root))
    for name, source in settings.sources.items():
        if is_on_s3(source.uri):
            yield _tried(f"source {name}", lambda uri=source.uri: check_source(uri))


def _outputs(settings: Settings) -> Iterator[Finding]:
    from docmill.infra.outputs.deliverer import Deliverer

    for name in settings.outputs:
        yield _tried(f"output {name}", lambda name=name: Deliverer(settings).check(name))


def _warehouse(settings: Settings) -> str:
    from docmill.infra.warehouse.owner import WarehouseOwner

    if not settings.workspace.exists():
        return f"{settings.workspace} will be made by the first run"
    try:
        with WarehouseOwner(settings.open_workspace()):
            return f"{settings.workspace} can be written"
    except WorkspaceBusy as busy:  # it is at work
        return busy.message
