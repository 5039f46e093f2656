"""What the rendered chart would start, started here: the pods' own command lines with the pods' own variables.

Hosts and ports are put in the place of those that a cluster would give, and folders in the place of volumes. Servers
are real: NATS with the configuration that the chart renders, Postgres with the roles that its Job makes.
"""

import json
import os
import re
import subprocess
import sys
import sysconfig
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from deploy.local import postgres_server
from deploy.local.endpoints import Endpoints
from deploy.local.home import CHECKOUT, Home, read_credentials
from deploy.local.ports import LOOPBACK, choose_port
from tests.deploy.rendering import (
    SERVICES,
    Manifest,
    containers,
    environment,
    of_kind,
    own_pods,
    pods,
    render,
    secrets,
)
from tests.stack import wait_until

pytestmark = [pytest.mark.slow, pytest.mark.servers]
STEP_TIMEOUT_S = 180
IMAGE_MODEL = "/opt/weft/model"


@dataclass(frozen=True)
class Cluster:
    """Stands in for Kubernetes: resolves names, mounts volumes, runs containers as processes."""

    manifests: tuple[Manifest, ...]
    folder: Path
    secrets: dict[str, dict[str, str]]
    addresses: dict[str, str]
    """host:port inside -> 127.0.0.1:port here."""
    ports: dict[str, dict[int, int]]
    """Of each component: the port that its container listens at -> the one that it has here."""

    def told(self, component: str, container: Manifest) -> dict[str, str]:
        """The container's variables, as they must be on this machine."""
        told = environment(container, self.secrets)
        here = {**self.addresses, **self._mount(component, container)}
        own_ports = {str(inside): str(port) for inside, port in self.ports.get(component, {}).items()}
        for name, value in told.items():
            if name in ("WEFT_HTTP_PORT", "WEFT_METRICS_PORT"):
                told[name] = own_ports[value]
            elif name in ("WEFT_HTTP_HOST", "WEFT_METRICS_HOST"):
                told[name] = LOOPBACK
            else:
                told[name] = replaced(value, here)
        if "PGHOST" in told:
            told["PGHOST"], told["PGPORT"] = here[f"{told['PGHOST']}:{told['PGPORT']}"].split(":")
        return told

    def command(self, container: Manifest) -> list[str]:
        programs = {"python": sys.executable, "psql": postgres_server.binary("psql")}
        first, *rest = container["command"]
        return [programs[first], *rest]

    def run(self, component: str, container: Manifest, command: list[str] | None = None) -> str:
        """To its end; what it printed."""
        done = subprocess.run(
            command or self.command(container),
            cwd=CHECKOUT,
            env=bare(self.told(component, container)),
            capture_output=True,
            text=True,
            timeout=STEP_TIMEOUT_S,
            check=False,
        )
        assert done.returncode == 0, f"{component}/{container['name']}: {done.stdout}{done.stderr}"
        return done.stdout

    def start(self, component: str) -> "subprocess.Popen[bytes]":
        (container,) = own_pods(self.manifests)[component]["spec"]["containers"]
        with (self.folder / f"{component}.log").open("wb") as log:
            return subprocess.Popen(
                self.command(container),
                cwd=CHECKOUT,
                env=bare(self.told(component, container)),
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def url(self, component: str, port: int, path: str = "") -> str:
        return f"http://{LOOPBACK}:{self.ports[component][port]}{path}"

    def _mount(self, component: str, container: Manifest) -> dict[str, str]:
        """Each volume as a folder; the files of a Secret in it."""
        volumes = {each["name"]: each for each in own_pods(self.manifests)[component]["spec"]["volumes"]}
        mounted = {IMAGE_MODEL: os.environ["WEFT_MODEL_DIR"]}
        for mount in container["volumeMounts"]:
            here = self.folder / component / mount["name"]
            here.mkdir(parents=True, exist_ok=True)
            if mount["mountPath"] != "/tmp":
                mounted[mount["mountPath"]] = str(here)
            secret = volumes.get(mount["name"], {}).get("secret")
            for item in secret["items"] if secret else []:
                (here / item["path"]).write_text(self.secrets[secret["secretName"]][item["key"]])
        return mounted


def replaced(text: str, here: dict[str, str]) -> str:
    for inside, outside in here.items():
        text = text.replace(inside, outside)
    return text


def bare(told: dict[str, str]) -> dict[str, str]:
    """The pod's variables, and of ours only what has nothing to do with Weft."""
    return {name: value for name, value in os.environ.items() if not name.startswith("WEFT_")} | told


def nats_config(manifests: tuple[Manifest, ...], address: str, monitor: str, folder: Path) -> str:
    """As the official chart writes it: JSON, with what stands between << and >> as it is."""
    (config,) = [each for each in of_kind(manifests, "ConfigMap") if each["metadata"]["name"] == "weft-nats-config"]
    data = {name: json.loads(text) for name, text in config["data"].items()}
    whole = {
        "server_name": "weft-nats-0",
        "listen": address,
        "http": monitor,
        **data["merge.json"],
        "jetstream": {"store_dir": str(folder), **data["jetstream.json"]},
    }
    return re.sub(r'"<<\s+(.*)\s+>>"', r"\1", json.dumps(whole, indent=2))


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """The release as it is after `helm install` of the smallest values file, but for the services."""
    manifests = render("minimal")
    home = Home(tmp_path_factory.mktemp("cluster"))
    home.make()
    taken: list[int] = []
    for _ in range(3 + 2 * len(SERVICES)):
        taken.append(choose_port(taken))
    nats, monitor, postgres, *free = (f"{LOOPBACK}:{port}" for port in taken)
    numbers = [int(each.rpartition(":")[2]) for each in free]
    ports = {name: {9090: numbers.pop(), 8080: numbers.pop()} for name in SERVICES}
    addresses = {
        "weft-nats:4222": nats,
        "weft-nats-headless:8222": monitor,
        "weft-postgres-rw:5432": postgres,
        "weft-gateway:80": f"{LOOPBACK}:{ports['gateway'][8080]}",
    }
    endpoints = Endpoints({"postgres": taken[2]}, home.secrets())
    known = secrets(manifests)
    known["weft-postgres-superuser"] = {"username": "postgres", "password": endpoints.secrets.postgres["postgres"]}
    with ExitStack() as running:
        postgres_server.prepare(home, endpoints)
        start(running, list(postgres_server.command(home)), {}, home.logs / "postgres.log")
        conf = home.run / "nats.conf"
        conf.write_text(nats_config(manifests, nats, monitor, home.nats_data))
        (server,) = containers(pods(manifests)["weft-nats"])
        program = str(Path(sysconfig.get_path("scripts")) / "nats-server")
        start(running, [program, "--config", str(conf)], environment(server, known), home.logs / "nats.log")
        wait_until(lambda: postgres_server.is_ready(endpoints), "Postgres")
        wait_until(lambda: status(f"http://{monitor}/healthz") == 200, "NATS with the rendered configuration")
        yield Cluster(manifests, home.path, known, addresses, ports)


def start(running: ExitStack, command: list[str], told: dict[str, str], log: Path) -> None:
    with log.open("wb") as output:
        process = running.enter_context(
            subprocess.Popen(command, env=bare(told), stdout=output, stderr=subprocess.STDOUT)
        )
    running.callback(process.terminate)


def status(url: str) -> int:
    """0 where nobody answers."""
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as refused:
        return refused.code
    except (urllib.error.URLError, OSError):
        return 0


def ask(url: str, key: str, body: object) -> Any:
    """The answer, or an empty one where there is none in time, as on a busy machine: the same may be asked again."""
    headers = {"Authorization": f"Token {key}", "X-API-Key": key, "Content-Type": "application/json"}
    request = urllib.request.Request(url, json.dumps(body).encode(), {**headers, "Idempotency-Key": "once"})
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as refused:
        if refused.code != 503:
            raise
        return {}


def test_the_rendered_pods_start_become_ready_store_and_find(cluster: Cluster) -> None:
    for container in containers(own_pods(cluster.manifests)["setup"]):
        cluster.run("setup", container)
    started = time.monotonic()
    with ExitStack() as running:
        processes = {}
        for service in SERVICES:
            processes[service] = running.enter_context(cluster.start(service))
            running.callback(processes[service].terminate)
        for service, process in processes.items():
            (container,) = own_pods(cluster.manifests)[service]["spec"]["containers"]
            for probe in ("livenessProbe", "readinessProbe"):
                url = probed(cluster, service, container, probe)
                wait_until(lambda url=url: status(url) == 200 or process.poll() is not None, f"{service} at {url}")  # type: ignore[misc] # noqa: B023
                assert process.poll() is None, (cluster.folder / f"{service}.log").read_text()[-2000:]
        print(f"all ready after {time.monotonic() - started:.1f} s")
        key = first_key(cluster)
        gateway = cluster.url("gateway", 8080)
        memory = {"title": "Kept in a cluster", "narrative": "Herons stand still.", "memory_type": "convention"}
        store, search = f"{gateway}/api/v1/memories/store", f"{gateway}/api/v1/memories/search"
        wait_until(lambda: "memory_id" in ask(store, key, memory), "the memory")
        memory_id = ask(store, key, memory)["memory_id"]
        wait_until(lambda: found(ask(search, key, {"query": "herons"})) == [memory_id], "the memory in the index")
        helm_test(cluster)


def found(answer: Any) -> list[str]:
    return [hit["memory"]["memory_id"] for hit in answer.get("results", [])]


def probed(cluster: Cluster, service: str, container: Manifest, probe: str) -> str:
    """Where kubelet would ask."""
    get = container[probe]["httpGet"]
    (port,) = [each["containerPort"] for each in container["ports"] if each["name"] == get["port"]]
    return cluster.url(service, port, get["path"])


def first_key(cluster: Cluster) -> str:
    """As NOTES says: with weft-admin, in the admin pod."""
    (container,) = own_pods(cluster.manifests)["admin"]["spec"]["containers"]
    file = cluster.folder / "first.env"
    url = cluster.told("admin", container)["MEMORIES_API_URL"]
    assert url == cluster.url("gateway", 8080)
    admin = [sys.executable, "-m", "deploy.admin"]
    opening = ["open-workspace", "--name", "default", "--credentials", str(file), "--url", url]
    cluster.run("admin", container, [*admin, *opening])
    owner = ["give-owner", "--email", "admin@weft.local", "--credentials", str(file)]
    cluster.run("admin", container, [*admin, *owner])
    credentials = read_credentials(file)
    assert credentials["WEFT_ADMIN_PASSWORD"]
    return credentials["MEMORIES_API_TOKEN"]


def helm_test(cluster: Cluster) -> None:
    """What `helm test` runs."""
    (container,) = own_pods(cluster.manifests)["test"]["spec"]["containers"]
    command = cluster.command(container)
    cluster.run("test", container, [*command[:-1], cluster.url("gateway", 8080)])
