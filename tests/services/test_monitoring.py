"""The alert rules and the dashboard ask for numbers that exist, by labels that they have."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator

import pytest

from api.counters import COUNTERS, HISTOGRAMS
from api.services.metric_gauges import GAUGES
from tests.environment import ROOT

FOLDER = ROOT / "deploy" / "monitoring"
EXISTING = {
    *(f"{name}_total" for name in COUNTERS),
    *(f"{name}_{part}" for name in HISTOGRAMS for part in ("bucket", "sum", "count")),
    *(gauge.name for gauge in GAUGES),
}


def asked() -> Iterator[str]:
    """Every query of both files."""
    board = json.loads((FOLDER / "grafana-dashboard.json").read_text())
    for panel in board["panels"]:
        for target in panel["targets"]:
            yield target["expr"]
    rules = (FOLDER / "alerts.yml").read_text()
    yield from re.findall(r"^ +expr: (.+)$", rules, re.MULTILINE)


def test_every_query_asks_for_numbers_that_exist() -> None:
    names = {name for query in asked() for name in re.findall(r"domaap_\w+", query)}
    assert names - EXISTING == set()
    assert len(names) > 15


def test_every_alert_says_what_happened_and_what_to_do() -> None:
    rules = (FOLDER / "alerts.yml").read_text().split("- alert: ")[1:]
    assert len(rules) == 16
    for rule in rules:
        assert all(part in rule for part in ("expr:", "severity:", "summary:", "action:")), rule
        named = set(re.findall(r"domaap_\w+", rule))
        assert named <= EXISTING, rule


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is Prometheus's own")
def test_prometheus_takes_the_rules_and_the_configuration() -> None:
    # The token's file is on the machine that Prometheus runs on.
    for kind in (["rules", "alerts.yml"], ["config", "--syntax-only", "prometheus.yml"]):
        done = subprocess.run(
            ["promtool", "check", *kind[:-1], str(FOLDER / kind[-1])],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
