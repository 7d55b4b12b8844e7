"""Alerts and panels ask for metrics that exist, with labels that these have."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from docmill.infra.telemetry.metrics import ALL, Counter, Gauge, Histogram, Metric

# What Prometheus itself adds.
OWN_LABELS = {"job", "instance", "le"}
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
        ('sum by (status) (rate(docmill_documents_total{schema="x"}[5m]))', ""),
    ],
)
def test_wrong_expressions_are_found(expression: str, problem: str) -> None:
    found = list(problems(expression))
    assert [problem in each for each in found] == ([True] if problem else [])


def test_alerts_ask_for_metrics_that_exist(deploy: Path) -> None:
    rules = alerts(deploy)
    assert len(rules) >= 10
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


def test_prometheus_finds_its_rules_and_the_owner(deploy: Path) -> None:
    config = yaml.safe_load((deploy / "prometheus" / "prometheus.yaml").read_text())
    for name in config["rule_files"]:
        assert (deploy / "prometheus" / name).is_file()
    compose = yaml.safe_load((deploy / "compose.yaml").read_text())
    for job in config["scrape_configs"]:
        for target in job["static_configs"][0]["targets"]:
            host, _, port = target.partition(":")
            assert host == "127.0.0.1" or host in compose["services"]
            assert port.isdigit()


def test_every_metric_is_counted_somewhere(repository: Path) -> None:
    """Nothing is promised that no code keeps."""
    import docmill.infra.telemetry.metrics as module

    constants = {
        id(value): name for name, value in vars(module).items() if isinstance(value, Metric)
    }
    text = "".join(
        path.read_text()
        for folder in ("infra", "flows")
        for path in (repository / folder).rglob("*.py")
        if path.name != "metrics.py"
    )
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
