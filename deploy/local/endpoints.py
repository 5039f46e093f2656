"""Where each part of a stack listens, and with which password one gets in."""

from dataclasses import dataclass

from deploy.local.home import Home, Secrets, read_json
from deploy.local.ports import LOOPBACK

DATABASE = "weft"
PORT_NAMES = (
    "nats",
    "nats_monitor",
    "postgres",
    "memory_metrics",
    "search_metrics",
    "graph_metrics",
    "extraction_metrics",
    "gateway_metrics",
    "gateway",
)


@dataclass(frozen=True)
class Endpoints:
    ports: dict[str, int]
    secrets: Secrets

    @classmethod
    def of(cls, home: Home) -> "Endpoints":
        """Of the stack that runs, or last ran, in this folder."""
        ports = {name: port for name, port in read_json(home.run / "ports.json").items() if isinstance(port, int)}
        return cls(ports, home.secrets())

    @property
    def url(self) -> str:
        """Of the gateway: what clients talk to."""
        return f"http://{LOOPBACK}:{self.ports['gateway']}"

    @property
    def nats_monitor_url(self) -> str:
        return f"http://{LOOPBACK}:{self.ports['nats_monitor']}"

    def metrics_url(self, service: str) -> str:
        return f"{self.own_url(service)}/metrics"

    def own_url(self, service: str) -> str:
        """Where a service tells how it is: `/metrics`, `/healthz`, `/readyz`."""
        return f"http://{LOOPBACK}:{self.ports[f'{service}_metrics']}"

    def nats_url(self, user: str) -> str:
        return f"nats://{user}:{self.secrets.nats[user]}@{LOOPBACK}:{self.ports['nats']}"

    def postgres_dsn(self, role: str, database: str = DATABASE) -> str:
        return f"postgresql://{role}:{self.secrets.postgres[role]}@{LOOPBACK}:{self.ports['postgres']}/{database}"
