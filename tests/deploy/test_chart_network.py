"""The network of the rendered chart: pods listen where they are looked for, and talk to whom the picture says."""

import re
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from tests.deploy.policies import Pod, allows, selects
from tests.deploy.rendering import (
    CASES,
    SERVICES,
    YOURS,
    containers,
    environment,
    environment_of,
    known_secrets,
    of_kind,
    own_pods,
    pods,
    render,
    values_of,
)

pytestmark = pytest.mark.slow
every_case = pytest.mark.parametrize("case", CASES)


@every_case
def test_pods_listen_where_services_probes_and_policies_look(case: str) -> None:
    for service in SERVICES:
        (container,) = own_pods(render(case))[service]["spec"]["containers"]
        told = environment_of(case, service)
        listening = {"metrics": int(told["WEFT_METRICS_PORT"])}
        if service == "gateway":
            listening["http"] = int(told["WEFT_HTTP_PORT"])
            assert told["WEFT_HTTP_HOST"] == "0.0.0.0"
        assert told["WEFT_METRICS_HOST"] == "0.0.0.0"
        assert {each["name"]: each["containerPort"] for each in container["ports"]} == listening
        for probe, path in (("startup", "/healthz"), ("liveness", "/healthz"), ("readiness", "/readyz")):
            assert container[f"{probe}Probe"]["httpGet"] == {"path": path, "port": "metrics"}


@every_case
def test_selectors_reach_pods_and_their_ports(case: str) -> None:
    manifests = render(case)
    labelled = [each for each in pods(manifests).values() if each["metadata"].get("labels")]
    for each in of_kind(manifests, "Service", "PodDisruptionBudget", "Deployment", "StatefulSet"):
        selector = each["spec"]["selector"]
        reached = [
            pod
            for pod in labelled
            if selects({"matchLabels": selector.get("matchLabels", selector)}, pod["metadata"]["labels"])
        ]
        assert reached, f"{each['kind']} {each['metadata']['name']} is for no pod"
        for port in each["spec"].get("ports", []) if each["kind"] == "Service" else []:
            named = [
                it["name"] for pod in reached for container in containers(pod) for it in container.get("ports", [])
            ]
            assert port["targetPort"] in named or port["targetPort"] == port["port"]
    workloads = {each["metadata"]["name"] for each in of_kind(manifests, "Deployment", "StatefulSet")}
    services = {each["metadata"]["name"]: each for each in of_kind(manifests, "Service")}
    for each in of_kind(manifests, "HorizontalPodAutoscaler", "ScaledObject"):
        assert each["spec"]["scaleTargetRef"]["name"] in workloads
    for each in of_kind(manifests, "Ingress"):
        for rule in each["spec"]["rules"]:
            backend = rule["http"]["paths"][0]["backend"]["service"]
            assert backend["port"]["name"] in [port["name"] for port in services[backend["name"]]["spec"]["ports"]]
    for each in of_kind(manifests, "HTTPRoute"):
        (backend,) = each["spec"]["rules"][0]["backendRefs"]
        assert backend["port"] in [port["port"] for port in services[backend["name"]]["spec"]["ports"]]
    for each in of_kind(manifests, "ServiceMonitor"):
        assert [it for it in services.values() if selects(each["spec"]["selector"], it["metadata"].get("labels", {}))]


@every_case
def test_hosts_in_urls_are_services_of_the_release_or_yours(case: str) -> None:
    services = {each["metadata"]["name"] for each in of_kind(render(case), "Service")} | {"weft-postgres-rw"}
    given = Path(values_of(case)).read_text()
    for component in own_pods(render(case)):
        for container in containers(own_pods(render(case))[component]):
            told = environment(
                container, {**known_secrets(case), "weft-postgres-superuser": YOURS["weft-postgres-superuser"]}
            )
            for name, value in told.items():
                for host in re.findall(r"://(?:[^@/]*@)?([\w.-]+)", value) + ([value] if name == "PGHOST" else []):
                    assert host in services or host in given, f"{component}: {name} names {host}"


