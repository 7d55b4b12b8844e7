"""Alerts and panels ask for metrics that exist, with labels that these have."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml

from docmill.gpu_workers import metrics as of_gpu_workers
from docmill.infra.telemetry import metrics as of_the_owner
from docmill.infra.telemetry.metrics import Counter, Gauge, Histogram, Metric

# What Prometheus itself adds.
OWN_LABELS = {"job", "instance", "le"}
ALL = tuple(dict.fromkeys((*of_the_owner.ALL, *of_gpu_workers.ALL)))
NAME = re.compile(r"\b(docmill_\w+)(?:\{([^}]*)\})?")
GROUPING = re.compile(r"\bby \(([^)]*)\)")


def series(metric: Metric) -> set[str]:
    """The names under which a metric's values are found."""
    if isinstance(metric, Histogram):
        return {f"{metric.name}_{ending}" for ending in ("bucket", "sum", "count")}
    return {metric.name}


SERIES = {name: metric for metric in ALL for name in series(metric)}


def alerts(deploy: Path) -> list[dict[str, Any]]:
    content = yaml.safe_load((deploy / "prometheus" / "alerts.yaml").read_text())
    return [rule for group in content["groups"] for rule in group["rules"]]


def dashboard(deploy: Path) -> dict[str, Any]:
    return json.loads((deploy / "grafana" / "dashboards" / "docmill.json").read_text())


def panel_expressions(deploy: Path) -> list[str]:
    panels = dashboard(deploy)["panels"]
    return [target["expr"] for panel in panels for target in panel.get("targets", ())]


def problems(expression: str) -> Iterator[str]:
    found = list(NAME.finditer(expression))
    labels = set(OWN_LABELS)
    for match in found:
        metric = SERIES.get(match[1])
        if metric is None:
            yield f"no metric {match[1]}"
            continue
        labels |= set(metric.labels)
        for label in re.findall(r"(\w+)\s*[=!]~?", match[2] or ""):
            if label not in {*metric.labels, *OWN_LABELS}:
                yield f"{match[1]} has no label {label}"
        counted = isinstance(metric, Counter | Histogram)
        ranged = re.search(rf"(?:rate|increase)\({re.escape(match[0])}\[\w+\]\)", expression)
        if counted and not ranged:
            yield f"{match[1]} only grows: ask for its rate or increase"
        if isinstance(metric, Gauge) and ranged:
            yield f"{match[1]} is no counter"
    for match in GROUPING.finditer(expression):
        for label in match[1].split(","):
            if label.strip() not in labels:
                yield f"nothing to group by: {label.strip()}"


@pytest.mark.parametrize(
    ("expression", "problem"),
    [
        ("rate(docmill_documents_totl[5m])", "no metric"),
        ("rate(docmill_stage_seconds[5m])", "no metric"),
        ('rate(docmill_documents_total{state="done"}[5m])', "no label"),
        ("docmill_documents_total > 3", "only grows"),
        ("rate(docmill_disk_free_bytes[5m])", "no counter"),
        ("sum by (engine) (rate(docmill_documents_total[5m]))", "group"),
        ("rate(docmill_gpu_page_total[5m])", "no metric"),
        ('docmill_gpu_worker_state{status="down"} == 1', "no label"),
        ("min_over_time(docmill_gpu_requests_waiting[10m]) > 0", ""),
        ('sum by (status) (rate(docmill_documents_total{schema="x"}[5m]))', ""),
    ],
)
def test_wrong_expressions_are_found(expression: str, problem: str) -> None:
    found = list(problems(expression))
    assert [problem in each for each in found] == ([True] if problem else [])


def test_alerts_ask_for_metrics_that_exist(deploy: Path) -> None:
    rules = alerts(deploy)
    assert len(rules) >= 16
    for rule in rules:
        assert list(problems(rule["expr"])) == [], rule["alert"]
        assert rule["labels"]["severity"] in ("warning", "critical")


def test_every_alert_has_its_page(deploy: Path, repository: Path) -> None:
    text = (repository / "docs" / "operations.md").read_text()
    for rule in alerts(deploy):
        assert f"`{rule['alert']}`" in text, rule["alert"]


def test_panels_ask_for_metrics_that_exist(deploy: Path) -> None:
    for expression in panel_expressions(deploy):
        assert list(problems(expression)) == [], expression


def test_every_metric_is_on_the_dashboard(deploy: Path) -> None:
    shown = {
        SERIES[match[1]] for each in panel_expressions(deploy) for match in NAME.finditer(each)
    }
    assert [metric.name for metric in ALL if metric not in shown] == []


