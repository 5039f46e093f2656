"""The chart, rendered by the real Helm for several values files: taken by Kubernetes, and right where that is blind."""

import json
import re
import tomllib
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

import jsonschema
import kubernetes_validate
import pytest
import yaml

from deploy.helm.generated import CHART
from deploy.local.home import POSTGRES_ROLES
from deploy.nats.server import ACCOUNT, load_permissions
from deploy.nats.topology import load_topology
from services.kit.sealing.masters import keys_in
from tests.deploy.policies import Pod, allows, selects
from tests.deploy.rendering import (
    CASES,
    KUBERNETES,
    SERVICES,
    chart,
    containers,
    environment,
    of_kind,
    own_pods,
    pods,
    render,
    run_helm,
    secrets,
    values_of,
)
from tests.deploy.told import settings_in, unknown

pytestmark = pytest.mark.slow
CRDS = json.loads((Path(__file__).parent / "crds.json").read_text())
every_case = pytest.mark.parametrize("case", CASES)

MASTER_KEY = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
YOURS = {
    "weft-own-keys": {
        "master-key": MASTER_KEY,
        "index-key": "i" * 32,
        "key-pepper": "pepper",
        "portal-key": "p" * 32,
        "nats-encryption-key": "n" * 32,
    },
    "weft-own-nats": {user: f"of-{user}" for user in load_permissions()},
    "weft-own-postgres": {role: f"of-{role}" for role in POSTGRES_ROLES if role != "postgres"},
    "weft-postgres-superuser": {"username": "postgres", "password": "root"},
    "weft-qdrant": {"api-key": "of-qdrant"},
    "weft-llm": {"api-key": "of-llm"},
    "weft-embedding": {"api-key": "of-embedding"},
    "collector": {"headers": "of-collector"},
}
"""Secrets that the values files name as theirs, and the one that CloudNativePG makes."""


@cache
def known_secrets(case: str) -> dict[str, dict[str, str]]:
    return {**YOURS, **secrets(render(case))}


def environment_of(case: str, component: str) -> dict[str, str]:
    (container,) = own_pods(render(case))[component]["spec"]["containers"]
    return environment(container, known_secrets(case))


@every_case
def test_helm_finds_nothing_to_complain_about(case: str) -> None:
    done = run_helm("lint", "--strict", str(chart()), "--values", values_of(case))
    assert done.returncode == 0, done.stdout + done.stderr


@every_case
@pytest.mark.parametrize("version", ["1.29", "1.37"])
def test_kubernetes_takes_every_manifest(case: str, version: str) -> None:
    for manifest in render(case):
        if schema := CRDS.get(manifest["kind"]):
            jsonschema.Draft202012Validator(schema).validate(manifest)
        else:
            kubernetes_validate.validate(manifest, version, strict=True)


def test_everything_has_each_kind_that_the_chart_can_make() -> None:
    kinds = {each["kind"] for each in render("everything")}
    assert kinds >= {*CRDS, "HorizontalPodAutoscaler", "PodDisruptionBudget", "Ingress", "NetworkPolicy", "CronJob"}
    assert {each["kind"] for each in render("minimal")} >= {"StatefulSet", "Cluster"}
    assert not {each["kind"] for each in render("external")} & {"StatefulSet", "Secret", "Cluster"}


@pytest.mark.parametrize(
    ("setting", "complaint"),
    [
        ("gateway.replica=3", "gateway"),  # a slip of the pen
        ("graph.replicas=2", "graph"),
        ("image.tag=latest", "image.tag"),
        ("memory.env.WEFT_RELAY_BATCH_MAX=500", "string"),
        ("ingress.enabled=true", "allOf"),  # for no host
        ("nats.enabled=false", "externalNats.host"),
        ("gateway.keda.enabled=true", "reads no stream"),
    ],
)
def test_values_that_cannot_be_meant_are_refused(setting: str, complaint: str) -> None:
    done = run_helm("template", "weft", str(chart()), "--kube-version", KUBERNETES, "--set", setting)
    assert done.returncode != 0
    assert complaint in done.stderr


@every_case
def test_images_are_those_of_the_dockerfile_by_a_tag_that_does_not_move(case: str) -> None:
    targets = set(re.findall(r"^FROM base AS (\w+)$", (CHART.parents[1] / "Dockerfile").read_text(), re.M)) - {"build"}
    for component, pod in own_pods(render(case)).items():
        for container in containers(pod):
            name, _, tag = re.sub(r"@sha256:\w+$", ":digest", container["image"]).rpartition(":")
            assert name.rsplit("/", 1)[1] in targets, component
            assert tag not in ("", "latest")


@every_case
def test_no_manifest_but_a_secret_has_a_secret_in_it(case: str) -> None:
    others = json.dumps([each for each in render(case) if each["kind"] != "Secret"])
    words = {word for secret in secrets(render(case)).values() for word in secret.values()}
    assert [word for word in words if word in others] == []
    for pod in own_pods(render(case)).values():
        for variable in [each for container in containers(pod) for each in container.get("env", [])]:
            if re.search(r"PASSWORD|_KEY$|PEPPER|HEADERS", variable["name"]):
                assert "secretKeyRef" in variable["valueFrom"], variable["name"]
            if "://" in (url := variable.get("value", "")):
                assert re.search(r"//\w+:(?!\$\(\w+\)@)[^/@]*@", url) is None, f"a password in {variable['name']}"


