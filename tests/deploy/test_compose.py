"""compose.yaml: what the specification allows, and right where that is blind. No Docker engine is asked."""

import json
import re
import subprocess
from functools import cache
from typing import Any

import jsonschema
import pytest
import yaml

from deploy.helm.generated import DEPLOY
from tests.deploy.dockerfile import read_dockerfile
from tests.deploy.told import settings_in, unknown
from tests.node_tools import node_tools

FILE = DEPLOY / "compose.yaml"
SERVICES = ("gateway", "memory", "search", "graph", "extraction")
SERVERS = {"nats": 4222, "postgres": 5432, "qdrant": 6333}


@cache
def passwords() -> dict[str, str]:
    """What compose-env.sh prints."""
    printed = subprocess.run([DEPLOY / "compose-env.sh"], capture_output=True, text=True, check=True).stdout
    return dict(line.split("=", 1) for line in printed.splitlines())


@cache
def compose() -> dict[str, Any]:
    """With the variables put in, as `docker compose` would."""
    known = passwords()

    def value(found: "re.Match[str]") -> str:
        name, _, default = found[1].partition(":")
        return known[name] if default.startswith("?") else known.get(name, default.removeprefix("-"))

    text = re.sub(r"(?<!\$)\$\{([^}]+)\}", value, FILE.read_text()).replace("$$", "$")
    read: dict[str, Any] = yaml.safe_load(text)
    return read


@pytest.mark.slow
def test_the_specification_allows_it() -> None:
    schema = json.loads((node_tools() / "dclint" / "schemas" / "compose.schema.json").read_text())
    jsonschema.Draft7Validator(schema).validate(compose())


def test_every_password_is_made_and_none_is_in_the_file() -> None:
    asked = set(re.findall(r"\$\{(\w+):\?", FILE.read_text()))
    assert asked == set(passwords())
    assert not re.search(r"(PASSWORD\w*|_KEY|PEPPER): (?!\$\{)", FILE.read_text())
    assert re.search(r":(?!\$\{)[^/@{}\s]+@", FILE.read_text()) is None, "a password in a URL"


@pytest.mark.parametrize("service", [*SERVICES, "admin"])
def test_a_service_is_told_what_it_wants_to_know_and_nothing_else(service: str) -> None:
    from_image = {"WEFT_MODEL_DIR": "/opt/weft/model", "WEFT_SEARCH_DIR": "/var/lib/weft/search"}
    told: dict[str, str] = compose()["services"][service]["environment"]
    assert unknown(service, told) == set()
    settings_in(service, {**from_image, **told})


def test_images_stay_what_they_are() -> None:
    targets = {stage.name for stage in read_dockerfile()}
    for name, service in compose()["services"].items():
        tag = service["image"].rpartition(":")[2]
        assert tag not in ("", "latest"), name
        if "build" in service:
            assert service["build"]["target"] in targets
            assert service["image"] == f"weft/{service['build']['target']}:{tag}"


def test_services_are_kept_small_and_servers_keep_what_they_have() -> None:
    for name in SERVICES:
        service = compose()["services"][name]
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert service["tmpfs"] == ["/tmp"]
        assert service["depends_on"]["setup"] == {"condition": "service_completed_successfully"}
    for name in SERVERS:
        server = compose()["services"][name]
        assert server["healthcheck"]["test"]
        assert [volume.split(":")[0] for volume in server["volumes"] if not volume.startswith(".")] == [name]
        assert "ports" not in server, "for the services alone"
    assert [compose()["services"]["gateway"]["ports"]] == [["127.0.0.1:8080:8080"]]


def test_files_that_are_mounted_are_there() -> None:
    for service in compose()["services"].values():
        for volume in service.get("volumes", []):
            if volume.startswith("."):
                assert (DEPLOY / volume.split(":")[0]).is_file()


def test_a_service_shares_a_network_only_with_the_servers_that_it_talks_to() -> None:
    networks = {name: set(service["networks"]) for name, service in compose()["services"].items()}
    reached = {
        name: {server for server in SERVERS if networks[name] & networks[server]}
        for name in (*SERVICES, "setup", "admin")
    }
    assert reached == {
        "gateway": {"nats"},
        "memory": {"nats", "postgres"},
        "search": {"nats", "qdrant"},
        "graph": {"nats", "postgres"},
        "extraction": {"nats", "postgres"},
        "setup": {"nats", "postgres"},
        "admin": {"nats"},
    }
    for name in (*SERVICES, "setup", "admin"):
        urls = " ".join(str(value) for value in compose()["services"][name]["environment"].values())
        called = set(re.findall(r"(?:@|http://)(\w+):(\d+)", urls))
        assert {host for host, _ in called} - {"gateway"} <= reached[name]
        assert all(int(port) in (SERVERS.get(host), 8222, 8080) for host, port in called)
