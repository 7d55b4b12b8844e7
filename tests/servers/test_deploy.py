"""`docmill deploy` against a real server."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from prefect_api import PrefectApi
from prefect_server import PrefectServer, docmill

pytestmark = [pytest.mark.servers]

DAILY = """
[flows]
load_minutes = 7
[sources.deployed-daily]
uri = "s3://inbox/daily"
schema = "invoice"
cron = "0 6 * * 1-5"
timezone = "Europe/Berlin"
"""
OFTEN = """
[sources.deployed-often]
uri = "s3://inbox/often"
every_minutes = 15
read_pool = "gpu"
"""


def deploy(server: PrefectServer, workspace: Path) -> str:
    secrets = {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "do-not-tell"}
    done = subprocess.run(
        docmill("deploy", "--workspace", workspace),
        env=server.environment() | secrets,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        cwd=workspace,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_deployed_again_nothing_changes_and_changes_are_carried_over(
    prefect_server: PrefectServer, api: PrefectApi, tmp_path: Path
) -> None:
    checkout(tmp_path)
    file = tmp_path / "docmill.toml"
    file.write_text(DAILY + OFTEN)
    assert "created" in deploy(prefect_server, tmp_path)

    daily, often = api.deployment("ingest/deployed-daily"), api.deployment("ingest/deployed-often")
    assert daily["schedules"][0]["schedule"]["cron"] == "0 6 * * 1-5"
    assert daily["schedules"][0]["schedule"]["timezone"] == "Europe/Berlin"
    assert often["schedules"][0]["schedule"]["interval"] == 15 * 60
    assert daily["entrypoint"] == "docmill.flows.ingest.ingest"
    assert daily["parameters"] == {"source": "deployed-daily"}
    assert daily["global_concurrency_limit"]["limit"] == 1
    assert daily["concurrency_options"]["collision_strategy"] == "CANCEL_NEW"
    env = daily["job_variables"]["env"]
    assert env["DOCMILL_LAKE"] == str(tmp_path / "lake")
    assert json.loads(env["DOCMILL_SOURCES"])["deployed-daily"]["schema"] == "invoice"
    assert env["PREFECT_FLOWS_HEARTBEAT_FREQUENCY"] == "30"
    load = api.deployment("load/warehouse")
    assert load["schedules"][0]["schedule"]["interval"] == 7 * 60
    assert load["job_variables"]["env"]["DOCMILL_WORKSPACE"] == str(tmp_path)
    pools = {name: api.deployment(name)["work_pool_name"] for name in ("read/gpu", "pages/gpu")}
    assert pools == {"read/gpu": "gpu", "pages/gpu": "gpu"}
    assert "do-not-tell" not in json.dumps(api.all("deployments"))

    before = registered(api)
    assert "created" not in (said := deploy(prefect_server, tmp_path))
    assert "updated" not in said
    assert "unchanged" in said
    assert registered(api) == before

    file.write_text(DAILY.replace("0 6 * * 1-5", "30 7 * * *"))
    said = deploy(prefect_server, tmp_path)
    assert "ingest/deployed-often" in said
    assert "no longer asked for" in said
    assert api.deployment("ingest/deployed-often")["paused"]
    (schedule,) = api.deployment("ingest/deployed-daily")["schedules"]
    assert schedule["schedule"]["cron"] == "30 7 * * *"

    file.write_text(DAILY.replace('cron = "0 6 * * 1-5"', ""))
    deploy(prefect_server, tmp_path)
    assert api.deployment("ingest/deployed-daily")["schedules"] == []


def checkout(folder: Path) -> None:
    """Makes the folder a clone of something, whose commits are no versions of docmill."""
    author = "-c user.name=o -c user.email=o@example.invalid"
    for command in (
        "init --quiet",
        "remote add origin https://example.invalid/settings.git",
        f"{author} commit --quiet --allow-empty --message settings",
    ):
        subprocess.run(["git", *command.split()], cwd=folder, check=True)


def registered(api: PrefectApi) -> list[object]:
    """All that is registered, with ids and times of change."""
    volatile = ("last_polled", "status")
    deployments = [
        {name: value for name, value in each.items() if name not in volatile}
        for each in api.all("deployments", sort="NAME_ASC")
    ]
    return [deployments, api.all("automations")]
