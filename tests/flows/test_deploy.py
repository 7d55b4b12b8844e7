"""`docmill deploy` without a server: what would be registered, and errors that help."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from docmill.flows.automations import automations
from docmill.flows.deployments import environment, wanted
from docmill.infra.settings import Flows, Settings, load_settings
from docmill.schemas.errors import UsageError

Run = Callable[..., "subprocess.CompletedProcess[str]"]


def settings(**source: object) -> Settings:
    return load_settings(sources={"bills": {"uri": "s3://inbox/bills", **source}})


def test_one_pool_for_both_engines_makes_one_flow_run_of_a_batch() -> None:
    found = {each.full_name: each.pool for each in wanted(settings())}
    assert found == {
        "ingest/bills": "ingest",
        "pages/cpu": "cpu",
        "process/cpu": "cpu",
        "reprocess/warehouse": "warehouse",
        "load/warehouse": "warehouse",
    }


def test_two_pools_make_two() -> None:
    found = {each.full_name for each in wanted(settings(read_pool="gpu", extract_pool="llm"))}
    assert {"read/gpu", "pages/gpu", "process/llm"} < found
    assert "read/cpu" not in found


def test_flow_runs_see_the_settings_that_deployed_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "docmill.toml").write_text(
        """
        ocr = "text_layer"
        schema = "receipt"
        [limits]
        max_pages = 7
        [flows]
        retries = 5
        [sources.bills]
        uri = "inbox"
        schema = "invoice"
        [sources.bills.review]
        threshold = 0.5
        """
    )
    (tmp_path / "inbox").mkdir()
    monkeypatch.chdir(tmp_path)
    deployed = load_settings(workspace=Path())
    env = environment(deployed)
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    there = load_settings(workspace=tmp_path / "elsewhere")
    assert there.lake == str(tmp_path / "lake")
    assert there.sources["bills"].uri == str(tmp_path / "inbox")
    assert there.sources["bills"].schema_ == "invoice"
    assert (there.ocr, there.schema_) == ("text_layer", "receipt")
    assert (there.limits, there.flows) == (deployed.limits, deployed.flows)
    assert there.sources["bills"].review == deployed.sources["bills"].review


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ({"cron": "every day"}, "every day"),
        ({"cron": "0 6 * * *", "timezone": "Europe/Atlantis"}, "Atlantis"),
        ({"cron": "0 6 * * *", "every_minutes": 5}, "both"),
    ],
)
def test_schedules_that_cannot_be_are_named(source: dict[str, object], said: str) -> None:
    with pytest.raises(UsageError, match=said) as refused:
        wanted(settings(**source))
    assert "bills" in refused.value.message


def test_crashed_runs_start_again_a_bounded_number_of_times() -> None:
    def counts(starts: int) -> object:
        by_name = {each.name: each for each in automations(Flows(starts=starts), None)}
        again = by_name["docmill: crashed flow runs start again"].model_dump(mode="json")
        return again["trigger"]["match"]["prefect.run-count"]

    assert counts(3) == ["1", "2"]
    assert counts(1) == ["never"]


def test_a_dry_run_needs_no_server(docmill: Run, tmp_path: Path) -> None:
    (tmp_path / "docmill.toml").write_text('[sources.bills]\nuri = "s3://inbox/bills"\n')
    done = docmill("deploy", "--workspace", tmp_path, "--dry-run")
    assert done.returncode == 0, done.stderr
    assert "ingest/bills" in done.stdout
    assert "load/warehouse" in done.stdout


def test_without_sources_an_example_is_shown(docmill: Run, tmp_path: Path) -> None:
    done = docmill("deploy", "--workspace", tmp_path)
    assert done.returncode == 2
    assert "[sources.invoices]" in done.stderr


def test_without_a_server_it_says_how_to_start_one(
    docmill: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "docmill.toml").write_text('[sources.bills]\nuri = "s3://inbox/bills"\n')
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    done = docmill("deploy", "--workspace", tmp_path)
    assert done.returncode == 2
    assert "prefect server start" in done.stderr
    monkeypatch.setenv("PREFECT_API_URL", "http://127.0.0.1:9/api")
    done = docmill("deploy", "--workspace", tmp_path)
    assert done.returncode == 1
    assert "http://127.0.0.1:9/api does not answer" in done.stderr
    assert "prefect server start" in done.stderr
    assert json.dumps(done.stderr).count("Traceback") == 0