def test_keys_that_the_chart_makes_can_be_used_and_can_not_be_replaced_by_accident() -> None:
    made = {each["metadata"]["name"]: each for each in of_kind(render("defaults"), "Secret")}
    assert made["weft-keys"]["immutable"] is True
    for name in ("weft-keys", "weft-nats", "weft-postgres"):
        assert made[name]["metadata"]["annotations"] == {"helm.sh/resource-policy": "keep"}
    words = secrets(render("defaults"))
    assert words["weft-postgres"].keys() == set(POSTGRES_ROLES) - {"postgres"}
    assert words["weft-nats"].keys() == load_permissions().keys()
    assert len(keys_in(words["weft-keys"]["master-key"])) == 1
    plain = [word for name in ("nats", "postgres") for word in words[f"weft-{name}"].values()]
    assert all(re.fullmatch(r"[a-z][A-Za-z0-9]{40,}", word) for word in plain), "fit for a URL and for NATS' grammar"
    assert len(set(plain)) == len(plain)


@every_case
@pytest.mark.parametrize("service", [*SERVICES, "admin"])
def test_a_pod_is_told_what_its_service_wants_to_know_and_nothing_else(case: str, service: str, tmp_path: Path) -> None:
    told = environment_of(case, service)
    assert unknown(service, told) == set()
    if "WEFT_MASTER_KEY_FILE" in told:
        (tmp_path / "master-key").write_text(MASTER_KEY)
        told["WEFT_MASTER_KEY_FILE"] = str(tmp_path / "master-key")
    settings_in(service, told)
    put_in = "".join(each.get("value", "") for each in own_pods(render(case))[service]["spec"]["containers"][0]["env"])
    for name in told:
        assert name.startswith(("WEFT_", "OTEL_", "MEMORIES_")) or f"$({name})" in put_in, f"{name} is for nobody"


@every_case
def test_a_pod_gets_its_own_passwords_only(case: str) -> None:
    for service in SERVICES:
        users = re.findall(r"//(\w+):", " ".join(environment_of(case, service).values()))
        assert {user for user in users if not user.startswith(("weft_", "nats"))} == {service}
        assert all(user.startswith(f"weft_{service}") for user in users if user not in (service, "weft_accounts"))


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


@every_case
def test_a_budget_for_disruptions_needs_more_than_one_replica(case: str) -> None:
    least = {
        each["metadata"]["name"]: each["spec"].get("replicas")
        for each in of_kind(render(case), "Deployment", "StatefulSet")
        if each["metadata"]["name"].removeprefix("weft-") in SERVICES
    }
    for each in of_kind(render(case), "HorizontalPodAutoscaler", "ScaledObject"):
        scaling = each["spec"]
        least[each["metadata"]["name"]] = scaling.get("minReplicas") or scaling["minReplicaCount"]
    budgets = {each["metadata"]["name"] for each in of_kind(render(case), "PodDisruptionBudget")}
    assert budgets == {name for name, replicas in least.items() if replicas > 1}


@every_case
def test_what_there_can_be_one_of_only_is_never_two(case: str) -> None:
    workloads = {each["metadata"]["name"]: each for each in of_kind(render(case), "Deployment", "StatefulSet")}
    graph = workloads["weft-graph"]["spec"]
    assert (graph["replicas"], graph["strategy"]) == (1, {"type": "Recreate"})
    search = workloads["weft-search"]
    told = environment_of(case, "search")
    if "WEFT_QDRANT_URL" in told:
        assert search["kind"] == "Deployment"
    else:
        assert (search["kind"], search["spec"]["replicas"]) == ("StatefulSet", 1)
        (claim,) = search["spec"]["volumeClaimTemplates"]
        mounts = {
            it["name"]: it["mountPath"] for it in search["spec"]["template"]["spec"]["containers"][0]["volumeMounts"]
        }
        assert mounts[claim["metadata"]["name"]] == told["WEFT_SEARCH_DIR"]


@every_case
def test_no_pod_is_root_writes_outside_of_its_volumes_or_speaks_to_the_cluster(case: str) -> None:
    for name, pod in own_pods(render(case)).items():
        spec = pod["spec"]
        assert spec["automountServiceAccountToken"] is False, name
        assert spec["securityContext"]["runAsNonRoot"] is True
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        volumes = {each["name"] for each in spec["volumes"]} | {"index"}
        for container in containers(pod):
            security = container["securityContext"]
            assert security["readOnlyRootFilesystem"] is True
            assert security["allowPrivilegeEscalation"] is False
            assert security["capabilities"] == {"drop": ["ALL"]}
            assert {each["name"] for each in container["volumeMounts"]} <= volumes
            assert "/tmp" in [each["mountPath"] for each in container["volumeMounts"]]
            assert container["resources"]["limits"]["memory"]


