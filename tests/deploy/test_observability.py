"""Dashboards, alerts and the page about them name what running services really expose."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
import yaml

from deploy.local.home import CHECKOUT
from deploy.local.programs import SERVICES
from tests.stack import Stack, wait_until

FOLDER = CHECKOUT / "deploy" / "observability"
DASHBOARDS = sorted((FOLDER / "grafana").glob("*.json"))
RULES = FOLDER / "prometheus" / "rules.yaml"
CASES = Path(__file__).parent / "rules.test.yaml"
PAGE = CHECKOUT / "docs" / "observability.md"

NAMES = re.compile(r"\b(?:weft|process)_[a-z_]+\b")


def expressions(value: Any) -> Iterator[str]:
    """Everything that is a query, however deep it stands."""
    if isinstance(value, dict):
        yield from (each for name, each in value.items() if name in ("expr", "query") and isinstance(each, str))
    for child in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from expressions(child)


def rules() -> list[dict[str, Any]]:
    groups: list[dict[str, Any]] = yaml.safe_load(RULES.read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


def exposed(stack: Stack) -> tuple[dict[str, str], set[str]]:
    """What metrics say of themselves, by name, and the names of all series; of all services together."""
    pages = [httpx2.get(stack.endpoints.metrics_url(it)).text for it in SERVICES]
    lines = [line for page in pages for line in page.splitlines()]
    told = dict(line.split(" ", 3)[2:] for line in lines if line.startswith("# HELP weft_"))
    return told, {re.split(r"[{ ]", line, maxsplit=1)[0] for line in lines if not line.startswith("#")}


@pytest.fixture
def series(stack: Stack) -> set[str]:
    """Once each loop has been round."""
    wait_until(lambda: "weft_relay_lag_seconds" in exposed(stack)[1], "the streams to be counted")
    return exposed(stack)[1]


@pytest.mark.parametrize("file", DASHBOARDS, ids=lambda it: it.stem)
def test_a_dashboard_shows_only_what_there_is(file: Path, series: set[str]) -> None:
    board = json.loads(file.read_text())
    asked = list(expressions(board["panels"])) + list(expressions(board["templating"]))
    named = {name for each in asked for name in NAMES.findall(each)}
    assert named
    assert named - series == set()
    ids = [panel["id"] for panel in board["panels"]]
    assert (board["uid"], len(ids)) == (file.stem, len(set(ids)))


def test_an_alert_asks_only_for_what_there_is(series: set[str]) -> None:
    for rule in rules():
        assert set(NAMES.findall(rule["expr"])) - series == set(), rule["alert"]
        assert rule["labels"]["severity"] in {"info", "warning", "critical"}
        assert rule["annotations"]["summary"]


def test_every_alert_has_its_cases() -> None:
    tests = yaml.safe_load(CASES.read_text())["tests"]
    fires = {it["alertname"] for test in tests for it in test["alert_rule_test"] if it.get("exp_alerts")}
    assert fires == {rule["alert"] for rule in rules()}


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool (Debian: prometheus) is not installed")
@pytest.mark.parametrize("asked", [("check", "rules", RULES), ("test", "rules", CASES)], ids=["takes", "fires"])
def test_prometheus_takes_the_rules_and_fires_when_it_should(asked: tuple[str | Path, ...]) -> None:
    subprocess.run(["promtool", *asked], check=True)


def test_the_page_names_every_metric_and_says_of_it_what_it_says_itself(stack: Stack, series: set[str]) -> None:
    rows = re.findall(r"^\| `(weft_\w+)` \|[^|]*\| (.+?) \|$", PAGE.read_text(), re.MULTILINE)
    assert dict(rows) == exposed(stack)[0]


def test_the_page_says_what_to_do_about_every_alert() -> None:
    documented = re.findall(r"^\| `(Weft\w+)` \|", PAGE.read_text(), re.MULTILINE)
    assert documented == [rule["alert"] for rule in rules()]