def test_the_dashboard_is_laid_out(deploy: Path) -> None:
    content = dashboard(deploy)
    panels = content["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    taken = [
        (panel["gridPos"]["x"] + x, panel["gridPos"]["y"] + y)
        for panel in panels
        for x in range(panel["gridPos"]["w"])
        for y in range(panel["gridPos"]["h"])
    ]
    assert len(set(taken)) == len(taken)
    assert max(x for x, _ in taken) < 24
    sources = yaml.safe_load(
        (deploy / "grafana" / "provisioning" / "datasources" / "docmill.yaml").read_text()
    )
    uids = {source["uid"] for source in sources["datasources"]}
    assert {panel["datasource"]["uid"] for panel in panels if "datasource" in panel} <= uids


def test_prometheus_finds_its_rules_the_owner_and_the_gpu_workers(deploy: Path) -> None:
    config = yaml.safe_load((deploy / "prometheus" / "prometheus.yaml").read_text())
    for name in config["rule_files"]:
        assert (deploy / "prometheus" / name).is_file()
    services = yaml.safe_load((deploy / "compose.yaml").read_text())["services"]
    found: set[tuple[str, str]] = set()
    for job in config["scrape_configs"]:
        for target in targets(job, deploy / "prometheus"):
            host, _, port = target.partition(":")
            assert host == "127.0.0.1" or host in services
            assert port.isdigit()
            found.add((host, port))
    shown = {
        (name, word.removeprefix("--metrics-port="))
        for name, service in services.items()
        for word in service.get("command", ())
        if word.startswith("--metrics-port=")
    }
    assert len(shown) >= 2
    assert shown <= found


def targets(job: dict[str, Any], folder: Path) -> Iterator[str]:
    """The addresses that a job scrapes; lists that operators fill in are files that are there."""
    for each in job.get("static_configs", ()):
        yield from each["targets"]
    for each in job.get("dns_sd_configs", ()):
        yield from (f"{name}:{each['port']}" for name in each["names"])
    for each in job.get("file_sd_configs", ()):
        for name in each["files"]:
            for group in yaml.safe_load((folder / name).read_text()):
                yield from group["targets"]


def test_alerts_know_the_jobs(deploy: Path) -> None:
    config = yaml.safe_load((deploy / "prometheus" / "prometheus.yaml").read_text())
    jobs = {job["job_name"] for job in config["scrape_configs"]}
    monitors = [
        yaml.safe_load(path.read_text())
        for path in (deploy / "kubernetes" / "monitoring").glob("*-monitor.yaml")
    ]
    on_kubernetes = {
        rule["replacement"]
        for monitor in monitors
        for endpoint in (monitor["spec"].get("endpoints") or monitor["spec"]["podMetricsEndpoints"])
        for rule in endpoint["relabelings"]
        if rule["targetLabel"] == "job"
    }
    asked = {job for rule in alerts(deploy) for job in re.findall(r'job="([^"]*)"', rule["expr"])}
    assert asked == {"docmill", "docmill-gpu"}
    assert asked <= jobs
    assert asked == on_kubernetes


@pytest.mark.parametrize("module", [of_the_owner, of_gpu_workers])
def test_every_metric_is_counted_somewhere(repository: Path, module: ModuleType) -> None:
    """Nothing is promised that no code keeps."""
    constants = {
        id(value): name for name, value in vars(module).items() if isinstance(value, Metric)
    }
    text = "".join(
        path.read_text()
        for folder in ("infra", "flows")
        for path in (repository / folder).rglob("*.py")
        if path.name != "metrics.py"
    )
    text += Path(str(module.__file__)).read_text().partition("Metrics:\n")[2]
    text += (
        (repository / "infra" / "telemetry" / "metrics.py")
        .read_text()
        .partition("class Metrics")[2]
    )
    unused = [name for name in constants.values() if not re.search(rf"\b{name}\b", text)]
    assert unused == []


def test_every_alert_fires_when_it_should_and_only_then(deploy: Path, tmp_path: Path) -> None:
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("there is no promtool: install prometheus")
    text = (Path(__file__).parent / "alerts.test.yaml").read_text()
    number = re.search(r"value: (\d+)}", text)
    assert number
    assert int(number[1]) == len(alerts(deploy))
    rules = tmp_path / "rules.yaml"
    rules.write_text(text.replace("ALERTS]", f"{deploy / 'prometheus' / 'alerts.yaml'}]", 1))
    for command in (
        ["test", "rules", str(rules)],
        ["check", "config", str(deploy / "prometheus" / "prometheus.yaml")],
    ):
        done = subprocess.run([promtool, *command], capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
