"""A stack with two of each service that may have several processes, as local processes; search over a Qdrant server's
REST API (tests.qdrant_server). Graph stays one.
"""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx2
import psutil
import psycopg

from deploy.local.ports import LOOPBACK, choose_port
from services.memory.loops.relay import LEADER_LOCK
from tests.stack import Servers, Stack, Workspace, wait_until

TWICE = ("memory", "search", "extraction", "gateway")
QUICK = {
    "WEFT_SESSION_SILENCE_H": "0.004",  # 14 seconds
    "WEFT_SWEEP_POLL_S": "0.2",
    "WEFT_MAINTENANCE_POLL_S": "0.2",
    "WEFT_USAGE_FLUSH_S": "0.2",
}


@dataclass
class Replica:
    service: str
    process: "subprocess.Popen[bytes]"
    metrics_port: int
    url: str | None = None

    def handled(self, outcomes: str = "handled|answered") -> float:
        """How many messages and questions it has dealt with; none before it says so. `outcomes`: or with those."""
        try:
            said = httpx2.get(f"http://{LOOPBACK}:{self.metrics_port}/metrics", timeout=30).text
        except httpx2.TransportError:
            return 0.0
        counted = re.findall(rf'^weft_handling_seconds_count\{{.*outcome="(?:{outcomes})".*\}} (\S+)$', said, re.M)
        return sum(map(float, counted))

    def is_ready(self) -> bool:
        """That it says something of itself; a gateway, that it would answer."""
        assert self.process.poll() is None, f"{self.service} has ended"
        asked = f"{self.url}/readyz" if self.url else f"http://{LOOPBACK}:{self.metrics_port}/metrics"
        try:
            return httpx2.get(asked, timeout=2).status_code == 200
        except httpx2.TransportError:
            return False

    def end(self) -> None:
        self.process.terminate()
        self.process.wait(30)


@dataclass
class Replicas:
    stack: Stack
    qdrant: "subprocess.Popen[bytes]"
    qdrant_url: str
    running: dict[str, list[Replica]] = field(default_factory=dict)

    @property
    def urls(self) -> list[str]:
        """Of the gateways."""
        return [it.url for it in self.running["gateway"] if it.url]

    def start(self, service: str) -> Replica:
        """One more of it."""
        metrics_port, http_port = choose_port(), choose_port()
        own = {"WEFT_METRICS_PORT": str(metrics_port), "WEFT_HTTP_PORT": str(http_port)}
        if service == "search":
            own["WEFT_QDRANT_URL"] = self.qdrant_url
        if service == "extraction":
            own["WEFT_EMBEDDING"] = "off"
        environment = {**os.environ, **self.stack.environment(service), **QUICK, **own}
        process = subprocess.Popen([sys.executable, "-m", f"services.{service}.app"], env=environment)
        url = f"http://{LOOPBACK}:{http_port}" if service == "gateway" else None
        self.running.setdefault(service, []).append(Replica(service, process, metrics_port, url))
        return self.running[service][-1]

    def hearing(self) -> list[Replica]:
        """Those that answer an operator."""
        return [it for service in ("memory", "search", "extraction") for it in self.running[service]]

    def new_workspace(self) -> Workspace:
        made = self.stack.new_workspace()
        return Workspace(self.urls[0], made.workspace_id, made.token)

    def relaying(self) -> Replica | None:
        """The memory process that holds the relay's lock."""
        with psycopg.connect(self.stack.postgres_dsn("postgres")) as connection:
            found = connection.execute(
                "SELECT client_port FROM pg_locks JOIN pg_stat_activity USING (pid) WHERE locktype = 'advisory'"
                " AND granted AND (classid::bigint << 32) + objid::bigint = %s",
                (LEADER_LOCK,),
            ).fetchone()
        for each in self.running["memory"]:
            if found and each.process.poll() is None and found[0] in _ports(each.process.pid):
                return each
        return None

    def kill(self, replica: Replica) -> None:
        replica.process.send_signal(signal.SIGKILL)
        replica.process.wait()
        self.running[replica.service].remove(replica)


def _ports(pid: int) -> set[int]:
    return {it.laddr.port for it in psutil.Process(pid).net_connections("tcp")}


@contextmanager
def replicas(folder: Path) -> Iterator[Replicas]:
    """On servers of their own; all of them are ready."""
    servers = Servers.start(folder)
    port = choose_port()
    qdrant = subprocess.Popen([sys.executable, "-m", "tests.qdrant_server", str(port)])
    started = Replicas(Stack(servers.home, servers.endpoints), qdrant, f"http://{LOOPBACK}:{port}")
    try:
        servers.migrate()
        wait_until(lambda: _answers(f"{started.qdrant_url}/collections"), "the Qdrant server")
        begun = [started.start(service) for service in (*TWICE, *TWICE, "graph")]
        for each in begun:
            wait_until(each.is_ready, f"{each.service} to be ready")
        yield started
    finally:
        for several in started.running.values():
            for each in several:
                each.end()
        qdrant.terminate()
        qdrant.wait(30)
        servers.stop()


def _answers(url: str) -> bool:
    try:
        return httpx2.get(url, timeout=2).status_code == 200
    except httpx2.TransportError:
        return False