EDGES = {
    *[(service, "nats", 4222) for service in (*SERVICES, "setup", "admin")],
    ("memory", "nats", 8222),  # how it syncs
    *[(service, "postgres", 5432) for service in ("memory", "graph", "extraction", "setup")],
    ("search", "qdrant", 6333),
    ("admin", "gateway", 8080),
    ("test", "gateway", 8080),
    ("nats", "nats", 6222),
    ("qdrant", "qdrant", 6335),
    ("postgres", "postgres", 5432),
    ("postgres", "postgres", 8000),
}
"""DESIGN's picture, and what servers of one kind say to each other."""
PORTS = (4222, 5432, 6222, 6333, 6334, 6335, 7777, 8000, 8080, 8222, 9090, 9187)
INSIDE = {
    "defaults": {"nats", "qdrant", "postgres"},
    "everything": {"nats", "qdrant", "postgres"},
    "minimal": {"nats", "postgres"},
}


@every_case
def test_pods_may_talk_as_in_the_picture_and_not_otherwise(case: str) -> None:
    manifests = render(case)
    present = [
        Pod(
            name,
            pod["metadata"]["labels"],
            {it["name"]: it["containerPort"] for each in containers(pod) for it in each.get("ports", [])},
        )
        for name, pod in own_pods(manifests).items()
    ]
    servers = INSIDE.get(case, set())
    release = {"app.kubernetes.io/instance": "weft"}
    present += [Pod(name, {**release, "app.kubernetes.io/name": name}) for name in servers & {"nats", "qdrant"}]
    present += [Pod("postgres", {"cnpg.io/cluster": "weft-postgres"})] if "postgres" in servers else []
    names = {pod.name for pod in present}
    policies = of_kind(manifests, "NetworkPolicy")
    open_ways = {
        (caller.name, called.name, port)
        for caller, called, port in product(present, present, PORTS)
        if allows(policies, caller, called, port)
    }
    # No policy keeps an instance of Postgres from going out: it talks to the cluster's own API.
    of_postgres = {("postgres", "gateway", 8080)} if case != "everything" else set()
    assert open_ways - of_postgres == {edge for edge in EDGES if {edge[0], edge[1]} <= names}


def test_what_lies_outside_is_reached_at_its_own_port_alone() -> None:
    found = {
        each["metadata"]["name"].removeprefix("weft-"): sorted(
            rule["ports"][0]["port"] for rule in each["spec"].get("egress", []) if "ipBlock" in rule["to"][0]
        )
        for each in of_kind(render("external"), "NetworkPolicy")
    }
    assert found == {
        "deny": [],
        "gateway": [443, 4223],  # whom people are vouched for by
        "memory": [443, 4223, 5433],  # webhooks
        "search": [4223, 6334, 8000],
        "graph": [443, 4223, 5433],
        "extraction": [443, 4223, 5433],
        "setup": [4223, 5433],
        "admin": [4223],
        "test": [],
    }


def test_streams_to_clients_are_not_cut_off_on_the_way() -> None:
    (ingress,) = of_kind(render("everything"), "Ingress")
    annotations: dict[str, Any] = ingress["metadata"]["annotations"]
    assert int(annotations["nginx.ingress.kubernetes.io/proxy-read-timeout"]) >= 3600
    assert annotations["nginx.ingress.kubernetes.io/proxy-buffering"] == "off"
    (route,) = of_kind(render("everything"), "HTTPRoute")
    assert route["spec"]["rules"][0]["timeouts"] == {"request": "0s", "backendRequest": "0s"}
    hosts = environment_of("everything", "gateway")["WEFT_MCP_HOSTS"].split(", ")
    assert {"weft.example.com", "weft.example.com:*", "weft.example.org", "mcp.internal", "weft-gateway"} <= set(hosts)