def test_keda_goes_by_readers_that_there_are() -> None:
    durables = {(stream, config.durable_name) for stream, config in load_topology().durable_configs()}
    scaled = of_kind(render("everything"), "ScaledObject")
    asked = [each["spec"]["triggers"][0]["metadata"] for each in scaled]
    assert {(each["stream"], each["consumer"]) for each in asked} <= durables
    assert len(asked) == 3
    assert {(each["natsServerMonitoringEndpoint"], each["account"]) for each in asked} == {
        ("weft-nats-headless:8222", ACCOUNT)
    }


def test_nats_in_the_cluster_is_set_and_guarded_as_the_local_one() -> None:
    (config,) = [
        each for each in of_kind(render("defaults"), "ConfigMap") if each["metadata"]["name"] == "weft-nats-config"
    ]
    merge, jetstream = json.loads(config["data"]["merge.json"]), json.loads(config["data"]["jetstream.json"])
    local = (CHART.parents[1] / "nats" / "server.conf").read_text()
    for name, value in {"max_payload": merge["max_payload"], **jetstream}.items():
        if name not in ("cipher", "key"):
            assert re.search(rf"{name}: {value.strip('<> ')}\n", local), name
    assert {
        user["user"]: {way: user["permissions"][way]["allow"] for way in ("publish", "subscribe")}
        for user in merge["accounts"]["WEFT"]["users"]
    } == tomllib.loads((CHART.parents[1] / "nats" / "permissions.toml").read_text())


def test_an_event_subscriber_has_an_account_beside_wefts() -> None:
    account = "nats.config.merge.accounts.sub-analytics.users[0].user=sub-analytics"
    configs = {each["metadata"]["name"]: each for each in of_kind(render("defaults", "--set", account), "ConfigMap")}
    merge = json.loads(configs["weft-nats-config"]["data"]["merge.json"])
    assert merge["accounts"].keys() == {ACCOUNT, "sub-analytics"}


def test_a_service_can_stay_at_its_version_while_others_go_on() -> None:
    manifests = render("defaults", "--set", "image.tag=0.2.0,memory.tag=0.1.0")
    tags = {name: containers(pod)[0]["image"].rpartition(":")[2] for name, pod in own_pods(manifests).items()}
    assert {name for name, tag in tags.items() if tag == "0.1.0"} == {"memory"}


def test_tables_and_streams_are_made_before_the_pods_that_use_them() -> None:
    def hook_of(case: str, *arguments: str) -> str | None:
        (job,) = of_kind(render(case, *arguments), "Job")
        hook: str | None = job["metadata"].get("annotations", {}).get("helm.sh/hook")
        return hook

    assert hook_of("defaults") is None, "its servers come with it"
    assert hook_of("defaults", "--is-upgrade") == "pre-upgrade"
    assert hook_of("external") == "pre-install,pre-upgrade"
    steps = [each["name"] for each in containers(own_pods(render("defaults"))["setup"])]
    assert steps == ["roles", "streams", "migrate-memory", "migrate-graph", "migrate-extraction"]
    assert (
        environment(containers(own_pods(render("defaults"))["setup"])[1], known_secrets("defaults"))[
            "WEFT_NATS_REPLICAS"
        ]
        == "3"
    )
    assert (
        environment(containers(own_pods(render("minimal"))["setup"])[1], known_secrets("minimal"))["WEFT_NATS_REPLICAS"]
        == "1"
    )


def test_streams_to_clients_are_not_cut_off_on_the_way() -> None:
    (ingress,) = of_kind(render("everything"), "Ingress")
    annotations: dict[str, Any] = ingress["metadata"]["annotations"]
    assert int(annotations["nginx.ingress.kubernetes.io/proxy-read-timeout"]) >= 3600
    assert annotations["nginx.ingress.kubernetes.io/proxy-buffering"] == "off"
    (route,) = of_kind(render("everything"), "HTTPRoute")
    assert route["spec"]["rules"][0]["timeouts"] == {"request": "0s", "backendRequest": "0s"}
    hosts = environment_of("everything", "gateway")["WEFT_MCP_HOSTS"].split(", ")
    assert {"weft.example.com", "weft.example.com:*", "weft.example.org", "mcp.internal", "weft-gateway"} <= set(hosts)


def test_rules_and_dashboards_are_those_of_observability() -> None:
    folder = CHART.parents[1] / "observability"
    (rule,) = of_kind(render("everything"), "PrometheusRule")
    assert rule["spec"] == yaml.safe_load((folder / "prometheus" / "rules.yaml").read_text())
    boards = [
        each
        for each in of_kind(render("everything"), "ConfigMap")
        if "grafana_dashboard" in each["metadata"].get("labels", {})
    ]
    shown = {name: json.loads(text) for each in boards for name, text in each["data"].items()}
    (monitor,) = of_kind(render("everything"), "ServiceMonitor")
    (relabelling,) = monitor["spec"]["endpoints"][0]["relabelings"]
    assert (relabelling["targetLabel"], relabelling["replacement"]) == ("job", "weft-$1")  # docs/observability.md
    assert shown == {file.name: json.loads(file.read_text()) for file in (folder / "grafana").glob("*.json")}
    assert shown
