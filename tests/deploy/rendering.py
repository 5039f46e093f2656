"""The chart as Helm renders it, and what a cluster would make of a pod's variables.

No Helm repository is reached by the tests: small charts of the same names, labels and ports stand for the official ones
(tests/deploy/charts).
"""

import base64
import re
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias

import yaml

from deploy.helm.generated import CHART
from deploy.local.home import POSTGRES_ROLES
from deploy.nats.server import load_permissions
from tests.node_tools import helm

Manifest: TypeAlias = dict[str, Any]
CASES = sorted(file.name.removesuffix("-values.yaml") for file in (CHART / "ci").glob("*-values.yaml"))
SERVICES = ("gateway", "memory", "search", "graph", "extraction")
KUBERNETES = "v1.31.0"

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

_folder = tempfile.TemporaryDirectory(prefix="weft-chart-")  # gone when the process ends


@cache
def chart() -> Path:
    """A copy with what `helm dependency build` would fetch."""
    copy = Path(_folder.name) / "weft"
    shutil.copytree(CHART, copy)  # what links lead to, as `helm package` does it
    shutil.rmtree(copy / "charts", ignore_errors=True)
    shutil.copytree(Path(__file__).parent / "charts", copy / "charts")
    return copy


def run_helm(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([helm(), *arguments], capture_output=True, text=True, check=False)


def values_of(case: str) -> str:
    return str(chart() / "ci" / f"{case}-values.yaml")


@cache
def render(case: str, *arguments: str) -> tuple[Manifest, ...]:
    """All that `helm install` would send, hooks and tests included."""
    done = run_helm(
        "template", "weft", str(chart()), "--kube-version", KUBERNETES, "--values", values_of(case), *arguments
    )
    assert done.returncode == 0, done.stderr
    return tuple(each for each in yaml.load_all(done.stdout, yaml.CSafeLoader) if each)


def of_kind(manifests: tuple[Manifest, ...], *kinds: str) -> list[Manifest]:
    return [each for each in manifests if each["kind"] in kinds]


def pods(manifests: tuple[Manifest, ...]) -> dict[str, Manifest]:
    """Each pod's template (metadata and spec), by the name of what makes it."""
    found = {}
    for each in manifests:
        match each["kind"]:
            case "Deployment" | "StatefulSet" | "Job":
                template = each["spec"]["template"]
            case "CronJob":
                template = each["spec"]["jobTemplate"]["spec"]["template"]
            case "Pod":
                template = each
            case _:
                continue
        found[each["metadata"]["name"]] = template
    return found


def own_pods(manifests: tuple[Manifest, ...]) -> dict[str, Manifest]:
    """Weft's, by component."""
    labelled = [(each["metadata"]["labels"], each) for each in pods(manifests).values()]
    return {
        labels["app.kubernetes.io/component"]: each
        for labels, each in labelled
        if labels["app.kubernetes.io/name"] == "weft"
    }


def containers(pod: Manifest) -> list[Manifest]:
    return [*pod["spec"].get("initContainers", []), *pod["spec"]["containers"]]


def secrets(manifests: tuple[Manifest, ...]) -> dict[str, dict[str, str]]:
    return {
        each["metadata"]["name"]: {key: base64.b64decode(value).decode() for key, value in each["data"].items()}
        for each in of_kind(manifests, "Secret")
    }


def environment(container: Manifest, known: dict[str, dict[str, str]]) -> dict[str, str]:
    """What the process would see: Secrets read, $(NAME) put in where NAME stands before it."""
    found: dict[str, str] = {}
    for variable in container.get("env", []):
        source = variable.get("valueFrom", {})
        if reference := source.get("secretKeyRef"):
            value = known[reference["name"]][reference["key"]]
        elif "fieldRef" in source:
            value = "a-pod"
        else:
            value = re.sub(r"\$\((\w+)\)", lambda name: found.get(name[1], name[0]), variable["value"])
        found[variable["name"]] = value
    return found


@cache
def known_secrets(case: str) -> dict[str, dict[str, str]]:
    return {**YOURS, **secrets(render(case))}


def environment_of(case: str, component: str) -> dict[str, str]:
    (container,) = own_pods(render(case))[component]["spec"]["containers"]
    return environment(container, known_secrets(case))
