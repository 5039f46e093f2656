"""The chart, rendered by the real Helm for several values files: taken by Kubernetes, and right where that is blind."""

import json
import re
import tomllib
from pathlib import Path

import jsonschema
import kubernetes_validate
import pytest
import yaml

from deploy.helm.generated import CHART
from deploy.local.home import POSTGRES_ROLES
from deploy.nats.server import ACCOUNT, load_permissions
from deploy.nats.topology import load_topology
from services.kit.sealing.masters import keys_in
from tests.deploy.rendering import (
    CASES,
    KUBERNETES,
    MASTER_KEY,
    SERVICES,
    chart,
    containers,
    environment,
    environment_of,
    known_secrets,
    of_kind,
    own_pods,
    render,
    run_helm,
    secrets,
    values_of,
)
from tests.deploy.told import settings_in, unknown

pytestmark = pytest.mark.slow
CRDS = json.loads((Path(__file__).parent / "crds.json").read_text())
every_case = pytest.mark.parametrize("case", CASES)


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
