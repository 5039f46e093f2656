"""The public description of the events: AsyncAPI's own parser takes it, and it describes what is really sent."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from contracts import catalogue, schemas, subjects
from contracts.asyncapi import address
from contracts.events import EVENTS, CloudEvent
from deploy.local.node import node
from tests.node_tools import node_tools

GOLDEN = Path(__file__).parent / "golden"
PARSER = Path(__file__).parents[1] / "tools" / "parse-asyncapi.mjs"


@pytest.fixture(scope="module")
def described() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((schemas.HERE / "asyncapi.yaml").read_text())
    return found


@pytest.mark.slow
def test_asyncapis_own_parser_finds_no_fault() -> None:
    """It validates the examples, too."""
    command = [str(node()), str(PARSER), str(node_tools()), str(schemas.HERE / "asyncapi.yaml")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert [each for each in said["diagnostics"] if each["severity"] <= 1] == []
    assert sorted(said["messages"]) == sorted(EVENTS)


@pytest.mark.parametrize("event_type", sorted(EVENTS))
def test_an_event_is_as_it_is_described_and_comes_where_it_is_said(event_type: str, described: dict[str, Any]) -> None:
    written = (GOLDEN / f"{event_type}.json").read_bytes()
    payload = described["components"]["messages"][event_type]["payload"]
    Draft202012Validator({**payload, "components": described["components"]}).validate(json.loads(written))

    event = CloudEvent.read(written)
    entity = event_type if event_type != "weft.event.erased.v1" else event.data.erased_type  # type: ignore[union-attr]
    subject = address(event_type).format(
        workspace=event.workspace,
        id=subjects.token(event.workspace, event.subject),
        entity=entity.split(".")[1],
    )
    assert subjects.event(event) == subject


@pytest.mark.parametrize("event_type", sorted(EVENTS))
def test_every_event_and_each_of_its_fields_says_what_it_means(event_type: str) -> None:
    schema = EVENTS[event_type].model_json_schema()
    shapes = {event_type: schema, **schema.get("$defs", {})}
    assert EVENTS[event_type].__doc__
    silent = [
        f"{shape}.{name}"
        for shape, fields in shapes.items()
        for name, field in fields.get("properties", {}).items()
        if not catalogue.meaning(field) and "$ref" not in json.dumps(field)
    ]
    assert silent == []


def test_the_catalogue_has_every_event_with_its_example() -> None:
    page = (schemas.ROOT / "docs/events.md").read_text()
    for event_type in EVENTS:
        _, _, part = page.partition(f"\n### {event_type}\n")
        assert f"`{address(event_type).replace('{', '<').replace('}', '>')}`" in part.partition("\n### ")[0]
