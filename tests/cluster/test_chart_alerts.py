"""Alerts and dashboards: rules that Prometheus takes, each caused once, each with a page that says what to do."""

import json
import re
import subprocess
from pathlib import Path

import pytest
import yaml

from deploy.local.downloads import ROOT, cache_folder
from shared.metrics import Metrics
from shared.services import SERVICES
from tests.cluster.chart import CHART

ALERTS = CHART / "files" / "alerts.yaml"
PROMTOOL = cache_folder() / "bin" / "promtool"
needs_promtool = pytest.mark.skipif(not PROMTOOL.exists(), reason="promtool is not installed: it comes with Debian")


def promtool(*arguments: str, text: str = "") -> "subprocess.CompletedProcess[str]":
    """One run of promtool, with ``text`` to read."""
    return subprocess.run(
        [str(PROMTOOL), *arguments], input=text, capture_output=True, text=True, check=False, timeout=60
    )


@needs_promtool
def test_prometheus_takes_the_rules() -> None:
    result = promtool("check", "rules", "--lint=all", "--lint-fatal", str(ALERTS))
    assert result.returncode == 0, result.stdout + result.stderr


@needs_promtool
def test_each_alert_comes_when_it_should_and_not_before() -> None:
    result = promtool("test", "rules", str(Path(__file__).parent / "alerts_test.yaml"))
    assert result.returncode == 0, result.stdout + result.stderr


def test_each_alert_is_caused_once_and_has_its_runbook() -> None:
    alerts = {rule["alert"]: rule for group in _groups() for rule in group["rules"]}
    caused = (Path(__file__).parent / "alerts_test.yaml").read_text(encoding="utf-8")
    runbooks = (ROOT / "docs" / "runbooks.md").read_text(encoding="utf-8")
    for name, rule in alerts.items():
        assert f'alertname="{name}"' in caused
        assert f"### {name}\n" in runbooks
        assert rule["labels"]["severity"] in ("page", "ticket")
        assert rule["annotations"]["summary"]
    assert set(re.findall(r"^### (Panel\w+)$", runbooks, re.MULTILINE)) == set(alerts)


def _groups() -> list[dict[str, list[dict[str, dict[str, str]]]]]:
    groups: list[dict[str, list[dict[str, dict[str, str]]]]] = yaml.safe_load(ALERTS.read_text("utf-8"))["groups"]
    return groups


def test_alerts_and_dashboard_ask_for_figures_that_exist() -> None:
    metrics = Metrics("panel", "example")
    metrics.answered("GET", "/", 200, 0.1)
    metrics.job_ended("job", well=True)
    sources = (
        metrics.page({}).decode()
        + (ROOT / "shared" / "health.py").read_text()
        + (ROOT / "shared" / "metrics.py").read_text()
    )
    sources += "".join((ROOT / "services" / service / "app.py").read_text(encoding="utf-8") for service in SERVICES)
    sources += (ROOT / "services" / "registration" / "synthetic" / "__main__.py").read_text(encoding="utf-8")
    dashboard = json.loads((CHART / "files" / "dashboard.json").read_text(encoding="utf-8"))
    expressions = ALERTS.read_text("utf-8") + " ".join(panel["targets"][0]["expr"] for panel in dashboard["panels"])
    for name in set(re.findall(r"\bpanel_([a-z_]+)", expressions)):
        assert re.search(rf"\b(panel_)?{re.sub('_(bucket|count)$', '', name)}\b", sources), name
