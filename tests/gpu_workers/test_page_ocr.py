"""Runs whose pages a model reads: real worker processes, a real lake, a server on loopback."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from shutil import copy

import pymupdf
import pytest
from chat_server import ChatServer
from truthful_model import truthful

from docmill.extractors.ocr.vlm.chat import ChatRequest
from docmill.extractors.ocr.vlm.scripted import Slow, Step, looping, said
from docmill.gpu_workers.local import Address, LocalWorker, State, WorkerFolder
from docmill.gpu_workers.page_ocr import pages_by_model
from docmill.infra.found_pages import pages_found
from docmill.infra.lake import Lake
from docmill.infra.pipeline import read_range, run_batch
from docmill.infra.reading import ByModel
from docmill.infra.settings import Settings, load_settings
from docmill.infra.sources import find_sources
from docmill.infra.tasks import page_key
from docmill.infra.work import Work
from docmill.schemas.batch import BatchReport
from docmill.schemas.errors import EngineUnavailable, UsageError, WorkerLeaving
from docmill.schemas.loading import load_schema
from docmill.schemas.outcome import DocumentOutcome, SourceFailure, Stage
from docmill.schemas.page import BoxSource, PageStatus, PageText
from docmill.schemas.source import SourceObject

pytestmark = pytest.mark.servers

INVOICES = ("de-office-supplies.pdf", "de-wholesale-two-pages.pdf", "gb-fasteners-two-pages.pdf")
DEAD = "http://127.0.0.1:9"
LINES = "Invoice no. 4711 of 1 March 2026\nACME Ltd, Main Street 1, London\nTotal 150.00 EUR"


class Outcomes(list[DocumentOutcome]):
    """What a run tells of documents."""

    def found(self, objects: int) -> None: ...

    def skipped(self, source: SourceObject) -> None: ...

    def unread(self, failure: SourceFailure) -> None: ...

    def finished(self, outcome: DocumentOutcome) -> None:
        self.append(outcome)


def settings_for(workspace: Path, url: str, ocr: str = "chandra", fallback: str = "") -> Settings:
    servers = {"urls": [url], "model": "scripted"}
    models = {"chandra": servers, "glm_ocr": servers, "fallback": fallback, "pages_at_once": 8}
    return load_settings(workspace=workspace, ocr=ocr, models=models, workers=2)


def run(
    folder: Path,
    settings: Settings,
    by_model: ByModel = pages_by_model,
    until: Stage = Stage.EXTRACT,
) -> tuple[Outcomes, BatchReport]:
    outcomes = Outcomes()
    objects = find_sources([str(folder)]).objects
    schemas = [load_schema("invoice")]
    report = run_batch(
        objects, schemas, settings, outcomes, lambda: None, until=until, by_model=by_model
    )
    return outcomes, report


def pages_of(outcome: DocumentOutcome, lake: Lake) -> list[PageText]:
    found = [lake.page(key) for key in outcome.page_keys if key]
    return [page for page in found if page]


def values(outcomes: Sequence[DocumentOutcome], lake: Lake) -> dict[tuple[str, str], str | None]:
    """Every value of every document."""
    return {
        (outcome.document_id, value.path): value.value
        for outcome in outcomes
        for part in outcome.parts
        if part.extraction_key and (extraction := lake.extraction(part.extraction_key))
        for value in extraction.fields
    }


@pytest.fixture
def inbox(tmp_path: Path, repository: Path) -> Path:
    folder = tmp_path / "inbox"
    folder.mkdir()
    for name in INVOICES:
        copy(repository / "sample_docs" / "invoices" / name, folder)
    return folder


@pytest.fixture
def one_page(tmp_path: Path) -> Path:
    folder = tmp_path / "one"
    folder.mkdir()
    document = pymupdf.open()
    document.new_page().insert_text((72, 72), LINES)  # pyright: ignore
    document.save(folder / "a.pdf")  # pyright: ignore
    return folder


def server_of(script: Callable[[ChatRequest], Step]) -> ChatServer:
    return ChatServer(script)


def test_a_true_reading_gives_the_values_that_the_text_layer_gives(
    inbox: Path, tmp_path: Path
) -> None:
    own = load_settings(workspace=tmp_path / "own", ocr="text_layer", workers=2)
    expected, _ = run(inbox, own)
    with server_of(truthful(inbox.iterdir())) as server:
        settings = settings_for(tmp_path / "model", server.url)
        outcomes, report = run(inbox, settings)
        asked = len(server.bodies)
    lake = settings.open_workspace().lake()
    assert asked == report.pages_read == 5
    assert not any(outcome.failures for outcome in outcomes)
    assert values(outcomes, lake) == values(expected, own.open_workspace().lake())
    for outcome in outcomes:
        pages = pages_of(outcome, lake)
        assert {page.engine.name for page in pages} == {"chandra"}
        assert {word.box_source for page in pages for word in page.words} == {BoxSource.TEXT_LAYER}
        assert all(word.confidence for page in pages for word in page.words)
        assert all(page.model_scores for page in pages)
        assert [call.output_key for call in outcome.calls] == list(outcome.page_keys)


def test_what_was_read_is_not_asked_for_again_even_of_a_dead_server(
    inbox: Path, tmp_path: Path
) -> None:
    with server_of(truthful(inbox.iterdir())) as server:
        settings = settings_for(tmp_path / "workspace", server.url)
        _, first = run(inbox, settings, until=Stage.READ)
    assert first.pages_read == 5
    later = settings_for(tmp_path / "workspace", DEAD)
    outcomes, second = run(inbox, later)
    assert (second.pages_read, second.pages_found) == (0, 5)
    assert sum(len(outcome.calls) for outcome in outcomes) == 5
    again, _ = run(inbox, later)
    assert not again


def test_without_any_server_the_run_breaks_and_says_how_one_is_started(
    inbox: Path, tmp_path: Path
) -> None:
    settings = settings_for(tmp_path / "workspace", DEAD)
    with pytest.raises(EngineUnavailable, match="no server of scripted answers") as caught:
        run(inbox, settings)
    assert "docmill gpu-worker" in caught.value.hint
    assert not list(settings.open_workspace().lake().commit_keys())


def test_a_server_of_another_model_is_refused(one_page: Path, tmp_path: Path) -> None:
    with ChatServer([said("")], model="other") as server:
        settings = settings_for(tmp_path / "workspace", server.url)
        with pytest.raises(UsageError, match="does not serve “scripted”, but: other"):
            run(one_page, settings)


def test_a_page_that_loops_is_read_by_the_fallback_which_says_so(
    one_page: Path, tmp_path: Path
) -> None:
    loop = looping('<div data-bbox="80 90 420 120" data-label="Text"><p>', "so on and so on ")
    with ChatServer([loop]) as server:
        settings = settings_for(tmp_path / "workspace", server.url, fallback="auto")
        outcomes, _ = run(one_page, settings)
    (outcome,) = outcomes
    (page,) = pages_of(outcome, settings.open_workspace().lake())
    assert not outcome.failures
    assert (page.status, page.engine.name) == (PageStatus.FALLBACK, "text_layer")
    assert any("failed (looping)" in finding for finding in page.findings)
    assert len(outcome.calls) > 3
    assert all(call.error for call in outcome.calls)


def test_without_a_fallback_such_a_page_fails_by_its_name(one_page: Path, tmp_path: Path) -> None:
    with ChatServer([looping("", "so on and so on ")]) as server:
        settings = settings_for(tmp_path / "workspace", server.url)
        ((outcome,), _) = run(one_page, settings)
    (failure,) = outcome.failures
    assert (failure.code, failure.page) == ("BadOutput", 1)
    assert "repeats itself" in failure.message


def test_blank_pages_are_not_asked_about(tmp_path: Path) -> None:
    folder = tmp_path / "blank"
    folder.mkdir()
    document = pymupdf.open()
    document.new_page()  # pyright: ignore
    document.save(folder / "a.pdf")  # pyright: ignore
    with ChatServer([said("nobody asks")]) as server:
        settings = settings_for(tmp_path / "workspace", server.url)
        ((outcome,), _) = run(folder, settings)
        assert not server.bodies
    (page,) = pages_of(outcome, settings.open_workspace().lake())
    assert page.status is PageStatus.BLANK


def test_a_range_of_pages_is_read_for_whoever_reads_the_rest(inbox: Path, tmp_path: Path) -> None:
    path = inbox / "de-wholesale-two-pages.pdf"
    with server_of(truthful([path])) as server:
        settings = settings_for(tmp_path / "workspace", server.url)
        (source,) = find_sources([str(path)]).objects
        (second,) = read_range(source, (2, 2), settings, pages_by_model)
        assert (second.page, second.found) == (2, False)
        (again,) = read_range(source, (2, 2), settings, pages_by_model)
        assert again.found
        assert again.calls == second.calls
        assert len(server.bodies) == 1


def test_who_reads_nothing_himself_leaves_pages_for_a_later_run(
    one_page: Path, tmp_path: Path
) -> None:
    settings = settings_for(tmp_path / "workspace", DEAD)
    ((outcome,), _) = run(one_page, settings, pages_found)
    (failure,) = outcome.failures
    assert failure.retryable
    assert "left unread" in failure.message


def below_a_worker(tmp_path: Path, url: str, monkeypatch: pytest.MonkeyPatch) -> WorkerFolder:
    folder = WorkerFolder(tmp_path / "worker", Address(url, "scripted"))
    folder.tell(State.READY)
    monkeypatch.setenv("DOCMILL_GPU_WORKER", str(tmp_path / "worker"))
    return folder


def test_below_a_gpu_worker_its_own_server_is_asked_and_pages_are_counted(
    inbox: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with server_of(truthful(inbox.iterdir())) as server:
        folder = below_a_worker(tmp_path, server.url, monkeypatch)
        _, report = run(inbox, settings_for(tmp_path / "workspace", DEAD))
    assert report.pages_read == 5
    assert folder.new_counts().pages == 5


def test_a_gpu_worker_with_another_model_is_refused(
    one_page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    WorkerFolder(tmp_path / "worker", Address(DEAD, "glm-ocr"))
    monkeypatch.setenv("DOCMILL_GPU_WORKER", str(tmp_path / "worker"))
    with pytest.raises(UsageError, match="serves glm-ocr, but scripted"):
        run(one_page, settings_for(tmp_path / "workspace", DEAD))


def test_a_draining_worker_ends_pages_under_way_and_leaves_the_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    document = pymupdf.open()
    for number in range(60):
        document.new_page().insert_text((72, 72), f"Page {number} of the contract")  # pyright: ignore
    document.save(inbox / "long.pdf")  # pyright: ignore
    answers = truthful([inbox / "long.pdf"])
    with ChatServer(lambda request: drained(request)) as server:
        folder = below_a_worker(tmp_path, server.url, monkeypatch)

        def drained(request: ChatRequest) -> Step:
            if len(server.bodies) == 10:
                folder.tell(State.DRAINING)
            step = answers(request)
            assert not isinstance(step, Slow)
            return Slow(step, 0.2)

        settings = settings_for(tmp_path / "workspace", DEAD)
        with pytest.raises(WorkerLeaving):
            run(inbox, settings)
        asked = len(server.bodies)
    lake = settings.open_workspace().lake()
    (source,) = find_sources([str(inbox)]).objects
    document_id = source.document_id or lake.known_document(source)
    kept = folder.new_counts().pages
    assert asked == kept < 60
    assert not list(lake.commit_keys())
    assert LocalWorker.here() is not None
    monkeypatch.delenv("DOCMILL_GPU_WORKER")
    with server_of(answers) as server:
        later = settings_for(tmp_path / "workspace", server.url)
        ((outcome,), report) = run(inbox, later)
        assert len(server.bodies) == 60 - kept
    assert (report.pages_found, outcome.page_count) == (kept, 60)
    assert document_id in (None, outcome.document_id)
    engine = Work(later, (), "").ocr_engine
    assert lake.has_page(page_key(outcome.document_id, 60, engine))
